"""Notice when training goes wrong: losses and gradients -> skipped steps, or an error that names the task."""

import torch
from lightning import Callback, LightningModule, Trainer
from lightning.pytorch.utilities import rank_zero_warn
from torch.nn.utils import get_total_norm
from torch.optim import Optimizer

from adaptlab.errors import DivergenceError
from adaptlab.training.module import Adaptation


class Guards(Callback):
    """Skip steps whose gradient is not finite, and stop where that, or a rising loss, does not pass.

    Args:
        skipped_steps: how many steps with a gradient that is not finite are skipped before training stops.
        divergence: training stops when the running mean of the loss exceeds its minimum by this factor and by 2 nats.
        memory: share of the running mean that each step keeps.
    """

    def __init__(self, skipped_steps: int = 10, divergence: float = 3.0, memory: float = 0.98) -> None:
        self.skipped_steps, self.divergence, self.memory = skipped_steps, divergence, memory
        self.skipped = 0
        self.skipped_of: dict[str, int] = {}
        self.mean: float | None = None
        self.lowest = float("inf")

    def on_before_optimizer_step(self, trainer: Trainer, pl_module: LightningModule, optimizer: Optimizer) -> None:
        """Gradients are those of the global batch here, the same in every process, so all of them decide alike."""
        assert isinstance(pl_module, Adaptation)
        if pl_module.generator.independent_tasks:
            self._skip_tasks(pl_module)
            return
        gradients = [p.grad for group in optimizer.param_groups for p in group["params"] if p.grad is not None]
        if bool(torch.isfinite(get_total_norm(gradients))):
            self._watch(float(trainer.strategy.reduce(pl_module.latest_loss, reduce_op="mean")))
            return
        loss = trainer.strategy.reduce(pl_module.latest_loss, reduce_op="mean")
        if getattr(trainer.precision_plugin, "scaler", None) is not None and bool(torch.isfinite(loss)):
            return  # fp16 overflows now and then by design; its gradient scaler skips the step and lowers the scale
        self.skipped += 1
        culprits = ", ".join(pl_module.tasks_with_infinite_loss()) or "no single task"
        if self.skipped > self.skipped_steps:
            raise DivergenceError(
                f"the gradient was not finite in {self.skipped} steps (last at step {trainer.global_step}; loss not "
                f"finite in: {culprits}); lower the learning rate, or look at the examples of these tasks"
            )
        rank_zero_warn(f"step {trainer.global_step}: the gradient is not finite ({culprits}); the step is skipped")
        optimizer.zero_grad(set_to_none=True)  # optimisers leave parameters without a gradient as they are

    def _skip_tasks(self, module: Adaptation) -> None:
        """Let tasks without a finite gradient take no step; the others of the batch take theirs."""
        gradients = [p.grad for p in module.generator.parameters() if p.grad is not None]
        whole = torch.stack([torch.isfinite(gradient.flatten(1).sum(1)) for gradient in gradients]).all(0)
        if bool(whole.all()):
            return
        for gradient in gradients:
            gradient[~whole] = 0.0
        names = [task.name for task in module.trainer.datamodule.train_tasks]  # type: ignore[attr-defined]
        for task in (~whole).nonzero().flatten().tolist():
            self.skipped_of[names[task]] = self.skipped_of.get(names[task], 0) + 1
            if self.skipped_of[names[task]] > self.skipped_steps:
                raise DivergenceError(
                    f"the gradient of {names[task]} was not finite in {self.skipped_of[names[task]]} steps; lower the "
                    "learning rate, or look at its examples"
                )
            rank_zero_warn(f"the gradient of {names[task]} is not finite; the task skips this step")

    def _watch(self, loss: float) -> None:
        self.mean = loss if self.mean is None else self.memory * self.mean + (1 - self.memory) * loss
        self.lowest = min(self.lowest, self.mean)
        if self.mean > self.divergence * self.lowest and self.mean > self.lowest + 2.0:
            raise DivergenceError(
                f"the loss diverges: its running mean rose from {self.lowest:.2f} to {self.mean:.2f}; lower the "
                "learning rate, or lengthen the warm-up"
            )
