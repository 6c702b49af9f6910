"""Tell how a run goes where no progress bar can: one line every so many steps, and what the run cost."""

import resource
import sys
import time
from typing import Any

from lightning import Callback, LightningModule, Trainer
from lightning.pytorch.utilities import rank_zero_info


def peak_memory_bytes() -> int:
    """The largest resident set that this process has had."""
    kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return kilobytes if sys.platform == "darwin" else kilobytes * 1024


class ProgressLines(Callback):
    """Print a line every `every_n_steps` steps, and after each validation, unless a terminal shows a bar.

    Args:
        every_n_steps: how often.
    """

    def __init__(self, every_n_steps: int = 25) -> None:
        self.every_n_steps = every_n_steps
        self.started = 0.0

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self.started = time.monotonic()

    def _print(self, trainer: Trainer, prefixes: tuple[str, ...]) -> None:
        if sys.stdout.isatty() or trainer.sanity_checking:
            return
        values = {k: float(v) for k, v in trainer.callback_metrics.items() if k.startswith(prefixes)}
        shown = "  ".join(f"{name} {value:.3f}" for name, value in sorted(values.items()))
        elapsed = time.monotonic() - self.started
        rank_zero_info(f"step {trainer.global_step}/{trainer.estimated_stepping_batches}  {elapsed:.0f} s  {shown}")

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        if trainer.global_step % self.every_n_steps == 0:
            self._print(trainer, ("train/",))

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self._print(trainer, ("validation/", "seen/"))


class RunCost(Callback):
    """Keep training time, peak memory and parameter counts in the checkpoint, and print them at the end."""

    def __init__(self) -> None:
        self.before = 0.0
        self.started = time.monotonic()

    def on_fit_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self.started = time.monotonic()

    def _cost(self, pl_module: LightningModule) -> dict[str, Any]:
        trained = sum(p.numel() for p in pl_module.parameters() if p.requires_grad)
        return {
            "training_time_seconds": self.before + time.monotonic() - self.started,
            "peak_memory_bytes": peak_memory_bytes(),
            "trained_parameters": trained,
        }

    def on_save_checkpoint(self, trainer: Trainer, pl_module: LightningModule, checkpoint: dict[str, Any]) -> None:
        checkpoint["cost"] = self._cost(pl_module)

    def on_load_checkpoint(self, trainer: Trainer, pl_module: LightningModule, checkpoint: dict[str, Any]) -> None:
        self.before = checkpoint.get("cost", {}).get("training_time_seconds", 0.0)

    def on_fit_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        cost = self._cost(pl_module)
        best = getattr(trainer.checkpoint_callback, "best_model_path", "")
        rank_zero_info(
            f"trained {cost['trained_parameters']:,} parameters in {trainer.global_step} steps, "
            f"{cost['training_time_seconds'] / 60:.1f} min, peak {cost['peak_memory_bytes'] / 2**30:.1f} GiB; "
            f"best checkpoint: {best}"
        )
