"""Train parts of the model itself: all of it, its head, its token embeddings, ranges of layers, or biases alone."""

from collections.abc import Sequence
from typing import Literal

import torch
from torch import nn
from transformers import PreTrainedModel

from adaptlab.basemodels import decoder_layers
from adaptlab.errors import ConfigurationError
from adaptlab.hypernetworks import GeneratorContext
from adaptlab.tuners.tuner import Tuner

Part = Literal["all", "attention", "mlp", "norms", "head", "embeddings"]
_INSIDE = {"attention": "attn", "mlp": "mlp", "norms": "norm"}
"""What the name of a layer's child holds, in every architecture of transformers that is used here."""


class Parts(Tuner):
    """Fine-tune some of the model's own parameters and keep the rest frozen.

    Args:
        context: without sites.
        part: `all` of the model, or of the chosen layers; `attention`, `mlp` or `norms` of them; the output `head`,
            untied from the embeddings where it shares them; or the token `embeddings`.
        first: only the first so many layers.
        last: only the last so many layers.

    Raises:
        ConfigurationError: both ends are asked for, or layers of something that has none.
    """

    def __init__(
        self, context: GeneratorContext, part: Part = "all", first: int | None = None, last: int | None = None
    ) -> None:
        super().__init__(context)
        if first is not None and last is not None:
            raise ConfigurationError("choose the first or the last layers, not both")
        if part in ("head", "embeddings") and (first or last):
            raise ConfigurationError(f"the {part} belong to no layer; leave `first` and `last` out")
        self.part, self.first, self.last = part, first, last

    def install(self, model: PreTrainedModel) -> nn.Module:
        for module in self._modules_of(model):
            module.requires_grad_(True)
        return model

    def _modules_of(self, model: PreTrainedModel) -> Sequence[nn.Module]:
        if self.part == "head":
            return [untied_head(model)]
        if self.part == "embeddings":
            return [model.get_input_embeddings()]
        _, layers = decoder_layers(model)
        if self.part == "all" and self.first is None and self.last is None:
            return [model]
        count = len(layers)
        wanted = self.first if self.first is not None else self.last
        if wanted is not None and not 1 <= wanted <= count:
            raise ConfigurationError(f"the model has {count} layers; choose 1 to {count} of them, not {wanted}")
        chosen = layers if wanted is None else layers[:wanted] if self.first is not None else layers[count - wanted :]
        if self.part == "all":
            return list(chosen)
        word = _INSIDE[self.part]
        return [child for layer in chosen for name, child in layer.named_children() if word in name]


def untied_head(model: PreTrainedModel) -> nn.Module:
    """The output head, with a weight of its own where it shared that of the embeddings."""
    head: nn.Module = model.get_output_embeddings()  # type: ignore[no-untyped-call]
    weight = head.weight
    assert isinstance(weight, nn.Parameter)
    if weight is model.get_input_embeddings().weight:
        head.weight = nn.Parameter(weight.detach().clone())
        model.config.tie_word_embeddings = False
    return head


class BitFit(Tuner):
    """Train biases only (Ben Zaken et al. 2022).

    Today's language models have few biases or none, so every linear map of the chosen layers that lacks one gets one at
    zero, which changes nothing before training.

    Args:
        context: without sites.
        targets: names of linear maps; all of a layer when None.
    """

    def __init__(self, context: GeneratorContext, targets: Sequence[str] | None = None) -> None:
        super().__init__(context)
        self.targets = None if targets is None else frozenset(targets)

    def install(self, model: PreTrainedModel) -> nn.Module:
        _, layers = decoder_layers(model)
        for layer in layers:
            for path, module in layer.named_modules():
                named = self.targets is None or path.rpartition(".")[2] in self.targets
                if isinstance(module, nn.Linear) and named:
                    if module.bias is None:
                        module.bias = nn.Parameter(torch.zeros_like(module.weight[:, 0]))
                    module.bias.requires_grad_(True)
        return model
