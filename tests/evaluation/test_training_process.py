"""A process that trains runs in turn: what fails is told of and spoils nothing, and it ends with its owner."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from commandline import configuration, trained

from adaptlab.errors import DivergenceError, TrainingError
from adaptlab.evaluation.training_process import TrainingProcess
from adaptlab.training.progress import count_peak_memory_anew, peak_memory_bytes

OWNER = """
import os, time
from adaptlab.evaluation.training_process import TrainingProcess
with TrainingProcess() as process:
    print(process._pool.submit(os.getpid).result(), flush=True)
    time.sleep(300)
"""


def test_what_fails_is_told_of_and_the_next_run_is_as_if_it_were_the_first(
    small_suite: Path, trained_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "1")  # as the run that it is compared with
    unknown = configuration(tmp_path / "unknown", small_suite, **{"model.base_model": "tiny-random:none"})
    misspelt = configuration(tmp_path / "misspelt", small_suite, **{"model.generatr": 1})
    good = configuration(tmp_path / "good", small_suite)
    with TrainingProcess() as process:
        for config, said in ((unknown, "tiny-random knows"), (misspelt, "generatr")):
            with pytest.raises(TrainingError, match=said):
                process.fit(config, config.with_name("output.txt"))
        process.fit(good, tmp_path / "good" / "output.txt")
    assert "trained" in (tmp_path / "good" / "output.txt").read_text()
    alone = trained(trained_run)
    assert all((value == alone[name]).all() for name, value in trained(tmp_path / "good").items())


def test_a_loss_that_does_not_fall_is_told_from_other_failures(small_suite: Path, tmp_path: Path) -> None:
    config = configuration(
        tmp_path, small_suite, **{"model.optimizer.init_args": {"lr": 1e30}, "trainer.max_steps": 30}
    )
    with TrainingProcess() as process, pytest.raises(DivergenceError, match="learning rate"):
        process.fit(config, tmp_path / "output.txt")


def test_it_ends_with_its_owner() -> None:
    owner = subprocess.Popen([sys.executable, "-c", OWNER], stdout=subprocess.PIPE, text=True)
    assert owner.stdout is not None
    worker = int(owner.stdout.readline())
    assert running(worker)
    owner.send_signal(signal.SIGKILL)
    owner.wait()
    give_up = time.monotonic() + 20
    while running(worker) and time.monotonic() < give_up:
        time.sleep(0.1)
    assert not running(worker)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a process has no peak of its own")
def test_peak_memory_is_that_of_the_process_alone() -> None:
    large = torch.ones(2**27)  # 512 MiB, in this process
    with TrainingProcess() as process:
        inside = process._pool.submit(peak_memory_bytes).result()
    assert inside < peak_memory_bytes() - large.nbytes // 2


def running(process: int) -> bool:
    """Whether a process is there and more than an entry that nobody has asked for."""
    try:
        os.kill(process, 0)
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a process has one peak")
def test_peak_memory_can_be_counted_anew() -> None:
    large = torch.ones(2**27)
    before, size = peak_memory_bytes(), large.nbytes
    del large
    count_peak_memory_anew()
    assert peak_memory_bytes() < before - size // 2
