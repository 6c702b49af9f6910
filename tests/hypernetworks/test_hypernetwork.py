"""Laws of the hypernetwork: identity at the start, exact sizes, and adapters that depend on nothing but its state."""

import hashlib
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from transformers import MistralConfig, MistralForCausalLM

from adaptlab.adapters import AdapterFamily, FirstLastPositions, LoRA, LoReFT, attached
from adaptlab.basemodels import BaseModel, list_sites
from adaptlab.contracts import AdapterParameters
from adaptlab.errors import ConfigurationError
from adaptlab.hypernetworks import Hypernetwork

EVERY_SIZE = pytest.mark.parametrize("size", ["large", "medium", "small"])
EVERY_FAMILY = pytest.mark.parametrize("names", [["lora"], ["loreft"], ["lora", "loreft"]], ids="+".join)
SMALL = {"latent_width": 16, "head_width": 24}


def families_for(base: BaseModel, names: Sequence[str] = ("lora", "loreft")) -> list[AdapterFamily]:
    sites = list_sites(base.model)
    known = {
        "lora": lambda: LoRA(sites, rank=3, targets=["v_proj", "q_proj", "down_proj"], layers=[0, 2]),
        "loreft": lambda: LoReFT(sites, rank=2, positions=FirstLastPositions(2, 3, tied=False)),
    }
    return [known[name]() for name in names]


def equal(left: AdapterParameters, right: AdapterParameters) -> bool:
    assert left.groups == right.groups
    return all(torch.equal(left.factors[key][name], right.factors[key][name]) for key, name in keys(left))


def keys(parameters: AdapterParameters) -> list[tuple[str, str]]:
    return [(group.key, factor.name) for group in parameters.groups for factor in group.factors]


@EVERY_FAMILY
@EVERY_SIZE
@pytest.mark.parametrize("training", [False, True])
def test_start_is_the_identity_and_the_gradient_gets_through(
    base: BaseModel, context_for, size: str, names: list[str], training: bool
) -> None:
    families = families_for(base, names)
    network = Hypernetwork(context_for(families), size, **SMALL, learnable_start=False).train(training)
    ids = torch.tensor([[0, 0, 5, 6, 7, 8], [9, 10, 11, 12, 13, 14]])
    mask = (ids > 0).long()
    plain = base.model(input_ids=ids, attention_mask=mask).logits
    with attached(base.model, families, network(torch.randn(2, 6)), torch.tensor([[0, 4], [0, 6]])):
        adapted = base.model(input_ids=ids, attention_mask=mask).logits
    assert torch.equal(adapted, plain)
    adapted[mask > 0].logsumexp(-1).sum().backward()
    for head in network.heads:
        assert head.linear.weight.grad.abs().max() > 0
    assert all(parameter.grad is None for parameter in base.model.parameters())


@EVERY_SIZE
def test_every_parameter_learns_from_the_third_step_on(llama: BaseModel, context_for, size: str) -> None:
    families = families_for(llama)
    network = Hypernetwork(context_for(families), size, **SMALL)
    optimizer = torch.optim.SGD(network.parameters(), 1e-2)
    ids = torch.tensor([[5, 6, 7, 8], [11, 12, 13, 14]])
    for _ in range(3):
        optimizer.zero_grad()
        with attached(llama.model, families, network(torch.randn(2, 6)), torch.tensor([[0, 4], [0, 4]])):
            llama.model(ids).logits.logsumexp(-1).sum().backward()
        optimizer.step()
    still = [name for name, value in network.named_parameters() if value.grad is None or not value.grad.any()]
    assert still == []


@pytest.mark.parametrize(("size", "count"), [("large", 55_424_000), ("medium", 34_412_288), ("small", 4_996_096)])
def test_paper_preset_has_the_paper_s_parameter_counts(context_for, size: str, count: int) -> None:
    with torch.device("meta"):
        model = MistralForCausalLM(MistralConfig())
        family = LoRA(list_sites(model), rank=8, targets=["q_proj", "v_proj"])
        network = Hypernetwork(context_for([family], 1024), size, preset="paper")
        learnable = Hypernetwork(
            context_for([family], 1024), size, latent_width=128, head_width=512, learnable_start=True
        )
    shapes = {(site.module_type, site.in_width, site.out_width) for group in family.groups for site in group.sites}
    assert shapes == {("q_proj", 4096, 4096), ("v_proj", 4096, 1024)}
    assert [len(group.sites) for group in family.groups] == [32, 32]
    assert sum(value.numel() for value in network.parameters() if value.requires_grad) == count
    assert sum(value.numel() for value in learnable.parameters()) == count + 3_407_872


def emitted_hash(parameters: AdapterParameters) -> str:
    digest = hashlib.sha256()
    for key, name in sorted(keys(parameters)):
        digest.update(f"{key}/{name}".encode())
        digest.update(parameters.factors[key][name].detach().numpy().tobytes())
    return digest.hexdigest()


HASH_PROGRAM = """
import hashlib, sys, torch
from safetensors.torch import load_file
from adaptlab.adapters import LoRA, LoReFT
from adaptlab.basemodels import list_sites, load_base_model
from adaptlab.hypernetworks import Hypernetwork
from adaptlab.training.module import generator_context

torch.set_num_threads(1)
sites = list_sites(load_base_model("tiny-random:llama").model)
targets = {"q_proj", "v_proj", "up_proj", "down_proj"}
families = list({"a": LoReFT(set(sites), rank=2), "b": LoRA(set(sites), rank=3, targets=targets)}.values())
network = Hypernetwork(generator_context(families, 6), "medium", latent_width=16, head_width=24).eval()
stored = load_file(sys.argv[1])
embedding = stored.pop("embedding")
network.load_state_dict(stored)
emitted = network(embedding)
digest = hashlib.sha256()
for key, name in sorted((group.key, factor.name) for group in emitted.groups for factor in group.factors):
    digest.update(f"{key}/{name}".encode())
    digest.update(emitted.factors[key][name].detach().numpy().tobytes())
print(*targets, digest.hexdigest())
"""


def test_hash_seed_of_the_process_changes_nothing(llama: BaseModel, context_for, tmp_path: Path) -> None:
    sites = list_sites(llama.model)
    targets = ["q_proj", "v_proj", "up_proj", "down_proj"]
    families = [LoRA(sites, rank=3, targets=targets), LoReFT(sites, rank=2)]
    network = disturbed(Hypernetwork(context_for(families), "medium", **SMALL)).eval()
    embedding = torch.randn(2, 6)
    save_file({**network.state_dict(), "embedding": embedding}, tmp_path / "state.safetensors")
    runs = [
        subprocess.Popen(
            [sys.executable, "-c", HASH_PROGRAM, tmp_path / "state.safetensors"],
            env={**os.environ, "PYTHONHASHSEED": seed},
            stdout=subprocess.PIPE,
            text=True,
        )
        for seed in ("0", "1", "42")
    ]
    lines = [run.communicate(timeout=120)[0].split() for run in runs]
    assert len({tuple(line[:-1]) for line in lines}) > 1, "the seeds gave one order of the set; choose others"
    assert [line[-1] for line in lines] == [emitted_hash(network(embedding))] * 3


def disturbed(network: Hypernetwork) -> Hypernetwork:
    """The network as if trained: no parameter at its start."""
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))
    return network


@EVERY_SIZE
def test_saved_and_loaded_state_emits_equal_parameters(
    llama: BaseModel, context_for, tmp_path: Path, size: str
) -> None:
    families = families_for(llama)
    first = disturbed(Hypernetwork(context_for(families), size, **SMALL, learnable_start=False)).eval()
    assert first.stored_bytes == sum(value.nbytes for value in first.state_dict().values())
    second = Hypernetwork(context_for(families), size, **SMALL, learnable_start=False).eval()
    embeddings = torch.randn(3, 6)
    assert not equal(first(embeddings), second(embeddings))
    torch.save(first.state_dict(), tmp_path / "state.pt")
    second.load_state_dict(torch.load(tmp_path / "state.pt", weights_only=True))
    assert equal(first(embeddings), second(embeddings))


@EVERY_SIZE
def test_permuting_the_batch_permutes_the_adapters(llama: BaseModel, context_for, size: str) -> None:
    network = disturbed(Hypernetwork(context_for(families_for(llama)), size, **SMALL)).eval()
    embeddings, order = torch.randn(4, 6), torch.tensor([3, 1, 0, 2])
    together, permuted = network(embeddings)[order], network(embeddings[order])
    for key, name in keys(together):
        torch.testing.assert_close(permuted.factors[key][name], together.factors[key][name], atol=1e-6, rtol=0)
        assert (together.factors[key][name][0] - together.factors[key][name][1]).abs().max() > 1e-3


@EVERY_SIZE
def test_every_factor_has_its_shape_and_every_value_is_its_own(llama: BaseModel, context_for, size: str) -> None:
    network = disturbed(Hypernetwork(context_for(families_for(llama)), size, **SMALL)).eval()
    emitted = network(torch.randn(2, 6))
    assert [group.key for group in emitted.groups] == sorted(group.key for group in emitted.groups)
    for group in emitted.groups:
        for factor in group.factors:
            value = emitted.factors[group.key][factor.name]
            assert value.shape == (2, len(group.sites), factor.rows, factor.width)
            assert len(value.unique()) == value.numel()
    assert sum(value[0].numel() for group in emitted.factors.values() for value in group.values()) == (
        emitted.parameters_per_task
    )


def test_order_in_which_families_and_targets_are_named_makes_no_difference(llama: BaseModel, context_for) -> None:
    sites = list_sites(llama.model)
    orders = [
        [LoRA(sites, 2, targets=["q_proj", "v_proj"]), LoReFT(sites, 2)],
        [LoReFT(sites[::-1], 2), LoRA(sites[::-1], 2, targets=["v_proj", "q_proj"])],
    ]
    networks = [Hypernetwork(context_for(families), **SMALL).eval() for families in orders]
    networks[1].load_state_dict(disturbed(networks[0]).state_dict())
    embeddings = torch.randn(2, 6)
    assert equal(networks[0](embeddings), networks[1](embeddings))


@pytest.mark.parametrize("pick", [1, slice(1, 3), [2, 0], torch.tensor([2, 0]), -1], ids=str)
def test_adapters_are_indexed_by_task(llama: BaseModel, random_adapters, pick: object) -> None:
    parameters = random_adapters(families_for(llama), 3)
    picked = parameters[pick]
    wanted = [list(range(3))[pick]] if isinstance(pick, int) else torch.arange(3)[pick].tolist()
    assert len(picked) == len(wanted)
    assert picked.groups == parameters.groups
    for key, name in keys(parameters):
        expected = torch.stack([parameters.factors[key][name][task] for task in wanted])
        assert torch.equal(picked.factors[key][name], expected)


def test_indexing_adapters_beyond_the_last_is_an_error(llama: BaseModel, random_adapters) -> None:
    parameters = random_adapters(families_for(llama), 3)
    for task in (3, -4):
        with pytest.raises(IndexError):
            parameters[task]


def test_latent_width_must_split_into_four(llama: BaseModel, context_for) -> None:
    with pytest.raises(ConfigurationError, match="multiple of 4, got 18"):
        Hypernetwork(context_for(families_for(llama)), latent_width=18)


def test_one_family_twice_is_refused(llama: BaseModel, context_for) -> None:
    with pytest.raises(ConfigurationError, match="list each family once"):
        context_for(families_for(llama, ["lora", "lora"]))
