"""Runs that are killed or asked to stop, and go on: the parameters at the end are those of a run left alone."""

import os
import signal
from pathlib import Path

import pytest
import torch
from commandline import adaptlab, begin, configuration, stop, trained, wait_for_step

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


COUNTED = {
    "steps": {"trainer.max_steps": 40},
    "epochs": {
        "trainer.max_steps": -1,
        "trainer.max_epochs": 4,
        "trainer.val_check_interval": 1.0,
        "trainer.check_val_every_n_epoch": 1,
    },
}


@pytest.mark.parametrize("counted", COUNTED)
@pytest.mark.parametrize("processes", [1, 2])
def test_a_run_goes_on_from_within_its_first_epoch_and_from_the_end_of_one(
    counted: str, processes: int, small_suite: Path, tmp_path: Path
) -> None:
    """Ten batches an epoch, whether a run is counted in steps or in epochs, each with a validation at its end."""
    changes = {**CHANGES, **COUNTED[counted]}
    several = ["--save_every_n_steps=5", "--ckpt_path=auto", *(TWO if processes == 2 else [])]
    found = {}
    for name, stops in (("whole", ()), ("stopped", (4, 10))):
        folder = tmp_path / name
        for step in stops:
            asked = [{"class_path": "recording.AskToStop", "init_args": {"step": step}}]
            path = configuration(folder, small_suite, **changes, **{"trainer.callbacks": asked})
            stopped = adaptlab(["fit", "--config", str(path), *several], PYTHONPATH=PYTHONPATH)
            assert stopped.returncode == 143, stopped.stderr
            assert f"after step {step}" in stopped.stderr
        done = adaptlab(["fit", "--config", str(configuration(folder, small_suite, **changes)), *several])
        assert done.returncode == 0, done.stderr
        found[name] = trained(folder)
        if counted == "epochs":
            curves = (folder / "task_curves.csv").read_text().splitlines()[1:]
            assert {int(line.split(",")[0]) for line in curves} == {10, 20, 30, 40}
    assert all(torch.equal(value, found["stopped"][key]) for key, value in found["whole"].items())


def test_sigterm_says_how_to_go_on(small_suite: Path, tmp_path: Path) -> None:
    run = begin(command(tmp_path, small_suite, 1))
    wait_for_step(tmp_path, 9)
    code, errors = stop(run, signal.SIGTERM, whole_group=False)
    assert code == 143
    assert f"--ckpt_path {tmp_path / 'checkpoints' / 'last.ckpt'}" in errors
    assert "Traceback" not in errors
