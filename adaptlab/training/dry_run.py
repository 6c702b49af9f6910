"""Try a run out: a configuration -> what it resolves to, parameter counts, time and memory of a few real steps."""

import statistics
import time
from typing import Any

from lightning import Callback, LightningModule, Trainer
from rich.console import Console
from rich.table import Table

from adaptlab.training.adaptation import SupervisedAdaptation
from adaptlab.training.module import Adaptation
from adaptlab.training.progress import peak_memory_bytes

STEPS, WARM_STEPS = 6, 2


class StepTimes(Callback):
    """Keep the seconds and the real tokens of each optimiser step."""

    def __init__(self) -> None:
        self.started = 0.0
        self.seconds: list[float] = []
        self.tokens: list[int] = []

    def on_train_batch_start(self, trainer: Trainer, pl_module: LightningModule, batch: Any, batch_idx: int) -> None:
        if batch_idx % trainer.accumulate_grad_batches == 0:
            self.started = time.perf_counter()
            self.tokens.append(0)

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        self.tokens[-1] += batch.real_tokens * trainer.world_size  # waits for the device
        if (batch_idx + 1) % trainer.accumulate_grad_batches == 0:
            self.seconds.append(time.perf_counter() - self.started)


def dry_run(trainer: Trainer, module: Adaptation, data: Any, configuration: str) -> None:
    """Print the configuration, take a few real steps that write nothing, and print what a whole run would cost."""
    console = Console()
    if trainer.is_global_zero:
        print(configuration)
    times = StepTimes()
    planned, epochs = trainer.max_steps, trainer.max_epochs
    trainer.callbacks = [times]  # type: ignore[attr-defined]
    trainer.loggers = []
    trainer.limit_val_batches = 0
    trainer.fit_loop.epoch_loop.max_steps = STEPS
    trainer.fit(module, datamodule=data)
    if not trainer.is_global_zero:
        return
    warm = WARM_STEPS if len(times.seconds) > WARM_STEPS else 0
    seconds = statistics.median(times.seconds[warm:])
    rate = sum(times.tokens[warm : len(times.seconds)]) / sum(times.seconds[warm:])
    trained = [p for p in module.parameters() if p.requires_grad]
    per_epoch = -(-int(trainer.num_training_batches) // trainer.accumulate_grad_batches)
    steps = planned if planned > 0 else per_epoch * (epochs or 1000)  # Lightning's own default
    groups = [group for family in module.adapter_families for group in family.groups]
    rows = {}
    if isinstance(module, SupervisedAdaptation):
        frozen = sum(p.numel() for p in module.frozen_model.parameters())
        rows["frozen parameters"] = f"{frozen:,} ({module.dtype_name})"
    rows |= {
        "trained parameters": f"{sum(p.numel() for p in trained):,}",
        "emitted per task": f"{sum(group.parameters_per_task for group in groups):,}",
        "checkpoint, about": f"{3 * sum(p.numel() * p.element_size() for p in trained) / 2**20:,.0f} MiB with AdamW",
        "peak memory of a process": f"{peak_memory_bytes() / 2**30:.2f} GiB after {len(times.seconds)} steps",
        "time per step": f"{seconds:.3f} s (median of {len(times.seconds) - warm}), {rate:,.0f} tokens/s",
        "whole run": f"{steps:,} steps, about {steps * seconds / 60:,.0f} min without validations",
    }
    table = Table(title="Dry run: nothing was written", show_header=False)
    for name, value in rows.items():
        table.add_row(name, value)
    console.print(table)
