"""Many task-specific adapters in one run: each is what it would be alone, keeps its best, and a run goes on exactly."""

import signal
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from commandline import adaptlab, begin, configuration, stop, trained, wait_for_step
from lightning import Trainer

from adaptlab.adapters import LoRA, LoReFT
from adaptlab.embeddings import OneHot, RandomVector
from adaptlab.errors import ConfigurationError, TaskError
from adaptlab.hypernetworks import SharedAdapter, TaskTable
from adaptlab.training import StopTasks, SupervisedAdaptation, TaskDataModule, TaskwiseAdamW

OPTIMIZER = {"class_path": "adaptlab.training.TaskwiseAdamW", "init_args": {"lr": 0.02, "total_steps": 24}}
ORACLES: dict[str, Any] = {
    "model.generator": {"class_path": "adaptlab.hypernetworks.TaskTable"},
    "model.optimizer": OPTIMIZER,
    "data": {
        "encoder": {"class_path": "adaptlab.embeddings.OneHot"},
        "order": "rounds",
        "batch_size": 16,
        "examples_per_task": 8,
        "examples_per_description": 4,
        "held_back_examples": 4,
        "validation_examples": 0,
        "seen_examples": 0,
    },
    "checkpoint": {"monitor": "held_back/loss", "mode": "min", "save_top_k": 0},
    "model.schedule": "constant",
    "model.warmup_share": 0.0,
    "trainer.max_steps": -1,
    "trainer.max_epochs": 10,
    "trainer.val_check_interval": 1.0,
    "trainer.check_val_every_n_epoch": 1,
    "trainer.reload_dataloaders_every_n_epochs": 1,
    "trainer.callbacks": [{"class_path": "adaptlab.training.StopTasks", "init_args": {"patience": 2}}],
}


def oracles(folder: Path, suite: Path, **changes: Any) -> list[str]:
    data = {**ORACLES["data"], "suite": str(suite)}
    return ["fit", "--config", str(configuration(folder, suite, **{**ORACLES, "data": data, **changes}))]


def train(suite: Path, only: Sequence[str] = (), epochs: int = 4, **options: Any) -> SupervisedAdaptation:
    torch.manual_seed(0)
    length = options.pop("total_steps", 8)
    module = SupervisedAdaptation(
        "tiny-random:llama",
        [partial(LoRA, rank=2), partial(LoReFT, rank=2)],
        options.pop("generator", TaskTable),
        optimizer=partial(TaskwiseAdamW, lr=0.02, warmup_steps=2, total_steps=length, weight_decay=0.1),
        schedule="constant",
        warmup_share=0.0,
    )
    settings = {"batch_size": 16, "examples_per_task": 8, "examples_per_description": 4, "held_back_examples": 4}
    callbacks = options.pop("callbacks", None)
    encoder = OneHot() if "encoder" not in options else options.pop("encoder")
    data = TaskDataModule(
        str(suite), encoder, order="rounds", validation_examples=0, seen_examples=0, **{**settings, **options}
    )
    if only:
        data.train_tasks = tuple(task for task in data.train_tasks if task.name in only)
        data.encoder.fit(list(only))
    trainer = Trainer(
        max_epochs=epochs,
        accelerator="cpu",
        use_distributed_sampler=False,
        logger=False,
        callbacks=callbacks,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        reload_dataloaders_every_n_epochs=1,
    )
    trainer.fit(module, datamodule=data)
    return module


def own(module: SupervisedAdaptation, name: str) -> dict[str, torch.Tensor]:
    names = [task.name for task in module.trainer.datamodule.train_tasks]  # type: ignore[attr-defined]
    codes = sorted(names)
    assert isinstance(module.generator, TaskTable)
    return {key: table.detach()[codes.index(name)] for key, table in module.generator.tables.items()}


def test_a_task_among_others_gets_the_parameters_that_it_gets_alone(small_suite: Path) -> None:
    together = train(small_suite)
    names = [task.name for task in together.trainer.datamodule.train_tasks]  # type: ignore[attr-defined]
    for name in (names[0], names[-1]):
        alone = own(train(small_suite, [name]), name)
        start = train(small_suite, [name], epochs=0)
        for key, value in own(together, name).items():
            torch.testing.assert_close(value, alone[key], atol=1e-4, rtol=0)
        moved = max(float((alone[key] - value).abs().max()) for key, value in own(start, name).items())
        assert moved > 100 * 1e-4


def test_each_task_keeps_the_parameters_that_were_best_on_its_own_held_back_examples(small_suite: Path) -> None:
    watch = StopTasks(patience=1)
    seen: list[torch.Tensor] = []

    class Keep(StopTasks):
        def on_validation_end(self, trainer: Trainer, pl_module: Any) -> None:
            seen.append(pl_module.latest_validation["held_back"]["loss"])

        def setup(self, trainer: Trainer, pl_module: Any, stage: str) -> None: ...

        def on_train_end(self, trainer: Trainer, pl_module: Any) -> None: ...

    module = train(small_suite, epochs=8, callbacks=[Keep(), watch], examples_per_task=20)
    best = torch.stack(seen).nan_to_num(torch.inf).min(0).values
    torch.testing.assert_close(watch.loss, best)
    assert isinstance(module.generator, TaskTable)
    module.eval()
    module.on_validation_epoch_start()
    with torch.no_grad():
        (loader,) = module.trainer.datamodule.val_dataloader()  # type: ignore[attr-defined]
        for index, batch in enumerate(loader):
            module.validation_step(batch, index)
    torch.testing.assert_close(module.tallies["held_back"].per_task()["loss"], best, atol=1e-5, rtol=1e-5)


def test_a_run_that_is_stopped_goes_on_exactly(small_suite: Path, tmp_path: Path) -> None:
    whole = tmp_path / "whole"
    done = adaptlab([*oracles(whole, small_suite), "--save_every_n_steps=3"])
    assert done.returncode == 0, done.stderr
    folder = tmp_path / "stopped"
    arguments = [*oracles(folder, small_suite), "--save_every_n_steps=3"]
    for step in (6, 21):
        running = begin([*arguments, "--ckpt_path=auto"])
        wait_for_step(folder, step)
        stop(running, signal.SIGTERM if step == 6 else signal.SIGKILL, whole_group=True)
    done = adaptlab([*arguments, "--ckpt_path=auto"])
    assert done.returncode == 0, done.stderr
    expected, found = trained(whole), trained(folder)
    assert expected.keys() == found.keys()
    assert all(torch.equal(value, found[name]) for name, value in expected.items())


def test_two_processes_train_the_same_oracles(small_suite: Path, tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    few = {"trainer.max_epochs": 2}
    for folder, several in ((one, {}), (two, {"trainer.devices": 2, "trainer.strategy": "ddp"})):
        done = adaptlab(oracles(folder, small_suite, **few, **several))
        assert done.returncode == 0, done.stderr
    expected, found = trained(one), trained(two)
    assert max(float((value.float() - found[name].float()).abs().max()) for name, value in expected.items()) < 1e-4


def test_what_does_not_fit_together_is_refused(small_suite: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="held_back_examples above 0"):
        train(small_suite, callbacks=[StopTasks()], held_back_examples=0)
    with pytest.raises(ConfigurationError, match="stops the tasks of a TaskTable, not of a SharedAdapter"):
        train(small_suite, callbacks=[StopTasks()], generator=SharedAdapter)
    with pytest.raises(ConfigurationError, match="only a TaskTable may"):
        train(small_suite, generator=SharedAdapter, heldout_oracles=True, encoder=RandomVector(8))
    done = adaptlab(oracles(tmp_path, small_suite, **{"trainer.gradient_clip_val": 1.0}))
    assert done.returncode == 2
    assert "would clip the gradients of all tasks together" in done.stderr


@pytest.mark.parametrize(
    "changes",
    [
        {"model.optimizer": {"class_path": "torch.optim.AdamW", "init_args": {"lr": 0.01}}},
        {"data": {**ORACLES["data"], "order": "mixed"}},
    ],
)
def test_what_would_move_other_tasks_is_refused(changes: dict[str, Any], small_suite: Path, tmp_path: Path) -> None:
    changes = {key: {**value, "suite": str(small_suite)} if key == "data" else value for key, value in changes.items()}
    words = ["fit", "--config", str(configuration(tmp_path, small_suite, **{**ORACLES, **changes}))]
    done = adaptlab(words)
    assert done.returncode == 2
    assert "TaskwiseAdamW and data.order: rounds" in done.stderr


def test_tasks_that_stop_at_different_times_are_what_they_are_alone(small_suite: Path) -> None:
    # one step an epoch and one held-back example, so that losses rise at times; higher rates let rounding grow
    options = {"epochs": 16, "examples_per_task": 4, "held_back_examples": 1, "total_steps": None}
    watch = StopTasks(patience=1)
    together = train(small_suite, callbacks=[watch], **options)
    names = [task.name for task in together.trainer.datamodule.train_tasks]  # type: ignore[attr-defined]
    order = watch.rounds.argsort().tolist()
    assert watch.rounds[order[0]] < watch.rounds[order[-1]]  # else nothing is told apart
    for name in (names[order[0]], names[order[-1]]):
        alone = own(train(small_suite, [name], callbacks=[StopTasks(patience=1)], **options), name)
        for key, value in own(together, name).items():
            torch.testing.assert_close(value, alone[key], atol=1e-4, rtol=0)


def test_examples_that_are_held_back_are_never_trained_on(small_suite: Path) -> None:
    with pytest.raises(TaskError, match="hold back fewer"):
        train(small_suite, epochs=1, held_back_examples=20)  # of the 18 or so that a task has
