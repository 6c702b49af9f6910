"""Laws of LoRA: what it computes, how it is scaled, how far apart two of them are."""

import copy
import math

import pytest
import torch
from torch import Tensor

from adaptlab.adapters import LoRA, attached
from adaptlab.basemodels import BaseModel, list_sites
from adaptlab.contracts import FactorTensors
from adaptlab.errors import BaseModelError, ConfigurationError

ALL_LINEAR = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]


@torch.no_grad()
@pytest.mark.parametrize("rank_stabilised", [False, True])
def test_attached_equals_merged_weights(base: BaseModel, random_adapters, rank_stabilised: bool) -> None:
    family = LoRA(list_sites(base.model), 3, alpha=5.0, rank_stabilised=rank_stabilised, targets=ALL_LINEAR)
    parameters = random_adapters([family], 1, spread=0.1)
    merged = copy.deepcopy(base.model)
    scale = 5 / math.sqrt(3) if rank_stabilised else 5 / 3
    for group in family.groups:
        for layer, site in enumerate(group.sites):
            a, b = (parameters.factors[group.key][name][0, layer] for name in "AB")
            merged.get_submodule(site.path).weight += scale * b.T @ a
    ids = torch.randint(3, 256, (1, 12))
    with attached(base.model, [family], parameters, torch.tensor([[0, 12]])):
        found = base.model(ids).logits
    torch.testing.assert_close(found, merged(ids).logits, atol=1e-5, rtol=0)
    assert (found - base.model(ids).logits).abs().max() > 0.1


def test_layers_and_targets_are_the_chosen_ones(llama: BaseModel) -> None:
    family = LoRA(list_sites(llama.model), rank=2, targets=["v_proj", "down_proj", "v_proj"], layers=[2, 0])
    assert [group.key for group in family.groups] == ["lora/down_proj", "lora/v_proj"]
    assert [[site.layer for site in group.sites] for group in family.groups] == [[0, 2], [0, 2]]
    down, value = ([(factor.name, factor.rows, factor.width) for factor in group.factors] for group in family.groups)
    assert down == [("A", 2, 48), ("B", 2, 32)]
    assert value == [("A", 2, 32), ("B", 2, 16)]


def test_layer_zero_can_be_chosen_alone(llama: BaseModel) -> None:
    (group,) = LoRA(list_sites(llama.model), rank=2, targets=["q_proj"], layers=[0]).groups
    assert [site.layer for site in group.sites] == [0]


def test_start_has_no_effect_and_lets_the_gradient_through(llama: BaseModel) -> None:
    family = LoRA(list_sites(llama.model), rank=4, targets=["down_proj"])
    start = family.start(family.groups[0])
    assert not start["B"].any()
    assert 0 < start["A"].abs().max() <= 1 / math.sqrt(48)
    assert (start["A"][0] - start["A"][1]).abs().max() > 0


def dense(family: LoRA, factors: FactorTensors) -> Tensor:
    return family.scale * factors["B"].double().transpose(-1, -2) @ factors["A"].double()


def test_effect_distance_is_that_of_the_weight_changes(llama: BaseModel, random_adapters) -> None:
    family = LoRA(list_sites(llama.model), rank=3, alpha=7.0, targets=["v_proj", "down_proj"])
    left, right = random_adapters([family], 2, seed=1), random_adapters([family], 2, seed=2)
    for group in family.groups:
        one, other = left.factors[group.key], right.factors[group.key]
        expected = (dense(family, one) - dense(family, other)).square().sum((-1, -2))
        torch.testing.assert_close(family.effect_distance(group, one, other), expected, rtol=1e-10, atol=0)
        assert (expected > 0).all()


def test_effect_distance_does_not_see_the_gauge(llama: BaseModel, random_adapters) -> None:
    family = LoRA(list_sites(llama.model), rank=3, targets=["v_proj"])
    factors = random_adapters([family], 2).factors["lora/v_proj"]
    mixing = torch.randn(3, 3, dtype=torch.float64) + 2 * torch.eye(3)
    turned = {"A": mixing @ factors["A"].double(), "B": torch.linalg.inv(mixing).T @ factors["B"].double()}
    size = dense(family, factors).square().sum((-1, -2))
    assert (turned["A"] - factors["A"]).abs().max() > 0.1
    assert (family.effect_distance(family.groups[0], factors, turned) <= 1e-12 * size).all()
    assert (family.effect_distance(family.groups[0], factors, factors) <= 1e-12 * size).all()


@pytest.mark.parametrize("rank", [0, -1, 17, 64])
def test_rank_outside_the_smaller_side_is_refused_with_the_range(llama: BaseModel, rank: int) -> None:
    with pytest.raises(
        ConfigurationError, match=rf"rank must be in 1\.\.16 \(the smaller side of v_proj\), got {rank}"
    ):
        LoRA(list_sites(llama.model), rank=rank, targets=["v_proj"])
    with pytest.raises(ConfigurationError, match=r"rank must be in 1\.\."):
        LoRA(list_sites(llama.model), rank=rank, targets=["q_proj", "v_proj"])


def test_rank_may_be_the_smaller_side(llama: BaseModel) -> None:
    assert LoRA(list_sites(llama.model), rank=16, targets=["v_proj"]).groups[0].factors[0].rows == 16


def test_unknown_modules_and_layers_are_refused_with_what_there_is(llama: BaseModel) -> None:
    sites = list_sites(llama.model)
    with pytest.raises(BaseModelError, match=r"no module named c_attn; it has block, down_proj, .*q_proj.*v_proj"):
        LoRA(sites, targets=["q_proj", "c_attn"])
    with pytest.raises(BaseModelError, match=r"layers 0 to 2; it has no layer \[3\]"):
        LoRA(sites, layers=[1, 3])
    with pytest.raises(BaseModelError, match="layers 0 to 2"):
        LoRA(sites, layers=[-1])
    with pytest.raises(ConfigurationError, match="at least one module"):
        LoRA(sites, targets=[])
    with pytest.raises(ConfigurationError, match="LoReFT"):
        LoRA(sites, targets=["block"])
