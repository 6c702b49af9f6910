"""Say what a family of adapters is: sites -> named factors, how they start, how they change a module's output."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence

import torch
from jaxtyping import Float, Shaped
from torch import Tensor, nn

from adaptlab.contracts import AdapterSite, FactorTensors, SiteGroup
from adaptlab.errors import BaseModelError, ConfigurationError

Edit = Callable[[Tensor, Tensor, Tensor | None], Tensor]
"""(module input, module output, token mask or None) -> changed output."""


class CastFactor:
    """One factor of one site, cast to suit a module's values; once, not at every decoding step.

    Args:
        factor: `[adapters, ...]`, in float32.
    """

    def __init__(self, factor: Tensor) -> None:
        self.factor = factor
        self._cast: dict[torch.dtype, Tensor] = {}

    def like(self, values: Tensor) -> Tensor:
        """The factor in the type of `values`."""
        if values.dtype not in self._cast:
            self._cast[values.dtype] = self.factor.to(values.dtype)
        return self._cast[values.dtype]


def by_adapter(values: Shaped[Tensor, "rows tokens width"], adapters: int) -> Shaped[Tensor, "adapters _ width"]:
    """The tokens that each adapter serves: adapter i has `rows / adapters` rows in succession."""
    return values.reshape(adapters, -1, values.shape[-1])


class AdapterFamily(nn.Module, ABC):
    """One way to adapt a frozen model. Holds buffers, never trained parameters: those come from a generator."""

    name: str
    groups: tuple[SiteGroup, ...]

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

    @abstractmethod
    def effect_distance(
        self, group: SiteGroup, left: FactorTensors, right: FactorTensors
    ) -> Float[Tensor, "tasks layers"]:
        """Squared distance between the effects of two adapters; equal for equal effects, whatever the factors."""


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
        chosen = tuple(sorted(s for s in sites if s.module_type == module_type and (not layers or s.layer in layers)))
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
    if not 1 <= rank <= smaller:
        raise ConfigurationError(f"rank must be in 1..{smaller} (the smaller side of {site.module_type}), got {rank}")
