"""Generate adapters with one shared network: task embeddings `[batch, width]` -> factors of every site.

`phi = (task code, layer code, module code [, factor code] [, row code])` for all sites and tasks in one batch,
through one trunk and one head per site group (Charakorn et al. 2025, Text-to-LoRA L, M and S).
"""

from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor, nn

from adaptlab.contracts import AdapterParameters
from adaptlab.errors import ConfigurationError
from adaptlab.hypernetworks.generator import Generator, GeneratorContext
from adaptlab.hypernetworks.heads import LargeHead, MediumHead, SmallHead
from adaptlab.hypernetworks.trunk import NormedEmbedding, ResidualBlock, mixing_layers, output_block

Size = Literal["large", "medium", "small"]


@dataclass(frozen=True)
class _Widths:
    latent: int
    head: int
    dropout: float
    learnable_start: bool


PRESETS = {"paper": _Widths(latent=128, head=512, dropout=0.05, learnable_start=False)}


class Hypernetwork(Generator):
    """One network for all tasks and all sites.

    Args:
        context: sites to fill and the width of the embeddings.
        size: what one pass emits: `large` all factors of a site, `medium` one factor, `small` one row.
        latent_width: width of the trunk; a multiple of 4.
        head_width: width of the features that heads read.
        dropout: probability inside the trunk.
        learnable_start: train the static start that all tasks share; otherwise it stays as drawn.
        preset: `paper` takes Text-to-LoRA's widths, dropout and frozen start instead of the four above.

    Raises:
        ConfigurationError: the latent width is not a multiple of 4.
    """

    def __init__(
        self,
        context: GeneratorContext,
        size: Size = "large",
        latent_width: int = 128,
        head_width: int = 512,
        dropout: float = 0.05,
        learnable_start: bool = True,
        preset: Literal["paper"] | None = None,
    ) -> None:
        super().__init__()
        widths = PRESETS[preset] if preset else _Widths(latent_width, head_width, dropout, learnable_start)
        latent = widths.latent
        if latent % 4:
            raise ConfigurationError(f"latent_width must be a multiple of 4, got {latent}")
        self.groups = context.groups
        self.size: Size = size
        self.layer_indices = sorted({site.layer for group in self.groups for site in group.sites})
        self.task_code = nn.Sequential(nn.Linear(context.embedding_width, latent // 2), nn.LayerNorm(latent // 2))
        self.layer_codes = NormedEmbedding(len(self.layer_indices), latent // 4)
        self.module_codes = NormedEmbedding(len(self.groups), latent // 4)
        self.mixer = nn.Sequential(nn.Dropout(widths.dropout), *mixing_layers(latent, widths.dropout))
        self.site_block = ResidualBlock(latent, widths.dropout)
        self.part_block = ResidualBlock(latent, widths.dropout)
        self.output = output_block(latent, widths.head, widths.dropout)
        self._make_part_codes(latent)
        self._make_heads(context, widths.head)
        self._keep_starts(context, widths.learnable_start)

    def _make_part_codes(self, latent: int) -> None:
        if self.size == "large":
            return
        self.factor_codes = NormedEmbedding(sum(len(group.factors) for group in self.groups), latent)
        if self.size == "small":
            self.row_codes = NormedEmbedding(max(f.rows for group in self.groups for f in group.factors), latent)

    def _make_heads(self, context: GeneratorContext, head_width: int) -> None:
        self.heads = nn.ModuleList()
        for group in self.groups:
            if self.size == "large":
                self.heads.append(LargeHead(group, head_width, context.spreads[group.key]))
            else:
                self.heads.append((MediumHead if self.size == "medium" else SmallHead)(group, head_width))

    def _keep_starts(self, context: GeneratorContext, learnable: bool) -> None:
        for index, group in enumerate(self.groups):
            for factor in group.factors:
                value = context.starts[group.key][factor.name].clone()
                name = f"start_{index}_{factor.name}"
                if learnable:
                    self.register_parameter(name, nn.Parameter(value))
                else:
                    self.register_buffer(name, value)

    def _site_features(self, embeddings: Float[Tensor, "tasks width"], index: int) -> Tensor:
        """Codes of all sites of one group, through the trunk's shared part: `[tasks, layers, latent]`."""
        rows = [self.layer_indices.index(site.layer) for site in self.groups[index].sites]
        task = self.task_code(embeddings)[:, None].expand(-1, len(rows), -1)
        layer = self.layer_codes()[rows].expand(len(embeddings), -1, -1)
        module = self.module_codes()[index].expand(len(embeddings), len(rows), -1)
        features: Tensor = self.site_block(self.mixer(torch.cat([task, layer, module], dim=-1)))
        return features

    def _add_part_codes(self, features: Tensor, index: int) -> Tensor:
        if self.size == "large":
            return features
        group = self.groups[index]
        first = sum(len(before.factors) for before in self.groups[:index])
        features = features[:, :, None] + self.factor_codes()[first : first + len(group.factors)]
        if self.size == "small":
            features = features[:, :, :, None] + self.row_codes()[: max(f.rows for f in group.factors)]
        return features

    def forward(self, embeddings: Float[Tensor, "batch width"]) -> AdapterParameters:
        factors = {}
        for index, group in enumerate(self.groups):
            features = self._add_part_codes(self._site_features(embeddings, index), index)
            emitted = self.heads[index](self.output(self.part_block(features)))
            factors[group.key] = {
                name: getattr(self, f"start_{index}_{name}") + value for name, value in emitted.items()
            }
        return AdapterParameters(self.groups, factors)
