"""Any method of PEFT: a `peft.PeftConfig`, named in the configuration -> the wrapped model."""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn
from transformers import PreTrainedModel

from adaptlab.basemodels import generate_tokens, target_logits
from adaptlab.errors import ConfigurationError
from adaptlab.hypernetworks import GeneratorContext
from adaptlab.tuners.tuner import Tuner

_FROM = "peft."


class Peft(Tuner):
    """Train what a configuration of PEFT describes: LoRA, IA3, prompt tuning, P-tuning, prefix tuning, LN tuning, ...

    Args:
        context: without sites.
        config: `class_path` (`peft.LoraConfig` and its like) and `init_args`.

    Raises:
        ConfigurationError: the class is no configuration of PEFT, or its arguments are not its own.
    """

    def __init__(self, context: GeneratorContext, config: Mapping[str, Any]) -> None:
        super().__init__(context)
        self.config = _peft_config(config)

    def install(self, model: PreTrainedModel) -> nn.Module:
        from peft import get_peft_model

        try:
            network: nn.Module = get_peft_model(model, self.config)
        except ValueError as error:
            raise ConfigurationError(f"PEFT cannot wrap {type(model).__name__}: {error}") from error
        return network.eval()

    @property
    def _adds_tokens(self) -> bool:
        """Whether trained vectors stand in front of the prompt, as in prompt tuning and P-tuning."""
        return bool(self.config.is_prompt_learning) and self.config.peft_type.value not in (
            "PREFIX_TUNING",
            "CARTRIDGE",
        )

    def target_logits(
        self,
        input_ids: Int[Tensor, "batch tokens"],
        attention_mask: Int[Tensor, "batch tokens"],
        predicts_target: Bool[Tensor, "batch tokens"],
        spans: Int[Tensor, "batch 2"],
    ) -> Float[Tensor, "targets vocabulary"]:
        if not self._adds_tokens:
            return super().target_logits(input_ids, attention_mask, predicts_target, spans)
        model, vectors, mask = self._with_virtual_tokens(input_ids, attention_mask)
        added = predicts_target.new_zeros(len(input_ids), vectors.shape[1] - input_ids.shape[1])
        wanted = torch.cat([added, predicts_target], dim=1)
        return target_logits(model, None, mask, wanted, inputs_embeds=vectors)

    def generate_tokens(
        self,
        input_ids: Int[Tensor, "batch tokens"],
        attention_mask: Int[Tensor, "batch tokens"],
        spans: Int[Tensor, "batch 2"],
        max_new_tokens: int,
        stop_token_ids: Sequence[int],
    ) -> Int[Tensor, "batch new"]:
        """PEFT puts its vectors in front of the padding of short rows, where training never had them; here they stand
        behind it.
        """
        if not self._adds_tokens:
            return super().generate_tokens(input_ids, attention_mask, spans, max_new_tokens, stop_token_ids)
        model, vectors, mask = self._with_virtual_tokens(input_ids, attention_mask)
        return generate_tokens(model, None, mask, max_new_tokens, stop_token_ids, inputs_embeds=vectors)

    def _with_virtual_tokens(
        self, input_ids: Int[Tensor, "batch tokens"], attention_mask: Int[Tensor, "batch tokens"]
    ) -> tuple[PreTrainedModel, Float[Tensor, "batch longer width"], Int[Tensor, "batch longer"]]:
        """Embeddings with the trained vectors between any padding on the left and the prompt."""
        network: Any = self.network
        model: PreTrainedModel = network.get_base_model()
        words = model.get_input_embeddings()(input_ids)
        prompts = network.get_prompt(batch_size=len(input_ids)).to(words.dtype)
        padding = (attention_mask.cumsum(1) == 0).sum(1).tolist()
        rows = [
            torch.cat([word[:gap], prompt, word[gap:]])
            for word, prompt, gap in zip(words, prompts, padding, strict=True)
        ]
        ones = attention_mask.new_ones(prompts.shape[1])
        masks = [torch.cat([mask[:gap], ones, mask[gap:]]) for mask, gap in zip(attention_mask, padding, strict=True)]
        return model, torch.stack(rows), torch.stack(masks)


def _peft_config(config: Mapping[str, Any]) -> Any:
    import peft

    path = str(config.get("class_path", ""))
    found = getattr(peft, path.removeprefix(_FROM), None) if path.startswith(_FROM) else None
    if not (isinstance(found, type) and issubclass(found, peft.PeftConfig)):
        raise ConfigurationError(
            f"config.class_path must be a configuration of PEFT such as peft.LoraConfig, got {path!r}"
        )
    try:
        return found(**{"task_type": peft.TaskType.CAUSAL_LM, **(config.get("init_args") or {})})
    except (TypeError, ValueError) as error:
        raise ConfigurationError(f"the arguments of {path} are not its own: {error}") from error
