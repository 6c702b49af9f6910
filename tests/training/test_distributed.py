"""One run over any number of processes and machines: the same gradients at every step and the same parameters."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from commandline import adaptlab, configuration, trained

TESTS = Path(__file__).parent.parent
STEPS = 20
TOLERANCE = 1e-5
LORA = {"class_path": "adaptlab.adapters.LoRA", "init_args": {"rank": 4}}
LOREFT = {"class_path": "adaptlab.adapters.LoReFT", "init_args": {"rank": 2}}
SGD = {"class_path": "torch.optim.SGD", "init_args": {"lr": 0.1}}  # higher, and rounding grows from step to step
HYPERNETWORK = {
    "class_path": "adaptlab.hypernetworks.Hypernetwork",
    "init_args": {"latent_width": 16, "head_width": 32, "dropout": 0.0},
}
SHARED = {"class_path": "adaptlab.hypernetworks.SharedAdapter"}
SYSTEMS = {
    "hypernetwork-lora": {"model.families": [LORA], "model.generator": HYPERNETWORK},
    "hypernetwork-loreft": {"model.families": [LOREFT], "model.generator": HYPERNETWORK},
    "shared-lora+loreft": {"model.families": [LORA, LOREFT], "model.generator": SHARED},
}
PYTHONPATH = f"{TESTS}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"


def settings(folder: Path, suite: Path, system: str, **changes: Any) -> Path:
    callbacks = [{"class_path": "recording.KeepSteps", "init_args": {"path": str(folder / "steps.pt")}}]
    return configuration(
        folder,
        suite,
        **{
            "trainer.max_steps": STEPS,
            "trainer.callbacks": callbacks,
            "model.optimizer": SGD,
            **SYSTEMS[system],
            **changes,
        },
    )


def run(folder: Path, suite: Path, system: str, processes: int, **changes: Any) -> dict[str, Any]:
    """What a run recorded: losses, gradients, and the parameters at its end."""
    several = {"trainer.devices": processes, "trainer.strategy": "ddp" if processes > 1 else "auto"}
    path = settings(folder, suite, system, **several, **changes)
    done = adaptlab(["fit", "--config", str(path)], PYTHONPATH=PYTHONPATH)
    assert done.returncode == 0, done.stderr
    return recorded(folder)


def recorded(folder: Path) -> dict[str, Any]:
    return {**torch.load(folder / "steps.pt", weights_only=True), "parameters": trained(folder)}


def apart(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> float:
    assert one.keys() == other.keys()
    return max(float((one[name] - other[name]).abs().max()) for name in one)


@pytest.fixture(scope="module", params=SYSTEMS)
def system(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def alone(system: str, small_suite: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The run in one process."""
    return run(tmp_path_factory.mktemp("alone"), small_suite, system, 1)


@pytest.mark.parametrize("processes", [2, 4])
def test_gradients_and_parameters_do_not_depend_on_the_number_of_processes(
    processes: int, system: str, alone: dict[str, Any], small_suite: Path, tmp_path: Path
) -> None:
    together = run(tmp_path, small_suite, system, processes)
    assert len(alone["gradients"]) == len(together["gradients"]) == STEPS
    for one, other in zip(alone["gradients"], together["gradients"], strict=True):
        assert apart(one, other) < TOLERANCE
    assert apart(alone["parameters"], together["parameters"]) < TOLERANCE
    moved = {name: alone["parameters"][name] for name in alone["start"]}
    assert apart(moved, alone["start"]) > 100 * TOLERANCE


def test_a_sharded_base_model_gives_the_same_losses(small_suite: Path, tmp_path: Path) -> None:
    whole = run(tmp_path / "whole", small_suite, "hypernetwork-loreft", 2)
    shards = run(tmp_path / "shards", small_suite, "hypernetwork-loreft", 2, **{"model.shard_base_model": True})
    assert float((whole["losses"] - shards["losses"]).abs().max()) < 1e-4
    assert apart(whole["parameters"], shards["parameters"]) < 1e-4


def test_sharding_in_one_process_is_refused(small_suite: Path, tmp_path: Path) -> None:
    path = settings(tmp_path, small_suite, "hypernetwork-lora", **{"model.shard_base_model": True})
    done = adaptlab(["fit", "--config", str(path)], PYTHONPATH=PYTHONPATH)
    assert done.returncode == 2
    assert "set trainer.devices above 1" in done.stderr


@pytest.fixture
def free_port() -> Iterator[int]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    yield port


def test_two_machines_train_as_one(small_suite: Path, tmp_path: Path, free_port: int) -> None:
    """Two launchers with addresses of their own, one process each, as `torchrun` on two machines."""
    system = "hypernetwork-lora"
    one = run(tmp_path / "one", small_suite, system, 1)
    folder = tmp_path / "two"
    changes = {"trainer.num_nodes": 2, "trainer.devices": 1, "trainer.strategy": "ddp"}
    path = settings(folder, small_suite, system, **changes)
    machines = []
    for rank, address in enumerate(("127.0.0.1", "127.0.0.2")):
        launch = ["--nnodes=2", "--nproc-per-node=1", f"--node-rank={rank}", f"--local-addr={address}"]
        meet = ["--master-addr=127.0.0.1", f"--master-port={free_port}"]
        command = [*launch, *meet, "-m", "adaptlab", "fit", "--config", str(path)]
        machines.append(
            subprocess.Popen(
                [sys.executable, "-m", "torch.distributed.run", *command],
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": PYTHONPATH},
            )
        )
    try:
        said = [machine.communicate(timeout=300)[0] for machine in machines]
    finally:
        for machine in machines:
            machine.kill()
    assert [machine.returncode for machine in machines] == [0, 0], said
    assert apart(one["parameters"], recorded(folder)["parameters"]) < TOLERANCE


def test_compiling_changes_no_step(small_suite: Path, tmp_path: Path) -> None:
    system, few = "shared-lora+loreft", {"trainer.max_steps": 4}
    plain = run(tmp_path / "plain", small_suite, system, 1, **few)
    compiled = run(tmp_path / "compiled", small_suite, system, 1, **few, **{"model.compile": True})
    for one, other in zip(plain["gradients"], compiled["gradients"], strict=True):
        assert apart(one, other) < TOLERANCE
