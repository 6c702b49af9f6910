"""Generate the same adapter for every task: from free parameters, or one that is given."""

from jaxtyping import Float
from torch import Tensor, nn

from adaptlab.contracts import AdapterParameters, SiteGroup
from adaptlab.errors import ConfigurationError
from adaptlab.hypernetworks.generator import Generator, GeneratorContext


def _same_for_all(generator: nn.Module, prefix: str, groups: tuple[SiteGroup, ...], rows: int) -> AdapterParameters:
    """One adapter, kept as `PREFIX_GROUP_FACTOR` in a module, for many rows; nothing is copied."""
    return AdapterParameters(
        groups,
        {
            group.key: {
                factor.name: getattr(generator, f"{prefix}_{index}_{factor.name}").expand(rows, -1, -1, -1)
                for factor in group.factors
            }
            for index, group in enumerate(groups)
        },
    )


class SharedAdapter(Generator):
    """One adapter for all tasks: the multi-task baseline, usually with the description in the prompt."""

    def __init__(self, context: GeneratorContext) -> None:
        super().__init__()
        self.groups = context.groups
        for index, group in enumerate(self.groups):
            for factor in group.factors:
                start = context.starts[group.key][factor.name].clone()
                self.register_parameter(f"start_{index}_{factor.name}", nn.Parameter(start))

    def forward(self, embeddings: Float[Tensor, "batch width"]) -> AdapterParameters:
        return _same_for_all(self, "start", self.groups, len(embeddings))


class FixedAdapter(Generator):
    """One given adapter for all tasks, nothing trained: the average of a library, or an adapter from disk.

    Args:
        adapter: of a single task.

    Raises:
        ConfigurationError: of more than one.
    """

    def __init__(self, adapter: AdapterParameters) -> None:
        super().__init__()
        if len(adapter) != 1:
            raise ConfigurationError(f"one adapter is fixed for all tasks, got {len(adapter)}")
        self.groups = adapter.groups
        for index, group in enumerate(self.groups):
            for name, value in adapter.factors[group.key].items():
                self.register_buffer(f"fixed_{index}_{name}", value.detach().clone())

    def forward(self, embeddings: Float[Tensor, "batch width"]) -> AdapterParameters:
        return _same_for_all(self, "fixed", self.groups, len(embeddings))
