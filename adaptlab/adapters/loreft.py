"""LoReFT: factors A, D and b -> `h + R(sDh + b)` at the outputs of layers, one intervention per example.

In the notation of Wu et al. 2024, eq. 2, `W = sD + R'`, so the edit is exactly `h + R(Wh + b - R'h)`; with D and b at
zero it is exactly the identity. The fixed scale `s = 1/sqrt(width)` gives entries of A and D of order one their natural
size: an edit in proportion to h, and rows of sA whose length measures the rotation of R away from its anchor. Without
it one optimiser step on a generator turns every subspace by about a radian.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from adaptlab.adapters.cayley import anchor, horizontal_cayley, horizontal_inverse
from adaptlab.adapters.family import AdapterFamily, CastFactor, Edit, Effect, by_adapter, check_rank, pick_sites
from adaptlab.adapters.positions import Positions, PromptPositions
from adaptlab.contracts import AdapterSite, FactorShape, FactorTensors, OneAdapter, SiteGroup


class LoReFT(AdapterFamily):
    """Low-rank edits of hidden states inside a learned subspace.

    Args:
        sites: the places that the base model has.
        rank: dimension of the subspace, from 1 to the hidden width.
        layers: indices of the layers whose output is edited; all when None.
        positions: which tokens are edited; all prompt tokens by default.

    Raises:
        BaseModelError: the model has no such layer.
        ConfigurationError: the rank does not fit.
    """

    name = "loreft"
    reads_output = True

    def __init__(
        self,
        sites: Sequence[AdapterSite],
        rank: int = 4,
        layers: Sequence[int] | None = None,
        positions: Positions | None = None,
    ) -> None:
        super().__init__()
        self.positions = positions or PromptPositions()
        blocks = pick_sites(sites, ["block"], layers)["block"]
        width = blocks[0].out_width
        check_rank(rank, blocks[0])
        factors = (FactorShape("A", rank, width), FactorShape("D", rank, width), FactorShape("b", rank, 1))
        self.groups = tuple(
            SiteGroup(self.name, f"block.{side}" if side else "block", blocks, factors) for side in self.positions.sides
        )
        self.anchors: Tensor
        self.register_buffer("anchors", torch.stack([anchor(site.path, width, rank) for site in blocks]))
        self.scale = 1 / math.sqrt(width)
        self._settings = {
            "family": self.name,
            "rank": rank,
            "layers": None if layers is None else list(layers),
            "positions": dict(self.positions.settings),
        }

    def start(self, group: SiteGroup) -> Mapping[str, Float[Tensor, "layers _ _"]]:
        return {factor.name: torch.zeros(len(group.sites), factor.rows, factor.width) for factor in group.factors}

    def start_spread(self, factor: str) -> float:
        """A may start anywhere, since D and b at zero make no edit; rows of sA of length 0.5 leave R near R0."""
        return 0.5 if factor == "A" else 0.0

    def subspaces(self, free: Float[Tensor, "tasks layers rank width"]) -> Float[Tensor, "tasks layers width rank"]:
        """The orthonormal R of each site from its free factor A."""
        return horizontal_cayley(self.scale * free, self.anchors.to(free.device))

    def edits(self, group: SiteGroup, factors: FactorTensors) -> Sequence[Edit]:
        rotations = self.subspaces(factors["A"])
        maps = self.scale * factors["D"]
        return [
            self._edit(rotations[:, index], maps[:, index], factors["b"][:, index, :, 0])
            for index in range(len(group.sites))
        ]

    def _edit(
        self,
        rotation: Float[Tensor, "batch width rank"],
        linear: Float[Tensor, "batch rank width"],
        bias: Float[Tensor, "batch rank"],
    ) -> Edit:
        d, b, r = CastFactor(linear.transpose(1, 2)), CastFactor(bias[:, None]), CastFactor(rotation.transpose(1, 2))

        def edit(_inputs: Tensor, output: Tensor, chosen: Tensor | None) -> Tensor:
            if chosen is not None and not chosen.any():
                return output
            coefficients = torch.baddbmm(b.like(output), by_adapter(output, len(bias)), d.like(output))
            if chosen is not None:
                coefficients = coefficients * by_adapter(chosen[..., None], len(bias))
            return output + torch.bmm(coefficients, r.like(output)).reshape(output.shape)

        return edit

    def chosen_tokens(self, group: SiteGroup, positions: Tensor, spans: Tensor) -> Tensor | None:
        side = group.module_type.partition(".")[2]
        return self.positions.choose(positions, spans, side)

    @property
    def settings(self) -> Mapping[str, Any]:
        return self._settings

    def stored(self, group: SiteGroup, factors: FactorTensors) -> FactorTensors:
        """`R` (rows are the subspace's basis), D in natural scale, and b: the edit is `h + R'(Dh + b)` by rows."""
        rotations = self.subspaces(factors["A"]).transpose(-1, -2)
        return {"R": rotations, "D": self.scale * factors["D"], "b": factors["b"]}

    def from_stored(self, group: SiteGroup, stored: FactorTensors, canonical: bool = True) -> FactorTensors:
        """A, D and b in the basis of the subspace that the horizontal Cayley map gives."""
        free, rotation = horizontal_inverse(stored["R"].transpose(-1, -2), self.anchors.to(stored["R"].device))
        turned = rotation.transpose(-1, -2)
        return {
            "A": (free / self.scale).float(),
            "D": (turned @ stored["D"].double() / self.scale).float(),
            "b": (turned @ stored["b"].double()).float(),
        }

    def effect_mean(self, group: SiteGroup, factors: FactorTensors) -> OneAdapter:
        """The mean of the maps `[RD, Rb]`, projected on its first left singular vectors."""
        count, rank = len(factors["D"]), group.factors[0].rows
        rotations = self.subspaces(factors["A"]).double().permute(1, 2, 0, 3).flatten(2)
        maps = (
            torch.cat([self.scale * factors["D"], factors["b"]], dim=-1).double().transpose(0, 1).flatten(1, 2) / count
        )
        left, lower = torch.linalg.qr(rotations)
        inner, singular, right = torch.linalg.svd(lower @ maps, full_matrices=False)
        basis = (left @ inner)[..., :rank].transpose(-1, -2)
        mapped = (singular[..., None] * right)[..., :rank, :]
        stored = {"R": basis, "D": mapped[..., :-1], "b": mapped[..., -1:]}
        return self.from_stored(group, {name: value[None] for name, value in stored.items()})

    def scaled(self, group: SiteGroup, factors: FactorTensors, strength: float) -> FactorTensors:
        """Of the edit `R(Dh + b)`; the subspace stays."""
        return {"A": factors["A"], "D": strength * factors["D"], "b": strength * factors["b"]}

    def effect(self, group: SiteGroup, factors: FactorTensors) -> Effect:
        """`R [sD, b]`."""
        right = torch.cat([self.scale * factors["D"].double(), factors["b"].double()], dim=-1)
        return Effect(self.subspaces(factors["A"]).transpose(-1, -2), right)
