"""pyreft's own LoReFT: its intervention, its initialisation and its parametrisation, on our hooks.

pyvene's wrapper takes positions row by row, removes every other hook of the model on each call and does not save the
interventions with a checkpoint; pyreft's module on a plain hook gives the same numbers without that. Its subspace is
`base Q`, with Q from Householder reflections (torch's orthogonal parametrisation), so checkpoints hold both.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from jaxtyping import Int
from torch import Tensor, nn
from transformers import PreTrainedModel

from adaptlab.adapters import LoReFT, Positions
from adaptlab.adapters.attach import SiteEdit, attached_edits
from adaptlab.adapters.family import Edit
from adaptlab.basemodels import list_sites
from adaptlab.hypernetworks import GeneratorContext
from adaptlab.tuners.tuner import Tuner


class PyreftLoReFT(Tuner):
    """LoReFT as pyreft trains it, the reference for a single task.

    Args:
        context: without sites.
        rank: dimension of the subspace.
        layers: indices of the layers whose output is edited; all when None.
        positions: which tokens are edited; all prompt tokens by default.
        dropout: of pyreft's intervention.
    """

    def __init__(
        self,
        context: GeneratorContext,
        rank: int = 4,
        layers: Sequence[int] | None = None,
        positions: Positions | None = None,
        dropout: float = 0.0,
    ) -> None:
        super().__init__(context)
        self.rank, self.layers, self.positions, self.dropout = rank, layers, positions, dropout
        self._edits: list[SiteEdit] = []
        self._rotations: list[Any] = []
        self._model: tuple[PreTrainedModel, ...] = ()

    def install(self, model: PreTrainedModel) -> nn.Module:
        import pyreft

        places = LoReFT(list_sites(model), self.rank, self.layers, self.positions)
        interventions = nn.ModuleDict()
        for group in places.groups:
            for site in group.sites:
                part = pyreft.LoreftIntervention(
                    embed_dim=site.out_width,
                    low_rank_dimension=self.rank,
                    dropout=self.dropout,
                    dtype=torch.float32,
                ).to(model.device)
                interventions[f"{group.module_type}_{site.layer}".replace(".", "_")] = part
                self._edits.append((places, group, site, _edit(part)))
                rotation: Any = part.rotate_layer
                self.register_buffer(f"base_{len(self._rotations)}", rotation.parametrizations.weight[0].base)
                self._rotations.append(rotation)
        self._model = (model,)
        return _Called(model, interventions)

    @contextmanager
    def _reading(self, spans: Int[Tensor, "batch 2"]) -> Iterator[None]:
        for index, rotation in enumerate(self._rotations):  # a restored or moved buffer is another tensor
            rotation.parametrizations.weight[0].base = self.get_buffer(f"base_{index}")
        with attached_edits(self._model[0], self._edits, spans):
            yield


class _Called(nn.Module):
    """The model with interventions beside it, called as the model is."""

    def __init__(self, model: PreTrainedModel, interventions: nn.ModuleDict) -> None:
        super().__init__()
        self.model, self.interventions = model, interventions

    def forward(self, *arguments: Any, **named: Any) -> Any:
        return self.model(*arguments, **named)

    def generate(self, **named: Any) -> Any:
        """transformers' `generate`."""
        return self.model.generate(**named)  # type: ignore[operator]

    def get_output_embeddings(self) -> nn.Module:
        """The model's head."""
        head: nn.Module = self.model.get_output_embeddings()  # type: ignore[no-untyped-call]
        return head


def _edit(part: nn.Module) -> Edit:
    def edit(_inputs: Tensor, output: Tensor, chosen: Tensor | None) -> Tensor:
        if chosen is not None and not chosen.any():
            return output
        changed: Tensor = part(output.float()).to(output.dtype)
        return changed if chosen is None else torch.where(chosen[..., None], changed, output)

    return edit
