"""Begin where another run ended: a checkpoint's generator -> the parameters of a new one that fit."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from lightning.pytorch.utilities import rank_zero_info
from torch import Tensor

from adaptlab.contracts import TaskSuite
from adaptlab.errors import CheckpointError, ConfigurationError
from adaptlab.hypernetworks import Generator
from adaptlab.training.checkpoints import whole_checkpoint
from adaptlab.training.released import read_released

OF_A_BASE_MODEL = ("heads.", "start_", "layer_codes.", "module_codes.", "mean_", "deviation_")
"""Parameters that say something about one base model's sites; the others are the trunk."""


def read_start(path: Path) -> dict[str, Any]:
    """The checkpoint, tensors and plain types only, from its file or from the folder of a released generator.

    Raises:
        CheckpointError: it is absent, damaged, or none of ours.
    """
    if path.is_dir():
        return read_released(path)
    try:
        found = torch.load(whole_checkpoint(path), map_location="cpu", weights_only=True)
    except CheckpointError:
        raise
    except Exception as error:
        raise CheckpointError(f"{path} is damaged or not a checkpoint: {error}") from error
    if not isinstance(found, dict) or "state_dict" not in found or "base_model" not in found:
        raise CheckpointError(f"{path} is not a checkpoint of adaptlab")
    return found


def refuse_trained_on(tasks: Sequence[str], suite: TaskSuite, path: str) -> None:
    """Refuse a checkpoint that was trained on what a suite keeps for choosing or for measuring.

    Raises:
        ConfigurationError: it was; the message names the tasks.
    """
    mixed = sorted({task.name for task in (*suite.validation, *suite.test)} & set(tasks))
    if mixed:
        raise ConfigurationError(
            f"{path} was trained on {', '.join(mixed[:5])}{' and others' if mixed[5:] else ''}, which suite "
            f"{suite.name!r} holds out; use a suite that has {'them' if mixed[1:] else 'it'} among its train tasks"
        )


@torch.no_grad()
def take_over(
    generator: Generator,
    checkpoint: Mapping[str, Any],
    path: Path,
    fingerprint: str,
    families: Sequence[Mapping[str, Any]],
) -> None:
    """Copy every parameter that fits by name and shape; of another base model or other families, those of the trunk.

    A hypernetwork takes all of a hypernetwork of its own shape; of a shared adapter, its static start, around which
    its heads then begin without spread.

    Args:
        generator: what begins.
        checkpoint: of the run before.
        path: where it was read, for messages.
        fingerprint: of the base model that the generator is for.
        families: settings of the families that it emits for.

    Raises:
        CheckpointError: nothing fits.
    """
    before: dict[str, Tensor] = {
        name.removeprefix("generator."): value
        for name, value in checkpoint["state_dict"].items()
        if name.startswith("generator.")
    }
    other_model = checkpoint["base_model"]["fingerprint"] != fingerprint
    foreign = other_model or list(checkpoint.get("families", ())) != [dict(settings) for settings in families]
    taken, left = [], []
    for name, value in generator.state_dict().items():
        own_site = name.removeprefix("inner.").startswith(OF_A_BASE_MODEL)
        if name in before and before[name].shape == value.shape and not (foreign and own_site):
            value.copy_(before[name])
            taken.append(name)
        else:
            left.append(name)
        if name.startswith("heads.") and not any(other.startswith("heads.") for other in before) and not foreign:
            value.zero_()
    if not taken:
        raise CheckpointError(
            f"nothing in {path} fits this generator: it has {sorted(before)[:3]}, the generator {sorted(left)[:3]}; "
            "choose the same widths and size"
        )
    rank_zero_info(
        f"began with {len(taken)} of {len(taken) + len(left)} tensors of {path}"
        + (f" (of the base model {checkpoint['base_model']['name']})" if other_model else "")
        + (f"; fresh: {', '.join(left[:6])}{', ...' if len(left) > 6 else ''}" if left else "")
    )
