"""Tell how far a description lies from the tasks that a generator was trained on: vectors -> cosine distances."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import normalize

REACH = 0.99
"""Share of the train descriptions that lie within reach of their own task."""


@dataclass(frozen=True)
class Nearest:
    """The train tasks next to a description.

    Args:
        names: nearest first.
        distances: one minus the cosine to each task's mean vector, 0 to 2.
        reach: the distance within which 99% of the train descriptions lie from their own task.
    """

    names: tuple[str, ...]
    distances: tuple[float, ...]
    reach: float

    @property
    def is_far(self) -> bool:
        """Whether the description lies further from every train task than nearly all train descriptions from theirs."""
        return self.distances[0] > self.reach

    def __str__(self) -> str:
        near = ", ".join(f"{name} ({apart:.2f})" for name, apart in zip(self.names, self.distances, strict=True))
        return (
            f"nearest train tasks by cosine distance: {near}; train descriptions are within {self.reach:.2f} of theirs"
        )


@dataclass(frozen=True)
class KnownTasks:
    """Where train tasks lie in the space of embeddings.

    Args:
        names: of the tasks.
        centroids: each task's mean direction, of length 1.
        reach: as in `Nearest`.
    """

    names: tuple[str, ...]
    centroids: Float[Tensor, "tasks width"]
    reach: float

    @classmethod
    def of(cls, names: Sequence[str], vectors: Sequence[Float[Tensor, "_ width"]]) -> "KnownTasks":
        """From the vectors of each task's train descriptions."""
        units = [normalize(own.float(), dim=-1) for own in vectors]
        centroids = normalize(torch.stack([own.mean(0) for own in units]), dim=-1)
        apart = torch.cat([1 - own @ centre for own, centre in zip(units, centroids, strict=True)])
        rank = max(1, round(REACH * len(apart)))
        return cls(tuple(names), centroids, float(apart.kthvalue(rank).values))

    def nearest(self, vector: Float[Tensor, " width"], count: int = 3) -> Nearest:
        """The tasks whose descriptions are most alike."""
        apart = 1 - self.centroids @ normalize(vector.float(), dim=-1)
        found = apart.topk(min(count, len(self.names)), largest=False)
        names = tuple(self.names[index] for index in found.indices.tolist())
        return Nearest(names, tuple(found.values.tolist()), self.reach)

    def state(self) -> dict[str, Any]:
        """Plain types and one tensor, as a checkpoint keeps them."""
        return {"names": list(self.names), "centroids": self.centroids.half(), "reach": self.reach}

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> "KnownTasks":
        """What `state` gave."""
        return cls(tuple(state["names"]), state["centroids"].float(), float(state["reach"]))
