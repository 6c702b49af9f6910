"""Runs that are killed or asked to stop, and go on: the parameters at the end are those of a run left alone."""

import os
import signal
from pathlib import Path

import pytest
import torch
from commandline import adaptlab, begin, configuration, stop, trained, wait_for_step

from adaptlab.reports.curves import read_curves

STEPS = 200
ADAMW = {"class_path": "torch.optim.AdamW", "init_args": {"lr": 0.003}}
CHANGES = {
    "model.optimizer": ADAMW,
    "model.schedule": "linear",
    "model.generator": {
        "class_path": "adaptlab.hypernetworks.Hypernetwork",
        "init_args": {"latent_width": 16, "head_width": 32, "dropout": 0.1},
    },
    "trainer.max_steps": STEPS,
    "trainer.val_check_interval": 50,
    "trainer.check_val_every_n_epoch": None,
}
PYTHONPATH = f"{Path(__file__).parent.parent}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"
TWO = ["--trainer.devices=2", "--trainer.strategy=ddp"]


def command(folder: Path, suite: Path, processes: int) -> list[str]:
    path = configuration(folder, suite, **CHANGES)
    return ["fit", "--config", str(path), "--save_every_n_steps=9", *(TWO if processes == 2 else [])]


@pytest.fixture(scope="module")
def left_alone(small_suite: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[int, dict[str, torch.Tensor]]:
    """The parameters of runs that nothing disturbed, by number of processes."""
    found = {}
    for processes in (1, 2):
        folder = tmp_path_factory.mktemp(f"alone{processes}")
        done = adaptlab(command(folder, small_suite, processes))
        assert done.returncode == 0, done.stderr
        found[processes] = trained(folder)
    return found


@pytest.mark.parametrize("processes", [1, 2])
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM], ids=lambda how: how.name)
def test_a_run_that_is_stopped_three_times_ends_like_one_left_alone(
    how: signal.Signals,
    processes: int,
    left_alone: dict[int, dict[str, torch.Tensor]],
    small_suite: Path,
    tmp_path: Path,
) -> None:
    arguments = command(tmp_path, small_suite, processes)
    last = tmp_path / "checkpoints" / "last.ckpt"
    for step in (20, 75, 140):
        run = begin([*arguments, *([f"--ckpt_path={last}"] if last.exists() else [])])
        wait_for_step(tmp_path, step)
        code, errors = stop(run, how, whole_group=True)
        assert code == (143 if how == signal.SIGTERM else -signal.SIGKILL), errors
    done = adaptlab([*arguments, f"--ckpt_path={last}"])
    assert done.returncode == 0, done.stderr
    alone, again = left_alone[processes], trained(tmp_path)
    assert all(torch.equal(value, again[name]) for name, value in alone.items())


IN_EPOCHS = {"trainer.max_steps": -1, "trainer.max_epochs": 3, "trainer.check_val_every_n_epoch": 1}
VALIDATED = {
    "after steps": ({"trainer.max_steps": 30, "trainer.val_check_interval": 5}, {5, 10, 15, 20, 25, 30}),
    "within epochs": ({**IN_EPOCHS, "trainer.val_check_interval": 0.4}, {4, 8, 14, 18, 24, 28}),
    "after epochs": ({**IN_EPOCHS, "trainer.val_check_interval": 1.0}, {10, 20, 30}),
}
WATCH = {
    "class_path": "lightning.pytorch.callbacks.EarlyStopping",
    "init_args": {"monitor": "validation/loss", "patience": 100},
}


@pytest.mark.parametrize(("validated", "processes"), [*((name, 1) for name in VALIDATED), ("within epochs", 2)])
def test_a_run_goes_on_from_any_step_and_leaves_no_validation_out(
    validated: str, processes: int, small_suite: Path, tmp_path: Path
) -> None:
    """Three epochs of ten batches; what chooses and stops by validations sees those of a run left alone."""
    changes, expected = {**CHANGES, **VALIDATED[validated][0]}, VALIDATED[validated][1]
    several = ["--save_every_n_steps=5", "--ckpt_path=auto", *(TWO if processes == 2 else [])]
    found, watched = {}, {}
    for name, stops in (("whole", ()), ("stopped", (4, 5, 10, 13))):
        folder = tmp_path / name
        for step in stops:
            asked = [{"class_path": "recording.AskToStop", "init_args": {"step": step}}, WATCH]
            path = configuration(folder, small_suite, **changes, **{"trainer.callbacks": asked})
            stopped = adaptlab(["fit", "--config", str(path), *several], PYTHONPATH=PYTHONPATH)
            assert stopped.returncode == 143, stopped.stderr
            assert f"after step {step}" in stopped.stderr
        path = configuration(folder, small_suite, **changes, **{"trainer.callbacks": [WATCH]})
        done = adaptlab(["fit", "--config", str(path), *several])
        assert done.returncode == 0, done.stderr
        assert set(read_curves(folder)["step"]) == expected
        found[name] = trained(folder)
        kept = torch.load(folder / "checkpoints" / "last.ckpt", weights_only=True)["callbacks"]
        watched[name] = {
            key: (state.get("best_score"), state.get("wait_count"), state.get("best_model_score"))
            for key, state in kept.items()
            if key.startswith(("EarlyStopping", "ModelCheckpoint"))
        }
    assert all(torch.equal(value, found["stopped"][key]) for key, value in found["whole"].items())
    assert len(watched["whole"]) == 2 and watched["stopped"] == watched["whole"]


ENDS = {
    "steps": {"trainer.max_steps": 10, "trainer.val_check_interval": 10},
    "epochs": {**IN_EPOCHS, "trainer.max_epochs": 1, "trainer.val_check_interval": 1.0},
    "early": {"trainer.val_check_interval": 10},
}


@pytest.mark.parametrize("counted", ENDS)
def test_a_run_that_is_asked_to_stop_in_its_last_step_ends(counted: str, small_suite: Path, tmp_path: Path) -> None:
    asked = [{"class_path": "recording.AskToStop", "init_args": {"step": 10}}]
    if counted == "early":  # the first validation is enough
        asked.append({**WATCH, "init_args": {"monitor": "validation/loss", "stopping_threshold": 1e6}})
    path = configuration(tmp_path, small_suite, **{**CHANGES, **ENDS[counted], "trainer.callbacks": asked})
    done = adaptlab(["fit", "--config", str(path)], PYTHONPATH=PYTHONPATH)
    assert done.returncode == 0, done.stderr
    assert set(read_curves(tmp_path)["step"]) == {10}


def test_states_are_kept_where_nothing_is_measured(small_suite: Path, tmp_path: Path) -> None:
    nothing = {"data.validation_examples": 0, "data.seen_examples": 0, "checkpoint": {"save_top_k": 0, "monitor": None}}
    changes = {"trainer.val_check_interval": 4, "trainer.max_steps": 10, **nothing}
    asked = {"trainer.callbacks": [{"class_path": "recording.AskToStop", "init_args": {"step": 4}}]}
    path = configuration(tmp_path, small_suite, **{**CHANGES, **changes, **asked})
    stopped = adaptlab(["fit", "--config", str(path)], PYTHONPATH=PYTHONPATH)
    assert stopped.returncode == 143 and "after step 4" in stopped.stderr


def test_sigterm_says_how_to_go_on(small_suite: Path, tmp_path: Path) -> None:
    run = begin(command(tmp_path, small_suite, 1))
    wait_for_step(tmp_path, 9)
    code, errors = stop(run, signal.SIGTERM, whole_group=False)
    assert code == 143
    assert f"--ckpt_path {tmp_path / 'checkpoints' / 'last.ckpt'}" in errors
    assert "Traceback" not in errors
