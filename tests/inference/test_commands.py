"""Generators at the command line and from Python: no base model needed, all formats written, clear errors."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
import yaml
from commandline import adaptlab as run_adaptlab
from commandline import configuration
from safetensors.torch import load_file

import adaptlab
from adaptlab.adapters import attached
from adaptlab.errors import CheckpointError, ConfigurationError, TaskError
from adaptlab.evaluation.records import read_record
from adaptlab.evaluation.runs import load_trained
from adaptlab.inference import Adapter
from adaptlab.inference.shipped import find_generator, shipped_generators
from adaptlab.training.start_from import read_start

DESCRIPTION = "Say moon, please."


@pytest.fixture(scope="module")
def checkpoint(small_suite: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of a finished small run that reads descriptions."""
    folder = tmp_path_factory.mktemp("described")
    encoder = {"class_path": "adaptlab.embeddings.SentenceEncoder"}
    done = run_adaptlab(["fit", "--config", str(configuration(folder, small_suite, **{"data.encoder": encoder}))])
    assert done.returncode == 0, done.stderr
    return folder / "checkpoints" / "last.ckpt"


def test_a_sentence_becomes_the_adapter_of_training_without_a_base_model(
    checkpoint: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trained = load_trained(checkpoint)
    wanted = trained.module.emit(trained.encoder.encode([DESCRIPTION], ["x"]).vectors)
    model = trained.module.frozen_model
    monkeypatch.setattr("adaptlab.basemodels.load.AutoModelForCausalLM", None)  # no model can be made from here on
    made = adaptlab.load(checkpoint).adapter(DESCRIPTION)
    assert made.parameters.groups == wanted.groups
    for key, factors in wanted.factors.items():
        assert all(torch.equal(made.parameters.factors[key][name], value) for name, value in factors.items())
    assert made.prompt_start == trained.prompt.prompt_start(trained.module.tokenizer)
    tokens = torch.tensor([[5, 6, 7, 8, 9, 10, 11]])
    with torch.no_grad():
        with attached(model, trained.module.adapter_families, wanted, torch.tensor([[made.prompt_start, 7]])):
            logits = model(tokens).logits
        with made.attach(model):
            torch.testing.assert_close(model(tokens).logits, logits)


def test_many_in_one_pass_are_each_alone(checkpoint: Path) -> None:
    generator = adaptlab.load(checkpoint)
    many = generator.adapters([DESCRIPTION, "Give the first letter.", DESCRIPTION], strength=0.5)
    alone = generator.adapter(DESCRIPTION).scaled(0.5)
    for index in (0, 2):
        for key, factors in alone.parameters.factors.items():
            for name, value in factors.items():
                torch.testing.assert_close(many[index].parameters.factors[key][name], value, atol=1e-6, rtol=1e-5)
    with pytest.raises(TaskError, match="empty"):
        generator.adapters(["", DESCRIPTION])


def test_a_description_far_from_all_tasks_is_warned_of(checkpoint: Path) -> None:
    generator = adaptlab.load(checkpoint)
    with pytest.warns(UserWarning, match=r"lies far from every train task .* nearest train tasks"):
        generator.adapter("Xylophone plutonium qwertyuiop 8471 zzz.")
    nearest = generator.adapter(DESCRIPTION).provenance["nearest_tasks"]
    assert next(iter(nearest)) == "say_moon"
    assert list(nearest.values()) == sorted(nearest.values())


def test_every_format_is_written_and_ours_is_read(checkpoint: Path, tmp_path: Path) -> None:
    families = [family.name for family in adaptlab.load(checkpoint).emitter.families]
    formats = {"lora": "peft", "loreft": "pyreft"}
    for family in families:
        for form in ("adaptlab", formats[family]):
            out = tmp_path / f"{family}-{form}"
            words = ["generate", str(checkpoint), DESCRIPTION, "--family", family, "--format", form, "--out", str(out)]
            done = run_adaptlab(words)
            assert done.returncode == 0, done.stderr
            assert f"wrote {out}" in done.stdout
            assert DESCRIPTION in (out / "README.md").read_text()
    read = Adapter.load(tmp_path / f"{families[0]}-adaptlab")
    assert read.provenance["description"] == DESCRIPTION


def test_descriptions_from_a_file_become_a_folder_each(checkpoint: Path, tmp_path: Path) -> None:
    (tmp_path / "all.txt").write_text(f"{DESCRIPTION}\n\n../../etc: passwd!\nGive the first letter.\n")
    words = ["generate", str(checkpoint), "--descriptions", str(tmp_path / "all.txt"), "--out", str(tmp_path / "made")]
    done = run_adaptlab(words)
    assert done.returncode == 0, done.stderr
    assert sorted(path.name for path in (tmp_path / "made").iterdir()) == [
        "1-say-moon-please",
        "2-etc-passwd",
        "3-give-the-first-letter",
    ]


def test_a_released_generator_emits_the_same(checkpoint: Path, tmp_path: Path) -> None:
    out = tmp_path / "released"
    done = run_adaptlab(["release", str(checkpoint), "--out", str(out), "--dtype", "float32"])
    assert done.returncode == 0, done.stderr
    assert sorted(path.name for path in out.iterdir()) == ["generator.json", "generator.safetensors"]
    wanted, found = (adaptlab.load(path).adapter(DESCRIPTION) for path in (checkpoint, out))
    assert wanted.provenance["sha256"] == found.provenance["sha256"]
    for key, factors in wanted.parameters.factors.items():
        assert all(torch.equal(found.parameters.factors[key][name], value) for name, value in factors.items())
    answered = run_adaptlab(["generate", str(out), DESCRIPTION, "--inputs", "abc"])
    assert answered.returncode == 0, answered.stderr
    assert answered.stdout.startswith("abc  ->  ")
    settings = json.loads((out / "generator.json").read_text())
    (out / "generator.json").write_text(json.dumps({**settings, "schema": 9}))
    with pytest.raises(CheckpointError, match="schema 9"):
        adaptlab.load(out)


def test_merged_the_model_has_the_adapter_in_its_weights(checkpoint: Path, tmp_path: Path) -> None:
    out = tmp_path / "merged"
    words = ["generate", str(checkpoint), DESCRIPTION, "--merge", "--out", str(out)]
    done = run_adaptlab([*words, "--family", "lora"])
    assert done.returncode == 0, done.stderr
    before = load_trained(checkpoint).module.frozen_model
    after = load_file(out / "model.safetensors")
    made = adaptlab.load(checkpoint).adapter(DESCRIPTION).only("lora")
    family, group = made.families[0], made.families[0].groups[0]
    effect = family.effect(group, made.parameters.factors[group.key])
    change = effect.left[0, 0].T @ effect.right[0, 0].double()
    weight = before.get_submodule(group.sites[0].path).weight
    torch.testing.assert_close(after[f"{group.sites[0].path}.weight"], (weight + change).float())


def test_chat_shows_both_models_and_takes_commands(checkpoint: Path) -> None:
    lines = "abc\n/task Give the first letter.\nabc\n/strength 0\n/strength x\n/nothing\n/task\n/quit\n"
    done = subprocess.run(
        [sys.executable, "-m", "adaptlab", "chat", str(checkpoint), DESCRIPTION, "--max-new-tokens", "4"],
        input=lines,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "COLUMNS": "160"},
    )
    assert done.returncode == 0, done.stderr
    shown = done.stdout
    assert f"adapted to: {DESCRIPTION} (strength 1)" in shown
    assert "adapted to: Give the first letter. (strength 0)" in shown
    assert shown.count("base model, told the task") == 2
    assert "error: could not convert" in shown
    assert "error: the task description is empty" in shown
    assert "no command /nothing" in shown


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["nowhere.ckpt", DESCRIPTION, "--out", "x"], "there is no checkpoint nowhere.ckpt"),
        (["CHECKPOINT", DESCRIPTION], "say what to do with the adapter"),
        (["CHECKPOINT", "--out", "x"], "give one description"),
        (["CHECKPOINT", "--descriptions", "absent.txt", "--out", "x"], "absent.txt cannot be read"),
        (["CHECKPOINT", " ", "--out", "x"], "the task description is empty"),
        (["CHECKPOINT", DESCRIPTION, "--family", "ia3", "--out", "x"], "this adapter has no ia3"),
        (["CHECKPOINT", DESCRIPTION, "--merge", "--inputs", "abc"], "--merge writes one model"),
    ],
)
def test_what_cannot_be_done_is_said(
    words: list[str], message: str, checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    from adaptlab.errors import AdaptlabError
    from adaptlab.inference.commands import generate

    with pytest.raises(AdaptlabError, match=message):
        generate([str(checkpoint) if word == "CHECKPOINT" else word for word in words])
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_said(checkpoint: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = run_adaptlab(["generate", str(checkpoint), DESCRIPTION, "--out", str(tmp_path / "file" / "out")])
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1] == f"error: File exists: {tmp_path / 'file'}"


def test_a_generator_that_would_run_foreign_code_is_refused(
    checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "evil_module.py").write_text("raise SystemExit('imported')")
    monkeypatch.syspath_prepend(tmp_path)
    found = read_start(checkpoint)
    for place, value in (
        ("encoder", "evil_module.Encoder"),
        ("encoder", {"class_path": "evil_module.Encoder"}),
        ("encoder", {"class_path": "adaptlab.embeddings.SentenceEncoder", "init_args": {"trust_remote_code": True}}),
        ("encoder", '{"class_path": "evil_module.Encoder"}'),
        ("encoder", "class_path: evil_module.Encoder"),
        ("encoder", '"evil_module.Encoder"'),
        ("encoder", '{"\\u0063lass_path": "evil_module.Encoder"}'),
        ("encoder", "{class_path: adaptlab.embeddings.SentenceEncoder, init_args: {trust_remote_code: true}}"),
        ("encoder", "class_path:\tevil_module.Encoder"),
        ("encoder", "{class_path:\tevil_module.Encoder}"),
        ("encoder", "{class_path: evil_module.Encoder, a: 2020-99-99}"),
        ("encoder.class_path", "evil_module.Encoder"),
        ("encoder.init_args.trust_remote_code", True),
    ):
        values = yaml.safe_load(found["config"])
        values["data"][place] = value
        torch.save({**found, "config": yaml.safe_dump(values)}, tmp_path / "evil.ckpt")
        for use in (adaptlab.load, load_trained):
            with pytest.raises(CheckpointError, match=r"evil_module|ADAPTLAB_TRUST_REMOTE_CODE=1"):
                use(tmp_path / "evil.ckpt")
    assert "evil_module" not in sys.modules


def test_a_damaged_or_boastful_generator_is_refused(checkpoint: Path, tmp_path: Path) -> None:
    found = read_start(checkpoint)
    for change, message in (
        ({"sites": None}, "does not say which sites"),
        ({"embedding_width": 7}, "does not fit its own configuration"),
        ({"embedding_width": 10**9}, "asks for .* parameters"),
        ({"config": "{"}, "configuration is damaged"),
        ({"known_tasks": 5}, "does not fit its own configuration"),
        ({"config": found["config"].replace("adaptlab.hypernetworks", "os.path")}, "not a class of adaptlab"),
        ({"config": found["config"].replace("adaptlab.hypernetworks", "adaptlab.files.os")}, "not a class of adaptlab"),
        ({"config": found["config"].replace("latent_width", "no_such_width")}, "does not fit its own configuration"),
    ):
        broken = {name: value for name, value in {**found, **change}.items() if value is not None}
        torch.save(broken, tmp_path / "broken.ckpt")
        with pytest.raises(CheckpointError, match=message):
            adaptlab.load(tmp_path / "broken.ckpt")


def test_a_generator_of_codes_is_refused(checkpoint: Path, tmp_path: Path) -> None:
    found = read_start(checkpoint)
    with pytest.raises(ConfigurationError, match="codes of its tasks"):
        coded = yaml.safe_load(found["config"])
        coded["data"]["encoder"] = {"class_path": "adaptlab.embeddings.OneHot"}
        torch.save({**found, "config": yaml.safe_dump(coded)}, tmp_path / "coded.ckpt")
        adaptlab.load(tmp_path / "coded.ckpt")


@pytest.mark.parametrize("name", shipped_generators())
def test_shipped_generators_work_by_name_and_carry_their_scores(name: str) -> None:
    adapters = adaptlab.load(name).adapters(["Give the first word.", "Give the last word."])
    first, last = (adapter.parameters.factors for adapter in adapters)
    assert all(not torch.equal(value, last[key][factor]) for key in first for factor, value in first[key].items())
    record = read_record(find_generator(name) / "record.json")
    assert any(metric.split == "heldout" for metric in record.metrics)
    assert sum(file.stat().st_size for file in find_generator(name).iterdir()) < 10e6


def test_an_unknown_generator_is_told_which_ones_ship() -> None:
    with pytest.raises(CheckpointError, match=shipped_generators()[0]):
        adaptlab.load("no-such-generator")
