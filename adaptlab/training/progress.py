"""Tell how a run goes where no progress bar can: one line every so many steps, and what the run cost."""

import resource
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import torch
from lightning import Callback, LightningModule, Trainer
from lightning.pytorch.utilities import rank_zero_info


def peak_memory_bytes() -> int:
    """The most memory that this process has held, or since it was counted anew: on its GPU, else its resident set."""
    if torch.cuda.is_available() and torch.cuda.is_initialized():  # type: ignore[no-untyped-call]
        return torch.cuda.max_memory_allocated()
    if (status := Path("/proc/self/status")).exists():  # the other count begins with what the process's parent held
        (peak,) = (line.split()[1] for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
        return int(peak) * 1024
    kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return kilobytes if sys.platform == "darwin" else kilobytes * 1024


def count_peak_memory_anew() -> None:
    """Let the count begin with what is held now; loading a model takes more than small methods need later."""
    if torch.cuda.is_available() and torch.cuda.is_initialized():  # type: ignore[no-untyped-call]
        torch.cuda.reset_peak_memory_stats()
    with suppress(OSError):  # only Linux has it
        Path("/proc/self/clear_refs").write_text("5")


class ProgressLines(Callback):
    """Print a line every `every_n_steps` steps, and after each validation, unless a terminal shows a bar.

    Args:
        every_n_steps: how often.
    """

    def __init__(self, every_n_steps: int = 25) -> None:
        self.every_n_steps = every_n_steps
        self.started, self.step = 0.0, 0

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self.started, self.step = time.monotonic(), trainer.global_step

    def _print(self, trainer: Trainer, prefixes: tuple[str, ...]) -> None:
        if sys.stdout.isatty() or trainer.sanity_checking:
            return
        values = {k: float(v) for k, v in trainer.callback_metrics.items() if k.startswith(prefixes)}
        shown = "  ".join(f"{name} {value:.3f}" for name, value in sorted(values.items()))
        elapsed = time.monotonic() - self.started
        total = max(trainer.global_step, int(trainer.estimated_stepping_batches))  # falls where tasks stop early
        rank_zero_info(f"step {trainer.global_step}/{total}  {elapsed:.0f} s  {shown}")

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        if trainer.global_step > self.step and trainer.global_step % self.every_n_steps == 0:
            self._print(trainer, ("train/",))
        self.step = trainer.global_step

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self._print(trainer, ("validation/", "seen/", "held_back/"))


class RunCost(Callback):
    """Log tokens per second; keep time, tokens, memory and parameter counts in the checkpoint; print them at the end.

    Where no language model reads tokens there is no rate. Tokens are real ones over all processes, positions count
    padding as well; the time of validations does not count for their rate.

    Args:
        every_n_batches: over how many batches the logged rate is taken.
    """

    def __init__(self, every_n_batches: int = 10) -> None:
        self.every_n_batches, self.batches = every_n_batches, 0
        self.before = 0.0
        self.started = self.batch_started = time.monotonic()
        self.tokens, self.positions, self.seconds = 0, 0, 0.0
        self.marked = (0, 0.0)

    def on_fit_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self.started = time.monotonic()
        count_peak_memory_anew()

    def on_train_batch_start(self, trainer: Trainer, pl_module: LightningModule, batch: Any, batch_idx: int) -> None:
        self.batch_started = time.monotonic()

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        self.tokens += batch.real_tokens * trainer.world_size
        self.positions += batch.positions * trainer.world_size
        self.seconds += time.monotonic() - self.batch_started
        self.batches += 1
        if self.tokens and self.batches % self.every_n_batches == 0:
            tokens, seconds = self.marked
            rate = (self.tokens - tokens) / (self.seconds - seconds)
            pl_module.log("train/tokens_per_second", rate, prog_bar=True)
            self.marked = self.tokens, self.seconds

    def _cost(self, pl_module: LightningModule) -> dict[str, Any]:
        trained = sum(p.numel() for p in pl_module.parameters() if p.requires_grad)
        return {
            "training_time_seconds": self.before + time.monotonic() - self.started,
            "peak_memory_bytes": peak_memory_bytes(),
            "trained_parameters": trained,
            "tokens": self.tokens,
            "positions": self.positions,
            "seconds_in_steps": self.seconds,
        }

    def on_save_checkpoint(self, trainer: Trainer, pl_module: LightningModule, checkpoint: dict[str, Any]) -> None:
        checkpoint["cost"] = self._cost(pl_module)

    def on_load_checkpoint(self, trainer: Trainer, pl_module: LightningModule, checkpoint: dict[str, Any]) -> None:
        cost = checkpoint.get("cost", {})
        self.before = cost.get("training_time_seconds", 0.0)
        self.tokens, self.seconds = cost.get("tokens", 0), cost.get("seconds_in_steps", 0.0)
        self.positions = cost.get("positions", self.tokens)
        self.marked = self.tokens, self.seconds

    def on_fit_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        cost = self._cost(pl_module)
        best = getattr(trainer.checkpoint_callback, "best_model_path", "")
        rate = f"{self.tokens / self.seconds:,.0f} tokens/s, " if self.tokens else ""
        rank_zero_info(
            f"trained {cost['trained_parameters']:,} parameters in {trainer.global_step} steps, "
            f"{cost['training_time_seconds'] / 60:.1f} min, {rate}"
            f"peak memory {cost['peak_memory_bytes'] / 2**30:.1f} GiB; best checkpoint: {best or 'none kept'}"
        )
