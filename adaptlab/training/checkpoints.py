"""Keep checkpoints safe: training state -> a whole file, its digest, and the file it replaced."""

import hashlib
import json
import warnings
from pathlib import Path
from typing import Any

import torch
from lightning import Callback, LightningModule, Trainer
from lightning.fabric.plugins import TorchCheckpointIO
from torch import Tensor

from adaptlab.errors import CheckpointError
from adaptlab.files import write_json, written_whole

KEPT_DIGESTS = 3


def previous(path: Path) -> Path:
    """Where the checkpoint that `path` replaced is kept."""
    return path.with_name(f"{path.name}.previous")


def digests(path: Path) -> Path:
    """Where the digests of the latest whole files under this name are noted."""
    return path.with_name(f"{path.name}.sha256")


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def is_whole(path: Path, noted: Path) -> bool:
    """Whether a file is one that was written to its end; files without a note of digests are taken as they are."""
    if not path.is_file():
        return False
    return not noted.is_file() or _digest(path) in json.loads(noted.read_text(encoding="utf-8"))


def whole_checkpoint(path: Path) -> Path:
    """The checkpoint, or the one before where it is damaged or missing, which is said.

    Raises:
        CheckpointError: there is no such file, or neither it nor the one before is whole.
    """
    for candidate in (path, previous(path)):
        if is_whole(candidate, digests(path)):
            if candidate != path:
                warnings.warn(
                    f"checkpoint {path} is damaged or missing; using the one before, {candidate}", stacklevel=2
                )
            return candidate
    if not path.exists():
        raise CheckpointError(f"there is no checkpoint {path}")
    raise CheckpointError(f"checkpoint {path} is damaged, and there is none before it; train again or use a copy")


def _keep(path: Path) -> None:
    """Keep a checkpoint as the one before; it stays under its own name too, where the filesystem has hard links."""
    linked = path.with_name(f".{path.name}.link.partial")
    try:
        linked.hardlink_to(path)
    except OSError:
        path.replace(previous(path))
    else:
        linked.replace(previous(path))


class SafeCheckpointIO(TorchCheckpointIO):
    """Writes a checkpoint aside, notes its digest, keeps the one before, and only then gives it its name.

    A kill at any moment leaves a whole file under the name or as the one before.
    """

    def save_checkpoint(self, checkpoint: dict[str, Any], path: str | Path, storage_options: Any = None) -> None:
        path = Path(path)
        try:
            for left_by_a_kill in path.parent.glob(f".{path.name}.*.partial"):
                left_by_a_kill.unlink()
            with written_whole(path) as aside:
                torch.save(checkpoint, aside)
                noted = json.loads(digests(path).read_text(encoding="utf-8")) if digests(path).is_file() else []
                write_json(digests(path), [_digest(aside), *noted][:KEPT_DIGESTS])
                if is_whole(path, digests(path)):
                    _keep(path)
        except (OSError, RuntimeError) as error:
            raise CheckpointError(
                f"checkpoint {path} cannot be written ({error}); make room on the disk, then go on from the last one "
                f"with --ckpt_path {path}"
            ) from error

    def load_checkpoint(
        self, path: str | Path, map_location: Any = "cpu", weights_only: bool | None = None
    ) -> dict[str, Any]:
        """Read tensors and plain types, from the last whole file; to the CPU, whatever device they were saved from."""
        found: dict[str, Any] = torch.load(whole_checkpoint(Path(path)), map_location=map_location, weights_only=True)
        return found

    def remove_checkpoint(self, path: str | Path) -> None:
        for file in (Path(path), previous(Path(path)), digests(Path(path))):
            file.unlink(missing_ok=True)


def validation_follows(trainer: Trainer) -> bool:
    """Whether Lightning is about to validate, seen from the end of a batch."""
    loop, fetcher = trainer.fit_loop.epoch_loop, trainer.fit_loop._data_fetcher
    assert fetcher is not None
    nothing_to_measure = loop.val_loop._combined_loader is not None and not sum(trainer.num_val_batches)
    return not nothing_to_measure and loop._should_check_val_fx(fetcher)


def about_to_end(trainer: Trainer) -> bool:
    """Whether this is the last step, seen from its end or from its validation's."""
    fit = trainer.fit_loop
    ends_epoch = fit.epoch_loop.batch_progress.is_last_batch
    last_epoch = fit.epoch_progress.current.completed + 1 == trainer.max_epochs
    stops_early = trainer.should_stop and fit._can_stop_early
    return trainer.global_step == trainer.max_steps or (ends_epoch and last_epoch) or stops_early


class AfterStep(Callback):
    """Calls `after_step` once after every whole step, and after the validation that belongs to it where there is one.

    A run that went on from a state of the moment before a validation would leave that validation out. After the last
    step it is not called: the run is about to end, and ends as a whole.
    """

    def __init__(self) -> None:
        self.step = 0

    def after_step(self, trainer: Trainer) -> None:
        """What is done in every process, after `trainer.global_step` steps."""
        raise NotImplementedError

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self.step = trainer.global_step

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        # Runs that are counted in epochs would count an epoch twice that was left at the end of its last batch.
        ends_epoch = trainer.max_steps == -1 and trainer.fit_loop.epoch_loop.batch_progress.is_last_batch
        if not ends_epoch and not validation_follows(trainer):
            self._once_a_step(trainer)

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self._once_a_step(trainer)

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self._once_a_step(trainer)

    def _once_a_step(self, trainer: Trainer) -> None:
        if self.step < trainer.global_step and not about_to_end(trainer):  # not while batches are accumulated
            self.step = trainer.global_step
            self.after_step(trainer)


class KeepLast(AfterStep):
    """Write the newest state every so many steps and at the end, whatever else is kept.

    Metrics of the last validation belong to it: callbacks that choose or stop by them may read them at the end of the
    epoch, after a run went on.

    Args:
        path: the file.
        every_n_steps: how often.
    """

    def __init__(self, path: Path, every_n_steps: int) -> None:
        super().__init__()
        self.path, self.every_n_steps = path, every_n_steps
        self._trainer: Trainer | None = None
        self._metrics: dict[str, Tensor] = {}

    def setup(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        self._trainer = trainer

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        super().on_train_start(trainer, pl_module)
        trainer._logger_connector._callback_metrics.update(self._metrics)

    def after_step(self, trainer: Trainer) -> None:
        if trainer.global_step % self.every_n_steps == 0:
            trainer.save_checkpoint(self.path, weights_only=False)

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        trainer.save_checkpoint(self.path, weights_only=False)

    def state_dict(self) -> dict[str, Any]:
        """The metrics that callbacks see."""
        assert self._trainer is not None
        return {"metrics": {name: value.detach().cpu() for name, value in self._trainer.callback_metrics.items()}}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on from such a state."""
        self._metrics = dict(state_dict["metrics"])
