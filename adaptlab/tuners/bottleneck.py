"""Bottleneck adapters behind attention and feed-forward blocks (Houlsby et al. 2019): `h + up(f(down(h)))`."""

from typing import Any

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel

from adaptlab.basemodels import decoder_layers
from adaptlab.errors import ConfigurationError
from adaptlab.hypernetworks import GeneratorContext
from adaptlab.tuners.tuner import Tuner

_BEHIND = ("attn", "mlp")


class Bottleneck(Tuner):
    """Two small networks in every layer, one behind attention and one behind the feed-forward block.

    They change what a block adds to the residual stream. `up` starts at zero, so the model starts unchanged.

    Args:
        context: without sites.
        width: of the bottleneck.

    Raises:
        ConfigurationError: the width is not positive.
    """

    def __init__(self, context: GeneratorContext, width: int = 16) -> None:
        super().__init__(context)
        if width < 1:
            raise ConfigurationError(f"the width of a bottleneck must be at least 1, got {width}")
        self.width = width

    def install(self, model: PreTrainedModel) -> nn.Module:
        hidden = model.config.get_text_config().hidden_size
        _, layers = decoder_layers(model)
        for layer in layers:
            for name, child in list(layer.named_children()):
                if any(name.endswith(word) for word in _BEHIND):
                    adapter = _TwoLayers(hidden, self.width).to(model.device)
                    child.add_module("bottleneck", adapter)
                    child.register_forward_hook(_changed(adapter))
        return model


class _TwoLayers(nn.Module):
    def __init__(self, hidden: int, width: int) -> None:
        super().__init__()
        self.down, self.up = nn.Linear(hidden, width), nn.Linear(width, hidden)
        nn.init.zeros_(self.up.weight)
        nn.init.zeros_(self.up.bias)

    def forward(self, states: Tensor) -> Tensor:
        low = nn.functional.gelu(self.down(states.to(self.down.weight.dtype)))
        changed: Tensor = states + self.up(low).to(states.dtype)
        return changed


def _changed(adapter: nn.Module) -> Any:
    def hook(_module: nn.Module, _inputs: tuple[Any, ...], output: Tensor | tuple[Any, ...]) -> Any:
        if isinstance(output, torch.Tensor):
            return adapter(output)
        return (adapter(output[0]), *output[1:])

    return hook
