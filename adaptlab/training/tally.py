"""Add up what a validation measures: losses and hits of examples -> sums per task, over all processes."""

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torchmetrics import Metric


class TaskTally(Metric):
    """Loss, exact match and number of examples of each task.

    Args:
        tasks: how many there are.
    """

    full_state_update = False
    loss: Tensor
    exact_match: Tensor
    examples: Tensor

    def __init__(self, tasks: int) -> None:
        super().__init__()
        for name in ("loss", "exact_match", "examples"):
            self.add_state(name, torch.zeros(tasks), dist_reduce_fx="sum")

    def update(
        self, tasks: Int[Tensor, " batch"], losses: Float[Tensor, " batch"], hits: Float[Tensor, " batch"]
    ) -> None:
        """Count some examples, given the index of each one's task."""
        for total, values in ((self.loss, losses), (self.exact_match, hits), (self.examples, torch.ones_like(losses))):
            total.index_add_(0, tasks, values.to(total.dtype))

    def compute(self) -> dict[str, Tensor]:
        """Mean loss and exact match per task (not a number without examples), and how many examples there were.

        Torchmetrics drops the axis of a single task; `per_task` keeps it.
        """
        means = {"loss": self.loss / self.examples, "exact_match": self.exact_match / self.examples}
        return {**means, "examples": self.examples}

    def per_task(self) -> dict[str, Float[Tensor, " tasks"]]:
        """The same, over all processes, always with one value per task."""
        return {name: values.reshape(-1) for name, values in self.compute().items()}
