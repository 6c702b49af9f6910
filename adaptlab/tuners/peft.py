"""Any method of PEFT: a `peft.PeftConfig`, named in the configuration -> the wrapped model."""

from collections.abc import Mapping
from typing import Any

import torch
from jaxtyping import Int
from torch import Tensor, nn
from transformers import PreTrainedModel

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

    def _inputs(
        self, input_ids: Int[Tensor, "batch tokens"], attention_mask: Int[Tensor, "batch tokens"]
    ) -> tuple[nn.Module, Int[Tensor, "batch tokens"] | None, Int[Tensor, "batch longer"], Mapping[str, Any]]:
        """With trained vectors, embeddings that have them between any padding on the left and the prompt.

        PEFT's own `generate` puts them in front of the padding of short rows, where training never had them.
        """
        if not self._adds_tokens:
            return super()._inputs(input_ids, attention_mask)
        network: Any = self.network
        model: PreTrainedModel = network.get_base_model()
        words = model.get_input_embeddings()(input_ids)
        prompts = network.get_prompt(batch_size=len(input_ids)).to(words.dtype)
        ones = attention_mask.new_ones(prompts.shape[1])
        rows, masks = [], []
        for word, prompt, mask in zip(words, prompts, attention_mask, strict=True):
            gap = int((mask.cumsum(0) == 0).sum())
            rows.append(torch.cat([word[:gap], prompt, word[gap:]]))
            masks.append(torch.cat([mask[:gap], ones, mask[gap:]]))
        return model, None, torch.stack(masks), {"inputs_embeds": torch.stack(rows)}


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
