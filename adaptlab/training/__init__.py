"""Compose the stages into one training loop that every method shares."""

from adaptlab.training.adaptation import SupervisedAdaptation
from adaptlab.training.datamodule import TaskDataModule
from adaptlab.training.library_data import LibraryDataModule
from adaptlab.training.reconstruction import ReconstructionAdaptation
from adaptlab.training.reconstruction_losses import EditLoss, EffectLoss, FactorLoss
from adaptlab.training.stopping import StopTasks
from adaptlab.training.taskwise import TaskwiseAdamW

__all__ = [
    "EditLoss",
    "EffectLoss",
    "FactorLoss",
    "LibraryDataModule",
    "ReconstructionAdaptation",
    "StopTasks",
    "SupervisedAdaptation",
    "TaskDataModule",
    "TaskwiseAdamW",
]
