"""Turn features into factors: one head per site group, in three sizes.

| size   | one row of features gives           | values a head emits |
|--------|-------------------------------------|---------------------|
| large  | all factors of a site               | sum of rows x width |
| medium | one factor, told by a factor code   | rows x max width    |
| small  | one row of one factor, told by both | max width           |

Medium and small heads cut what they emit to the factor's own shape. Every head starts so that it emits the static
start of the family exactly, or, for factors that may, values spread around it.
"""

from collections.abc import Mapping

import torch
from jaxtyping import Float
from torch import Tensor, nn

from adaptlab.contracts import SiteGroup


class LargeHead(nn.Module):
    """One linear map that emits all factors of a site."""

    def __init__(self, group: SiteGroup, head_width: int, spreads: Mapping[str, float]) -> None:
        super().__init__()
        self.factors = group.factors
        self.sizes = [factor.rows * factor.width for factor in group.factors]
        self.linear = nn.Linear(head_width, sum(self.sizes))
        nn.init.zeros_(self.linear.weight)
        nn.init.zeros_(self.linear.bias)
        with torch.no_grad():
            for factor, rows in zip(group.factors, torch.split(self.linear.weight, self.sizes), strict=True):
                if spreads[factor.name] > 0:
                    rows.normal_(std=spreads[factor.name] * head_width**-0.5)

    def forward(self, features: Float[Tensor, "tasks layers head"]) -> dict[str, Float[Tensor, "tasks layers _ _"]]:
        emitted = self.linear(features).split(self.sizes, dim=-1)
        return {
            factor.name: values.unflatten(-1, (factor.rows, factor.width))
            for factor, values in zip(self.factors, emitted, strict=True)
        }


class MediumHead(nn.Module):
    """One linear map that emits one factor at a time; features carry a factor axis."""

    def __init__(self, group: SiteGroup, head_width: int) -> None:
        super().__init__()
        self.factors = group.factors
        self.rows = max(factor.rows for factor in group.factors)
        self.width = max(factor.width for factor in group.factors)
        self.linear = nn.Linear(head_width, self.rows * self.width)
        nn.init.zeros_(self.linear.weight)
        nn.init.zeros_(self.linear.bias)

    def forward(
        self, features: Float[Tensor, "tasks layers factors head"]
    ) -> dict[str, Float[Tensor, "tasks layers _ _"]]:
        emitted = self.linear(features).unflatten(-1, (self.rows, self.width))
        return {
            factor.name: emitted[:, :, index, : factor.rows, : factor.width]
            for index, factor in enumerate(self.factors)
        }


class SmallHead(nn.Module):
    """One linear map that emits one row of one factor at a time; features carry factor and row axes."""

    def __init__(self, group: SiteGroup, head_width: int) -> None:
        super().__init__()
        self.factors = group.factors
        self.linear = nn.Linear(head_width, max(factor.width for factor in group.factors))
        nn.init.zeros_(self.linear.weight)
        nn.init.zeros_(self.linear.bias)

    def forward(
        self, features: Float[Tensor, "tasks layers factors rows head"]
    ) -> dict[str, Float[Tensor, "tasks layers _ _"]]:
        emitted = self.linear(features)
        return {
            factor.name: emitted[:, :, index, : factor.rows, : factor.width]
            for index, factor in enumerate(self.factors)
        }
