"""Guards in a small run: a gradient that is not finite changes nothing and is counted; what does not pass stops."""

from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from lightning import Trainer
from torch import Tensor

from adaptlab.adapters import LoRA
from adaptlab.embeddings import RandomVector
from adaptlab.errors import DivergenceError, TrainingError
from adaptlab.hypernetworks import SharedAdapter
from adaptlab.training.adaptation import SupervisedAdaptation
from adaptlab.training.batches import AdaptationBatch
from adaptlab.training.datamodule import TaskDataModule
from adaptlab.training.guards import Guards

SPOILED = 3


class Spoiled(SupervisedAdaptation):
    """Its loss is what `spoil` makes of it, from a given step on."""

    def __init__(self, spoil: Any, first: int, last: int) -> None:
        super().__init__("tiny-random:llama", [partial(LoRA, rank=2)], SharedAdapter)
        self.spoil, self.first, self.last = spoil, first, last

    def losses(self, batch: AdaptationBatch) -> tuple[Tensor, Tensor]:
        losses, hits = super().losses(batch)
        if self.first <= self.trainer.global_step <= self.last:
            losses = self.spoil(losses, batch)
        return losses, hits


def not_a_number(losses: Tensor, batch: AdaptationBatch) -> Tensor:
    """Of the one task only: in `where(..., losses * nan, losses)` the other tasks' gradients would be 0 x nan too."""
    return losses * torch.where(batch.tasks == SPOILED, float("nan"), 1.0)


def train(module: SupervisedAdaptation, guards: Guards, suite: Path, steps: int) -> Trainer:
    options: dict[str, Any] = {"logger": False, "enable_progress_bar": False, "enable_model_summary": False}
    trainer = Trainer(
        max_steps=steps,
        accelerator="cpu",
        callbacks=[guards],
        use_distributed_sampler=False,
        enable_checkpointing=False,
        limit_val_batches=0,
        **options,
    )
    trainer.fit(module, datamodule=TaskDataModule(str(suite), RandomVector(8), batch_size=8, validation_examples=2))
    return trainer


def test_a_step_without_a_finite_gradient_changes_no_parameter(small_suite: Path) -> None:
    guards = Guards(skipped_steps=100)
    module = Spoiled(lambda losses, batch: losses * float("inf"), 0, 9)
    module.load_base_model()
    module.assemble(8)
    before = [p.detach().clone() for p in module.generator.parameters()]
    train(module, guards, small_suite, 6)
    assert guards.skipped == 6
    assert all(torch.equal(one, other) for one, other in zip(before, module.generator.parameters(), strict=True))


def test_training_goes_on_after_a_bad_step(small_suite: Path) -> None:
    guards = Guards(skipped_steps=3)
    module = Spoiled(lambda losses, batch: losses * float("nan"), 2, 3)
    trainer = train(module, guards, small_suite, 10)
    assert (guards.skipped, trainer.global_step) == (2, 10)
    assert all(torch.isfinite(p).all() for p in module.generator.parameters())


def test_the_task_with_the_bad_loss_is_named(small_suite: Path) -> None:
    module = Spoiled(not_a_number, 0, 1000)
    with pytest.raises(TrainingError, match=r"not finite in 3 steps .*loss not finite in: say_\w+\)") as error:
        train(module, Guards(skipped_steps=2), small_suite, 60)
    name = module.trainer.datamodule.train_tasks[SPOILED].name  # type: ignore[attr-defined]
    assert f"in: {name})" in str(error.value)


def test_a_rising_loss_stops_training(small_suite: Path) -> None:
    module = Spoiled(lambda losses, batch: losses * 50, 10, 1000)
    with pytest.raises(DivergenceError, match="the loss diverges"):
        train(module, Guards(memory=0.5), small_suite, 40)
