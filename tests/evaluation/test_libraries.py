"""Libraries at the command line: oracles go in, each use is measured, damage is named, PEFT and pyreft are read."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import torch
from commandline import adaptlab, configuration
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from adaptlab.adapters import AdapterLibrary, LoRA, LoReFT, attached
from adaptlab.adapters.interchange import read_peft, read_pyreft
from adaptlab.basemodels import BaseModel, list_sites, load_base_model
from adaptlab.errors import LibraryError
from adaptlab.evaluation.libraries import mean_of_effects, mean_of_factors
from adaptlab.evaluation.methods import make_method
from adaptlab.reports.reading import read_records
from adaptlab.training.library_data import LibraryDataModule


def task_codes(suite: Path, **changes: Any) -> dict[str, Any]:
    """Data in which every task trains its own adapter."""
    settings = {"order": "rounds", "examples_per_description": 4, "validation_examples": 0}
    return {"suite": str(suite), "encoder": {"class_path": "adaptlab.embeddings.OneHot"}, **settings, **changes}


LAST = "run/checkpoints/last.ckpt"
ORACLES: dict[str, Any] = {
    "model.families": [{"class_path": "adaptlab.adapters.LoRA", "init_args": {"rank": 4}}],
    "model.generator": {"class_path": "adaptlab.hypernetworks.TaskTable"},
    "model.optimizer": {"class_path": "adaptlab.training.TaskwiseAdamW", "init_args": {"lr": 0.02}},
    "checkpoint": {"monitor": "seen/loss", "mode": "min", "save_top_k": 0},
}


@pytest.fixture(scope="module")
def oracles(small_suite: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The checkpoint of a finished small run of task-specific LoRAs."""
    folder = tmp_path_factory.mktemp("oracles")
    data = task_codes(small_suite, batch_size=20, examples_per_task=8)
    path = configuration(folder, small_suite, **ORACLES, data=data, **{"trainer.max_steps": 12})
    done = adaptlab(["fit", "--config", str(path)])
    assert done.returncode == 0, done.stderr
    return folder / "checkpoints" / "last.ckpt"


@pytest.fixture(scope="module")
def library(oracles: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("kept") / "library"
    done = adaptlab(["library", "add", str(folder), str(oracles)])
    assert done.returncode == 0, done.stderr
    assert "holds 10 adapters" in done.stdout
    return folder


def test_a_library_is_listed_counted_and_whole(library: Path, oracles: Path) -> None:
    listed = adaptlab(["library", "list", str(library)])
    assert listed.returncode == 0 and "say_" in listed.stdout, listed.stderr
    verified = adaptlab(["library", "verify", str(library)])
    assert "all 10 entries are whole" in verified.stdout, verified.stderr
    counted = adaptlab(["library", "stats", str(library), "--checkpoint", str(oracles)])
    assert "library / generator" in counted.stdout and "1.00" in counted.stdout, counted.stderr


def test_what_a_librarys_tasks_overlap_with_is_known(library: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(library, tmp_path / "copy"))
    index = json.loads((copy / "index.json").read_text())
    provenance = next(iter(index["entries"].values()))["provenance"]
    assert provenance["overlaps"] == []
    provenance["overlaps"] = ["boolq"]
    (copy / "index.json").write_text(json.dumps(index))
    method = make_method(f"mean=library:{copy}:average", pytest.fail, ("aligned",), 0)
    assert method.facts.trained_on == {"boolq", *index["entries"]}


def test_every_use_of_a_library_gives_a_record(library: Path, small_suite: Path, tmp_path: Path) -> None:
    few = ["--budget.seen_examples=2", "--budget.heldout_examples=2", "--budget.max_new_tokens=4"]
    for use in ("oracle", "average", "effect-average", "arrow"):
        place = ["--library", str(library), "--use", use, "--suite", str(small_suite), "--out", str(tmp_path)]
        done = adaptlab(["evaluate", *place, *few])
        assert done.returncode == 0, done.stderr
    records = {record.method: record for record in read_records([tmp_path])}
    assert set(records) == {"oracle-lora", "average-lora", "effect-average-lora", "arrow-lora"}
    assert {metric.split for metric in records["oracle-lora"].metrics} == {"seen"}
    assert {metric.split for metric in records["arrow-lora"].metrics} == {"seen", "heldout"}
    assert not records["oracle-lora"].oracle
    assert records["arrow-lora"].stored_bytes > 5 * records["average-lora"].stored_bytes
    assert adaptlab(["report", str(tmp_path), "--out", str(tmp_path / "report")]).returncode == 0


def test_means_of_factors_and_of_effects_differ(library: Path) -> None:
    kept = AdapterLibrary.open(library)
    everything = kept.load(list(kept.entries), canonical=False)
    family = kept.families[0]
    group = family.groups[0]
    dense = [
        (f["B"].transpose(-1, -2) @ f["A"]).mean(0)
        for f in (everything.factors[group.key], mean_of_factors(kept).factors[group.key])
    ]
    best = mean_of_effects(kept).factors[group.key]
    u, s, vh = torch.linalg.svd(dense[0].double())
    rank = group.factors[0].rows
    truncated = u[..., :rank] @ torch.diag_embed(s[..., :rank]) @ vh[:, :rank]
    torch.testing.assert_close((best["B"].transpose(-1, -2) @ best["A"])[0], truncated.float(), atol=1e-6, rtol=1e-4)
    assert float((dense[0] - dense[1]).abs().max()) > 1e-6


def test_all_kinds_of_damage_are_named(library: Path, tmp_path: Path) -> None:
    import shutil

    broken = tmp_path / "library"
    shutil.copytree(library, broken)
    index = json.loads((broken / "index.json").read_text())
    names = sorted(index["entries"])
    files = [broken / "entries" / index["entries"][name]["file"] for name in names]
    files[0].write_bytes(files[0].read_bytes()[:-7])
    files[1].unlink()
    with safe_open(files[2], framework="pt") as file:
        said = file.metadata()
    tensors = load_file(files[2])
    save_file({key: value[:, :2].contiguous() for key, value in tensors.items()}, files[2], said)
    tensors = load_file(files[3])
    save_file({key: torch.full_like(value, float("nan")) for key, value in tensors.items()}, files[3], said)
    save_file(load_file(files[4]), files[4], {"base_model": "0" * 16})
    done = adaptlab(["library", "verify", str(broken)])
    assert done.returncode == 2
    assert "5 of 10 entries are broken" in done.stderr
    for name, word in zip(
        names, ("damaged", "missing", "needed is", "not finite", "for base_model 0000"), strict=False
    ):
        assert any(name in line and word in line for line in done.stderr.splitlines()), done.stderr


def test_a_library_of_other_weights_is_refused(library: Path, tmp_path: Path, small_suite: Path) -> None:
    import shutil

    other = tmp_path / "library"
    shutil.copytree(library, other)
    index = json.loads((other / "index.json").read_text())
    index["base_model"]["fingerprint"] = "0" * 16
    (other / "index.json").write_text(json.dumps(index))
    done = adaptlab(["evaluate", "--library", str(other), "--suite", str(small_suite), "--out", str(tmp_path)])
    assert done.returncode == 2
    assert "is for tiny-random:llama" in done.stderr


def test_what_has_seen_held_out_tasks_is_a_ceiling_and_nothing_else(small_suite: Path, tmp_path: Path) -> None:
    data = task_codes(small_suite, batch_size=4, examples_per_task=4, heldout_oracles=True)
    path = configuration(tmp_path / "run", small_suite, **ORACLES, data=data, **{"trainer.max_steps": 2})
    folder, suite = tmp_path / "library", ["--suite", str(small_suite)]
    for words in (["fit", "--config", str(path)], ["library", "add", str(folder), str(tmp_path / LAST)]):
        done = adaptlab(words)
        assert done.returncode == 0, done.stderr
    few = ["--budget.heldout_examples=2", "--budget.max_new_tokens=4", "--out", str(tmp_path / "records")]
    done = adaptlab(["evaluate", "--library", str(folder), "--use", "oracle", *suite, *few])
    assert done.returncode == 0, done.stderr
    (record,) = read_records([tmp_path / "records"])
    assert record.oracle and {metric.split for metric in record.metrics} == {"heldout"}
    done = adaptlab(["evaluate", "--library", str(folder), "--use", "average", *suite, *few])
    assert done.returncode == 2 and "holds an adapter of the held-out task" in done.stderr
    with pytest.raises(LibraryError, match="which is no train task"):
        LibraryDataModule(str(folder), str(small_suite), batch_size=1)


def test_an_import_that_fails_leaves_no_library_behind(tmp_path: Path) -> None:
    from peft import LoraConfig, get_peft_model

    model = load_base_model("tiny-random:llama").model
    get_peft_model(model, LoraConfig(r=4, lora_alpha=8, target_modules=["q_proj", "v_proj"])).save_pretrained(
        tmp_path / "peft"
    )
    library, words = tmp_path / "library", ("one", "peft", "--base_model", "tiny-random:llama")

    def bring(rank: int, *more: str) -> subprocess.CompletedProcess[str]:
        family = f"--family={{rank: {rank}, alpha: 8, targets: [v_proj, q_proj]}}"
        return adaptlab(["library", "import", str(library), str(tmp_path / "peft"), *words, family, *more])

    done = bring(8)
    assert done.returncode == 2 and "rank 4" in done.stderr and not library.exists()
    done = bring(4)
    assert done.returncode == 0 and "holds 1 adapters" in done.stdout, done.stderr
    for done in (bring(8), bring(4, "--dtype=bfloat16")):
        assert done.returncode == 2 and "name another folder" in done.stderr
    words = ("two", *words[1:])
    family = "--family={rank: 4, targets: [q_proj, v_proj]}"  # the same in another order
    done = adaptlab(["library", "import", str(library), str(tmp_path / "peft"), *words, family])
    assert done.returncode == 0 and "holds 2 adapters" in done.stdout, done.stderr


@torch.no_grad()
def test_a_lora_that_peft_wrote_gives_the_same_logits(tmp_path: Path) -> None:
    from peft import LoraConfig, get_peft_model

    model = load_base_model("tiny-random:llama").model
    ids = torch.randint(5, 90, (2, 7))
    adapted = get_peft_model(model, LoraConfig(r=3, lora_alpha=6, target_modules=["q_proj", "v_proj"]))
    for name, parameter in adapted.named_parameters():
        if "lora_B" in name:
            parameter.normal_(std=0.3)
    expected = adapted(ids).logits
    adapted.save_pretrained(tmp_path)
    fresh = load_base_model("tiny-random:llama").model
    family = LoRA(list_sites(fresh), rank=3, alpha=6.0)
    read = read_peft(tmp_path, family)
    with attached(fresh, [family], read[torch.zeros(2, dtype=torch.long)], torch.tensor([[0, 7], [0, 7]])):
        torch.testing.assert_close(fresh(ids).logits, expected, atol=1e-5, rtol=1e-4)
    with pytest.raises(LibraryError, match="rank 3 and scale 2, where rank 2"):
        read_peft(tmp_path, LoRA(list_sites(fresh), rank=2, alpha=6.0))
    with pytest.raises(LibraryError, match=r"has no base_model\.model.*k_proj"):
        read_peft(tmp_path, LoRA(list_sites(fresh), rank=3, alpha=6.0, targets=["k_proj"]))


def test_a_loreft_that_pyreft_wrote_makes_the_same_edits(llama: BaseModel, tmp_path: Path) -> None:
    import pyreft

    model = load_base_model("tiny-random:llama").model
    width, layers = model.config.hidden_size, model.config.num_hidden_layers
    representations = [
        {
            "layer": layer,
            "component": "block_output",
            "low_rank_dimension": 2,
            "intervention": pyreft.LoreftIntervention(embed_dim=width, low_rank_dimension=2, dtype=torch.float32),
        }
        for layer in range(layers)
    ]
    reft = pyreft.get_reft_model(model, pyreft.ReftConfig(representations=representations))
    reft.save(str(tmp_path))
    family = LoReFT(list_sites(llama.model), rank=2)
    read = read_pyreft(tmp_path, family)
    effect = family.effect(family.groups[0], read.factors["loreft/block"])
    hidden = torch.randn(layers, 5, width)
    changes = effect.of(hidden)[0]
    for layer, intervention in enumerate(dict(reft.interventions).values()):
        module = intervention[0] if isinstance(intervention, list | tuple) else intervention
        with torch.no_grad():
            expected = module(hidden[layer]) - hidden[layer]
        torch.testing.assert_close(changes[layer].float(), expected, atol=1e-4, rtol=1e-3)
    settings = json.loads((tmp_path / "config.json").read_text())
    settings["intervention_types"] = ["<class 'os.path'>"]
    (tmp_path / "config.json").write_text(json.dumps(settings))
    with pytest.raises(LibraryError, match="not LoReFT"):
        read_pyreft(tmp_path, family)
