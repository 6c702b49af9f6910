"""LoRA: factors A and B -> `y = Wx + s B'(Ax)` at linear maps, one pair per example (Hu et al. 2021)."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from adaptlab.adapters.family import AdapterFamily, CastFactor, Edit, Effect, by_adapter, check_rank, pick_sites
from adaptlab.contracts import AdapterSite, FactorShape, FactorTensors, OneAdapter, SiteGroup
from adaptlab.errors import ConfigurationError


def balanced(
    down: Float[Tensor, "*batch rank d_in"], up: Float[Tensor, "*batch rank d_out"]
) -> tuple[Float[Tensor, "*batch kept d_in"], Float[Tensor, "*batch kept d_out"]]:
    """Factors of the same product `B'A` in a gauge that depends on the product alone.

    Rows are scaled singular vectors, by falling singular value, and no more of them than the smaller side has; of each
    row of A the entry with the largest magnitude is positive. Unique where singular values differ. From two QR
    factorisations and one SVD of an r-by-r matrix, in float64.
    """
    right, lower_right = torch.linalg.qr(down.double().transpose(-1, -2))
    left, lower_left = torch.linalg.qr(up.double().transpose(-1, -2))
    u, singular, vh = torch.linalg.svd(lower_left @ lower_right.transpose(-1, -2), full_matrices=False)
    root = singular.sqrt()[..., None]
    a = root * (vh @ right.transpose(-1, -2))
    b = root * (u.transpose(-1, -2) @ left.transpose(-1, -2))
    largest = a.abs().argmax(dim=-1, keepdim=True)
    sign = torch.sign(a.gather(-1, largest))
    sign = torch.where(sign == 0, 1.0, sign)
    return (sign * a).to(down.dtype), (sign * b).to(up.dtype)


class LoRA(AdapterFamily):
    """Low-rank changes of linear maps.

    Args:
        sites: the places that the base model has.
        rank: rows of A and B, from 1 to the smaller side of every target.
        alpha: the scale s is alpha / rank, or alpha / sqrt(rank) when rank-stabilised.
        rank_stabilised: which of the two.
        targets: names of linear maps, such as `q_proj`.
        layers: layer indices; all when None.

    Raises:
        BaseModelError: the model has no such module or layer.
        ConfigurationError: the rank does not fit.
    """

    name = "lora"

    def __init__(
        self,
        sites: Sequence[AdapterSite],
        rank: int = 8,
        alpha: float = 16.0,
        rank_stabilised: bool = False,
        targets: Sequence[str] = ("q_proj", "v_proj"),
        layers: Sequence[int] | None = None,
    ) -> None:
        super().__init__()
        if "block" in targets:
            raise ConfigurationError("LoRA changes linear maps; `block` is the output of a layer, which LoReFT edits")
        groups = []
        for module_type, picked in pick_sites(sites, targets, layers).items():
            check_rank(rank, picked[0])
            factors = (
                FactorShape("A", rank, picked[0].in_width),
                FactorShape("B", rank, picked[0].out_width),
            )
            groups.append(SiteGroup(self.name, module_type, picked, factors))
        self.groups = tuple(groups)
        self._settings = {
            "family": self.name,
            "rank": rank,
            "alpha": alpha,
            "rank_stabilised": rank_stabilised,
            "targets": list(targets),
            "layers": None if layers is None else list(layers),
        }
        if not math.isfinite(alpha):
            raise ConfigurationError(f"alpha must be finite, got {alpha}")
        self.scale = alpha / (math.sqrt(rank) if rank_stabilised else rank)

    def start(self, group: SiteGroup) -> Mapping[str, Float[Tensor, "layers _ _"]]:
        """A by He et al.'s uniform rule with a = sqrt(5), as in PEFT; B at zero."""
        rank, in_width, out_width = group.factors[0].rows, group.factors[0].width, group.factors[1].width
        bound = 1 / math.sqrt(in_width)
        return {
            "A": torch.empty(len(group.sites), rank, in_width).uniform_(-bound, bound),
            "B": torch.zeros(len(group.sites), rank, out_width),
        }

    def edits(self, group: SiteGroup, factors: FactorTensors) -> Sequence[Edit]:
        return [self._edit(factors["A"][:, index], factors["B"][:, index]) for index in range(len(group.sites))]

    def _edit(self, down: Float[Tensor, "batch rank d_in"], up: Float[Tensor, "batch rank d_out"]) -> Edit:
        a, b = CastFactor(down), CastFactor(self.scale * up)

        def edit(inputs: Tensor, output: Tensor, _chosen: Tensor | None) -> Tensor:
            low = torch.bmm(by_adapter(inputs, len(down)), a.like(inputs).transpose(1, 2))
            return output + torch.bmm(low, b.like(inputs)).to(output.dtype).reshape(output.shape)

        return edit

    @property
    def settings(self) -> Mapping[str, Any]:
        return self._settings

    def stored(self, group: SiteGroup, factors: FactorTensors) -> FactorTensors:
        """A and B as they are; the scale s stands in the settings."""
        return {"A": factors["A"], "B": factors["B"]}

    def from_stored(self, group: SiteGroup, stored: FactorTensors, canonical: bool = True) -> FactorTensors:
        """The balanced form of `B'A`: with `B'A = U S V'`, A is `sqrt(S) V'` and B is `sqrt(S) U'`, row by row."""
        if not canonical:
            return {"A": stored["A"], "B": stored["B"]}
        down, up = balanced(stored["A"], stored["B"])
        return {"A": down, "B": up}

    def effect_mean(self, group: SiteGroup, factors: FactorTensors) -> OneAdapter:
        """The mean of `B'A` is `B'A / n` of all rows together; of its balanced form the first rows are the best."""
        rank = group.factors[0].rows
        count = len(factors["A"])
        all_a, all_b = (factors[name].transpose(0, 1).flatten(1, 2) for name in ("A", "B"))
        down, up = balanced(all_a, all_b / count)
        return {"A": down[None, :, :rank], "B": up[None, :, :rank]}

    def scaled(self, group: SiteGroup, factors: FactorTensors, strength: float) -> FactorTensors:
        return {"A": factors["A"], "B": strength * factors["B"]}

    def effect(self, group: SiteGroup, factors: FactorTensors) -> Effect:
        """`s B'A`."""
        return Effect(self.scale * factors["B"].double(), factors["A"])

    def aligned(self, group: SiteGroup, factors: FactorTensors, reference: OneAdapter) -> FactorTensors:
        """The balanced form, its rows turned by the orthogonal matrix that brings them nearest to a reference's rows.

        Balanced forms of one product differ by an orthogonal matrix only, and the nearest one is the solution of the
        orthogonal Procrustes problem (Schönemann 1966): equal effects become equal factors, whatever they were, and
        none is larger than its effect asks.
        """
        down, up = balanced(factors["A"].double(), factors["B"].double())
        overlap = reference["A"].double() @ down.transpose(-1, -2) + reference["B"].double() @ up.transpose(-1, -2)
        left, _, right = torch.linalg.svd(overlap)
        turn = left @ right
        return {"A": (turn @ down).to(factors["A"].dtype), "B": (turn @ up).to(factors["B"].dtype)}
