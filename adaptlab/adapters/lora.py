"""LoRA: factors A and B -> `y = Wx + s B'(Ax)` at linear maps, one pair per example (Hu et al. 2021)."""

import math
from collections.abc import Mapping, Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from adaptlab.adapters.family import AdapterFamily, CastFactor, Edit, by_adapter, check_rank, pick_sites
from adaptlab.contracts import AdapterSite, FactorShape, FactorTensors, SiteGroup
from adaptlab.errors import ConfigurationError


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

    def effect_distance(
        self, group: SiteGroup, left: FactorTensors, right: FactorTensors
    ) -> Float[Tensor, "tasks layers"]:
        """`||s (B'A - B*'A*)||^2` over the weight change, from rank-by-rank products in float64."""

        def inner(one: FactorTensors, other: FactorTensors) -> Tensor:
            a = one["A"].double() @ other["A"].double().transpose(-1, -2)
            b = one["B"].double() @ other["B"].double().transpose(-1, -2)
            return (a * b).sum((-1, -2))

        squared = inner(left, left) + inner(right, right) - 2 * inner(left, right)
        return self.scale**2 * squared.clamp(min=0)
