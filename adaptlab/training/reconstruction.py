"""Train a hypernetwork to give out a library's adapters, no language model in the loop: condition -> library entry."""

from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float, Int
from lightning.pytorch.cli import OptimizerCallable
from torch import Tensor, nn

from adaptlab.adapters import AdapterLibrary, BaseModelName
from adaptlab.basemodels import fingerprint, load_base_model, load_tokenizer
from adaptlab.contracts import AdapterParameters
from adaptlab.hypernetworks import Standardised, standard_context
from adaptlab.training.module import Adaptation, GeneratorFactory, Schedule, generator_context
from adaptlab.training.reconstruction_losses import EditLoss, EffectLoss, ReconstructionLoss, Statistics, effect_error
from adaptlab.training.states import site_states

SAMPLE = 64
"""Entries of a library from which means and deviations are taken."""


@dataclass(frozen=True)
class ReconstructionBatch:
    """Some tasks, their conditions, and the adapters to give out.

    Args:
        tasks: index of each task.
        embeddings: the condition of each.
        targets: the library's adapter of each.
    """

    tasks: Int[Tensor, " tasks"]
    embeddings: Float[Tensor, "tasks width"]
    targets: AdapterParameters

    def __len__(self) -> int:
        return len(self.tasks)

    @property
    def real_tokens(self) -> int:
        """No text is read."""
        return 0

    @property
    def positions(self) -> int:
        """None either."""
        return 0

    def to(self, device: torch.device | str, non_blocking: bool = False) -> "ReconstructionBatch":
        """The batch on another device."""
        tasks, embeddings = (value.to(device, non_blocking=non_blocking) for value in (self.tasks, self.embeddings))
        return ReconstructionBatch(tasks, embeddings, self.targets.to(device))


class ReconstructionAdaptation(Adaptation):
    """A hypernetwork against a library of trained adapters (Charakorn et al. 2025, section 3.1).

    The hypernetwork works in the units of the library: it adds to the mean of the library's factors what it emits,
    times their deviation in a layer. What it gives out, and what its checkpoint gives, is in raw scale.

    Args:
        generator: what emits the adapters.
        loss: how far they are from the library's; `EffectLoss` when None.
        optimizer: AdamW at 4e-4 without weight decay when None.
        schedule: `linear` falls to zero at the last step, `constant` does not; both after the warm-up.
        warmup_share: share of all steps over which the learning rate rises from zero.
    """

    def __init__(
        self,
        generator: GeneratorFactory,
        loss: ReconstructionLoss | None = None,
        optimizer: OptimizerCallable | None = None,
        schedule: Schedule = "linear",
        warmup_share: float = 0.1,
    ) -> None:
        super().__init__(generator, optimizer, schedule, warmup_share)
        self.loss = loss or EffectLoss()
        self._configured = False

    def configure_model(self) -> None:
        """Build the generator for the library's sites; the first call does it."""
        if self._configured:
            return
        self._configured = True
        data = self.trainer.datamodule  # type: ignore[attr-defined]
        self.library: AdapterLibrary = data.adapters
        self.embedding_width = data.condition_width
        self.families = nn.ModuleList(self.library.families)
        context = generator_context(self.adapter_families, self.embedding_width)
        self.prompt_start = data.prompt.prompt_start(load_tokenizer(self.library.base_model.name))
        self.reference = data.reference if self.loss.aligned else None
        means, elements, layers = self._statistics()
        self.loss.prepare(elements)
        inner = self._generator_factory(standard_context(context))
        self.generator = Standardised(inner, context, means, layers)

    def on_fit_start(self) -> None:
        """Collect hidden states, where the loss compares edits of them."""
        if isinstance(self.loss, EditLoss):
            data = self.trainer.datamodule  # type: ignore[attr-defined]
            weights = self.library.base_model
            base = load_base_model(weights.name, weights.dtype)
            found = BaseModelName(weights.name, weights.dtype, fingerprint(base.model))
            self.library.refuse_other_base_model(found)
            states = site_states(base, self.adapter_families, data.train_tasks, self.loss.count, data.prompt)
            self.loss.states = {key: value.to(self.device) for key, value in states.items()}

    def _statistics(self) -> tuple[Statistics, Statistics, Statistics]:
        """Mean and deviation of each element, and one deviation per layer, over some of the library's entries."""
        data = self.trainer.datamodule  # type: ignore[attr-defined]
        sample = data.targets(data.names[:SAMPLE], data.reference)
        means: dict[str, dict[str, Tensor]] = {}
        elements: dict[str, dict[str, Tensor]] = {}
        layers: dict[str, dict[str, Tensor]] = {}
        for group in sample.groups:
            factors = sample.factors[group.key]
            means[group.key] = {name: value.mean(0) for name, value in factors.items()}
            elements[group.key] = {name: value.std(0, correction=0) for name, value in factors.items()}
            layers[group.key] = {
                name: value.square().mean((-1, -2), keepdim=True).sqrt().clamp(min=1e-8)
                for name, value in elements[group.key].items()
            }
        return means, elements, layers

    @property
    def weights(self) -> dict[str, str]:
        return dict(vars(self.library.base_model))

    def training_step(self, batch: ReconstructionBatch, batch_index: int) -> Tensor:
        """Mean over tasks."""
        losses = self.loss.per_task(self.adapter_families, self.emit(batch.embeddings), batch.targets)
        self.note_step(batch.tasks, losses)
        loss = losses.mean()
        self.log("train/loss", loss, prog_bar=True, batch_size=len(batch))
        return loss

    def validation_step(self, batch: ReconstructionBatch, batch_index: int) -> None:
        """The same loss, and the relative error of effects, from unseen descriptions of the library's tasks."""
        emitted = self.emit(batch.embeddings)
        losses = self.loss.per_task(self.adapter_families, emitted, batch.targets)
        error = effect_error(self.adapter_families, emitted, batch.targets).mean().float()
        for name, value in (("loss", losses.mean()), ("effect_error", error)):
            self.log(f"validation/{name}", value, prog_bar=True, batch_size=len(batch), sync_dist=True)

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Keep, beside the generator, which tasks it was trained on and how their prompts are laid out."""
        super().on_save_checkpoint(checkpoint)
        data = self.trainer.datamodule  # type: ignore[attr-defined]
        checkpoint["tasks"], checkpoint["prompt"] = list(data.names), dict(vars(data.prompt))
        checkpoint["prompt_start"] = self.prompt_start
