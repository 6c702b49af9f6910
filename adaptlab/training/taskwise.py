"""Optimise many independent adapters in one run: gradients `[tasks, ...]` -> each task's own AdamW step."""

from collections.abc import Callable, Iterable
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.optim import Optimizer

from adaptlab.errors import ConfigurationError


class TaskwiseAdamW(Optimizer):
    """AdamW (Loshchilov and Hutter 2019) for tables of free parameters whose first axis counts tasks.

    A task takes a step when its gradient is not zero in some table, and only then: moments, bias corrections, learning
    rate, weight decay and clipping are its own, so it goes where it would go alone. That needs a loss that is a sum
    over tasks, which `SupervisedAdaptation` takes for generators with independent tasks.

    Args:
        params: tables `[tasks, ...]`, of equally many tasks.
        lr: the highest learning rate.
        warmup_steps: of a task's own steps, over which its learning rate rises.
        total_steps: of a task's own steps, after which its learning rate has fallen to zero; it stays constant after
            the warm-up when None.
        betas: decay rates of the two moments.
        eps: added to the root of the second moment.
        weight_decay: decoupled.
        clip: largest norm of one task's gradient over all tables; no clipping when None.

    Raises:
        ConfigurationError: the warm-up is longer than all steps.
    """

    def __init__(
        self,
        params: Iterable[Tensor],
        lr: float = 1e-3,
        warmup_steps: int = 0,
        total_steps: int | None = None,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        clip: float | None = 1.0,
    ) -> None:
        if total_steps is not None and warmup_steps >= total_steps:
            raise ConfigurationError(f"warmup_steps {warmup_steps} must be fewer than the total_steps {total_steps}")
        settings = {"lr": lr, "betas": tuple(betas), "eps": eps, "weight_decay": weight_decay, "clip": clip}
        super().__init__(params, {**settings, "warmup_steps": warmup_steps, "total_steps": total_steps})

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Let every task that is in the batch take its step."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            tables = [table for table in group["params"] if table.grad is not None]
            if tables:
                self._step(group, tables)
        return loss

    def _step(self, group: dict[str, Any], tables: list[Tensor]) -> None:
        gradients = [table.grad for table in tables if table.grad is not None]
        norms = torch.stack([gradient.flatten(1).norm(dim=1) for gradient in gradients]).norm(dim=0)
        rows = norms.nonzero().flatten()
        if not len(rows):
            return
        scale = torch.ones_like(norms[rows])
        if group["clip"] is not None:
            scale = (group["clip"] / (norms[rows] + 1e-6)).clamp(max=1.0)
        first, second = group["betas"]
        for table, whole in zip(tables, gradients, strict=True):
            state = self.state[table]
            if not state:
                state["step"] = torch.zeros(len(table), dtype=torch.long, device=table.device)
                state["mean"], state["square"] = torch.zeros_like(table), torch.zeros_like(table)
            state["step"] = state["step"].to(table.device)  # torch leaves it where it was loaded
            rate = group["lr"] * _share(state["step"][rows], group["warmup_steps"], group["total_steps"])
            state["step"][rows] += 1
            steps = state["step"][rows].double()
            axes = (-1, *([1] * (table.ndim - 1)))
            gradient = whole[rows] * scale.view(axes)
            mean = state["mean"][rows].lerp(gradient, 1 - first)
            square = state["square"][rows].mul(second).addcmul(gradient, gradient, value=1 - second)
            state["mean"][rows], state["square"][rows] = mean, square
            corrected = (1 - second**steps).sqrt().to(table.dtype).view(axes)
            size = (rate / (1 - first**steps)).to(table.dtype).view(axes)
            kept = (1 - rate * group["weight_decay"]).to(table.dtype).view(axes)
            table[rows] = table[rows] * kept - size * mean / (square.sqrt() / corrected + group["eps"])


def _share(done: Int[Tensor, " rows"], warmup: int, total: int | None) -> Float[Tensor, " rows"]:
    """The share of the highest learning rate that each row takes, given how many steps it has taken before."""
    steps = done.double()
    rising = (steps + 1) / max(1, warmup)
    falling = torch.ones_like(steps) if total is None else (total - steps).clamp(min=0) / max(1, total - warmup)
    return torch.where(steps < warmup, rising, falling)
