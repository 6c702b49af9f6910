"""A checkpoint emits the same adapter wherever it is loaded, and is measured only on what it was not trained on."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from commandline import adaptlab, configuration

from adaptlab.errors import CheckpointError, ConfigurationError
from adaptlab.evaluation.runs import Budget, evaluate_checkpoint, load_trained
from adaptlab.tasks import load_suite

EMIT = """
import hashlib, os, sys
from pathlib import Path
import torch
from adaptlab.evaluation.runs import load_trained

if "RANK" in os.environ:
    torch.distributed.init_process_group("gloo")
trained = load_trained(Path(sys.argv[1]))
vectors = trained.encoder.encode(["Say apple (a).", "Say bear (b)."], ["say_apple", "say_bear"]).vectors
with torch.no_grad():
    parameters = trained.module.emit(vectors)
digest = hashlib.sha256()
for key, factors in parameters.factors.items():
    for name, value in factors.items():
        digest.update(f"{key}/{name}".encode() + value.numpy().tobytes())
Path(sys.argv[2], f"{os.environ.get('RANK', 'alone')}.{os.environ['PYTHONHASHSEED']}").write_text(digest.hexdigest())
"""


def test_adapters_are_bit_identical_under_any_hash_seed_and_in_two_processes(trained_run: Path, tmp_path: Path) -> None:
    script, out = tmp_path / "emit.py", tmp_path / "out"
    script.write_text(EMIT)
    out.mkdir()
    arguments = [sys.executable, str(script), str(trained_run / "checkpoints" / "last.ckpt"), str(out)]
    pair = {"WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(20000 + os.getpid() % 20000)}
    settings = [{"PYTHONHASHSEED": seed} for seed in ("0", "1", "2")]
    settings += [{"PYTHONHASHSEED": "3", "RANK": str(rank), **pair} for rank in range(2)]
    running = [
        subprocess.Popen(arguments, env={**os.environ, "OMP_NUM_THREADS": "1", **extra}, stderr=subprocess.PIPE)
        for extra in settings
    ]
    for process in running:
        _, errors = process.communicate(timeout=300)
        assert process.returncode == 0, errors.decode()
    digests = [path.read_text() for path in out.iterdir()]
    assert len(digests) == 5
    assert len(set(digests)) == 1


@pytest.mark.parametrize("content", [b"", b"not a checkpoint"])
def test_damaged_checkpoints_are_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "broken.ckpt"
    path.write_bytes(content)
    with pytest.raises(CheckpointError, match=r"broken\.ckpt"):
        load_trained(path)
    with pytest.raises(CheckpointError, match="there is no checkpoint"):
        load_trained(tmp_path / "absent.ckpt")


def test_what_was_trained_on_held_out_tasks_is_neither_measured_nor_begun_from(
    trained_run: Path, small_suite: Path, tmp_path: Path
) -> None:
    checkpoint = torch.load(trained_run / "checkpoints" / "last.ckpt", weights_only=True)
    held_out = load_suite(str(small_suite)).test[0].name
    torch.save({**checkpoint, "tasks_before": [held_out]}, tmp_path / "tainted.ckpt")
    with pytest.raises(ConfigurationError, match=f"was trained on {held_out}, which suite .* holds out"):
        evaluate_checkpoint(tmp_path / "tainted.ckpt", tmp_path / "out", Budget())
    assert not (tmp_path / "out").exists()
    path = configuration(tmp_path / "next", small_suite)
    done = adaptlab(["fit", "--config", str(path), f"--model.start_from={tmp_path / 'tainted.ckpt'}"])
    assert done.returncode == 2 and f"was trained on {held_out}" in done.stderr
