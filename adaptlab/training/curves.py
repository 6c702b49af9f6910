"""Keep learning curves of single tasks: tallies of a validation -> lines of `task_curves.csv`, and their figure."""

import csv
from pathlib import Path

from lightning import Callback, LightningModule, Trainer

from adaptlab.training.adaptation import SupervisedAdaptation

COLUMNS = ("step", "split", "task", "loss", "exact_match", "examples")


class TaskCurves(Callback):
    """Append one line per task after each validation; a run that goes on repeats the steps since its checkpoint.

    Args:
        path: the file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        if trainer.is_global_zero and (trainer.global_step == 0 or not self.path.is_file()):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("w", newline="", encoding="utf-8") as file:
                csv.writer(file).writerow(COLUMNS)

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        assert isinstance(pl_module, SupervisedAdaptation)
        if not trainer.is_global_zero or trainer.sanity_checking:
            return
        with self.path.open("a", newline="", encoding="utf-8") as file:
            for split, means in pl_module.latest_validation.items():
                tasks = trainer.datamodule.tasks_of(split)  # type: ignore[attr-defined]
                rows = zip(*(means[name].tolist() for name in COLUMNS[3:]), strict=True)
                lines = [(trainer.global_step, split, task.name, *row) for task, row in zip(tasks, rows, strict=True)]
                csv.writer(file).writerows(line for line in lines if line[-1])
