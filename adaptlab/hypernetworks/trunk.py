"""Mix task, layer and module codes into features: `[rows, width]` embeddings -> `[rows, head width]` features.

Blocks, widths and order follow Text-to-LoRA (Charakorn et al. 2025): LayerNorm, SiLU, expansion 4.
"""

from jaxtyping import Float
from torch import Tensor, nn

EXPANSION = 4


def mixing_layers(width: int, dropout: float) -> nn.Sequential:
    """Two linear maps with an expansion between them, each followed by SiLU and dropout."""
    return nn.Sequential(
        nn.Linear(width, EXPANSION * width),
        nn.SiLU(),
        nn.Dropout(dropout),
        nn.Linear(EXPANSION * width, width),
        nn.SiLU(),
        nn.Dropout(dropout),
    )


class ResidualBlock(nn.Module):
    """`x + mixing(LayerNorm(x))`."""

    def __init__(self, width: int, dropout: float) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.LayerNorm(width), *mixing_layers(width, dropout))

    def forward(self, values: Float[Tensor, "*batch width"]) -> Float[Tensor, "*batch width"]:
        changed: Tensor = self.layers(values)
        return values + changed


class NormedEmbedding(nn.Module):
    """A learned code per index, layer-normalised."""

    def __init__(self, count: int, width: int) -> None:
        super().__init__()
        self.codes = nn.Embedding(count, width)
        self.norm = nn.LayerNorm(width)

    def forward(self) -> Float[Tensor, "count width"]:
        """All codes at once."""
        normed: Tensor = self.norm(self.codes.weight)
        return normed


def output_block(width: int, head_width: int, dropout: float) -> nn.Sequential:
    """The last block, without residual: LayerNorm, expansion, SiLU, projection to the heads' width, SiLU."""
    return nn.Sequential(
        nn.LayerNorm(width),
        nn.Linear(width, EXPANSION * width),
        nn.SiLU(),
        nn.Dropout(dropout),
        nn.Linear(EXPANSION * width, head_width),
        nn.SiLU(),
    )
