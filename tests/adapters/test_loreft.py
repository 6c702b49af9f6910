"""Laws of LoReFT: edits stay inside a subspace, follow the paper's formula and have a distance between effects."""

import pytest
import torch
from torch import Tensor

from adaptlab.adapters import AllPositions, FirstLastPositions, LoReFT, attached
from adaptlab.basemodels import BaseModel, list_sites
from adaptlab.contracts import FactorTensors
from adaptlab.errors import BaseModelError, ConfigurationError


@pytest.fixture
def family(llama: BaseModel) -> LoReFT:
    """Three layers, rank 3, all prompt tokens."""
    return LoReFT(list_sites(llama.model), rank=3)


def test_edit_is_the_formula_of_the_paper(family: LoReFT, random_adapters) -> None:
    factors = random_adapters([family], 4, spread=1.0).factors["loreft/block"]
    rotations = family.subspaces(factors["A"])
    hidden = torch.randn(4, 6, 32)
    edits = family.edits(family.groups[0], factors)
    assert len(edits) == 3
    for layer, edit in enumerate(edits):
        edited = edit(hidden, hidden, None)
        for row in range(4):
            r, b = rotations[row, layer], factors["b"][row, layer, :, 0]
            w = family.scale * factors["D"][row, layer] + r.T
            for token, h in enumerate(hidden[row]):
                expected = h + r @ (w @ h + b - r.T @ h)
                torch.testing.assert_close(edited[row, token], expected, atol=1e-5, rtol=0)


def test_edit_moves_the_hidden_state_inside_the_subspace_only(family: LoReFT, random_adapters) -> None:
    factors = random_adapters([family], 4, spread=1.0).factors["loreft/block"]
    rotations = family.subspaces(factors["A"])
    hidden = torch.randn(4, 6, 32)
    for layer, edit in enumerate(family.edits(family.groups[0], factors)):
        change = edit(hidden, hidden, None) - hidden
        inside = change @ rotations[:, layer] @ rotations[:, layer].transpose(1, 2)
        assert change.abs().max() > 0.1
        assert (change - inside).abs().max() < 1e-5 * change.abs().max()


@torch.no_grad()
def test_model_is_edited_at_the_output_of_the_layer(base: BaseModel, random_adapters) -> None:
    family = LoReFT(list_sites(base.model), rank=3, layers=[1], positions=AllPositions())
    parameters = random_adapters([family], 1, spread=1.0)
    ids = torch.randint(3, 256, (1, 8))
    seen: list[list[Tensor]] = []  # what layers 1 and 2 read, without and with the adapter
    handles = [
        layer.register_forward_pre_hook(lambda _module, arguments: seen[-1].append(arguments[0]))
        for layer in base.model.model.layers[1:]
    ]
    try:
        seen.append([])
        base.model(ids)
        with attached(base.model, [family], parameters, torch.tensor([[0, 8]])):
            seen.append([])
            base.model(ids)
    finally:
        for handle in handles:
            handle.remove()
    plain, edited = seen
    assert torch.equal(edited[0], plain[0])
    (edit,) = family.edits(family.groups[0], parameters.factors["loreft/block"])
    torch.testing.assert_close(edited[1], edit(plain[1], plain[1], None), atol=1e-6, rtol=0)
    assert (edited[1] - plain[1]).abs().max() > 0.1


def test_unchosen_tokens_keep_their_bits(family: LoReFT, random_adapters) -> None:
    factors = random_adapters([family], 2, spread=1.0).factors["loreft/block"]
    hidden = torch.randn(2, 5, 32)
    chosen = torch.tensor([[True, False, True, False, False], [False, False, False, True, False]])
    edit = family.edits(family.groups[0], factors)[0]
    edited = edit(hidden, hidden, chosen)
    assert torch.equal(edited[~chosen], hidden[~chosen])
    torch.testing.assert_close(edited[chosen], edit(hidden, hidden, None)[chosen])
    assert torch.equal(edit(hidden, hidden, torch.zeros_like(chosen)), hidden)


def dense(family: LoReFT, factors: FactorTensors) -> tuple[Tensor, Tensor]:
    rotations = family.subspaces(factors["A"]).double()
    return rotations @ (family.scale * factors["D"].double()), rotations @ factors["b"].double()


def test_effect_distance_is_that_of_the_maps_and_of_the_shifts(family: LoReFT, random_adapters) -> None:
    left, right = (random_adapters([family], 2, 1.0, seed).factors["loreft/block"] for seed in (1, 2))
    pairs = zip(dense(family, left), dense(family, right), strict=True)
    expected = sum((one - other).square().sum((-1, -2)) for one, other in pairs)
    found = family.effect_distance(family.groups[0], left, right)
    torch.testing.assert_close(found, expected, rtol=1e-10, atol=0)
    assert (found > 0).all()
    assert (family.effect_distance(family.groups[0], left, left) <= 1e-12 * expected).all()


def test_effect_distance_does_not_see_what_has_no_effect(family: LoReFT, random_adapters) -> None:
    factors = random_adapters([family], 2, spread=1.0).factors["loreft/block"]
    along = torch.randn(2, 3, 3, 3) @ family.anchors.transpose(-1, -2)
    same = {**factors, "A": factors["A"] + along}
    silent = [{"A": value["A"], "D": 0 * value["D"], "b": 0 * value["b"]} for value in (factors, same)]
    silent[1]["A"] = torch.randn_like(silent[1]["A"])
    size = sum(part.square().sum((-1, -2)) for part in dense(family, factors))
    assert (family.effect_distance(family.groups[0], factors, same) < 1e-10 * size).all()
    assert not family.effect_distance(family.groups[0], *silent).any()


def test_distance_between_close_adapters_keeps_its_digits(family: LoReFT, random_adapters) -> None:
    left = random_adapters([family], 2, spread=1.0).factors["loreft/block"]
    right = {**left, "D": left["D"] + 1e-4 * torch.randn_like(left["D"])}
    pairs = zip(dense(family, left), dense(family, right), strict=True)
    expected = sum((one - other).square().sum((-1, -2)) for one, other in pairs)
    torch.testing.assert_close(family.effect_distance(family.groups[0], left, right), expected, rtol=1e-4, atol=0)


def test_start_makes_no_edit_for_any_free_matrix(family: LoReFT) -> None:
    group = family.groups[0]
    start = {name: value[None] for name, value in family.start(group).items()}
    hidden = torch.randn(1, 5, 32)
    for free in (start["A"], torch.randn_like(start["A"])):
        for edit in family.edits(group, {**start, "A": free}):
            assert torch.equal(edit(hidden, hidden, None), hidden)
    assert family.start_spread("A") > 0
    assert family.start_spread("D") == family.start_spread("b") == 0


def test_untied_sides_are_two_groups(llama: BaseModel) -> None:
    sites = list_sites(llama.model)
    tied, untied = (LoReFT(sites, 2, positions=FirstLastPositions(3, 3, tied=tied)) for tied in (True, False))
    assert [group.key for group in tied.groups] == ["loreft/block"]
    assert [group.key for group in untied.groups] == ["loreft/block.first", "loreft/block.last"]


def test_anchors_are_saved_and_no_parameter_is_held(family: LoReFT) -> None:
    assert not list(family.parameters())
    assert "anchors" in family.state_dict()


def test_rank_and_layers_that_do_not_fit_are_refused(llama: BaseModel) -> None:
    sites = list_sites(llama.model)
    with pytest.raises(ConfigurationError, match=r"rank must be in 1\.\.32 \(the smaller side of block\), got 33"):
        LoReFT(sites, rank=33)
    with pytest.raises(BaseModelError, match=r"layers 0 to 2; it has no layer \[7\]"):
        LoReFT(sites, layers=[7])
