"""Laws of an adapter in the user's hands: on and off, stronger and weaker, merged and un-merged, saved and loaded."""

import gc
import math
import weakref
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
import yaml
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import load_file
from torch import Tensor, nn

from adaptlab.adapters import AdapterFamily, BaseModelName, FirstLastPositions, LoRA, LoReFT, unmerge
from adaptlab.adapters.interchange import write_adapter
from adaptlab.basemodels import BaseModel, fingerprint, list_sites, load_base_model
from adaptlab.contracts import AdapterParameters
from adaptlab.errors import BaseModelError, ConfigurationError, LibraryError
from adaptlab.inference import Adapter
from adaptlab.inference.commands import _save_merged
from adaptlab.inference.model_card import model_card

TOKENS = torch.tensor([[5, 9, 42, 7, 11, 90], [8, 33, 2, 71, 15, 6]])


def wrapped(base: BaseModel, families: list[AdapterFamily], parameters: AdapterParameters, start: int = 1) -> Adapter:
    """An adapter of a base model."""
    name = BaseModelName(base.name, "float32", fingerprint(base.model))
    return Adapter(name, families, parameters, start, {"description": "Say it backwards.", "sha256": "0" * 64})


@pytest.fixture
def both(base: BaseModel, random_adapters: Callable[..., AdapterParameters]) -> Adapter:
    """A LoRA and a LoReFT together."""
    sites = list_sites(base.model)
    families: list[AdapterFamily] = [LoRA(sites, rank=2), LoReFT(sites, rank=2)]
    return wrapped(base, families, random_adapters(families, 1, spread=0.5))


@torch.no_grad()
def logits(model: nn.Module, tokens: Tensor = TOKENS) -> Tensor:
    """Of every token."""
    found: Tensor = model(tokens).logits
    return found


def test_detached_the_model_is_as_before(base: BaseModel, both: Adapter) -> None:
    before = logits(base.model)
    attachment = both.attach(base.model)
    assert float((logits(base.model) - before).abs().max()) > 0.01
    attachment.detach()
    assert torch.equal(logits(base.model), before)
    with both.attach(base.model) as model, pytest.raises(RuntimeError, match="stop"):
        raise RuntimeError("stop")
    assert torch.equal(logits(model), before)


def test_an_attachment_lasts_as_long_as_its_model(random_adapters: Callable[..., AdapterParameters]) -> None:
    base = load_base_model("tiny-random:llama")
    families: list[AdapterFamily] = [LoRA(list_sites(base.model), rank=2)]
    adapter = wrapped(base, families, random_adapters(families, 1, spread=0.5))
    before = logits(base.model)
    adapter.attach(base.model)  # what it returns is not kept
    gc.collect()
    assert float((logits(base.model) - before).abs().max()) > 0.01
    model = weakref.ref(base.model)
    del base
    gc.collect()
    assert model() is None


def test_the_card_names_a_base_model_that_the_hub_knows(llama: BaseModel, both: Adapter) -> None:
    packaged = replace(both.base_model, name="packaged:smollm2-135m-instruct")
    known = model_card(replace(both, base_model=packaged), "adaptlab")
    assert yaml.safe_load(known.split("---")[1])["base_model"] == "HuggingFaceTB/SmolLM2-135M-Instruct"
    assert "base_model" not in yaml.safe_load(model_card(both, "adaptlab").split("---")[1])  # a tiny random one


def test_strength_scales_the_effect(base: BaseModel, both: Adapter) -> None:
    before = logits(base.model)
    with both.scaled(0.0).attach(base.model):
        assert torch.equal(logits(base.model), before)
    for family in both.families:
        for group in family.groups:
            whole = family.effect_size(group, both.parameters.factors[group.key])
            half = family.effect_size(group, both.scaled(-0.5).parameters.factors[group.key])
            torch.testing.assert_close(half, whole / 4)
    assert both.scaled(0.5).scaled(3.0).provenance["strength"] == 1.5


@given(length=st.integers(2, 9), padding=st.integers(0, 4), start=st.integers(0, 3))
def test_the_prompt_is_what_is_read_first(length: int, padding: int, start: int) -> None:
    """Without spans, `generate` edits the same tokens as with them: padding, cache and new tokens change nothing."""
    base = load_base_model("tiny-random:llama")
    family = LoReFT(list_sites(base.model), rank=2, positions=FirstLastPositions(2, 1))
    generator = torch.Generator().manual_seed(length)
    group = family.groups[0]
    factors = {f.name: torch.randn(1, 3, f.rows, f.width, generator=generator) for f in group.factors}
    adapter = wrapped(base, [family], AdapterParameters((group,), {group.key: factors}), start)
    tokens = torch.randint(3, 250, (1, length), generator=generator)
    padded = torch.cat([torch.zeros(1, padding, dtype=torch.long), tokens], dim=1)
    mask = torch.cat([torch.zeros(1, padding, dtype=torch.long), torch.ones_like(tokens)], dim=1)
    settings = {"max_new_tokens": 4, "do_sample": False, "eos_token_id": None}
    with adapter.attach(base.model):
        new = base.model.generate(input_ids=padded, attention_mask=mask, **settings)  # type: ignore[operator]
    spans = torch.tensor([[min(start, length), length]])
    with adapter.attach(base.model, spans):
        expected = base.model.generate(  # type: ignore[operator]
            input_ids=tokens, attention_mask=torch.ones_like(tokens), use_cache=False, **settings
        )
    assert torch.equal(new[:, padding:], expected)


def test_merged_is_attached_and_unmerged_is_before(
    base: BaseModel, random_adapters: Callable[..., AdapterParameters]
) -> None:
    model = load_base_model(base.name).model
    lora = LoRA(list_sites(model), rank=3, alpha=7.0, targets=["q_proj", "down_proj"])
    adapter = wrapped(base, [lora], random_adapters([lora], 1, spread=0.3))
    weights = {name: value.clone() for name, value in model.state_dict().items()}
    with adapter.attach(model):
        attached = logits(model)
    before = adapter.merge_into(model)
    torch.testing.assert_close(logits(model), attached, atol=1e-5, rtol=1e-5)
    unmerge(model, before)
    assert all(torch.equal(value, weights[name]) for name, value in model.state_dict().items())


def test_a_model_that_was_saved_merged_is_as_before(
    llama: BaseModel, random_adapters: Callable[..., AdapterParameters], tmp_path: Path
) -> None:
    lora = LoRA(list_sites(llama.model), rank=2)
    adapter = wrapped(llama, [lora], random_adapters([lora], 1, spread=0.5))
    before = {name: value.clone() for name, value in llama.model.state_dict().items()}
    _save_merged(adapter, llama, tmp_path / "merged")
    saved = load_file(tmp_path / "merged" / "model.safetensors")
    assert not torch.equal(
        saved["model.layers.0.self_attn.q_proj.weight"], before["model.layers.0.self_attn.q_proj.weight"]
    )
    assert all(torch.equal(value, before[name]) for name, value in llama.model.state_dict().items())


def test_what_cannot_be_merged_changes_nothing(base: BaseModel, both: Adapter) -> None:
    with pytest.raises(ConfigurationError, match="only a LoRA by itself can be merged"):
        both.merge_into(base.model)
    model = load_base_model(base.name).model
    last = model.get_submodule("model.layers.2.self_attn")
    last.v_proj = nn.Identity()
    before = model.model.layers[0].self_attn.q_proj.weight.clone()
    with pytest.raises((ConfigurationError, BaseModelError)):
        both.only("lora").merge_into(model)
    assert torch.equal(model.model.layers[0].self_attn.q_proj.weight, before)


def test_saved_and_loaded_it_is_the_same(base: BaseModel, both: Adapter, tmp_path: Path) -> None:
    folder = both.save(tmp_path / "adapter")
    loaded = Adapter.load(folder)
    assert (loaded.base_model, loaded.prompt_start) == (both.base_model, both.prompt_start)
    assert loaded.provenance == both.provenance
    with both.attach(base.model):
        wanted = logits(base.model)
    with loaded.attach(base.model):
        torch.testing.assert_close(logits(base.model), wanted, atol=1e-5, rtol=1e-5)
    lora = both.parameters.factors["lora/q_proj"]
    assert all(torch.equal(loaded.parameters.factors["lora/q_proj"][name], lora[name]) for name in lora)
    assert "Say it backwards." in (folder / "README.md").read_text()
    with pytest.raises(ConfigurationError, match="exists already"):
        both.save(folder)


def test_a_format_without_the_family_is_refused_and_nothing_is_written(both: Adapter, tmp_path: Path) -> None:
    for format in ("peft", "pyreft"):
        with pytest.raises(ConfigurationError, match="choose one with `only`, or --family"):
            both.save(tmp_path / "adapter", format)  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == []
    both.only("loreft").save(tmp_path / "adapter", "pyreft")
    with pytest.raises(ConfigurationError, match="has no lora; it has loreft"):
        both.only("loreft").only("lora")


def test_a_model_without_the_sites_is_refused(both: Adapter, llama: BaseModel) -> None:
    model = load_base_model("tiny-random:llama").model
    del model.model.layers[2]
    with pytest.raises(BaseModelError, match=r"the model has no model\.layers\.2"):
        both.attach(model)


def test_other_weights_are_warned_of(llama: BaseModel, random_adapters: Callable[..., AdapterParameters]) -> None:
    lora = LoRA(list_sites(llama.model), rank=2)
    adapter = Adapter(BaseModelName("other", "float32", "not these"), [lora], random_adapters([lora], 1))
    with pytest.warns(UserWarning, match="not those of other"):
        adapter.attach(llama.model).detach()


@pytest.mark.parametrize("strength", [math.nan, math.inf])
def test_what_is_not_finite_is_neither_written_nor_read(
    llama: BaseModel, random_adapters: Callable[..., AdapterParameters], tmp_path: Path, strength: float
) -> None:
    lora = LoRA(list_sites(llama.model), rank=2)
    adapter = wrapped(llama, [lora], random_adapters([lora], 1)).scaled(strength)
    with pytest.raises(ConfigurationError, match="not finite"):
        adapter.save(tmp_path / "adapter")
    assert not (tmp_path / "adapter").exists()
    write_adapter(tmp_path / "adapter", adapter)
    with pytest.raises(LibraryError, match="not finite"):
        Adapter.load(tmp_path / "adapter")
