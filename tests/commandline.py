"""Run the command line as a user does, on a small suite and a tiny random model."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from copy import deepcopy
from functools import cache
from multiprocessing import get_context
from multiprocessing.context import ForkServerContext
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
import yaml

WORDS = ("apple", "bear", "cat", "door", "egg", "fig", "goat", "hat", "ink", "jar", "key", "lamp", "moon", "nut")


def write_suite(folder: Path) -> Path:
    """Fourteen tiny tasks in the function-vectors layout, with inputs of very different lengths."""
    folder.mkdir()
    tasks = {f"say_{word}": word for word in WORDS}
    for name, answer in tasks.items():
        rows = [{"input": " ".join(WORDS[: 1 + i % 9]) + str(i), "output": answer * (1 + i % 3)} for i in range(24)]
        (folder / f"{name}.json").write_text(json.dumps(rows))
    descriptions = {name: [f"Say {answer} ({turn})." for turn in "abcd"] for name, answer in tasks.items()}
    (folder / "descriptions.yaml").write_text(yaml.safe_dump(descriptions))
    return folder


def configuration(folder: Path, suite: Path, **changes: Any) -> Path:
    """A complete small configuration; `changes` replace values by dotted name."""
    config: dict[str, Any] = {
        "seed_everything": 1,
        "model": {
            "base_model": "tiny-random:llama",
            "families": [
                {"class_path": "adaptlab.adapters.LoRA", "init_args": {"rank": 4}},
                {"class_path": "adaptlab.adapters.LoReFT", "init_args": {"rank": 2}},
            ],
            "generator": {
                "class_path": "adaptlab.hypernetworks.Hypernetwork",
                "init_args": {"latent_width": 16, "head_width": 32, "dropout": 0.0},
            },
            "optimizer": {"class_path": "torch.optim.SGD", "init_args": {"lr": 0.5}},
            "schedule": "constant",
            "warmup_share": 0.0,
        },
        "data": {
            "suite": str(suite),
            "encoder": {"class_path": "adaptlab.embeddings.RandomVector", "init_args": {"width": 8}},
            "batch_size": 8,
            "examples_per_task": 8,
        },
        "trainer": {
            "max_steps": 5,
            "val_check_interval": 5,
            "check_val_every_n_epoch": None,
            "accelerator": "cpu",
            "devices": 1,
            "default_root_dir": str(folder),
            "enable_progress_bar": False,
            "gradient_clip_val": None,
        },
    }
    for name, value in changes.items():
        *parents, last = name.split(".")
        place = config
        for parent in parents:
            place = place[parent]
        place[last] = deepcopy(value)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "run.yaml"
    path.write_text(yaml.safe_dump(config))
    return path


@cache
def _imported() -> ForkServerContext:
    """Starts copies of a process that has imported all commands, which takes many seconds."""
    from adaptlab.__main__ import COMMANDS

    context = get_context("forkserver")
    context.set_forkserver_preload([place.partition(":")[0] for place, _ in COMMANDS.values()])
    return context


def adaptlab(arguments: Sequence[str], **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command line in a process of its own."""
    with TemporaryDirectory() as folder:
        said = Path(folder, "output"), Path(folder, "errors")
        given = {**os.environ, "OMP_NUM_THREADS": "1", **environment}
        run = _imported().Process(target=_main, args=(list(arguments), given, *said))
        run.start()
        run.join(300)
        if run.exitcode is None:
            run.kill()
            raise AssertionError(f"adaptlab {' '.join(arguments)} took more than 300 s")
        return subprocess.CompletedProcess(arguments, run.exitcode, *(file.read_text() for file in said))


def _main(arguments: list[str], environment: dict[str, str], output: Path, errors: Path) -> None:
    from adaptlab.__main__ import main

    os.dup2(os.open(output, os.O_CREAT | os.O_WRONLY | os.O_APPEND), 1)
    os.dup2(os.open(errors, os.O_CREAT | os.O_WRONLY | os.O_APPEND), 2)
    os.environ.clear()
    os.environ.update(environment)
    sys.path[:0] = environment.get("PYTHONPATH", "").split(os.pathsep)
    torch.set_num_threads(1)
    # Lightning starts the other processes of a group with this name; a user's shell puts it there too.
    sys.argv = [str(Path(sys.executable).with_name("adaptlab")), *arguments]
    main()


def trained(folder: Path) -> dict[str, torch.Tensor]:
    """The parameters in a run's last checkpoint."""
    checkpoint = torch.load(folder / "checkpoints" / "last.ckpt", weights_only=True)
    return dict(checkpoint["state_dict"])


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
