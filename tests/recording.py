"""Callbacks that a configuration of the tests names, to see what happens inside a run of the command line."""

import os
import signal
from pathlib import Path
from typing import Any

import torch
from lightning import Callback, LightningModule, Trainer
from torch import Tensor
from torch.optim import Optimizer


class KeepSteps(Callback):
    """Write the first parameters, and the gradients and the mean loss of every step, as the first process has them.

    Args:
        path: the file.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self.gradients: list[dict[str, Tensor]] = []
        self.losses: list[Tensor] = []

    def on_train_start(self, trainer: Trainer, pl_module: Any) -> None:
        self.start = {f"generator.{name}": p.detach().clone() for name, p in pl_module.generator.named_parameters()}

    def on_before_optimizer_step(self, trainer: Trainer, pl_module: Any, optimizer: Optimizer) -> None:
        self.losses.append(trainer.strategy.reduce(pl_module.latest_loss.clone(), reduce_op="mean"))
        named = pl_module.generator.named_parameters()
        self.gradients.append({name: p.grad.clone() for name, p in named if p.grad is not None})

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        if trainer.is_global_zero:
            kept = {"start": self.start, "losses": torch.stack(self.losses), "gradients": self.gradients}
            torch.save(kept, Path(self.path))


class AskToStop(Callback):
    """Send SIGTERM to this process during one step.

    Args:
        step: the step, counted from 1.
    """

    def __init__(self, step: int) -> None:
        self.step = step

    def on_train_batch_start(self, trainer: Trainer, pl_module: LightningModule, batch: Any, batch_idx: int) -> None:
        if trainer.global_step + 1 == self.step:
            os.kill(os.getpid(), signal.SIGTERM)


class OutOfMemory(Callback):
    """Fail as an allocation does that finds no room."""

    def on_train_batch_start(self, trainer: Trainer, pl_module: LightningModule, batch: Any, batch_idx: int) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB.")
