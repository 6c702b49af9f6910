"""`adaptlab fit` and its kin at the command line: one process equals two, checkpoints, what errors say."""

from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from commandline import adaptlab, configuration, trained, write_suite

from adaptlab.basemodels import fast_dtype


def test_two_processes_take_the_same_steps_as_one(trained_run: Path, small_suite: Path, tmp_path: Path) -> None:
    start = tmp_path / "start"
    path = configuration(
        start, small_suite, **{"model.optimizer": {"class_path": "torch.optim.SGD", "init_args": {"lr": 0.0}}}
    )
    assert adaptlab(["fit", "--config", str(path)]).returncode == 0
    two = tmp_path / "two"
    arguments = [
        "fit",
        "--config",
        str(configuration(two, small_suite)),
        "--trainer.devices=2",
        "--trainer.strategy=ddp",
    ]
    done = adaptlab(arguments)
    assert done.returncode == 0, done.stderr
    before, alone, together = trained(start), trained(trained_run), trained(two)
    assert alone.keys() == together.keys()
    apart = max(float((alone[name] - together[name]).abs().max()) for name in alone)
    moved = max(float((alone[name] - before[name]).abs().max()) for name in alone)
    assert apart < 1e-5
    assert moved > 100 * 1e-5


def test_the_checkpoint_holds_the_generator_and_never_the_frozen_model(trained_run: Path) -> None:
    checkpoint = torch.load(trained_run / "checkpoints" / "last.ckpt", weights_only=True)
    assert checkpoint["state_dict"]
    assert all(name.startswith(("generator.", "families.")) for name in checkpoint["state_dict"])
    assert checkpoint["base_model"]["name"] == "tiny-random:llama"
    assert yaml.safe_load(checkpoint["config"])["data"]["batch_size"] == 8


def test_the_saved_configuration_runs_again_and_gives_the_same_parameters(trained_run: Path, tmp_path: Path) -> None:
    done = adaptlab(["fit", "--config", str(trained_run / "config.yaml"), f"--trainer.default_root_dir={tmp_path}"])
    assert done.returncode == 0, done.stderr
    again = trained(tmp_path)
    assert all(torch.equal(value, again[name]) for name, value in trained(trained_run).items())


def test_the_type_that_auto_stood_for_is_kept(small_suite: Path, tmp_path: Path) -> None:
    changes = {"model.dtype": "auto", "trainer.max_steps": 1, "trainer.limit_val_batches": 0}
    done = adaptlab(["fit", "--config", str(configuration(tmp_path, small_suite, **changes))])
    assert done.returncode == 0, done.stderr
    checkpoint = torch.load(tmp_path / "checkpoints" / "last.ckpt", weights_only=True)
    assert checkpoint["base_model"]["dtype"] == fast_dtype("cpu")
    assert yaml.safe_load(checkpoint["config"])["model"]["dtype"] == fast_dtype("cpu")


def test_a_later_file_and_an_option_overrule_what_another_file_refers_to(small_suite: Path, tmp_path: Path) -> None:
    path = configuration(tmp_path / "run", small_suite, **{"data.seed": "${seed_everything}"})
    later = tmp_path / "later.yaml"
    later.write_text("seed_everything: 7\n")
    done = adaptlab(["fit", "--config", str(path), "--config", str(later), "--data.batch_size=4", "--print_config"])
    assert done.returncode == 0, done.stderr
    resolved = yaml.safe_load(done.stdout)
    assert resolved["data"]["seed"] == 7
    assert resolved["data"]["batch_size"] == 4


def test_swapping_the_optimiser_keeps_no_argument_of_the_old_one(small_suite: Path, tmp_path: Path) -> None:
    adamw = {"class_path": "torch.optim.AdamW", "init_args": {"lr": 1e-3, "weight_decay": 0.5}}
    path = configuration(tmp_path / "run", small_suite, **{"model.optimizer": adamw})
    later = tmp_path / "later.yaml"
    later.write_text("model: {optimizer: {class_path: torch.optim.SGD, init_args: {lr: 0.1, weight_decay: 0.0}}}\n")
    done = adaptlab(["fit", "--config", str(path), "--config", str(later), "--print_config"])
    assert done.returncode == 0, done.stderr
    assert yaml.safe_load(done.stdout)["model"]["optimizer"]["init_args"]["weight_decay"] == 0.0


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"data.bach_size": 4}, ["bach_size"]),
        (
            {"model.families": [{"class_path": "adaptlab.adapters.LoRA", "init_args": {"rank": 17}}]},
            ["rank must be in 1..16", "v_proj", "got 17"],
        ),
        (
            {"model.families": [{"class_path": "adaptlab.adapters.LoRA", "init_args": {"targets": ["query"]}}]},
            ["no module named query", "q_proj", "down_proj"],
        ),
        ({"data.suite": "no/such/folder"}, ["no/such/folder"]),
        ({"model.base_model": "tiny-random:gpt9"}, ["gpt9", "qwen3"]),
        ({"data.batch_size": 4096}, ["batch_size", "examples_per_task"]),
        ({"trainer.precision": "bf16-true"}, ["bf16-true", "model.dtype", "-mixed"]),
    ],
)
def test_what_a_user_gets_wrong_is_said_in_one_sentence(
    changes: dict[str, Any], words: list[str], small_suite: Path, tmp_path: Path
) -> None:
    done = adaptlab(["fit", "--config", str(configuration(tmp_path / "run", small_suite, **changes))])
    assert done.returncode == 2
    assert all(word in done.stderr for word in words), done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("description", "words"), [("", ['"descriptions"', "is empty"]), ("word " * 600, ["600 words", "512"])]
)
def test_a_suite_with_a_bad_description_is_refused(description: str, words: list[str], tmp_path: Path) -> None:
    folder = write_suite(tmp_path / "suite")
    texts = yaml.safe_load((folder / "descriptions.yaml").read_text())
    texts["say_apple"] = [description]
    (folder / "descriptions.yaml").write_text(yaml.safe_dump(texts))
    done = adaptlab(["fit", "--config", str(configuration(tmp_path / "run", folder))])
    assert done.returncode == 2
    assert all(word in done.stderr for word in words), done.stderr
    assert "Traceback" not in done.stderr


def test_generate_refuses_bad_descriptions_and_other_base_models(trained_run: Path) -> None:
    checkpoint = str(trained_run / "checkpoints" / "last.ckpt")
    empty = adaptlab(["generate", checkpoint, " ", "--inputs", "cat"])
    assert (empty.returncode, "description is empty" in empty.stderr) == (2, True), empty.stderr
    long = adaptlab(["generate", checkpoint, "word " * 600, "--inputs", "cat"])
    assert (long.returncode, "600 words" in long.stderr) == (2, True), long.stderr
    other = adaptlab(["generate", checkpoint, "Say apple.", "--inputs", "cat", "--base_model", "tiny-random:qwen2"])
    assert (other.returncode, "tiny-random:llama" in other.stderr) == (2, True), other.stderr
    right = adaptlab(["generate", checkpoint, "Say apple.", "--inputs", "cat"])
    assert (right.returncode, right.stdout.startswith("cat  ->")) == (0, True), right.stderr


def test_resuming_from_a_checkpoint_of_another_base_model_is_refused(
    trained_run: Path, small_suite: Path, tmp_path: Path
) -> None:
    path = configuration(tmp_path / "run", small_suite, **{"model.base_model": "tiny-random:mistral"})
    done = adaptlab(["fit", "--config", str(path), f"--ckpt_path={trained_run / 'checkpoints' / 'last.ckpt'}"])
    assert done.returncode == 2
    assert "was trained on tiny-random:llama" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_checkpoint_that_names_a_foreign_class_is_refused(trained_run: Path, tmp_path: Path) -> None:
    checkpoint = torch.load(trained_run / "checkpoints" / "last.ckpt", weights_only=True)
    checkpoint["config"] = checkpoint["config"].replace("adaptlab.adapters.LoRA", "os.system")
    torch.save(checkpoint, tmp_path / "crafted.ckpt")
    done = adaptlab(["generate", str(tmp_path / "crafted.ckpt"), "Say.", "--inputs", "a"])
    assert done.returncode == 2
    assert "os.system" in done.stderr


def test_running_out_of_memory_names_the_settings_that_help(small_suite: Path, tmp_path: Path) -> None:
    path = configuration(
        tmp_path / "run", small_suite, **{"trainer.callbacks": [{"class_path": "recording.OutOfMemory"}]}
    )
    done = adaptlab(["fit", "--config", str(path)], PYTHONPATH=str(Path(__file__).parent.parent))
    assert done.returncode == 2
    for words in ("out of memory", "20.00 GiB", "data.batch_size", "gradient_checkpointing"):
        assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_a_run_that_diverges_has_an_exit_code_of_its_own(small_suite: Path, tmp_path: Path) -> None:
    changes = {"model.optimizer.init_args": {"lr": 1e30}, "trainer.max_steps": 30}
    run = adaptlab(["fit", "--config", str(configuration(tmp_path, small_suite, **changes))])
    assert (run.returncode, "lower the learning rate" in run.stderr) == (3, True), run.stderr


def test_auto_goes_on_where_there_is_something_to_go_on_from(small_suite: Path, tmp_path: Path) -> None:
    command = ["fit", "--config", str(configuration(tmp_path, small_suite)), "--ckpt_path=auto"]
    assert adaptlab(command).returncode == 0
    done = adaptlab([*command, "--trainer.max_steps=8"])
    assert done.returncode == 0, done.stderr
    assert torch.load(tmp_path / "checkpoints" / "last.ckpt", weights_only=True)["global_step"] == 8
    assert {path.name for path in tmp_path.glob("logs*")} == {"logs", "logs-2"}


def test_help_lists_every_command() -> None:
    done = adaptlab(["--help"])
    assert done.returncode == 0
    assert all(command in done.stdout for command in ("fit", "evaluate", "report", "generate", "tasks", "demo"))


def test_the_whole_line_from_descriptions_to_a_report(trained_run: Path, small_suite: Path, tmp_path: Path) -> None:
    checkpoint, records = str(trained_run / "checkpoints" / "last.ckpt"), tmp_path / "records"
    few = ["--budget.seen_examples=2", "--budget.heldout_examples=2", "--budget.max_new_tokens=4"]
    measured = adaptlab(["evaluate", "--checkpoint", checkpoint, "--out", str(records), *few])
    assert measured.returncode == 0, measured.stderr
    base = ["evaluate", "--base_model", "tiny-random:llama", "--suite", str(small_suite), "--out", str(records)]
    prompted = adaptlab([*base, *few, "--budget.validation_examples=2"])
    assert prompted.returncode == 0, prompted.stderr
    written = {path.name.split(".seed")[0] for path in records.glob("*.json")}
    controls = {f"hypernetwork-lora+loreft.{name}" for name in ("aligned", "shuffled", "random_text", "random_vector")}
    assert controls | {"base.description", "base.no description", "base.description and 3 examples"} == written
    reported = adaptlab(["report", str(records), "--out", str(tmp_path / "report")])
    assert reported.returncode == 0, reported.stderr
    assert "held-out" in reported.stdout
    assert (tmp_path / "report" / "report.md").read_text().strip() in reported.stdout
    assert (tmp_path / "report" / "report.png").stat().st_size > 5000
