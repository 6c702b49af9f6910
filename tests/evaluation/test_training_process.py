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

from adaptlab.errors import TrainingError
from adaptlab.evaluation.training_process import TrainingProcess
from adaptlab.training.progress import peak_memory_bytes

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
