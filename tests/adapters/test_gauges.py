"""Laws of gauges: what turns the factors and leaves the effect alone is undone, and means are means of effects."""

import json
from collections.abc import Callable

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from adaptlab.adapters import (
    AdapterFamily,
    AllPositions,
    FirstLastPositions,
    LoRA,
    LoReFT,
    balanced,
    build_family,
    horizontal_cayley,
    horizontal_inverse,
)
from adaptlab.adapters.cayley import anchor
from adaptlab.basemodels import BaseModel, list_sites
from adaptlab.contracts import FactorTensors, SiteGroup
from adaptlab.errors import ConfigurationError

MAKE: dict[str, Callable[..., AdapterFamily]] = {"lora": LoRA, "loreft": LoReFT}


@pytest.fixture(params=MAKE)
def family(request: pytest.FixtureRequest, llama: BaseModel) -> AdapterFamily:
    return MAKE[request.param](list_sites(llama.model), rank=3)


def effects(family: AdapterFamily, group: SiteGroup, factors: FactorTensors) -> Tensor:
    """The dense change that each adapter makes: `[tasks, layers, d, d (+ 1)]`."""
    stored = {name: value.double() for name, value in family.stored(group, factors).items()}
    if isinstance(family, LoRA):
        return family.scale * stored["B"].transpose(-1, -2) @ stored["A"]
    return stored["R"].transpose(-1, -2) @ torch.cat([stored["D"], stored["b"]], -1)


def turned(family: AdapterFamily, stored: FactorTensors, seed: int) -> dict[str, Tensor]:
    """Other factors of the same effect."""
    generator = torch.Generator().manual_seed(seed)
    first = next(iter(stored.values()))
    mix = torch.randn(*first.shape[:2], 3, 3, generator=generator, dtype=torch.float64)
    if isinstance(family, LoRA):
        mix = mix + 3 * torch.eye(3)
        return {"A": mix @ stored["A"].double(), "B": torch.linalg.inv(mix).transpose(-1, -2) @ stored["B"].double()}
    rotation = torch.linalg.qr(mix).Q
    return {name: rotation @ value.double() for name, value in stored.items()}


@pytest.mark.parametrize("seed", range(5))
def test_turned_factors_come_back_to_the_same(family: AdapterFamily, random_adapters, seed: int) -> None:
    for group in family.groups:
        factors = random_adapters([family], 4, spread=0.7, seed=seed).factors[group.key]
        canonical = family.from_stored(group, family.stored(group, factors))
        again = family.from_stored(group, turned(family, family.stored(group, factors), seed))
        for name, value in canonical.items():
            torch.testing.assert_close(
                again[name], value.to(again[name].dtype), atol=2e-4, rtol=1e-3, check_dtype=False
            )
        torch.testing.assert_close(
            effects(family, group, canonical), effects(family, group, factors), atol=1e-5, rtol=1e-4
        )


@pytest.mark.parametrize("seed", range(5))
def test_the_distance_of_effects_is_the_dense_one_and_knows_no_gauge(
    family: AdapterFamily, random_adapters, seed: int
) -> None:
    for group in family.groups:
        one = random_adapters([family], 4, spread=0.7, seed=seed).factors[group.key]
        other = random_adapters([family], 4, spread=0.7, seed=seed + 100).factors[group.key]
        distance = family.effect_distance(group, one, other)
        dense = ((effects(family, group, one) - effects(family, group, other)) ** 2).sum((-1, -2))
        torch.testing.assert_close(distance, dense, atol=1e-9, rtol=1e-5)
        canonical = family.from_stored(group, turned(family, family.stored(group, one), seed))
        same = family.effect_distance(group, canonical, other)
        torch.testing.assert_close(same, distance, atol=1e-9, rtol=1e-4)
        raw = sum(float((canonical[name] - one[name]).abs().max()) for name in one)
        assert raw > 0.01


@pytest.mark.parametrize("seed", range(5))
def test_aligned_factors_know_no_gauge_and_are_no_larger_than_their_effect_asks(
    family: AdapterFamily, random_adapters, seed: int
) -> None:
    for group in family.groups:
        factors = random_adapters([family], 4, spread=0.7, seed=seed).factors[group.key]
        reference = random_adapters([family], 1, seed=99).factors[group.key]
        canonical = family.from_stored(group, family.stored(group, factors))
        again = family.from_stored(group, turned(family, family.stored(group, factors), seed))
        one, other = family.aligned(group, canonical, reference), family.aligned(group, again, reference)
        for name, value in one.items():
            torch.testing.assert_close(
                other[name], value.to(other[name].dtype), atol=5e-4, rtol=1e-3, check_dtype=False
            )
            assert float(value.norm()) <= 1.001 * float(canonical[name].norm())
        torch.testing.assert_close(effects(family, group, one), effects(family, group, factors), atol=1e-5, rtol=1e-4)
        if isinstance(family, LoRA):  # nearer to the reference than before
            apart = [sum(float((f[n] - reference[n]).square().sum()) for n in f) for f in (one, canonical)]
            assert apart[0] <= apart[1] + 1e-6


@given(st.integers(0, 10_000), st.integers(1, 6), st.integers(0, 3))
@settings(max_examples=40, deadline=None)
def test_balanced_factors_have_the_same_product(seed: int, rank: int, zeros: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    a = torch.randn(rank, 9, generator=generator, dtype=torch.float64)
    b = torch.randn(rank, 7, generator=generator, dtype=torch.float64)
    a[: min(zeros, rank)] = 0
    down, up = balanced(a, b)
    torch.testing.assert_close(up.T @ down, b.T @ a, atol=1e-10, rtol=0)
    torch.testing.assert_close(down.norm(dim=1), up.norm(dim=1), atol=1e-7, rtol=1e-7)
    assert bool((down.norm(dim=1).diff() <= 1e-9).all())


@given(st.integers(0, 10_000), st.floats(0.01, 1.9))
@settings(max_examples=40, deadline=None)
def test_the_inverse_of_the_cayley_map_finds_its_argument(seed: int, norm: float) -> None:
    generator = torch.Generator().manual_seed(seed)
    base = anchor("site", 12, 3).double()
    free = torch.randn(12, 3, generator=generator, dtype=torch.float64)
    free = free - base @ (base.T @ free)
    free = norm * free / torch.linalg.matrix_norm(free, 2)
    subspace = horizontal_cayley(free.T.float(), base.float())
    found, rotation = horizontal_inverse(subspace, base.float())
    assert float((found - free.T).abs().max()) < 1e-4
    assert float((rotation - torch.eye(3)).abs().max()) < 1e-5
    turn = torch.linalg.qr(torch.randn(3, 3, generator=generator, dtype=torch.float64)).Q
    again, back = horizontal_inverse(subspace @ turn.float(), base.float())
    assert float((again - free.T).abs().max()) < 1e-4
    assert float((turn @ back - torch.eye(3)).abs().max()) < 1e-4


def test_the_mean_of_equal_adapters_is_the_adapter(family: AdapterFamily, random_adapters) -> None:
    for group in family.groups:
        one = random_adapters([family], 1, spread=0.7).factors[group.key]
        five = {name: value.expand(5, -1, -1, -1) for name, value in one.items()}
        mean = family.effect_mean(group, five)
        torch.testing.assert_close(effects(family, group, mean), effects(family, group, one), atol=1e-5, rtol=1e-4)


def test_no_adapter_of_its_rank_is_nearer_to_the_mean_of_effects(family: AdapterFamily, random_adapters) -> None:
    for group in family.groups:
        factors = random_adapters([family], 4, spread=0.7).factors[group.key]
        mean = effects(family, group, factors).mean(0)
        found = effects(family, group, family.effect_mean(group, factors))[0]
        best = torch.linalg.svdvals(mean)[..., 3:].square().sum(-1)
        torch.testing.assert_close(((found - mean) ** 2).sum((-1, -2)), best, atol=1e-6, rtol=1e-3)


@pytest.mark.parametrize(
    "positions", [AllPositions(), FirstLastPositions(2, 3, tied=False)], ids=lambda choice: type(choice).__name__
)
def test_settings_build_the_same_family(llama: BaseModel, positions: AllPositions | FirstLastPositions) -> None:
    sites = list_sites(llama.model)
    for family in (
        LoRA(sites, rank=2, alpha=3.0, rank_stabilised=True, targets=["down_proj"], layers=[1]),
        LoReFT(sites, rank=2, layers=[0, 2], positions=positions),
    ):
        again = build_family(json.loads(json.dumps(family.settings)), sites)
        assert again.groups == family.groups
        assert again.settings == family.settings


@pytest.mark.parametrize(
    ("given_settings", "words"),
    [
        ({"family": "os.system"}, "no adapter family 'os.system'"),
        ({"family": "loreft", "positions": {"choice": "Elsewhere"}}, "no choice of positions 'Elsewhere'"),
        ({"family": "lora", "colour": "red"}, "settings of lora"),
    ],
)
def test_settings_that_are_not_ours_are_refused(
    given_settings: dict[str, object], words: str, llama: BaseModel
) -> None:
    with pytest.raises(ConfigurationError, match=words):
        build_family(given_settings, list_sites(llama.model))
