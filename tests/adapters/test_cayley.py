"""Laws of the horizontal Cayley map: free matrices in, orthonormal ones out, with gradients that stay small."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from adaptlab.adapters import anchor, horizontal_cayley

WIDTH = 24


def matrix(rank: int, norm: float, condition: float, seed: int, width: int = WIDTH) -> Tensor:
    """A random row-wise matrix with this spectral norm and condition number, in general position to all anchors."""
    generator = torch.Generator().manual_seed(seed)
    left = torch.linalg.qr(torch.randn(rank, rank, generator=generator, dtype=torch.float64))[0]
    right = torch.linalg.qr(torch.randn(width, rank, generator=generator, dtype=torch.float64))[0]
    values = norm * torch.logspace(0, -torch.tensor(condition).log10().item(), rank, dtype=torch.float64)
    return (left @ torch.diag(values) @ right.T).float()


free_matrices = st.builds(
    matrix,
    rank=st.integers(1, 8),
    norm=st.floats(0.1, 100),
    condition=st.floats(0, 6).map(lambda exponent: 10**exponent),
    seed=st.integers(0, 10**6),
)


@settings(deadline=None)
@given(free_matrices)
def test_result_is_orthonormal_for_every_free_matrix(free: Tensor) -> None:
    rank = len(free)
    result = horizontal_cayley(free, anchor("site", WIDTH, rank)).double()
    assert (result.T @ result - torch.eye(rank)).abs().max() < 1e-5


@settings(deadline=None)
@given(free_matrices)
def test_anchor_and_result_make_a_symmetric_product(free: Tensor) -> None:
    base = anchor("site", WIDTH, len(free))
    product = base.T @ horizontal_cayley(free, base)
    torch.testing.assert_close(product, product.T, atol=1e-5, rtol=0)


@settings(deadline=None)
@given(free_matrices)
def test_what_lies_along_the_anchor_makes_no_difference(free: Tensor) -> None:
    base = anchor("site", WIDTH, len(free))
    along = torch.randn(len(free), len(free)) @ base.T
    tolerance = 1e-5 * (1 + float(free.norm()))
    torch.testing.assert_close(
        horizontal_cayley(free + along, base), horizontal_cayley(free, base), atol=tolerance, rtol=0
    )


@pytest.mark.parametrize("rank", [1, 4, WIDTH])
def test_zero_gives_the_anchor(rank: int) -> None:
    base = anchor("site", WIDTH, rank)
    torch.testing.assert_close(horizontal_cayley(torch.zeros(rank, WIDTH), base), base, atol=1e-7, rtol=0)


def test_every_subspace_is_reached_with_norm_at_most_two() -> None:
    base = anchor("site", WIDTH, 4).double()
    for _ in range(20):
        wanted = torch.linalg.qr(torch.randn(WIDTH, 4, dtype=torch.float64))[0]
        left, cosines, right = torch.linalg.svd(base.T @ wanted)
        turned = wanted @ right.T @ left.T
        square = left @ torch.diag((1 - cosines) / (1 + cosines)) @ left.T
        free = ((turned - base @ (base.T @ turned)) @ (torch.eye(4) + square)).T.float()
        assert torch.linalg.matrix_norm(free, 2) <= 2 + 1e-5
        result = horizontal_cayley(free, base.float()).double()
        torch.testing.assert_close(result @ result.T, wanted @ wanted.T, atol=1e-5, rtol=0)


def gradient_norm(free: Tensor, seed: int) -> float:
    functional = torch.randn(WIDTH, len(free), generator=torch.Generator().manual_seed(seed))
    functional = functional / functional.norm()
    leaf = free.clone().requires_grad_()
    (horizontal_cayley(leaf, anchor("site", WIDTH, len(free))) * functional).sum().backward()
    assert leaf.grad is not None
    return float(leaf.grad.norm())


@settings(deadline=None)
@given(free_matrices, st.integers(0, 100))
def test_gradient_never_exceeds_that_of_the_functional(free: Tensor, seed: int) -> None:
    assert gradient_norm(free, seed) <= 1 + 1e-5


@pytest.mark.parametrize("condition", [1e2, 1e4, 1e6])
@pytest.mark.parametrize("seed", range(5))
def test_gradient_does_not_grow_with_the_condition_number(condition: float, seed: int) -> None:
    at_one = gradient_norm(matrix(6, norm=1.0, condition=1.0, seed=seed), seed)
    ratio = gradient_norm(matrix(6, norm=1.0, condition=condition, seed=seed), seed) / at_one
    assert 0.5 < ratio < 2


def test_gradient_is_the_derivative() -> None:
    base = anchor("site", WIDTH, 3)
    free = matrix(3, 1.0, 10.0, seed=0)
    direction, functional = torch.randn(3, WIDTH), torch.randn(WIDTH, 3)
    leaf = free.clone().requires_grad_()
    (horizontal_cayley(leaf, base) * functional).sum().backward()
    step = 1e-2
    ahead, behind = (horizontal_cayley(free + sign * step * direction, base) for sign in (1, -1))
    numeric = ((ahead - behind) * functional).sum() / (2 * step)
    torch.testing.assert_close((leaf.grad * direction).sum(), numeric, rtol=2e-3, atol=1e-3)


def test_batches_are_mapped_one_by_one() -> None:
    anchors = torch.stack([anchor(name, WIDTH, 3) for name in ("first", "second")])
    free = torch.randn(4, 2, 3, WIDTH)
    together = horizontal_cayley(free, anchors)
    for task in range(4):
        for layer in range(2):
            torch.testing.assert_close(together[task, layer], horizontal_cayley(free[task, layer], anchors[layer]))


def test_autocast_changes_nothing() -> None:
    base, free = anchor("site", WIDTH, 4), torch.randn(4, WIDTH)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        inside = horizontal_cayley(free, base)
    assert torch.equal(inside, horizontal_cayley(free, base))


def test_anchor_is_orthonormal_and_depends_on_site_and_shape_alone() -> None:
    torch.manual_seed(1)
    first = anchor("layers.3", 64, 8)
    torch.manual_seed(2)
    state = torch.get_rng_state()
    assert torch.equal(anchor("layers.3", 64, 8), first)
    assert torch.equal(torch.get_rng_state(), state)
    torch.testing.assert_close(first.T @ first, torch.eye(8), atol=1e-6, rtol=0)
    assert (anchor("layers.4", 64, 8) - first).abs().max() > 0.1
