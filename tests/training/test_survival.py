"""Runs that are killed or asked to stop, and go on: the parameters at the end are those of a run left alone."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from commandline import adaptlab, configuration, trained

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
TWO = ["--trainer.devices=2", "--trainer.strategy=ddp"]


def command(folder: Path, suite: Path, processes: int) -> list[str]:
    path = configuration(folder, suite, **CHANGES)
    return ["fit", "--config", str(path), "--save_every_n_steps=9", *(TWO if processes == 2 else [])]


def begin(arguments: list[str]) -> subprocess.Popen[str]:
    """Start a run in a process group of its own."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    pipe = subprocess.PIPE
    return subprocess.Popen(
        [sys.executable, "-m", "adaptlab", *arguments],
        stdout=pipe,
        stderr=pipe,
        text=True,
        env=environment,
        start_new_session=True,
    )


def stop(run: subprocess.Popen[str], how: signal.Signals, whole_group: bool) -> tuple[int, str]:
    if whole_group:
        os.killpg(run.pid, how)
    else:
        run.send_signal(how)
    _, errors = run.communicate(timeout=120)
    return run.returncode, errors


def wait_for_step(folder: Path, step: int) -> None:
    """Wait until a checkpoint of this step or a later one is written."""
    last, give_up = folder / "checkpoints" / "last.ckpt", time.monotonic() + 200
    while time.monotonic() < give_up:
        if last.is_file() and torch.load(last, weights_only=True)["global_step"] >= step:
            return
        time.sleep(0.05)
    raise AssertionError(f"no checkpoint of step {step} in {folder}")


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


def test_sigterm_says_how_to_go_on(small_suite: Path, tmp_path: Path) -> None:
    run = begin(command(tmp_path, small_suite, 1))
    wait_for_step(tmp_path, 9)
    code, errors = stop(run, signal.SIGTERM, whole_group=False)
    assert code == 143
    assert f"--ckpt_path {tmp_path / 'checkpoints' / 'last.ckpt'}" in errors
    assert "Traceback" not in errors
