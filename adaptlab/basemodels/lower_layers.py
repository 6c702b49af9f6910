"""Run the frozen model in two parts: token ids -> hidden states below a layer, and from there to the end.

Below the first adapted layer nothing depends on any adapter, so the hidden states of an example are the same in every
epoch and need computing once.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from transformers import PreTrainedModel

from adaptlab.basemodels.sites import decoder_layers


class _Reached(Exception):
    """The layer whose input was asked for is about to run."""


@torch.no_grad()
def states_below(
    model: PreTrainedModel,
    layer: int,
    input_ids: Int[Tensor, "batch tokens"],
    attention_mask: Int[Tensor, "batch tokens"],
) -> Float[Tensor, "batch tokens width"]:
    """The input of a decoder layer; nothing above it is computed."""
    found: list[Tensor] = []

    def stop(_module: nn.Module, arguments: tuple[Any, ...], named: dict[str, Any]) -> None:
        found.append(arguments[0] if arguments else named["hidden_states"])
        raise _Reached

    handle = decoder_layers(model)[1][layer].register_forward_pre_hook(stop, with_kwargs=True)
    try:
        model(input_ids=input_ids, attention_mask=attention_mask, use_cache=False)
    except _Reached:
        pass
    finally:
        handle.remove()
    return found[0]


@contextmanager
def starting_at(model: PreTrainedModel, layer: int, states: Float[Tensor, "batch tokens width"]) -> Iterator[None]:
    """While the block runs, layers below `layer` cost nothing and the model goes on from these states.

    Args:
        model: the frozen model.
        layer: the first layer that runs, at least 1.
        states: its input.
    """

    def given(_hidden: Tensor, *_arguments: Any, **_named: Any) -> Tensor:
        return states

    layers = decoder_layers(model)[1]
    with ExitStack() as stack:
        for index in range(layer):
            layers[index].forward = given
            stack.callback(delattr, layers[index], "forward")
        yield
