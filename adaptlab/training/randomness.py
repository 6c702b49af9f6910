"""Make random numbers follow from the step: (seed, step, process) -> dropout, whether or not a run was interrupted."""

import hashlib
from typing import Any

import torch
from lightning import Callback, LightningModule, Trainer


def step_seed(seed: int, step: int, micro_batch: int, rank: int) -> int:
    """A seed of 63 bits that differs between runs, steps, accumulated batches and processes."""
    text = f"{seed}:{step}:{micro_batch}:{rank}".encode()
    return int.from_bytes(hashlib.sha256(text).digest()[:8], "big") >> 1


class RandomnessOfStep(Callback):
    """Seed torch before each training batch, so that no random state need be saved to go on exactly.

    Args:
        seed: of the run.
    """

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def on_train_batch_start(self, trainer: Trainer, pl_module: LightningModule, batch: Any, batch_idx: int) -> None:
        torch.manual_seed(step_seed(self.seed, trainer.global_step, batch_idx, trainer.global_rank))
