"""Reconstruction: a small library is given out again in raw scale, losses keep their laws, SFT can begin from it."""

from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from commandline import adaptlab, configuration, trained

from adaptlab.adapters import AdapterFamily, AdapterLibrary, BaseModelName, LoRA, LoReFT
from adaptlab.basemodels import BaseModel, fingerprint, list_sites
from adaptlab.contracts import AdapterParameters
from adaptlab.evaluation.runs import load_trained
from adaptlab.tasks import load_suite
from adaptlab.training.reconstruction_losses import EditLoss, EffectLoss, FactorLoss, effect_error

COUNT = 6
FAMILIES = {"lora": LoRA, "loreft": LoReFT}


@pytest.fixture(params=FAMILIES)
def family(request: pytest.FixtureRequest, llama: BaseModel) -> AdapterFamily:
    return FAMILIES[request.param](list_sites(llama.model), rank=2)


@pytest.fixture(scope="module")
def tasks(small_suite: Path) -> list[str]:
    """Some train tasks of the small suite."""
    return [task.name for task in load_suite(str(small_suite)).train][:COUNT]


@pytest.fixture
def library(
    family: AdapterFamily, llama: BaseModel, random_adapters, tasks: list[str], tmp_path: Path
) -> AdapterLibrary:
    name = BaseModelName("tiny-random:llama", "float32", fingerprint(llama.model))
    made = AdapterLibrary.create(tmp_path / "library", name, [family])
    common, own = random_adapters([family], 1, 0.5, 1), random_adapters([family], COUNT, 0.2, 2)
    for index, task in enumerate(tasks):
        factors = {
            key: {part: common.factors[key][part] + value[[index]] for part, value in values.items()}
            for key, values in own.factors.items()
        }
        made.add(task, AdapterParameters(own.groups, factors), {"seed": 0})
    return made


def config(library: AdapterLibrary, suite: Path, folder: Path, **changes: Any) -> list[str]:
    values: dict[str, Any] = {
        "seed_everything": 0,
        "objective": "reconstruction",
        "model": {
            "generator": {
                "class_path": "adaptlab.hypernetworks.Hypernetwork",
                "init_args": {"latent_width": 32, "head_width": 64, "dropout": 0.0},
            },
            "optimizer": {"class_path": "torch.optim.AdamW", "init_args": {"lr": 3e-3, "weight_decay": 0.0}},
            **changes.pop("model", {}),
        },
        "data": {"library": str(library.folder), "suite": str(suite), "batch_size": 3, **changes.pop("data", {})},
        "checkpoint": {"monitor": "validation/effect_error", "mode": "min", "save_top_k": 0},
        "trainer": {
            "max_steps": 400,
            "val_check_interval": 200,
            "check_val_every_n_epoch": None,
            "accelerator": "cpu",
            "default_root_dir": str(folder),
            "enable_progress_bar": False,
            "gradient_clip_val": 1.0,
        },
    }
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "run.yaml"
    path.write_text(yaml.safe_dump(values))
    return ["fit", "--config", str(path)]


@pytest.mark.parametrize("loss", ["EffectLoss", "FactorLoss"])
def test_a_small_library_is_given_out_again(
    loss: str, family: AdapterFamily, library: AdapterLibrary, tasks: list[str], small_suite: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "run"
    model = {"loss": {"class_path": f"adaptlab.training.{loss}"}}
    done = adaptlab(config(library, small_suite, folder, model=model))
    assert done.returncode == 0, done.stderr
    restored = load_trained(folder / "checkpoints" / "last.ckpt")
    vectors = restored.encoder.encode(tasks, tasks).vectors
    with torch.no_grad():
        emitted = restored.module.generator(vectors)
    assert float(effect_error([family], emitted, library.load(tasks)).max()) < 0.02


def test_effects_know_no_gauge_and_factors_do(family: AdapterFamily, library: AdapterLibrary, tasks: list[str]) -> None:
    targets = library.load(tasks)
    emitted = AdapterParameters(
        targets.groups, {k: {n: v + 0.1 for n, v in f.items()} for k, f in targets.factors.items()}
    )
    turned = {}
    for group in targets.groups:
        stored = {name: value.double() for name, value in family.stored(group, targets.factors[group.key]).items()}
        mix = torch.linalg.qr(torch.randn(*stored[next(iter(stored))].shape[:2], 2, 2, dtype=torch.float64)).Q
        turned[group.key] = {name: mix @ value for name, value in stored.items()}
    if isinstance(family, LoRA):
        other = AdapterParameters(targets.groups, turned)
        effect, factor = EffectLoss(), FactorLoss(standardised=False)
        one, two = (effect_error([family], emitted, target) for target in (targets, other))
        torch.testing.assert_close(one, two, rtol=1e-6, atol=0)
        assert effect.per_task([family], emitted, targets).shape == (COUNT,)
        apart = factor.per_task([family], emitted, other) - factor.per_task([family], emitted, targets)
        assert float(apart.abs().min()) > 1e-3
    for group in targets.groups:
        again = family.from_stored(group, turned[group.key])
        for name, value in targets.factors[group.key].items():
            torch.testing.assert_close(again[name].to(value.dtype), value, atol=1e-3, rtol=1e-3)


def test_edits_of_states_are_compared_as_the_model_would_make_them(
    family: AdapterFamily, library: AdapterLibrary, tasks: list[str]
) -> None:
    targets = library.load(tasks)
    nothing = AdapterParameters(
        targets.groups, {k: {n: torch.zeros_like(v) for n, v in f.items()} for k, f in targets.factors.items()}
    )
    loss = EditLoss()
    loss.states = {
        group.key: torch.randn(
            len(group.sites), 16, group.sites[0].out_width if family.reads_output else group.sites[0].in_width
        )
        for group in family.groups
    }
    torch.testing.assert_close(loss.per_task([family], nothing, targets), torch.ones(COUNT), rtol=1e-5, atol=0)
    assert float(loss.per_task([family], targets, targets).abs().max()) < 1e-6


def test_edit_matching_and_text_conditions_train(
    family: AdapterFamily, library: AdapterLibrary, small_suite: Path, tmp_path: Path
) -> None:
    both = {
        "class_path": "adaptlab.embeddings.Concatenated",
        "init_args": {
            "encoders": [
                {"class_path": "adaptlab.embeddings.OneHot"},
                {"class_path": "adaptlab.embeddings.RandomVector", "init_args": {"width": 8}},
            ]
        },
    }
    model = {"loss": {"class_path": "adaptlab.training.EditLoss", "init_args": {"states": 32}}}
    done = adaptlab(config(library, small_suite, tmp_path / "run", model=model, data={"encoder": both}))
    assert done.returncode == 0, done.stderr
    logged = (tmp_path / "run" / "logs" / "metrics.csv").read_text().splitlines()
    column = logged[0].split(",").index("validation/loss")
    values = [float(row.split(",")[column]) for row in logged[1:] if row.split(",")[column]]
    assert values[-1] < 0.1


def test_supervised_training_can_begin_from_a_reconstruction(
    family: AdapterFamily, library: AdapterLibrary, small_suite: Path, tmp_path: Path
) -> None:
    done = adaptlab([*config(library, small_suite, tmp_path / "run"), "--trainer.max_steps=20"])
    assert done.returncode == 0, done.stderr
    source = tmp_path / "run" / "checkpoints" / "last.ckpt"
    changes = {
        "model.families": [{"class_path": f"adaptlab.adapters.{type(family).__name__}", "init_args": {"rank": 2}}],
        "model.generator": {
            "class_path": "adaptlab.hypernetworks.Hypernetwork",
            "init_args": {"latent_width": 32, "head_width": 64, "dropout": 0.0},
        },
        "model.optimizer.init_args.lr": 0.0,
        "data.encoder": {"class_path": "adaptlab.embeddings.RandomVector", "init_args": {"width": COUNT}},
    }
    path = configuration(tmp_path / "sft", small_suite, **changes)
    done = adaptlab(["fit", "--config", str(path), f"--model.start_from={source}"])
    assert done.returncode == 0, done.stderr
    assert "began with" in done.stdout + done.stderr
    before, after = trained(tmp_path / "run"), trained(tmp_path / "sft")
    generator = {name: value for name, value in before.items() if name.startswith("generator.")}
    assert all(torch.equal(value, after[name]) for name, value in generator.items())
    assert load_trained(tmp_path / "sft" / "checkpoints" / "last.ckpt").module.generator is not None
