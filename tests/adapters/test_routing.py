"""Laws of routing: what the formula says token by token, an expert alone is an adapter, and nothing is left behind."""

from pathlib import Path

import pytest
import torch

from adaptlab.adapters import AllPositions, LoRA, LoReFT, attached
from adaptlab.adapters.interchange import read_peft
from adaptlab.adapters.routing import routed
from adaptlab.basemodels import BaseModel, list_sites, load_base_model
from adaptlab.contracts import AdapterParameters
from adaptlab.errors import ConfigurationError

IDS = torch.tensor([[11, 12, 13, 14, 15], [31, 32, 33, 34, 35]])
SPANS = torch.tensor([[0, 5], [0, 5]])


@torch.no_grad()
def test_a_library_of_one_is_that_adapter(base: BaseModel, random_adapters) -> None:
    sites = list_sites(base.model)
    families = [LoRA(sites, rank=2), LoReFT(sites, rank=2)]
    one = random_adapters(families, 1)
    with routed(base.model, families, one, SPANS):
        found = base.model(IDS).logits
    with attached(base.model, families, one[torch.zeros(2, dtype=torch.long)], SPANS):
        expected = base.model(IDS).logits
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=0)
    assert not any(module._forward_hooks for module in base.model.modules())


@torch.no_grad()
@pytest.mark.parametrize("top_k", [1, 2, 5])
@pytest.mark.parametrize("temperature", [0.3, 2.0])
def test_lora_follows_arrows_formula(llama: BaseModel, random_adapters, top_k: int, temperature: float) -> None:
    family = LoRA(list_sites(llama.model), rank=2, targets=["q_proj"], layers=[0])
    library = random_adapters([family], 5)
    module = llama.model.get_submodule(family.groups[0].sites[0].path)
    hidden = torch.randn(2, 5, module.in_features)
    changes = family.scale * library.factors["lora/q_proj"]["B"][:, 0].mT @ library.factors["lora/q_proj"]["A"][:, 0]
    prototypes = torch.linalg.svd(changes.double()).Vh[:, 0].float()
    expected = hidden @ module.weight.T
    for row in range(2):
        for token in range(5):
            x = hidden[row, token]
            best, which = ((prototypes @ x).abs() / temperature).topk(top_k)
            for weight, expert in zip(best.softmax(0), which, strict=True):
                expected[row, token] += weight * changes[expert] @ x
    found = {}
    with routed(llama.model, [family], library, SPANS, top_k, temperature):
        handle = module.register_forward_pre_hook(lambda *_: (hidden,))
        after = module.register_forward_hook(lambda _module, _inputs, output: found.update(output=output))
        llama.model(IDS)
        handle.remove()
        after.remove()
    torch.testing.assert_close(found["output"], expected, atol=1e-5, rtol=1e-4)


@torch.no_grad()
@pytest.mark.parametrize("top_k", [1, 3])
def test_loreft_prefers_the_subspace_a_token_lies_in(llama: BaseModel, random_adapters, top_k: int) -> None:
    family = LoReFT(list_sites(llama.model), rank=2, layers=[1], positions=AllPositions())
    library = random_adapters([family], 4, spread=0.7)
    stored = family.stored(family.groups[0], library.factors["loreft/block"])
    layer = llama.model.get_submodule(family.groups[0].sites[0].path)
    found = {}
    before = layer.register_forward_hook(lambda _module, _inputs, output: found.update(plain=output.clone()))
    with routed(llama.model, [family], library, SPANS, top_k):
        after = layer.register_forward_hook(lambda _module, _inputs, output: found.update(edited=output))
        llama.model(IDS)
        after.remove()
    before.remove()
    expected = found["plain"].clone()
    for row in range(2):
        for token in range(5):
            h = found["plain"][row, token]
            best, which = (stored["R"][:, 0] @ h).norm(dim=-1).topk(top_k)
            for weight, expert in zip(best.softmax(0), which, strict=True):
                edit = stored["D"][expert, 0] @ h + stored["b"][expert, 0, :, 0]
                expected[row, token] += weight * stored["R"][expert, 0].T @ edit
    torch.testing.assert_close(found["edited"], expected, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize(("top_k", "temperature"), [(0, 1.0), (1, 0.0)])
def test_what_cannot_be_routed_is_refused(llama: BaseModel, random_adapters, top_k: int, temperature: float) -> None:
    family = LoRA(list_sites(llama.model), rank=2)
    with (
        pytest.raises(ConfigurationError, match="routing needs"),
        routed(llama.model, [family], random_adapters([family], 2), SPANS, top_k, temperature),
    ):
        pass


@torch.no_grad()
@pytest.mark.parametrize("top_k", [1, 2])
def test_lora_is_routed_as_peft_routes_it_where_its_power_iteration_is_exact(tmp_path: Path, top_k: int) -> None:
    """PEFT takes 15 power iterations for a prototype: exact where one singular value is far above the others."""
    from peft import ArrowConfig, LoraConfig, create_arrow_model, get_peft_model

    fresh = load_base_model("tiny-random:llama").model
    family = LoRA(list_sites(fresh), rank=2, alpha=4.0)
    adapters, folders = [], []
    for index in range(3):
        config = LoraConfig(r=2, lora_alpha=4, target_modules=["q_proj", "v_proj"])
        adapted = get_peft_model(load_base_model("tiny-random:llama").model, config)
        for name, parameter in adapted.named_parameters():
            if "lora_B" in name:
                parameter.normal_(std=0.3)
                parameter[:, 1] *= 0.1
        adapted.save_pretrained(tmp_path / str(index))
        folders.append(str(tmp_path / str(index)))
        adapters.append(read_peft(tmp_path / str(index), family))
    factors = {
        key: {name: torch.cat([one.factors[key][name] for one in adapters]) for name in values}
        for key, values in adapters[0].factors.items()
    }
    settings = ArrowConfig(top_k=top_k, router_temperature=0.7, rng_seed=0)
    theirs = create_arrow_model(load_base_model("tiny-random:llama").model, folders, settings)
    expected = theirs(IDS).logits
    with routed(fresh, [family], AdapterParameters(adapters[0].groups, factors), SPANS, top_k, 0.7):
        torch.testing.assert_close(fresh(IDS).logits, expected, atol=1e-5, rtol=1e-4)


@torch.no_grad()
def test_routing_edits_the_same_tokens_with_a_cache_and_without(llama: BaseModel, random_adapters) -> None:
    sites = list_sites(llama.model)
    families = [LoRA(sites, rank=2), LoReFT(sites, rank=2)]
    with routed(llama.model, families, random_adapters(families, 4), SPANS, 2):
        whole = llama.model(IDS).logits
        first = llama.model(IDS[:, :3], use_cache=True)
        rest = llama.model(IDS[:, 3:], past_key_values=first.past_key_values, use_cache=True)
    torch.testing.assert_close(torch.cat([first.logits, rest.logits], 1), whole, atol=1e-5, rtol=1e-4)
