"""The data module under Lightning: a run that stops within an epoch goes on with exactly the batches that are left."""

from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from lightning import Callback, LightningModule, Trainer
from lightning.pytorch.callbacks import ModelCheckpoint

from adaptlab.adapters import LoRA
from adaptlab.embeddings import RandomVector
from adaptlab.hypernetworks import SharedAdapter
from adaptlab.training.adaptation import SupervisedAdaptation
from adaptlab.training.batches import AdaptationBatch
from adaptlab.training.datamodule import TaskDataModule

STEPS_IN_ALL = 20
"""More than one epoch: nine train tasks of twelve examples give thirteen batches of eight."""


class Seen(Callback):
    """Keeps the batches that were trained on."""

    def __init__(self) -> None:
        self.batches: list[torch.Tensor] = []

    def on_train_batch_start(
        self, trainer: Trainer, pl_module: LightningModule, batch: AdaptationBatch, index: int
    ) -> None:
        self.batches.append(batch.input_ids.clone())


def train(suite: Path, workers: int, folder: Path, keep_at: int, checkpoint: Path | None = None) -> list[torch.Tensor]:
    """Train to the end, keeping the state after `keep_at` steps; gives the batches."""
    torch.manual_seed(0)
    data = TaskDataModule(
        str(suite), RandomVector(8), batch_size=8, examples_per_task=12, num_workers=workers, validation_examples=2
    )
    module = SupervisedAdaptation("tiny-random:llama", [partial(LoRA, rank=2)], SharedAdapter)
    seen = Seen()
    keep = ModelCheckpoint(folder, filename="here", every_n_train_steps=keep_at, save_top_k=1, monitor=None)
    options: dict[str, Any] = {"logger": False, "enable_progress_bar": False, "enable_model_summary": False}
    trainer = Trainer(
        max_steps=STEPS_IN_ALL,
        accelerator="cpu",
        callbacks=[seen, keep],
        use_distributed_sampler=False,
        limit_val_batches=0,
        default_root_dir=folder,
        **options,
    )
    trainer.fit(module, datamodule=data, ckpt_path=checkpoint)
    return seen.batches


@pytest.mark.parametrize("workers", [0, 2])
@pytest.mark.parametrize("stop", [11, 14])
def test_a_stopped_run_goes_on_with_the_batches_that_are_left(
    workers: int, stop: int, small_suite: Path, tmp_path: Path
) -> None:
    whole = train(small_suite, workers, tmp_path / "whole", stop)
    rest = train(small_suite, workers, tmp_path / "rest", 100, tmp_path / "whole" / "here.ckpt")
    assert len(whole) == STEPS_IN_ALL
    assert len(rest) == STEPS_IN_ALL - stop
    assert all(torch.equal(one, other) for one, other in zip(rest, whole[stop:], strict=True))
