"""Stop when the system asks to: SIGTERM -> a checkpoint of the last whole step, in every process at the same step."""

import signal
from pathlib import Path
from types import FrameType

from lightning import LightningModule, Trainer

from adaptlab.training.checkpoints import AfterStep

EXIT_CODE = 128 + signal.SIGTERM


class Interrupted(Exception):
    """Training was asked to stop and has been saved."""


class StopOnSignal(AfterStep):
    """Note the signal when it comes, decide together once per step, save and leave.

    A handler that saves at once would hang under DDP, where a checkpoint is a collective operation and the processes
    are at different places in a step; so it sets a flag, and all processes agree on it after each step.

    Args:
        checkpoint: where to save.
    """

    def __init__(self, checkpoint: Path) -> None:
        super().__init__()
        self.checkpoint = checkpoint
        self.asked = False

    def _note(self, _signal: int, _frame: FrameType | None) -> None:
        self.asked = True

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        super().on_train_start(trainer, pl_module)
        signal.signal(signal.SIGTERM, self._note)

    def after_step(self, trainer: Trainer) -> None:
        if trainer.strategy.reduce_boolean_decision(self.asked, all=False):
            trainer.save_checkpoint(self.checkpoint, weights_only=False)
            raise Interrupted(
                f"stopped by SIGTERM after step {trainer.global_step}; go on with --ckpt_path {self.checkpoint}"
            )
