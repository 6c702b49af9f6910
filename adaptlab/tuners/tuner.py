"""Say what a tuner is: parameters inside the base model that train in place of a generator of adapters.

To the training loop it is a generator whose adapters are empty: its parameters are what is optimised, saved and
restored, and `install` puts the same tensors into the model. Everything else of the model stays frozen.
"""

from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn
from torch.nn.utils import parametrize
from transformers import PreTrainedModel

from adaptlab.basemodels import generate_tokens, target_logits
from adaptlab.contracts import AdapterParameters
from adaptlab.errors import ConfigurationError
from adaptlab.hypernetworks import Generator, GeneratorContext


class Tuner(Generator):
    """A method that trains the model itself: the same for every task that it is trained on.

    What trains is held in float32 and rounded to the model's type where it is used, since small steps vanish in
    bfloat16.

    Args:
        context: must be without sites; a tuner needs no families.

    Raises:
        ConfigurationError: there are families.
    """

    def __init__(self, context: GeneratorContext) -> None:
        super().__init__()
        if context.groups:
            raise ConfigurationError(
                f"{type(self).__name__} changes the model itself; set model.families: [] with it, or choose a generator"
            )
        self.tuned = nn.ParameterDict()
        self._network: tuple[nn.Module, ...] = ()

    @abstractmethod
    def install(self, model: PreTrainedModel) -> nn.Module:
        """Make the model trainable; gives what is called in its place.

        Raises:
            ConfigurationError: the model lacks what is to be trained.
        """

    def prepare(self, model: PreTrainedModel) -> None:
        """Install into the model and hold what trains; the first call does it."""
        if self._network:
            return
        model.requires_grad_(False)
        network = self.install(model)
        _hold_in_float32(network)
        for name, parameter in network.named_parameters():
            if parameter.requires_grad:
                self.tuned[name.replace(".", "/")] = parameter
        if not len(self.tuned):
            raise ConfigurationError(f"{type(self).__name__} trains nothing of this model; name other parts of it")
        self._network = (network,)  # in a tuple, so that the model is no part of what is saved

    @property
    def stored_bytes(self) -> int:
        """Of what trains; what pyreft's rotations are rebuilt from is no part of its own format."""
        return sum(value.nbytes for value in self.tuned.values())

    @property
    def network(self) -> nn.Module:
        """What is called in the model's place."""
        return self._network[0]

    def forward(self, embeddings: Float[Tensor, "batch width"]) -> AdapterParameters:
        return AdapterParameters((), {})

    @contextmanager
    def _reading(self, spans: Int[Tensor, "batch 2"]) -> Iterator[None]:
        """What has to surround a pass of the network, given each row's prompt span."""
        yield

    def _inputs(
        self, input_ids: Int[Tensor, "batch tokens"], attention_mask: Int[Tensor, "batch tokens"]
    ) -> tuple[nn.Module, Int[Tensor, "batch tokens"] | None, Int[Tensor, "batch longer"], Mapping[str, Any]]:
        """What is called, with which ids, mask and further arguments; the mask is longer where vectors are put in."""
        return self.network, input_ids, attention_mask, {}

    def target_logits(
        self,
        input_ids: Int[Tensor, "batch tokens"],
        attention_mask: Int[Tensor, "batch tokens"],
        predicts_target: Bool[Tensor, "batch tokens"],
        spans: Int[Tensor, "batch 2"],
    ) -> Float[Tensor, "targets vocabulary"]:
        """Logits where the next token is a target, of right-padded rows."""
        network, ids, mask, settings = self._inputs(input_ids, attention_mask)
        put_in = predicts_target.new_zeros(len(mask), mask.shape[1] - predicts_target.shape[1])
        with parametrize.cached(), self._reading(spans):
            return target_logits(network, ids, mask, torch.cat([put_in, predicts_target], dim=1), **settings)

    def generate_tokens(
        self,
        input_ids: Int[Tensor, "batch tokens"],
        attention_mask: Int[Tensor, "batch tokens"],
        spans: Int[Tensor, "batch 2"],
        max_new_tokens: int,
        stop_token_ids: Sequence[int],
    ) -> Int[Tensor, "batch new"]:
        """Greedy continuations of left-padded prompts."""
        network, ids, mask, settings = self._inputs(input_ids, attention_mask)
        with parametrize.cached(), self._reading(spans):
            return generate_tokens(network, ids, mask, max_new_tokens, stop_token_ids, **settings)


class _Rounded(nn.Module):
    """Gives a parameter in another type; gradients come back in its own."""

    def __init__(self, dtype: torch.dtype) -> None:
        super().__init__()
        self.dtype = dtype

    def forward(self, value: Tensor) -> Tensor:
        return value.to(self.dtype)


def _hold_in_float32(network: nn.Module) -> None:
    held: dict[nn.Parameter, nn.Parameter] = {}
    for module in list(network.modules()):
        for name, parameter in list(module.named_parameters(recurse=False)):
            if parameter.requires_grad and parameter.dtype != torch.float32:
                if parameter not in held:  # modules may share it
                    held[parameter] = nn.Parameter(parameter.detach().float())
                setattr(module, name, held[parameter])
                parametrize.register_parametrization(module, name, _Rounded(parameter.dtype), unsafe=True)
