"""Train a generator of adapters through a frozen language model: batch -> loss (supervised fine-tuning)."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float
from lightning.pytorch.cli import OptimizerCallable
from torch import Tensor, nn
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from adaptlab.adapters import AdapterFamily, attached
from adaptlab.basemodels import (
    decoder_layers,
    fingerprint,
    list_sites,
    load_base_model,
    shard,
    starting_at,
    target_logits,
)
from adaptlab.contracts import AdapterSite
from adaptlab.embeddings import OneHot
from adaptlab.errors import CheckpointError, ConfigurationError
from adaptlab.objectives import mean_loss_per_example
from adaptlab.training.batches import AdaptationBatch
from adaptlab.training.hidden_states import HiddenStateCache
from adaptlab.training.module import (
    Adaptation,
    GeneratorFactory,
    Schedule,
    generator_context,
    in_units_of_a_library,
    is_standardised,
)
from adaptlab.training.start_from import read_start, refuse_trained_on, take_over
from adaptlab.training.tally import TaskTally
from adaptlab.tuners import Tuner

FamilyFactory = Callable[[Sequence[AdapterSite]], AdapterFamily]


class SupervisedAdaptation(Adaptation):
    """Any generator, any families, one frozen model; the loss of the answer, a mean per example.

    Args:
        base_model: name of the frozen model, as for `load_base_model`.
        families: how the model is adapted; several act together. None with a tuner.
        generator: what emits the adapters; or a tuner, which trains something inside the base model instead.
        dtype: of the frozen model; generators stay in float32. `adaptlab fit` also takes `auto`: bfloat16 where the
            hardware multiplies in it, float32 elsewhere.
        attention: transformers' implementation of attention; its own choice when None. On a CPU `eager` is faster
            than `sdpa` for short sequences, since the backward pass of the fused kernel is slow there.
        optimizer: AdamW at 4e-4 without weight decay when None.
        schedule: `linear` falls to zero at the last step, `constant` does not; both after the warm-up.
        warmup_share: share of all steps over which the learning rate rises from zero.
        gradient_checkpointing: keep the inputs of the frozen model's layers only, and compute the rest again in the
            backward pass; less memory, about a third more time.
        shard_base_model: split the frozen model over the processes of a `ddp` run instead of holding it whole in each;
            the generator stays whole.
        cache_hidden_states: where the first layers are not adapted, compute their output once per example and keep it
            on disk, in the cache folder; for prompts without the description.
        start_from: a checkpoint to begin with: a reconstruction's or another run's generator, a shared adapter as the
            static start, or the trunk of a generator for another base model.
        compile: let `torch.compile` fuse what no adapter reaches into: the generator, and the parts of each layer
            without an adapted site. The first steps take minutes longer.
        trust_remote_code: run code that comes with the base model.
    """

    def __init__(
        self,
        base_model: str,
        families: list[FamilyFactory],
        generator: GeneratorFactory,
        dtype: str = "float32",
        attention: str | None = None,
        optimizer: OptimizerCallable | None = None,
        schedule: Schedule = "linear",
        warmup_share: float = 0.1,
        gradient_checkpointing: bool = False,
        shard_base_model: bool = False,
        cache_hidden_states: bool = False,
        start_from: Path | None = None,
        compile: bool = False,
        trust_remote_code: bool = False,
    ) -> None:
        super().__init__(generator, optimizer, schedule, warmup_share)
        self.base_model_name, self.dtype_name, self.attention = base_model, dtype, attention
        self.trust_remote_code = trust_remote_code
        self._family_factories = families
        self.gradient_checkpointing, self.shard_base_model = gradient_checkpointing, shard_base_model
        self.compiled, self.start_from = compile, start_from
        self.cache_hidden_states = cache_hidden_states
        self.lower: HiddenStateCache | None = None
        self.strict_loading = False
        self._assembled = self._configured = False
        self._tasks_before: list[str] = []

    def load_base_model(self) -> None:
        """Load the frozen model, its tokenizer and the families that fit it; the first call does it."""
        if hasattr(self, "base_model"):
            return
        base = load_base_model(self.base_model_name, self.dtype_name, self.attention, self.trust_remote_code)
        self._tokenizer = base.tokenizer
        self.families = nn.ModuleList([factory(list_sites(base.model)) for factory in self._family_factories])
        self.base_model = base.model
        self.fingerprint = fingerprint(base.model)

    @property
    def tokenizer(self) -> PreTrainedTokenizerBase:
        """The base model's tokenizer."""
        self.load_base_model()
        return self._tokenizer

    def assemble(self, embedding_width: int) -> None:
        """Build the generator for the base model's sites and the embeddings' width; the first call does it."""
        if self._assembled:
            return
        self.load_base_model()
        self.generator = self._generator_factory(generator_context(self.adapter_families, embedding_width))
        self.embedding_width = embedding_width
        if self.tuner is not None:
            self.tuner.prepare(self.frozen_model)
        elif not self.adapter_families:
            raise ConfigurationError("name at least one family for the generator to emit, or choose a tuner")
        self._ddp_params_and_buffers_to_ignore = [
            name
            for name, value in (*self.named_parameters(), *self.named_buffers())
            if name.startswith("base_model.") and not value.requires_grad
        ]
        self._assembled = True

    @property
    def tuner(self) -> Tuner | None:
        """What trains inside the base model, where that is done and no adapter is emitted."""
        return self.generator if isinstance(self.generator, Tuner) else None

    @property
    def frozen_model(self) -> PreTrainedModel:
        """The base model."""
        return self.base_model

    def standardise(self) -> None:
        """Let the generator work in the units of a library, as reconstruction does; before it is assembled."""
        self._generator_factory = in_units_of_a_library(self._generator_factory)

    def configure_model(self) -> None:
        """Build what depends on the base model and the encoder, before any strategy wraps this module."""
        if self._configured:
            return
        self._configured = True
        data = self.trainer.datamodule  # type: ignore[attr-defined]
        before = read_start(self.start_from) if self.start_from is not None else None
        if before is not None and is_standardised(before["state_dict"]):
            self.standardise()
        self.assemble(data.condition_width)
        if before is not None and self.start_from is not None:
            self._tasks_before = [*before.get("tasks", ()), *before.get("tasks_before", ())]
            if not data.heldout_oracles:
                refuse_trained_on(self._tasks_before, data.suite, str(self.start_from))
            settings = [family.settings for family in self.adapter_families]
            take_over(self.generator, before, self.start_from, self.fingerprint, settings)
        coded = isinstance(data.encoder, OneHot) and data.condition == "description"
        if self.generator.independent_tasks and not coded:
            raise ConfigurationError("a TaskTable needs a code per task; set data.encoder: adaptlab.embeddings.OneHot")
        if data.heldout_oracles and not self.generator.independent_tasks:
            raise ConfigurationError(
                "data.heldout_oracles trains on held-out tasks, which only a TaskTable may: its adapters are ceilings"
            )
        if self.tuner is not None and (self.shard_base_model or self.compiled or self.gradient_checkpointing):
            raise ConfigurationError(
                "a tuner trains the base model itself: leave shard_base_model, compile and gradient_checkpointing off"
            )
        if self.shard_base_model:
            shard(self.frozen_model, self.trainer.strategy.root_device)
        if self.compiled:
            self._compile()

    def _compile(self) -> None:
        adapted = {site.path for family in self.adapter_families for group in family.groups for site in group.sites}
        root, layers = decoder_layers(self.frozen_model)
        for index, layer in enumerate(layers):
            for name, child in layer.named_children():
                path = f"{root}.{index}.{name}"
                if not any(site == path or site.startswith(f"{path}.") for site in adapted):
                    child.compile(dynamic=True)
        self.generator.compile(dynamic=True)

    def train(self, mode: bool = True) -> "SupervisedAdaptation":
        """Switch the generator's mode; the frozen model always stays in evaluation mode."""
        super().train(mode)
        if hasattr(self, "base_model"):
            self.frozen_model.eval()  # type: ignore[no-untyped-call]
        if self._assembled and self.tuner is not None:
            self.tuner.network.train(mode)
        return self

    def losses(self, batch: AdaptationBatch) -> tuple[Float[Tensor, " batch"], Float[Tensor, " batch"]]:
        """Each example's loss, and whether greedy decoding would give its answer."""
        logits = self._adapted_logits(batch)
        return mean_loss_per_example(logits, batch.target_ids, batch.target_rows, len(batch))

    def _adapted_logits(self, batch: AdaptationBatch) -> Float[Tensor, "targets vocabulary"]:
        if self.tuner is not None:
            return self.tuner.target_logits(
                batch.input_ids, batch.attention_mask, batch.predicts_target, batch.prompt_spans
            )
        parameters = self.emit(batch.embeddings)
        layers = tuple(decoder_layers(self.frozen_model)[1]) if self.gradient_checkpointing and self.training else ()
        with ExitStack() as stack:
            if self.lower is not None and self.training:
                states = self.lower.states(batch)
                stack.enter_context(starting_at(self.frozen_model, self.lower.layer, states))
            stack.enter_context(
                attached(self.frozen_model, self.adapter_families, parameters, batch.prompt_spans, recompute=layers)
            )
            return target_logits(self.frozen_model, batch.input_ids, batch.attention_mask, batch.predicts_target)

    def on_train_start(self) -> None:
        """Open the hidden states below the first adapted layer, where they are to be kept."""
        if not self.cache_hidden_states:
            return
        if self.tuner is not None:
            raise ConfigurationError("cache_hidden_states needs families; a tuner may change any layer")
        first = min(site.layer for family in self.adapter_families for group in family.groups for site in group.sites)
        data = self.trainer.datamodule  # type: ignore[attr-defined]
        source = data.training.source
        if first == 0 or source.prompt.description or self.shard_base_model:
            raise ConfigurationError(
                "cache_hidden_states needs families whose first layer is above 0, prompts without the description, and "
                "a base model that is not sharded"
            )
        computed = (self.dtype_name, self.trainer.precision, self.attention)
        key = repr((source.key(self.tokenizer), self.fingerprint, *computed))
        self.lower = HiddenStateCache(self.frozen_model, first, data.training.tokens.example_lengths(), key)

    def training_step(self, batch: AdaptationBatch, batch_index: int) -> Tensor:
        """Mean over examples; every process has equally many, so DDP's mean is the mean over the global batch."""
        losses, hits = self.losses(batch)
        self.note_step(batch.tasks, losses)
        loss = losses.mean()
        self.log("train/loss", loss, prog_bar=True, batch_size=len(batch))
        self.log("train/exact_match", hits.mean(), prog_bar=True, batch_size=len(batch))
        if self.generator.independent_tasks:  # each adapter's own mean, summed; DDP divides by the number of processes
            return loss * len(batch.embeddings) * self.trainer.world_size
        return loss

    def validation_step(self, batch: AdaptationBatch, batch_index: int, dataloader_idx: int = 0) -> None:
        """Count losses and hits per task of one split."""
        losses, hits = self.losses(batch)
        split = list(self.tallies)[dataloader_idx]
        self.tallies[split].update(batch.tasks, losses, hits)

    def on_validation_epoch_start(self) -> None:
        """Begin to count."""
        data = self.trainer.datamodule  # type: ignore[attr-defined]
        sizes = {split: len(data.tasks_of(split)) for split in data.measured}
        self.tallies = {split: TaskTally(size).to(self.device) for split, size in sizes.items()}

    def on_validation_epoch_end(self) -> None:
        """Log the means over the examples of each split; exact match on validation tasks chooses checkpoints."""
        self.latest_validation = {split: tally.per_task() for split, tally in self.tallies.items()}
        for split, means in self.latest_validation.items():
            for value in ("loss", "exact_match"):
                self.log(f"{split}/{value}", mean_over_examples(means, value), prog_bar=True, sync_dist=True)

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Keep, beside the generator, where prompts begin to count and which tasks are known."""
        super().on_save_checkpoint(checkpoint)
        data = self.trainer.datamodule  # type: ignore[attr-defined]
        checkpoint["prompt_start"], checkpoint["known_tasks"] = data.training.start, data.known_tasks
        checkpoint["tasks"] = [task.name for task in data.train_tasks]
        checkpoint["tasks_before"] = self._tasks_before

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Refuse other weights, other parameters, held-out tasks, and other tasks where each has a code of its own."""
        super().on_load_checkpoint(checkpoint)
        data = self.trainer.datamodule  # type: ignore[attr-defined]
        names = [task.name for task in data.train_tasks]
        before = [*self._tasks_before, *checkpoint.get("tasks_before", ()), *checkpoint.get("tasks", ())]
        self._tasks_before = sorted(set(before) - set(names))
        if not data.heldout_oracles:
            refuse_trained_on(self._tasks_before, data.suite, "the checkpoint")
        if data.encoder.known_tasks is not None and checkpoint.get("tasks", names) != names:
            raise CheckpointError(
                "the checkpoint was trained on other tasks, and codes count them; choose the same suite, or begin anew"
            )

    @property
    def weights(self) -> dict[str, str]:
        return {"name": self.base_model_name, "dtype": self.dtype_name, "fingerprint": self.fingerprint}


def mean_over_examples(means: Mapping[str, Float[Tensor, " tasks"]], value: str) -> Float[Tensor, ""]:
    """The mean over all examples from means per task."""
    examples = means["examples"]
    return torch.where(examples > 0, means[value] * examples, 0.0).sum() / examples.sum()
