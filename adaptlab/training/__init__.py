"""Compose the stages into one training loop that every method shares."""

from adaptlab.training.adaptation import SupervisedAdaptation
from adaptlab.training.datamodule import TaskDataModule

__all__ = ["SupervisedAdaptation", "TaskDataModule"]
