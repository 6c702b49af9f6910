"""Keep free parameters for every task: one-hot task codes -> that task's own adapter."""

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from adaptlab.contracts import AdapterParameters
from adaptlab.hypernetworks.generator import Generator, GeneratorContext


class TaskTable(Generator):
    """One adapter per train task, nothing shared: task-specific adapters, many of them trained in one run.

    Conditions are one-hot codes (`adaptlab.embeddings.OneHot`); their width is the number of tasks. Every task starts
    from the same static start. Train it with `adaptlab.training.TaskwiseAdamW`, which gives each task a step of its
    own, and `data.order: rounds`, which gives each task a batch of its own.
    """

    independent_tasks = True
    stopped: Bool[Tensor, " tasks"]
    """Tasks that train no more: they give no gradient."""

    def __init__(self, context: GeneratorContext) -> None:
        super().__init__()
        self.groups = context.groups
        self.tasks = context.embedding_width
        self.tables = nn.ParameterDict(
            {
                _name(index, factor.name): nn.Parameter(
                    context.starts[group.key][factor.name].expand(self.tasks, -1, -1, -1).clone()
                )
                for index, group in enumerate(self.groups)
                for factor in group.factors
            }
        )
        self.register_buffer("stopped", torch.zeros(self.tasks, dtype=torch.bool))

    @property
    def stopped_tasks(self) -> tuple[int, ...]:
        return tuple(self.stopped.nonzero().flatten().tolist())

    def forward(self, embeddings: Float[Tensor, "batch width"]) -> AdapterParameters:
        return self.adapters(embeddings.argmax(dim=-1))

    def adapters(self, tasks: Int[Tensor, " batch"]) -> AdapterParameters:
        """The adapters of some tasks, given their indices."""
        return AdapterParameters(
            self.groups,
            {
                group.key: {
                    factor.name: self._rows(self.tables[_name(index, factor.name)], tasks) for factor in group.factors
                }
                for index, group in enumerate(self.groups)
            },
        )

    def _rows(self, table: Tensor, tasks: Int[Tensor, " batch"]) -> Float[Tensor, "batch layers _ _"]:
        rows = torch.index_select(table, 0, tasks)
        if self.training and bool(self.stopped.any()):
            rows = torch.where(self.stopped[tasks].view(-1, 1, 1, 1), rows.detach(), rows)
        return rows


def _name(index: int, factor: str) -> str:
    return f"{index}_{factor}"
