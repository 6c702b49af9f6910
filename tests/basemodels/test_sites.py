"""Laws of the site list: what a model can be adapted at, in one order, weights or none."""

import pytest
import torch
from transformers import AutoModelForCausalLM, MistralConfig, MistralForCausalLM, T5Config
from transformers import T5ForConditionalGeneration as T5

from adaptlab.basemodels import BaseModel, list_sites
from adaptlab.errors import BaseModelError

LINEAR = {"q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"}


def test_each_layer_has_its_output_and_its_linear_maps(base: BaseModel) -> None:
    sites = list_sites(base.model)
    for layer in range(base.model.config.num_hidden_layers):
        assert {site.module_type for site in sites if site.layer == layer} == LINEAR | {"block"}
    assert len(sites) == base.model.config.num_hidden_layers * (1 + len(LINEAR))


def test_widths_are_those_of_the_modules(base: BaseModel) -> None:
    for site in list_sites(base.model):
        module = base.model.get_submodule(site.path)
        if site.module_type == "block":
            assert (site.in_width, site.out_width) == (base.model.config.hidden_size,) * 2
        else:
            assert (site.out_width, site.in_width) == tuple(module.weight.shape)
            assert site.path.endswith(f".{site.module_type}")


def test_sites_are_sorted_by_type_then_layer(base: BaseModel) -> None:
    keys = [(site.module_type, site.layer) for site in list_sites(base.model)]
    assert keys == sorted(keys)
    assert len(set(keys)) == len(keys)


def test_layers_sort_as_numbers() -> None:
    with torch.device("meta"):
        model = MistralForCausalLM(MistralConfig(num_hidden_layers=12, hidden_size=32, intermediate_size=48))
    layers = [site.layer for site in list_sites(model) if site.module_type == "q_proj"]
    assert layers == list(range(12))


def test_meta_device_gives_the_same_sites(base: BaseModel) -> None:
    with torch.device("meta"):
        bare = AutoModelForCausalLM.from_config(base.model.config)
    assert list_sites(bare) == list_sites(base.model)


def test_types_that_occur_twice_in_a_layer_are_left_out(llama: BaseModel) -> None:
    model = AutoModelForCausalLM.from_config(llama.model.config)
    for layer in model.model.layers:
        layer.mlp.second = torch.nn.ModuleDict({"up_proj": torch.nn.Linear(32, 48)})
    assert {site.module_type for site in list_sites(model)} == (LINEAR | {"block"}) - {"up_proj"}


def test_model_without_decoder_layers_is_refused() -> None:
    with torch.device("meta"):
        model = T5(T5Config(num_layers=2, d_model=16, d_kv=4, d_ff=16, num_heads=2, vocab_size=32))
    with pytest.raises(BaseModelError, match="use a decoder-only model"):
        list_sites(model)
