"""Train a generator of adapters through a frozen language model: batch -> loss (supervised fine-tuning)."""

import math
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from typing import Any, Literal

import torch
from jaxtyping import Float
from lightning import LightningModule
from lightning.pytorch.cli import OptimizerCallable
from torch import Tensor, nn
from torch.optim import Optimizer
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
from adaptlab.contracts import AdapterParameters, AdapterSite
from adaptlab.errors import CheckpointError, ConfigurationError
from adaptlab.hypernetworks import Generator, GeneratorContext
from adaptlab.objectives import mean_loss_per_example
from adaptlab.training.batches import AdaptationBatch
from adaptlab.training.hidden_states import HiddenStateCache
from adaptlab.training.tally import TaskTally

FamilyFactory = Callable[[Sequence[AdapterSite]], AdapterFamily]
GeneratorFactory = Callable[[GeneratorContext], Generator]
VALIDATION_SPLITS = ("validation", "seen")


class SupervisedAdaptation(LightningModule):
    """Any generator, any families, one frozen model; the loss of the answer, a mean per example.

    Args:
        base_model: name of the frozen model, as for `load_base_model`.
        families: how the model is adapted; several act together.
        generator: what emits the adapters.
        dtype: of the frozen model; generators stay in float32.
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
        schedule: Literal["linear", "constant"] = "linear",
        warmup_share: float = 0.1,
        gradient_checkpointing: bool = False,
        shard_base_model: bool = False,
        cache_hidden_states: bool = False,
        compile: bool = False,
        trust_remote_code: bool = False,
    ) -> None:
        super().__init__()
        self.base_model_name, self.dtype_name, self.attention = base_model, dtype, attention
        self.trust_remote_code = trust_remote_code
        self._family_factories, self._generator_factory = families, generator
        self._optimizer, self.schedule, self.warmup_share = optimizer, schedule, warmup_share
        self.gradient_checkpointing, self.shard_base_model = gradient_checkpointing, shard_base_model
        self.compiled = compile
        self.cache_hidden_states = cache_hidden_states
        self.lower: HiddenStateCache | None = None
        self.strict_loading = False
        self._assembled = self._configured = False

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
        self._ddp_params_and_buffers_to_ignore = [
            name for name, _ in (*self.named_parameters(), *self.named_buffers()) if name.startswith("base_model.")
        ]
        self._assembled = True

    @property
    def adapter_families(self) -> list[AdapterFamily]:
        """The families, as attached together."""
        return list(self.families)  # type: ignore[arg-type]

    @property
    def frozen_model(self) -> PreTrainedModel:
        """The base model."""
        return self.base_model

    def configure_model(self) -> None:
        """Build what depends on the base model and the encoder, before any strategy wraps this module."""
        if self._configured:
            return
        self._configured = True
        self.assemble(self.trainer.datamodule.encoder.width)  # type: ignore[attr-defined]
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

    def configure_optimizers(self) -> Any:
        """Train the generator; the frozen model is in no optimiser."""
        trained = list(self.generator.parameters())
        optimizer = self._optimizer(trained) if self._optimizer else torch.optim.AdamW(trained, 4e-4, weight_decay=0.0)
        use_fused_kernel(optimizer)
        total = int(self.trainer.estimated_stepping_batches)
        warmup = math.ceil(self.warmup_share * total)

        def factor(step: int) -> float:
            if step < warmup:
                return (step + 1) / warmup
            return 1.0 if self.schedule == "constant" else max(0.0, (total - step) / max(1, total - warmup))

        scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, factor)
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": scheduler, "interval": "step"}}

    def train(self, mode: bool = True) -> "SupervisedAdaptation":
        """Switch the generator's mode; the frozen model always stays in evaluation mode."""
        super().train(mode)
        if hasattr(self, "base_model"):
            self.frozen_model.eval()  # type: ignore[no-untyped-call]
        return self

    def emit(self, embeddings: Float[Tensor, "descriptions width"]) -> AdapterParameters:
        """One adapter per task embedding."""
        emitted: AdapterParameters = self.generator(embeddings)
        return emitted

    def losses(self, batch: AdaptationBatch) -> tuple[Float[Tensor, " batch"], Float[Tensor, " batch"]]:
        """Each example's loss, and whether greedy decoding would give its answer."""
        parameters = self.emit(batch.embeddings)
        layers = tuple(decoder_layers(self.frozen_model)[1]) if self.gradient_checkpointing and self.training else ()
        with ExitStack() as stack:
            if self.lower is not None and self.training:
                states = self.lower.states(batch)
                stack.enter_context(starting_at(self.frozen_model, self.lower.layer, states))
            stack.enter_context(
                attached(self.frozen_model, self.adapter_families, parameters, batch.prompt_spans, recompute=layers)
            )
            logits = target_logits(self.frozen_model, batch.input_ids, batch.attention_mask, batch.predicts_target)
        return mean_loss_per_example(logits, batch.target_ids, batch.target_rows, len(batch))

    def on_train_start(self) -> None:
        """Open the hidden states below the first adapted layer, where they are to be kept."""
        if not self.cache_hidden_states:
            return
        first = min(site.layer for family in self.adapter_families for group in family.groups for site in group.sites)
        data = self.trainer.datamodule  # type: ignore[attr-defined]
        source = data.training.source
        if first == 0 or source.prompt.description or self.shard_base_model:
            raise ConfigurationError(
                "cache_hidden_states needs families whose first layer is above 0, prompts without the description, and "
                "a base model that is not sharded"
            )
        key = repr((source.key(self.tokenizer), self.fingerprint, self.dtype_name, self.attention))
        self.lower = HiddenStateCache(self.frozen_model, first, data.training.tokens.example_lengths(), key)

    def training_step(self, batch: AdaptationBatch, batch_index: int) -> Tensor:
        """Mean over examples; every process has equally many, so DDP's mean is the mean over the global batch."""
        losses, hits = self.losses(batch)
        self._latest = batch.tasks, losses.detach()
        loss = losses.mean()
        self.log("train/loss", loss, prog_bar=True, batch_size=len(batch))
        self.log("train/exact_match", hits.mean(), prog_bar=True, batch_size=len(batch))
        return loss

    @property
    def latest_loss(self) -> Tensor:
        """Mean loss of this process's last training batch."""
        return self._latest[1].mean()

    def tasks_with_infinite_loss(self) -> list[str]:
        """Names of the tasks whose loss was not finite in this process's last training batch."""
        tasks, losses = self._latest
        names = [task.name for task in self.trainer.datamodule.train_tasks]  # type: ignore[attr-defined]
        return sorted({names[index] for index in tasks[~torch.isfinite(losses)].tolist()})

    def validation_step(self, batch: AdaptationBatch, batch_index: int, dataloader_idx: int = 0) -> None:
        """Count losses and hits per task of one split."""
        losses, hits = self.losses(batch)
        self.tallies[VALIDATION_SPLITS[dataloader_idx]].update(batch.tasks, losses, hits)

    def on_validation_epoch_start(self) -> None:
        """Begin to count."""
        sizes = {split: len(self.trainer.datamodule.tasks_of(split)) for split in VALIDATION_SPLITS}  # type: ignore[attr-defined]
        self.tallies = {split: TaskTally(size).to(self.device) for split, size in sizes.items()}

    def on_validation_epoch_end(self) -> None:
        """Log the means over the examples of each split; exact match on validation tasks chooses checkpoints."""
        self.latest_validation = {split: tally.per_task() for split, tally in self.tallies.items()}
        for split, means in self.latest_validation.items():
            for value in ("loss", "exact_match"):
                self.log(f"{split}/{value}", mean_over_examples(means, value), prog_bar=True, sync_dist=True)

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Keep what was trained and the families' buffers; leave out the frozen model, note which one it was."""
        state = checkpoint["state_dict"]
        checkpoint["state_dict"] = {key: value for key, value in state.items() if not key.startswith("base_model.")}
        checkpoint["base_model"] = {
            "name": self.base_model_name,
            "dtype": self.dtype_name,
            "fingerprint": self.fingerprint,
        }
        checkpoint["embedding_width"] = self.embedding_width

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Refuse a checkpoint of another base model, or one whose parameters are not this module's."""
        check_checkpoint(checkpoint, self.base_model_name, self.fingerprint)
        own = {key for key in self.state_dict() if not key.startswith("base_model.")}
        found = set(checkpoint["state_dict"])
        if own != found:
            raise CheckpointError(
                "the checkpoint's parameters are not those of this configuration; "
                f"missing {sorted(own - found)[:3]}, unknown {sorted(found - own)[:3]}"
            )


def use_fused_kernel(optimizer: Optimizer) -> None:
    """Let Adam and AdamW take each step in one kernel (six times as fast on a CPU), unless another one was asked for.

    The groups are told, and not the constructor: Lightning refuses to clip gradients in mixed precision for optimisers
    that were built with it, since those unscale gradients themselves.
    """
    if isinstance(optimizer, torch.optim.Adam):
        for group in optimizer.param_groups:
            chosen = (group[name] for name in ("fused", "foreach", "capturable", "differentiable"))
            if group["fused"] is None and not any(chosen):
                group["fused"] = True


def mean_over_examples(means: Mapping[str, Float[Tensor, " tasks"]], value: str) -> Float[Tensor, ""]:
    """The mean over all examples from means per task."""
    examples = means["examples"]
    return torch.where(examples > 0, means[value] * examples, 0.0).sum() / examples.sum()


def generator_context(families: Sequence[AdapterFamily], embedding_width: int) -> GeneratorContext:
    """What a generator must know of the families: shapes and starts of their factors, in sorted order.

    Raises:
        ConfigurationError: two families of one kind.
    """
    owned = sorted(((family, group) for family in families for group in family.groups), key=lambda pair: pair[1].key)
    keys = [group.key for _, group in owned]
    if len(set(keys)) != len(keys):
        raise ConfigurationError(f"families adapt the same sites twice: {keys}; list each family once")
    return GeneratorContext(
        groups=tuple(group for _, group in owned),
        starts={group.key: dict(family.start(group)) for family, group in owned},
        spreads={
            group.key: {factor.name: family.start_spread(factor.name) for factor in group.factors}
            for family, group in owned
        },
        embedding_width=embedding_width,
    )


def check_checkpoint(checkpoint: dict[str, Any], name: str, weights_fingerprint: str) -> None:
    """Refuse a checkpoint that was trained on other weights.

    Raises:
        CheckpointError: naming both base models.
    """
    trained_on = checkpoint.get("base_model")
    if not isinstance(trained_on, dict):
        raise CheckpointError("this is not a checkpoint of adaptlab: it does not name its base model")
    if trained_on["fingerprint"] != weights_fingerprint:
        raise CheckpointError(
            f"the checkpoint was trained on {trained_on['name']} ({trained_on['dtype']}, weights "
            f"{trained_on['fingerprint']}), not on {name} (weights {weights_fingerprint}); use its own base model"
        )
