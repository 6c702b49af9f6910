"""Keep checkpoints safe: training state -> a whole file, its digest, and the file it replaced."""

import hashlib
import json
import warnings
from pathlib import Path
from typing import Any

import torch
from lightning import Callback, LightningModule, Trainer
from lightning.fabric.plugins import TorchCheckpointIO

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
    """Whether the running batch is the last of an epoch that ends with a validation.

    A run that went on from a checkpoint of this moment would leave that validation out, so it is written after it.
    Where validations are counted in steps none belongs to the end of an epoch.
    """
    every = trainer.check_val_every_n_epoch
    if not trainer.fit_loop.epoch_loop.batch_progress.is_last_batch or every is None:
        return False
    return bool(trainer.enable_validation and (trainer.current_epoch + 1) % every == 0)


class KeepLast(Callback):
    """Write the newest state every so many steps and at the end, whatever else is kept.

    Args:
        path: the file.
        every_n_steps: how often.
    """

    def __init__(self, path: Path, every_n_steps: int) -> None:
        self.path, self.every_n_steps = path, every_n_steps
        self.written = 0

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self.written = trainer.global_step

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        step = trainer.global_step
        if step > self.written and step % self.every_n_steps == 0 and not validation_follows(trainer):
            trainer.save_checkpoint(self.path, weights_only=False)
            self.written = step

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        step = trainer.global_step
        if step > self.written and step % self.every_n_steps == 0 and validation_follows(trainer):
            trainer.save_checkpoint(self.path, weights_only=False)
            self.written = step

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        trainer.save_checkpoint(self.path, weights_only=False)
