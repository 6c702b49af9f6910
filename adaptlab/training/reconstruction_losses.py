"""Say how far emitted adapters are from a library's: emitted, targets -> one number per task."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from adaptlab.adapters import AdapterFamily
from adaptlab.contracts import AdapterParameters

Statistics = Mapping[str, Mapping[str, Float[Tensor, "layers _ _"]]]
"""By group key and factor."""


class ReconstructionLoss(ABC):
    """A distance between emitted adapters and those of a library."""

    aligned = False
    """Whether targets must come in one common gauge, because the loss depends on it."""

    def prepare(self, deviations: Statistics) -> None:  # noqa: B027
        """Learn how much each element of each factor varies over the library."""

    @abstractmethod
    def per_task(
        self, families: Sequence[AdapterFamily], emitted: AdapterParameters, targets: AdapterParameters
    ) -> Float[Tensor, " tasks"]:
        """The loss of each task."""


class EffectLoss(ReconstructionLoss):
    """`||L'R - L*'R*||^2` summed over sites, as a share of `||L*'R*||^2`; blind to gauges (`AdapterFamily.effect`).

    An adapter that does nothing has a loss of 1. Several families count equally.
    """

    def per_task(
        self, families: Sequence[AdapterFamily], emitted: AdapterParameters, targets: AdapterParameters
    ) -> Float[Tensor, " tasks"]:
        return effect_error(families, emitted, targets).float()


class FactorLoss(ReconstructionLoss):
    """L1 between factors, a mean over the factors of all module types (Charakorn et al. 2025, eq. 4).

    Args:
        standardised: divide each element by its deviation over the library, so that all elements weigh the same.
    """

    aligned = True

    def __init__(self, standardised: bool = True) -> None:
        self.standardised = standardised
        self.deviations: dict[str, dict[str, Tensor]] = {}

    def prepare(self, deviations: Statistics) -> None:
        for key, factors in deviations.items():
            usual = {name: value.square().mean((-1, -2), keepdim=True).sqrt() for name, value in factors.items()}
            self.deviations[key] = {
                name: torch.maximum(value, 0.1 * usual[name]).clamp(min=1e-8) for name, value in factors.items()
            }

    def per_task(
        self, families: Sequence[AdapterFamily], emitted: AdapterParameters, targets: AdapterParameters
    ) -> Float[Tensor, " tasks"]:
        found = []
        for group in emitted.groups:
            for name, value in emitted.factors[group.key].items():
                apart = (value - targets.factors[group.key][name]).abs()
                if self.standardised:
                    apart = apart / self.deviations[group.key][name].to(apart.device)
                found.append(apart.mean((1, 2, 3)))
        return torch.stack(found).mean(0)


class EditLoss(ReconstructionLoss):
    """`||edit(h) - edit*(h)||^2` over hidden states that the sites meet, as a share of `||edit*(h)||^2`.

    Args:
        states: how many states of each site are kept, drawn from prompts of the library's tasks.
    """

    def __init__(self, states: int = 256) -> None:
        self.count = states
        self.states: dict[str, Float[Tensor, "layers samples width"]] = {}

    def per_task(
        self, families: Sequence[AdapterFamily], emitted: AdapterParameters, targets: AdapterParameters
    ) -> Float[Tensor, " tasks"]:
        shares = []
        for family in families:
            apart = size = torch.zeros(len(emitted), device=next(iter(self.states.values())).device)
            for group in family.groups:
                states = self.states[group.key]
                wanted = family.effect(group, targets.factors[group.key]).of(states)
                found = family.effect(group, emitted.factors[group.key]).of(states)
                apart = apart + (found - wanted).square().sum((1, 2, 3))
                size = size + wanted.square().sum((1, 2, 3))
            shares.append(apart / size.clamp(min=1e-20))
        return torch.stack(shares).mean(0)


def effect_error(
    families: Sequence[AdapterFamily], emitted: AdapterParameters, targets: AdapterParameters
) -> Float[Tensor, " tasks"]:
    """Squared distance of effects over all sites, as a share of the targets' squared size; a mean over families."""
    shares = []
    for family in families:
        apart = size = torch.zeros(
            len(targets), dtype=torch.float64, device=next(iter(emitted.factors.values()))["A"].device
        )
        for group in family.groups:
            wanted = targets.factors[group.key]
            apart = apart + family.effect_distance(group, emitted.factors[group.key], wanted).sum(1)
            size = size + family.effect_size(group, wanted).sum(1)
        shares.append(apart / size.clamp(min=1e-20))
    return torch.stack(shares).mean(0)
