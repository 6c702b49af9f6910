"""What every way of training a generator shares: its optimiser, its schedule, and what callbacks read of a step."""

import math
from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

import torch
from jaxtyping import Float, Int
from lightning import LightningModule, Trainer
from lightning.pytorch.cli import OptimizerCallable
from torch import Tensor, nn
from torch.optim import Optimizer

from adaptlab.adapters import AdapterFamily, sites_of
from adaptlab.contracts import AdapterParameters
from adaptlab.errors import CheckpointError, ConfigurationError
from adaptlab.hypernetworks import Generator, GeneratorContext, Standardised, standard_context
from adaptlab.training.taskwise import TaskwiseAdamW

GeneratorFactory = Callable[[GeneratorContext], Generator]
Schedule = Literal["linear", "constant"]


class Adaptation(LightningModule):
    """A generator of adapters and the families it emits for.

    Args:
        generator: what emits the adapters.
        optimizer: AdamW at 4e-4 without weight decay when None.
        schedule: `linear` falls to zero at the last step, `constant` does not; both after the warm-up.
        warmup_share: share of all steps over which the learning rate rises from zero.
    """

    generator: Generator
    families: nn.ModuleList
    embedding_width: int

    def __init__(
        self,
        generator: GeneratorFactory,
        optimizer: OptimizerCallable | None,
        schedule: Schedule,
        warmup_share: float,
    ) -> None:
        super().__init__()
        self._generator_factory, self._optimizer = generator, optimizer
        self.schedule, self.warmup_share = schedule, warmup_share

    @property
    def adapter_families(self) -> list[AdapterFamily]:
        """The families, as attached together."""
        return list(self.families)  # type: ignore[arg-type]

    @property
    def emitted_parameters(self) -> int:
        """Values of one task's adapter."""
        return sum(group.parameters_per_task for family in self.adapter_families for group in family.groups)

    def emit(self, embeddings: Float[Tensor, "descriptions width"]) -> AdapterParameters:
        """One adapter per task embedding."""
        emitted: AdapterParameters = self.generator(embeddings)
        return emitted

    def configure_optimizers(self) -> Any:
        """Train the generator and nothing else."""
        trained = list(self.generator.parameters())
        optimizer = self._optimizer(trained) if self._optimizer else torch.optim.AdamW(trained, 4e-4, weight_decay=0.0)
        use_fused_kernel(optimizer)
        if self.generator.independent_tasks:
            self._refuse_what_tasks_would_share(optimizer)
            return optimizer
        total = total_steps(self.trainer)
        warmup = math.ceil(self.warmup_share * total)

        def factor(step: int) -> float:
            if step < warmup:
                return (step + 1) / warmup
            return 1.0 if self.schedule == "constant" else max(0.0, (total - step) / max(1, total - warmup))

        scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, factor)
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": scheduler, "interval": "step"}}

    def _refuse_what_tasks_would_share(self, optimizer: torch.optim.Optimizer) -> None:
        """Stop where tasks that have nothing in common would be clipped, scheduled, stepped or accumulated together.

        Raises:
            ConfigurationError: saying what to set.
        """
        data = self.trainer.datamodule  # type: ignore[attr-defined]
        if not isinstance(optimizer, TaskwiseAdamW) or data.order != "rounds":
            raise ConfigurationError(
                "set model.optimizer to adaptlab.training.TaskwiseAdamW and data.order: rounds for a TaskTable; any "
                "other optimiser moves tasks that are not in the batch, by momentum and weight decay"
            )
        if self.trainer.gradient_clip_val:
            raise ConfigurationError(
                "trainer.gradient_clip_val would clip the gradients of all tasks together; set it to null, and let "
                "adaptlab.training.TaskwiseAdamW clip each task's own"
            )
        if self.schedule != "constant" or self.warmup_share:
            raise ConfigurationError(
                "set model.schedule: constant and model.warmup_share: 0 for a TaskTable; each task's own steps decide "
                "its learning rate, by warmup_steps and total_steps of adaptlab.training.TaskwiseAdamW"
            )
        if self.trainer.accumulate_grad_batches > 1:
            raise ConfigurationError("a TaskTable takes a step per batch; set trainer.accumulate_grad_batches: 1")

    def note_step(self, tasks: Int[Tensor, " batch"], losses: Float[Tensor, " batch"]) -> None:
        """Keep what guards look at: the losses of this process's last training batch and the tasks they are of."""
        self._latest = tasks, losses.detach()

    @property
    def latest_loss(self) -> Tensor:
        """Mean loss of this process's last training batch."""
        return self._latest[1].mean()

    def tasks_with_infinite_loss(self) -> list[str]:
        """Names of the tasks whose loss was not finite in this process's last training batch."""
        tasks, losses = self._latest
        names = [task.name for task in self.trainer.datamodule.train_tasks]  # type: ignore[attr-defined]
        return sorted({names[index] for index in tasks[~torch.isfinite(losses)].tolist()})

    @property
    @abstractmethod
    def weights(self) -> dict[str, str]:
        """Name, dtype and fingerprint of the base model that the adapters are for."""

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Keep what was trained and the families' buffers; leave out the frozen model, note which one it was."""
        state = checkpoint["state_dict"]
        checkpoint["state_dict"] = {key: value for key, value in state.items() if not key.startswith("base_model.")}
        checkpoint["base_model"] = self.weights
        checkpoint["embedding_width"] = self.embedding_width
        checkpoint["families"] = [dict(family.settings) for family in self.adapter_families]
        checkpoint["sites"] = [vars(site) for site in sites_of(self.adapter_families)]

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Refuse a checkpoint of another base model, or one whose parameters are not this module's."""
        check_checkpoint(checkpoint, self.weights["name"], self.weights["fingerprint"])
        own = {key for key in self.state_dict() if not key.startswith("base_model.")}
        found = set(checkpoint["state_dict"])
        if own != found:
            raise CheckpointError(
                "the checkpoint's parameters are not those of this configuration; "
                f"missing {sorted(own - found)[:3]}, unknown {sorted(found - own)[:3]}"
            )


def total_steps(trainer: Trainer) -> int:
    """Optimiser steps of the whole run.

    Lightning's own estimate opens the training data before a resumed run knows where it was, which loses its place.

    Raises:
        ConfigurationError: neither steps nor epochs are limited, so that no schedule could end.
    """
    limits = []
    if trainer.max_steps > 0:
        limits.append(trainer.max_steps)
    if trainer.max_epochs is not None and trainer.max_epochs >= 0:
        batches = len(trainer.datamodule.train_dataloader())  # type: ignore[attr-defined]
        limit = trainer.limit_train_batches
        batches = min(batches, limit) if isinstance(limit, int) else int(batches * limit)
        limits.append(math.ceil(batches / trainer.accumulate_grad_batches) * trainer.max_epochs)
    if not limits:
        raise ConfigurationError("say how long to train: trainer.max_steps or trainer.max_epochs")
    return min(limits)


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


def in_units_of_a_library(factory: GeneratorFactory) -> GeneratorFactory:
    """The same generators, wrapped; means and deviations come with the parameters that are loaded."""

    def build(context: GeneratorContext) -> Generator:
        return Standardised(factory(standard_context(context)), context)

    return build


def is_standardised(state: Mapping[str, Any]) -> bool:
    """Whether a checkpoint's generator works in the units of a library."""
    return any(name.startswith("generator.inner.") for name in state)
