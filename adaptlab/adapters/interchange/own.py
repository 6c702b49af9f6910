"""adaptlab's own format of an adapter: any families together <-> `adapter.json` and `adapter.safetensors`.

The settings hold all that the tensors mean: schema, base model and fingerprint of its weights, families with rank,
scale and positions, sites, and where the adapter came from.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from safetensors.torch import save_file

from adaptlab.adapters.build import build_family
from adaptlab.adapters.family import AdapterFamily
from adaptlab.adapters.library import BaseModelName
from adaptlab.adapters.reading import plain_file, read_json, read_safetensors
from adaptlab.adapters.storing import (
    from_tensors,
    not_finite,
    refuse_claims,
    sites_from_json,
    sites_of,
    tensor_shapes,
    to_tensors,
)
from adaptlab.contracts import AdapterParameters
from adaptlab.errors import AdaptlabError, LibraryError
from adaptlab.files import write_json

SCHEMA = 1
SETTINGS, TENSORS = "adapter.json", "adapter.safetensors"


@dataclass(frozen=True)
class SavedAdapter:
    """One adapter and what it is for.

    Args:
        base_model: the weights that it belongs to.
        families: how it adapts them.
        parameters: of a single task.
        prompt_start: position of the first prompt token that counts where a family chooses positions.
        provenance: where it came from: description, strength, generator; plain JSON types.
    """

    base_model: BaseModelName
    families: Sequence[AdapterFamily]
    parameters: AdapterParameters
    prompt_start: int = 0
    provenance: Mapping[str, Any] = field(default_factory=dict)


def write_adapter(folder: Path, adapter: SavedAdapter) -> None:
    """Write one adapter; the folder is made if absent."""
    folder.mkdir(parents=True, exist_ok=True)
    save_file(to_tensors(adapter.families, adapter.parameters), folder / TENSORS)
    write_json(
        folder / SETTINGS,
        {
            "schema": SCHEMA,
            "base_model": vars(adapter.base_model),
            "families": [dict(family.settings) for family in adapter.families],
            "sites": [vars(site) for site in sites_of(adapter.families)],
            "prompt_start": adapter.prompt_start,
            "provenance": dict(adapter.provenance),
        },
    )


def read_adapter(folder: Path) -> SavedAdapter:
    """Read one adapter; no base model is needed.

    Raises:
        LibraryError: a file is missing, damaged, of another schema, or claims more than it holds.
    """
    settings, tensors = read_json(folder / SETTINGS), plain_file(folder / TENSORS)
    try:
        if settings["schema"] != SCHEMA:
            raise LibraryError(f"{folder} has schema {settings['schema']}, this version reads {SCHEMA}")
        sites = sites_from_json(settings["sites"])
        refuse_claims(settings["families"], sites, tensors.stat().st_size)
        families = tuple(build_family(one, sites) for one in settings["families"])
        base_model = BaseModelName(**settings["base_model"])
        start, provenance = int(settings["prompt_start"]), dict(settings["provenance"])
        float(provenance.get("strength", 1.0))  # raises where it is no number
    except LibraryError:
        raise
    except (KeyError, TypeError, ValueError, OverflowError, AttributeError, AdaptlabError) as error:
        raise LibraryError(f"{folder / SETTINGS} is damaged ({type(error).__name__}: {error})") from error
    found = read_safetensors(tensors, tensor_shapes(families))
    broken = not_finite(found)
    if broken:
        raise LibraryError(f"{folder}: {broken} is not finite")
    return SavedAdapter(base_model, families, from_tensors(families, [found], canonical=False), start, provenance)
