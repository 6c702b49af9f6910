"""Stop when the system asks to: SIGTERM -> a checkpoint of the last whole step, in every process at the same step."""

import signal
from pathlib import Path
from types import FrameType
from typing import Any

from lightning import Callback, LightningModule, Trainer

from adaptlab.training.checkpoints import validation_follows

EXIT_CODE = 128 + signal.SIGTERM


class Interrupted(Exception):
    """Training was asked to stop and has been saved."""


class StopOnSignal(Callback):
    """Note the signal when it comes, decide together once per step, save and leave.

    A handler that saves at once would hang under DDP, where a checkpoint is a collective operation and the processes
    are at different places in a step; so it sets a flag, and all processes agree on it after each step.

    Args:
        checkpoint: where to save.
    """

    def __init__(self, checkpoint: Path) -> None:
        self.checkpoint = checkpoint
        self.asked = False
        self.step = 0

    def _note(self, _signal: int, _frame: FrameType | None) -> None:
        self.asked = True

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self.step = trainer.global_step
        signal.signal(signal.SIGTERM, self._note)

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        if trainer.global_step == self.step:
            return  # within a step whose batches are accumulated
        self.step = trainer.global_step
        if not validation_follows(trainer):
            self._stop_if_asked(trainer)

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        if validation_follows(trainer):
            self._stop_if_asked(trainer)

    def _stop_if_asked(self, trainer: Trainer) -> None:
        if trainer.strategy.reduce_boolean_decision(self.asked, all=False):
            trainer.save_checkpoint(self.checkpoint, weights_only=False)
            raise Interrupted(
                f"stopped by SIGTERM after step {trainer.global_step}; go on with --ckpt_path {self.checkpoint}"
            )
