"""What leaves in PEFT's and pyreft's formats does there what it does here, and what they made does here the same."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from adaptlab.adapters import AdapterFamily, BaseModelName, LoRA, LoReFT
from adaptlab.adapters.interchange import peft_settings, pyreft_settings, read_peft, read_pyreft
from adaptlab.basemodels import BaseModel, fingerprint, list_sites, load_base_model
from adaptlab.contracts import AdapterParameters
from adaptlab.inference import Adapter

ARCHITECTURES = ("gemma2", "llama", "mistral", "qwen2", "qwen3")
NEW_TOKENS = 6
ROWS, LENGTH = 2, 9
Families = dict[str, AdapterFamily]


def tokens_of(seed: int) -> Tensor:
    """Prompts of one length, since pyreft takes positions row by row."""
    return torch.randint(3, 250, (ROWS, LENGTH), generator=torch.Generator().manual_seed(seed))


def families_of(architecture: str) -> Families:
    """A LoRA and a LoReFT on a tiny model, each with settings that are not the defaults."""
    sites = list_sites(load_base_model(f"tiny-random:{architecture}").model)
    return {
        "peft": LoRA(sites, rank=3, alpha=5.0, rank_stabilised=True, targets=["down_proj", "q_proj"], layers=[0, 2]),
        "pyreft": LoReFT(sites, rank=2, layers=[0, 2]),
    }


def adapter(architecture: str, family: AdapterFamily, parameters: AdapterParameters) -> Adapter:
    """An adapter of a tiny model."""
    model = load_base_model(f"tiny-random:{architecture}").model
    base = BaseModelName(f"tiny-random:{architecture}", "float32", fingerprint(model))
    return Adapter(base, [family], parameters)


def strong_adapter(family: AdapterFamily, seed: int) -> AdapterParameters:
    """One random adapter that changes much."""
    generator = torch.Generator().manual_seed(seed)
    factors = {
        group.key: {
            factor.name: 0.4 * torch.randn(1, len(group.sites), factor.rows, factor.width, generator=generator)
            for factor in group.factors
        }
        for group in family.groups
    }
    return AdapterParameters(tuple(sorted(family.groups, key=lambda one: one.key)), factors)


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Adapter]]:
    """Adapters of every architecture in both formats, and what another process found with them."""
    folder, made = tmp_path_factory.mktemp("exported"), {}
    for number, architecture in enumerate(ARCHITECTURES):
        for form, family in families_of(architecture).items():
            made[f"{architecture}.{form}"] = one = adapter(architecture, family, strong_adapter(family, number))
            one.save(folder / architecture / form, form)  # type: ignore[arg-type]
        save_file({"tokens": tokens_of(number)}, folder / architecture / "tokens.safetensors")
    script = Path(__file__).with_name("load_elsewhere.py")
    done = subprocess.run([sys.executable, str(script), str(folder)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return folder, made


@pytest.mark.parametrize("form", ["peft", "pyreft"])
@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_another_process_finds_the_same_logits_and_answers(
    exported: tuple[Path, dict[str, Adapter]], architecture: str, form: str
) -> None:
    folder, made = exported
    found = load_file(folder / "found.safetensors")
    tokens = load_file(folder / architecture / "tokens.safetensors")["tokens"]
    model = load_base_model(f"tiny-random:{architecture}").model
    plain = model(tokens).logits
    with torch.no_grad(), made[f"{architecture}.{form}"].attach(model):
        logits = model(tokens).logits
        new = model.generate(  # type: ignore[operator]
            input_ids=tokens, attention_mask=torch.ones_like(tokens), max_new_tokens=NEW_TOKENS, do_sample=False
        )
    assert float((logits - plain).abs().max()) > 0.1  # or else nothing was compared
    torch.testing.assert_close(found[f"{architecture}.{form}.float32.logits"], logits, atol=1e-5, rtol=1e-5)
    theirs = found[f"{architecture}.{form}.float32.new"][:, -NEW_TOKENS:]
    assert torch.equal(theirs, new[:, LENGTH : LENGTH + theirs.shape[1]])


@pytest.mark.parametrize("form", ["peft", "pyreft"])
@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_in_bfloat16_formats_differ_by_its_rounding_only(
    exported: tuple[Path, dict[str, Adapter]], architecture: str, form: str
) -> None:
    """PEFT adds in float32 what we add in bfloat16, pyreft rotates in float32: rounding differs, meaning does not."""
    folder, made = exported
    found = load_file(folder / "found.safetensors")
    tokens = load_file(folder / architecture / "tokens.safetensors")["tokens"]
    exact = found[f"{architecture}.{form}.float32.logits"]
    model = load_base_model(f"tiny-random:{architecture}", "bfloat16").model
    with torch.no_grad(), made[f"{architecture}.{form}"].attach(model):
        ours = model(tokens).logits.float()
    theirs = found[f"{architecture}.{form}.bfloat16.logits"]
    rounding = (theirs - exact).square().mean().sqrt()
    assert float((ours - theirs).square().mean().sqrt()) < 2 * float(rounding)
    assert float((ours - exact).square().mean().sqrt()) < 1.5 * float(rounding)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_what_was_exported_reads_back(exported: tuple[Path, dict[str, Adapter]], architecture: str) -> None:
    folder, made = exported
    sites = list_sites(load_base_model(f"tiny-random:{architecture}").model)
    lora = LoRA(sites, **peft_settings(folder / architecture / "peft"))
    back, before = read_peft(folder / architecture / "peft", lora), made[f"{architecture}.peft"].parameters
    for key, factors in before.factors.items():
        assert all(torch.equal(back.factors[key][name], value) for name, value in factors.items())
    loreft = LoReFT(sites, **pyreft_settings(folder / architecture / "pyreft"))
    read = read_pyreft(folder / architecture / "pyreft", loreft)
    for group in loreft.groups:
        wanted = made[f"{architecture}.pyreft"].parameters.factors[group.key]
        apart = loreft.effect_distance(group, read.factors[group.key], wanted) / loreft.effect_size(group, wanted)
        assert float(apart.max()) ** 0.5 < 1e-6


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_a_loreft_that_pyreft_trained_gives_the_same_logits_here(architecture: str, tmp_path: Path) -> None:
    import pyreft

    from adaptlab.adapters.interchange.pyreft import BEFORE_LOADING_QWEN3

    exec(BEFORE_LOADING_QWEN3, {})
    model = load_base_model(f"tiny-random:{architecture}").model
    width = model.config.hidden_size
    parts = [
        {
            "layer": layer,
            "component": "block_output",
            "low_rank_dimension": 2,
            "intervention": pyreft.LoreftIntervention(embed_dim=width, low_rank_dimension=2, dtype=torch.float32),
        }
        for layer in range(model.config.num_hidden_layers)
    ]
    reft = pyreft.get_reft_model(model, pyreft.ReftConfig(representations=parts))
    tokens = tokens_of(7)
    places = {"sources->base": (None, [[list(range(LENGTH))] * ROWS] * len(parts))}
    optimizer = torch.optim.Adam([p for p in reft.parameters() if p.requires_grad], 0.02)
    for _ in range(3):
        _, out = reft({"input_ids": tokens}, unit_locations=places)
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(out.logits[:, :-1].flatten(0, 1), tokens[:, 1:].flatten()).backward()
        optimizer.step()
    with torch.no_grad():
        _, trained = reft({"input_ids": tokens}, unit_locations=places)
    reft.save(str(tmp_path / "saved"))
    fresh = load_base_model(f"tiny-random:{architecture}").model
    family = LoReFT(list_sites(fresh), **pyreft_settings(tmp_path / "saved"))
    with torch.no_grad(), adapter(architecture, family, read_pyreft(tmp_path / "saved", family)).attach(fresh):
        torch.testing.assert_close(fresh(tokens).logits, trained.logits, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_a_lora_that_peft_trained_gives_the_same_logits_here(architecture: str, tmp_path: Path) -> None:
    import peft

    model = load_base_model(f"tiny-random:{architecture}").model
    settings = peft.LoraConfig(r=2, lora_alpha=6, target_modules=["k_proj", "up_proj"], layers_to_transform=[1])
    tuned = peft.get_peft_model(model, settings)
    tokens = tokens_of(8)
    optimizer = torch.optim.Adam([p for p in tuned.parameters() if p.requires_grad], 0.05)
    for _ in range(3):
        optimizer.zero_grad()
        tuned(tokens, labels=tokens).loss.backward()
        optimizer.step()
    with torch.no_grad():
        trained = tuned(tokens).logits
    tuned.save_pretrained(str(tmp_path / "saved"))
    fresh = load_base_model(f"tiny-random:{architecture}").model
    family = LoRA(list_sites(fresh), **peft_settings(tmp_path / "saved"))
    with torch.no_grad(), adapter(architecture, family, read_peft(tmp_path / "saved", family)).attach(fresh):
        torch.testing.assert_close(fresh(tokens).logits, trained, atol=1e-5, rtol=1e-5)


def test_files_for_pyreft_hold_their_own_values_only(
    llama: BaseModel, random_adapters: Callable[..., AdapterParameters], tmp_path: Path
) -> None:
    family = LoReFT(list_sites(llama.model), rank=1)
    folder = adapter("llama", family, random_adapters([family], 1)).save(tmp_path / "out", "pyreft")
    for file in folder.glob("intkey_*.bin"):
        tensors = torch.load(file, weights_only=True)
        assert all(value.untyped_storage().nbytes() == value.nbytes for value in tensors.values())


def test_untied_sides_become_two_interventions_a_layer(
    tmp_path: Path, random_adapters: Callable[..., AdapterParameters]
) -> None:
    from adaptlab.adapters import FirstLastPositions

    sites = list_sites(load_base_model("tiny-random:llama").model)
    family = LoReFT(sites, rank=2, layers=[0, 1], positions=FirstLastPositions(2, 2, tied=False))
    parameters = random_adapters([family], 1, spread=0.5)
    adapter("llama", family, parameters).save(tmp_path / "saved", "pyreft")
    assert len(list((tmp_path / "saved").glob("intkey_*"))) == 4
    read = read_pyreft(tmp_path / "saved", family)
    for group in family.groups:
        wanted = parameters.factors[group.key]
        apart = family.effect_distance(group, read.factors[group.key], wanted) / family.effect_size(group, wanted)
        assert float(apart.max()) ** 0.5 < 1e-6
