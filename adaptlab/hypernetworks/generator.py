"""Say what a generator is: a batch of task conditions -> `AdapterParameters`."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor, nn

from adaptlab.contracts import AdapterParameters, SiteGroup


@dataclass(frozen=True)
class GeneratorContext:
    """What a generator is built for.

    Args:
        groups: the sites to fill, in sorted order; each becomes one head.
        starts: by group key and factor, the static start `[layers, rows, width]`.
        spreads: by group key and factor, the spread around the start that still is the identity.
        embedding_width: width of the task embeddings.
    """

    groups: tuple[SiteGroup, ...]
    starts: Mapping[str, Mapping[str, Float[Tensor, "layers _ _"]]]
    spreads: Mapping[str, Mapping[str, float]]
    embedding_width: int


class Generator(nn.Module, ABC):
    """Maps task conditions to adapters. The only trained part of an adapted model."""

    independent_tasks = False
    """Whether tasks share no parameter, so that the loss of a batch is a sum over its tasks and not their mean."""

    @property
    def stopped_tasks(self) -> tuple[int, ...]:
        """Independent tasks that train no more."""
        return ()

    @property
    def stored_bytes(self) -> int:
        """What it takes on disk: its parameters, and what it was given and keeps, such as a fixed start."""
        return sum(value.numel() * value.element_size() for value in self.state_dict().values())

    @abstractmethod
    def forward(self, embeddings: Float[Tensor, "batch width"]) -> AdapterParameters:
        """One adapter per row of task embeddings."""
