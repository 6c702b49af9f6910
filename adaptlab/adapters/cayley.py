"""Map free matrices to subspaces: A -> R with orthonormal columns, by the horizontal Cayley map.

With R0 a fixed orthonormal anchor and A made orthogonal to it, `S = A'A/4` and
`R = [R0 (I - S) + A] (I + S)^-1`. R(0) = R0, R is orthonormal for every A, every subspace is reached with
`||A|| <= 2`, and the gradient does not grow with the condition number of A, which that of a QR factorisation does.
"""

import zlib

import torch
from jaxtyping import Float
from torch import Tensor


def anchor(site: str, width: int, rank: int) -> Float[Tensor, "width rank"]:
    """A random orthonormal matrix that depends on the site's name and the shape alone, never on the run's seed."""
    generator = torch.Generator().manual_seed(zlib.crc32(f"{site}:{width}:{rank}".encode()))
    gaussian = torch.randn(width, rank, generator=generator, dtype=torch.float64, device="cpu")
    orthonormal, triangle = torch.linalg.qr(gaussian)
    signed: Tensor = orthonormal * torch.sign(torch.diagonal(triangle))
    return signed.float()


def horizontal_inverse(
    subspaces: Float[Tensor, "*batch width rank"], anchors: Float[Tensor, "*anchors width rank"]
) -> tuple[Float[Tensor, "*batch rank width"], Float[Tensor, "*batch rank rank"]]:
    """The free matrix A that `horizontal_cayley` maps to a subspace, and the rotation O of its basis.

    `R O` is what the map gives: among all bases of the subspace the one for which `R0'R O` is symmetric and positive.
    With `P = R0'R O`, `A = 2 (R O - R0 P) (I + P)^-1`. In float64.
    Where `R0'R` is singular, O is one of several and A has norm 2.
    """
    base, given = anchors.double(), subspaces.double()
    u, _, vh = torch.linalg.svd(given.transpose(-1, -2) @ base)
    rotation = u @ vh
    aligned = given @ rotation
    overlap = base.transpose(-1, -2) @ aligned
    identity = torch.eye(overlap.shape[-1], dtype=overlap.dtype, device=overlap.device)
    free = 2 * torch.linalg.solve(identity + overlap, aligned - base @ overlap, left=False)
    return free.transpose(-1, -2), rotation


def horizontal_cayley(
    free: Float[Tensor, "*batch rank width"], anchors: Float[Tensor, "*anchors width rank"]
) -> Float[Tensor, "*batch width rank"]:
    """Orthonormal `R` from the row-wise free matrix A; computed in float64, outside autocast, returned in float32.

    Apple's GPUs have no float64; there it is computed in float32.

    Computed by rows, as `R'`, which is how A comes and how edits use R.
    """
    with torch.autocast(device_type=free.device.type, enabled=False):
        wide = torch.float32 if free.device.type == "mps" else torch.float64
        base = anchors.to(wide)
        rows = base.transpose(-1, -2)
        raised = free.to(wide)
        raised = raised - (raised @ base) @ rows
        gram = raised @ raised.transpose(-1, -2) / 4
        identity = torch.eye(gram.shape[-1], dtype=gram.dtype, device=gram.device)
        inverse = torch.cholesky_inverse(torch.linalg.cholesky(identity + gram))
        turned = (identity - gram) @ inverse  # symmetric, as its two factors commute
        return (turned @ rows + inverse @ raised).float().transpose(-1, -2)
