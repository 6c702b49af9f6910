"""Stop every task when it is done: losses on held-back examples -> stopped tasks, each with its best parameters."""

from typing import Any

import torch
from lightning import Callback, LightningModule, Trainer
from torch import Tensor

from adaptlab.errors import ConfigurationError
from adaptlab.hypernetworks import TaskTable
from adaptlab.training.adaptation import SupervisedAdaptation

SPLIT = "held_back"


class StopTasks(Callback):
    """Watch each task of a `TaskTable` by itself, on train examples that `data.held_back_examples` keeps from training.

    A task whose loss has not fallen for `patience` validations stops; it and, at the end, all others take the
    parameters that were best. When all have stopped, training ends.

    Args:
        patience: validations without a new best loss, at least 1.

    Raises:
        ConfigurationError: another generator, or no examples are held back.
    """

    def __init__(self, patience: int = 3) -> None:
        if patience < 1:
            raise ConfigurationError(f"patience must be at least 1, got {patience}")
        self.patience = patience
        self.loss, self.since, self.rounds = torch.empty(0), torch.empty(0), torch.empty(0)
        self.best: dict[str, Tensor] = {}

    def setup(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        if stage == "fit" and trainer.datamodule.held_back_examples == 0:  # type: ignore[attr-defined]
            raise ConfigurationError("StopTasks needs data.held_back_examples above 0 to tell when a task is done")

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        table = _table(pl_module)
        if self.best:
            self.best = {name: value.to(pl_module.device) for name, value in self.best.items()}
            return
        self.loss = torch.full((table.tasks,), torch.inf)
        self.since = torch.zeros(table.tasks, dtype=torch.long)
        self.rounds = torch.zeros(table.tasks, dtype=torch.long)
        self.best = {name: value.detach().clone() for name, value in table.tables.items()}

    @torch.no_grad()
    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        assert isinstance(pl_module, SupervisedAdaptation)
        if trainer.sanity_checking or not self.best:
            return
        table = _table(pl_module)
        found = pl_module.latest_validation[SPLIT]["loss"].cpu()
        going = ~table.stopped.cpu()
        better = going & (found < self.loss)
        self.loss = torch.where(better, found, self.loss)
        self.since = torch.where(better, 0, self.since + 1)
        self.rounds = torch.where(going, self.rounds + 1, self.rounds)
        rows = better.nonzero().flatten().to(pl_module.device)
        for name, value in table.tables.items():
            self.best[name][rows] = value.detach()[rows]
        done = going & (self.since >= self.patience)
        self._restore(table, done.to(pl_module.device))
        table.stopped |= done.to(pl_module.device)
        if bool(table.stopped.all()):
            trainer.should_stop = True

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        if bool(self.rounds.any()):
            table = _table(pl_module)
            self._restore(table, torch.ones_like(table.stopped))

    @torch.no_grad()
    def _restore(self, table: TaskTable, tasks: Tensor) -> None:
        rows = tasks.nonzero().flatten()
        for name, value in table.tables.items():
            value[rows] = self.best[name][rows]

    def state_dict(self) -> dict[str, Any]:
        """Each task's best parameters, its loss with them, and for how many validations it has gone on."""
        return {"loss": self.loss, "since": self.since, "rounds": self.rounds, "best": self.best}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on from such a state."""
        self.loss, self.since, self.rounds = (state_dict[name] for name in ("loss", "since", "rounds"))
        self.best = dict(state_dict["best"])


def _table(module: LightningModule) -> TaskTable:
    generator = getattr(module, "generator", None)
    if not isinstance(generator, TaskTable):
        raise ConfigurationError(f"StopTasks stops the tasks of a TaskTable, not of a {type(generator).__name__}")
    return generator
