"""Run the frozen model: token ids -> logits at target positions, or greedy continuations."""

from collections.abc import Sequence
from typing import Any

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn


def target_logits(
    model: nn.Module,
    input_ids: Int[Tensor, "batch tokens"] | None,
    attention_mask: Int[Tensor, "batch seen"],
    predicts_target: Bool[Tensor, "batch tokens"],
    **settings: Any,
) -> Float[Tensor, "targets vocabulary"]:
    """Logits where the next token is a target, in row-major order.

    The output head, a fifth of the cost of a small model, runs on those positions only. The model's own forward
    computes everything else, so soft-capping and the like stay as they are.

    Args:
        model: the frozen model, or what is called in its place.
        input_ids: the tokens to read; None where `inputs_embeds` stand among the settings.
        attention_mask: of these tokens, or of cached ones and these.
        predicts_target: after which of the tokens logits are wanted.
        settings: further arguments of the model's forward pass, such as `past_key_values`; without a cache given,
            none is kept.
    """
    settings.setdefault("use_cache", "past_key_values" in settings)

    def keep_targets(_module: nn.Module, arguments: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        return (arguments[0][predicts_target],)

    head: nn.Module = model.get_output_embeddings()  # type: ignore[operator]
    handle = head.register_forward_pre_hook(keep_targets)
    try:
        logits: Tensor = model(input_ids=input_ids, attention_mask=attention_mask, **settings).logits
        return logits
    finally:
        handle.remove()


@torch.no_grad()
def generate_tokens(
    model: nn.Module,
    input_ids: Int[Tensor, "batch tokens"] | None,
    attention_mask: Int[Tensor, "batch tokens"],
    max_new_tokens: int,
    stop_token_ids: Sequence[int],
    **settings: Any,
) -> Int[Tensor, "batch new"]:
    """Greedy continuations of left-padded prompts; each ends at a stop token, then is padded with it.

    Args:
        settings: further arguments of transformers' `generate`, such as `num_beams`, `use_cache`, or `inputs_embeds`
            where there are no input ids.
    """
    head: nn.Module = model.get_output_embeddings()  # type: ignore[operator]
    handle = head.register_forward_pre_hook(_contiguous)
    try:
        output: Tensor = model.generate(  # type: ignore[operator]
            **({} if input_ids is None else {"input_ids": input_ids}),
            attention_mask=attention_mask,
            max_new_tokens=max_new_tokens,
            do_sample=False,
            repetition_penalty=1.0,  # some models' own settings punish repetition, which is not greedy
            no_repeat_ngram_size=0,
            eos_token_id=list(stop_token_ids),
            pad_token_id=stop_token_ids[0],
            **settings,
        )
    finally:
        handle.remove()
    return output if input_ids is None else output[:, input_ids.shape[1] :]


def _contiguous(_module: nn.Module, arguments: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    """The last state of each prompt is a strided view, for which torch would copy the whole head once per row."""
    return (arguments[0].contiguous(),)
