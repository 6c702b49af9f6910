"""Say what a family of adapters is: sites -> named factors, how they start, how they change a module's output."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float, Shaped
from torch import Tensor, nn

from adaptlab.contracts import AdapterSite, FactorTensors, OneAdapter, SiteGroup
from adaptlab.errors import BaseModelError, ConfigurationError

Edit = Callable[[Tensor, Tensor, Tensor | None], Tensor]
"""(module input, module output, token mask or None) -> changed output."""


@dataclass(frozen=True)
class Effect:
    """The change `x -> L'R x` that factors make at each site, as the two sides of a product of low rank.

    Args:
        left: rows of L.
        right: rows of R; one wider than the value where a constant is added, as if x ended in 1.
    """

    left: Float[Tensor, "tasks layers rank out"]
    right: Float[Tensor, "tasks layers rank in"]

    def inner(self, other: "Effect") -> Float[Tensor, "tasks layers"]:
        """The Frobenius inner product with other effects at the same sites, in float64."""
        lefts = self.left.double() @ other.left.double().transpose(-1, -2)
        rights = self.right.double() @ other.right.double().transpose(-1, -2)
        return (lefts * rights).sum((-1, -2))

    def of(self, values: Float[Tensor, "layers samples width"]) -> Float[Tensor, "tasks layers samples out"]:
        """The change for some values at each site."""
        if self.right.shape[-1] == values.shape[-1] + 1:
            values = torch.nn.functional.pad(values, (0, 1), value=1.0)
        return values @ self.right.transpose(-1, -2).to(values.dtype) @ self.left.to(values.dtype)


class CastFactor:
    """One factor of one site, cast to suit a module's values; once, not at every decoding step.

    Args:
        factor: `[adapters, ...]`, in float32.
    """

    def __init__(self, factor: Tensor) -> None:
        self.factor = factor
        self._cast: dict[tuple[torch.dtype, torch.device], Tensor] = {}

    def like(self, values: Tensor) -> Tensor:
        """The factor in the type of `values` and where they are."""
        kind = values.dtype, values.device
        if kind not in self._cast:
            self._cast[kind] = self.factor.to(values.device, values.dtype)
        return self._cast[kind]


def by_adapter(values: Shaped[Tensor, "rows tokens width"], adapters: int) -> Shaped[Tensor, "adapters _ width"]:
    """The tokens that each adapter serves: adapter i has `rows / adapters` rows in succession.

    Raises:
        ConfigurationError: the rows cannot be shared out evenly.
    """
    if len(values) % adapters:
        raise ConfigurationError(f"{len(values)} rows cannot be shared out over {adapters} adapters")
    return values.reshape(adapters, -1, values.shape[-1])


class AdapterFamily(nn.Module, ABC):
    """One way to adapt a frozen model. Holds buffers, never trained parameters: those come from a generator."""

    name: str
    groups: tuple[SiteGroup, ...]
    reads_output = False
    """Whether edits read a module's output, as interventions do, or its input, as weight changes do."""

    @abstractmethod
    def start(self, group: SiteGroup) -> Mapping[str, Float[Tensor, "layers _ _"]]:
        """The static start of each factor; with it the adapted model equals the base model bit for bit."""

    def start_spread(self, factor: str) -> float:
        """Standard deviation a generator may give this factor around its start without leaving the identity."""
        return 0.0

    @abstractmethod
    def edits(self, group: SiteGroup, factors: FactorTensors) -> Sequence[Edit]:
        """One edit per site of the group, from factors `[batch, layers, rows, width]`."""

    def chosen_tokens(self, group: SiteGroup, positions: Tensor, spans: Tensor) -> Tensor | None:
        """Mask `[batch, tokens]` of the tokens that the group edits, or None where it edits all."""
        return None

    @property
    @abstractmethod
    def settings(self) -> Mapping[str, Any]:
        """What `build_family` makes the same family from, on a model with the same sites; plain JSON types."""

    @abstractmethod
    def stored(self, group: SiteGroup, factors: FactorTensors) -> FactorTensors:
        """Factors as they are written to disk: in natural scale, and without anything that only this family knows."""

    @abstractmethod
    def from_stored(self, group: SiteGroup, stored: FactorTensors, canonical: bool = True) -> FactorTensors:
        """Factors with the effect of stored ones, in the canonical gauge: equal effects give equal factors.

        Args:
            group: their sites.
            stored: as `stored` gives them.
            canonical: or else in the gauge that they are stored in, where the family's factors can be in it.
        """

    @abstractmethod
    def effect_mean(self, group: SiteGroup, factors: FactorTensors) -> OneAdapter:
        """One adapter of the same rank whose effect is nearest to the mean of the effects of all."""

    @abstractmethod
    def scaled(self, group: SiteGroup, factors: FactorTensors, strength: float) -> FactorTensors:
        """Factors with `strength` times the effect; 0 gives the base model."""

    @abstractmethod
    def effect(self, group: SiteGroup, factors: FactorTensors) -> Effect:
        """What factors do to a value, whatever gauge they are in."""

    def aligned(self, group: SiteGroup, factors: FactorTensors, reference: OneAdapter) -> FactorTensors:
        """Canonical factors in the gauge nearest to a reference; the canonical gauge itself where that is smooth."""
        return factors

    def effect_distance(
        self, group: SiteGroup, left: FactorTensors, right: FactorTensors
    ) -> Float[Tensor, "tasks layers"]:
        """Squared Frobenius distance between the effects of two adapters, from rank-by-rank products in float64.

        `||L1'R1 - L2'R2||^2`, in which `<L1'R1, L2'R2>` is the sum over `(L1 L2') * (R1 R2')`; equal for equal effects,
        whatever the factors.
        """
        one, other = self.effect(group, left), self.effect(group, right)
        squared = one.inner(one) + other.inner(other) - 2 * one.inner(other)
        distance: Tensor = squared.clamp(min=0)
        return distance

    def effect_size(self, group: SiteGroup, factors: FactorTensors) -> Float[Tensor, "tasks layers"]:
        """Squared Frobenius norm of each effect."""
        effect = self.effect(group, factors)
        return effect.inner(effect)


def pick_sites(
    sites: Sequence[AdapterSite], module_types: Sequence[str], layers: Sequence[int] | None
) -> dict[str, tuple[AdapterSite, ...]]:
    """The sites of each module type, sorted, in the given layers or in all.

    Raises:
        BaseModelError: the model lacks a module type or a layer; the message lists what it has.
        ConfigurationError: sites of one type differ in shape, or nothing is chosen.
    """
    known = sorted({site.module_type for site in sites})
    missing = sorted(set(module_types) - set(known))
    if missing:
        raise BaseModelError(f"the base model has no module named {', '.join(missing)}; it has {', '.join(known)}")
    depth = 1 + max(site.layer for site in sites)
    beyond = sorted(set(layers or ()) - set(range(depth)))
    if beyond:
        raise BaseModelError(f"the base model has layers 0 to {depth - 1}; it has no layer {beyond}")
    picked = {}
    for module_type in sorted(set(module_types)):
        chosen = tuple(
            sorted(s for s in sites if s.module_type == module_type and (layers is None or s.layer in layers))
        )
        if len({(site.in_width, site.out_width) for site in chosen}) != 1:
            raise ConfigurationError(f"the {module_type} sites differ in shape or are empty; choose fewer layers")
        picked[module_type] = chosen
    if not picked:
        raise ConfigurationError("name at least one module type to adapt")
    return picked


def check_rank(rank: int, site: AdapterSite) -> None:
    """Refuse a rank outside 1..smaller side.

    Raises:
        ConfigurationError: naming the allowed range.
    """
    smaller = min(site.in_width, site.out_width)
    if type(rank) is not int or not 1 <= rank <= smaller:
        raise ConfigurationError(f"rank must be in 1..{smaller} (the smaller side of {site.module_type}), got {rank}")
