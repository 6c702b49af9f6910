"""Keep a trained generator as others may use it: a checkpoint <-> `generator.json` and `generator.safetensors`.

A released generator holds what emits adapters and nothing of the training's state: no optimiser, no callbacks. Its
tensors may be in half precision; they are read back in float32.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from adaptlab.adapters.reading import plain_file, read_json
from adaptlab.errors import CheckpointError
from adaptlab.files import write_json

SCHEMA = 1
SETTINGS, TENSORS = "generator.json", "generator.safetensors"
PLAIN = (
    "base_model",
    "config",
    "cost",
    "embedding_width",
    "families",
    "global_step",
    "prompt",
    "prompt_start",
    "sites",
    "tasks",
    "tasks_before",
)
"""What of a checkpoint is written as JSON."""
_CENTROIDS = "known_tasks.centroids"


def write_released(checkpoint: Mapping[str, Any], folder: Path, dtype: torch.dtype = torch.float16) -> None:
    """Write a generator for release; the folder is made if absent.

    Args:
        checkpoint: as read from its file.
        folder: where to.
        dtype: of the generator's parameters on disk; the families' own buffers stay as they are.
    """
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {
        name: (value.to(dtype) if name.startswith("generator.") and value.is_floating_point() else value).contiguous()
        for name, value in checkpoint["state_dict"].items()
    }
    settings = {"schema": SCHEMA, **{name: checkpoint[name] for name in PLAIN if name in checkpoint}}
    known = checkpoint.get("known_tasks")
    if known is not None:
        settings["known_tasks"] = {"names": known["names"], "reach": known["reach"]}
        tensors[_CENTROIDS] = known["centroids"].half().contiguous()
    save_file(tensors, folder / TENSORS)
    write_json(folder / SETTINGS, settings)


def read_released(folder: Path) -> dict[str, Any]:
    """The checkpoint that was released, without its training state.

    Raises:
        LibraryError: a file is missing or a link, or the settings are damaged.
        CheckpointError: the tensors are damaged, or the schema is another.
    """
    found = read_json(folder / SETTINGS)
    if found.get("schema") != SCHEMA:
        raise CheckpointError(f"{folder} has schema {found.get('schema')}, this version reads {SCHEMA}")
    try:
        tensors = load_file(plain_file(folder / TENSORS))
    except (OSError, SafetensorError) as error:
        raise CheckpointError(f"{folder / TENSORS} is damaged ({error})") from error
    if found.get("known_tasks") is not None:
        if not isinstance(found["known_tasks"], dict):
            raise CheckpointError(f"{folder / SETTINGS} is damaged (known_tasks is no mapping)")
        if _CENTROIDS not in tensors:
            raise CheckpointError(f"{folder / TENSORS} lacks {_CENTROIDS}")
        found["known_tasks"]["centroids"] = tensors.pop(_CENTROIDS)
    found["state_dict"] = {
        name: value.float() if value.is_floating_point() else value for name, value in tensors.items()
    }
    return found
