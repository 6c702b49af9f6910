"""Let a generator work in the units of a library: what it emits, times a deviation, plus a mean -> factors."""

from collections.abc import Mapping
from dataclasses import replace

import torch
from jaxtyping import Float
from torch import Tensor

from adaptlab.contracts import AdapterParameters
from adaptlab.hypernetworks.generator import Generator, GeneratorContext


class Standardised(Generator):
    """A generator that sees every factor with mean 0 and deviation 1 and gives it out in raw scale.

    Args:
        inner: the generator, built for `standard_context`.
        context: what the factors are.
        means: by group key and factor, `[layers, rows, width]`; the static starts when None.
        deviations: by group key and factor, one number per layer, `[layers, 1, 1]`; ones when None.
    """

    def __init__(
        self,
        inner: Generator,
        context: GeneratorContext,
        means: Mapping[str, Mapping[str, Float[Tensor, "layers _ _"]]] | None = None,
        deviations: Mapping[str, Mapping[str, Float[Tensor, "layers 1 1"]]] | None = None,
    ) -> None:
        super().__init__()
        self.inner, self.groups = inner, context.groups
        for index, group in enumerate(self.groups):
            for factor in group.factors:
                mean = means[group.key][factor.name] if means else context.starts[group.key][factor.name]
                deviation = deviations[group.key][factor.name] if deviations else torch.ones(len(group.sites), 1, 1)
                self.register_buffer(f"mean_{index}_{factor.name}", mean.float().clone())
                self.register_buffer(f"deviation_{index}_{factor.name}", deviation.float().clone())

    def forward(self, embeddings: Float[Tensor, "batch width"]) -> AdapterParameters:
        emitted = self.inner(embeddings)
        return AdapterParameters(
            self.groups,
            {
                group.key: {
                    name: getattr(self, f"mean_{index}_{name}") + getattr(self, f"deviation_{index}_{name}") * value
                    for name, value in emitted.factors[group.key].items()
                }
                for index, group in enumerate(self.groups)
            },
        )


def standard_context(context: GeneratorContext) -> GeneratorContext:
    """The context of a generator whose factors are standardised: everything starts at zero."""
    starts = {
        key: {name: torch.zeros_like(value) for name, value in factors.items()}
        for key, factors in context.starts.items()
    }
    spreads = {key: dict.fromkeys(factors, 0.0) for key, factors in context.spreads.items()}
    return replace(context, starts=starts, spreads=spreads)
