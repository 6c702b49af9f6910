"""Open files that strangers wrote: a path -> JSON or tensors, or a refusal; nothing is imported, run or followed.

What is refused: links, what is no regular file, settings of many megabytes, archives with compressed or overlapping
members (a few kilobytes could unfold to terabytes), pickles that hold more than tensors, and tensors that are not of
the expected shape, before a value of them is read.
"""

import json
import stat
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from adaptlab.errors import LibraryError

NUMBERS = {"F64", "F32", "F16", "BF16"}
"""What values of adapters are stored as, in safetensors' words."""

LARGEST_JSON_BYTES = 16 * 2**20
MOST_MEMBERS = 256
"""Of an archive that holds one intervention; torch writes about ten."""

Shapes = Mapping[str, tuple[int, ...]]


def plain_file(path: Path) -> Path:
    """The path, where it is a regular file and no link.

    Raises:
        LibraryError: it is missing, a link, or something else.
    """
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        raise LibraryError(f"{path} is missing") from None
    except (OSError, ValueError) as error:
        raise LibraryError(f"{path} cannot be read ({error})") from error
    if stat.S_ISLNK(mode):
        raise LibraryError(
            f"{path} is a link; files are read where they stand only, so copy the folder with `cp -rL` first"
        )
    if not stat.S_ISREG(mode):
        raise LibraryError(f"{path} is no regular file")
    return path


def read_json(path: Path) -> dict[str, Any]:
    """Settings from a JSON file.

    Raises:
        LibraryError: it is missing, a link, too large, damaged, or no mapping.
    """
    size = plain_file(path).stat().st_size
    if size > LARGEST_JSON_BYTES:
        raise LibraryError(f"{path} has {size:,} bytes; settings have at most {LARGEST_JSON_BYTES:,}")
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise LibraryError(f"{path} is damaged ({error})") from error
    if not isinstance(found, dict):
        raise LibraryError(f"{path} holds no settings")
    return found


def read_safetensors(path: Path, expected: Shapes, metadata: Mapping[str, str] | None = None) -> dict[str, Tensor]:
    """Tensors of exactly these names and shapes.

    Args:
        path: the file.
        expected: the shape of each tensor.
        metadata: what the file's header must say.

    Raises:
        LibraryError: the file is no safetensors, or holds others.
    """
    plain_file(path)
    try:
        with safe_open(path, framework="pt") as file:
            found = {key: tuple(file.get_slice(key).get_shape()) for key in file.keys()}  # noqa: SIM118
            _refuse_others(path, found, expected)
            kinds = {file.get_slice(key).get_dtype() for key in expected} - NUMBERS
            if kinds:
                raise LibraryError(
                    f"{path} holds {', '.join(sorted(kinds))}; adapters are {', '.join(sorted(NUMBERS))}"
                )
            said = file.metadata() or {}
            for key, value in (metadata or {}).items():
                if said.get(key) != value:
                    raise LibraryError(f"{path} is for {key} {said.get(key)}, not {value}")
            return {key: file.get_tensor(key) for key in expected}
    except (SafetensorError, OSError, MemoryError) as error:
        raise LibraryError(
            f"{path} is damaged or no safetensors file ({error}); files of other formats are not opened"
        ) from error


def read_torch(path: Path) -> dict[str, Tensor]:
    """Tensors by name from a file that `torch.save` wrote, without running anything that stands in it.

    A tensor may claim any shape; look at shapes before computing with values.

    Raises:
        LibraryError: it is no such file, compressed, damaged, or holds more than tensors.
    """
    plain_file(path)
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        raise LibraryError(f"{path} is no file of torch.save ({error})") from error
    size, unfolded = path.stat().st_size, sum(member.file_size for member in members)
    if any(member.compress_type != zipfile.ZIP_STORED for member in members) or unfolded > size:
        raise LibraryError(f"{path} would unfold from {size:,} to {unfolded:,} bytes; torch.save does not compress")
    if len(members) > MOST_MEMBERS:
        raise LibraryError(f"{path} has {len(members)} parts; one intervention has fewer than {MOST_MEMBERS}")
    try:
        found = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # whatever a crafted file makes of torch's reader
        raise LibraryError(f"{path} is damaged or holds more than tensors ({error})") from error
    if not isinstance(found, dict) or not all(isinstance(value, Tensor) for value in found.values()):
        raise LibraryError(f"{path} holds more than tensors")
    odd = [key for key, value in found.items() if value.layout != torch.strided or value.device.type != "cpu"]
    if odd:
        raise LibraryError(f"{path}: {odd[0]} is no plain tensor")
    return found


def _refuse_others(path: Path, found: Shapes, expected: Shapes) -> None:
    missing, more = sorted(expected.keys() - found.keys()), sorted(found.keys() - expected.keys())
    if missing:
        raise LibraryError(f"{path} has no {missing[0]}; it adapts other modules or layers")
    if more:
        raise LibraryError(f"{path} adapts more than this: {', '.join(more[:2])}")
    for key, shape in expected.items():
        if found[key] != shape:
            raise LibraryError(f"{path}: {key} is {found[key]}, needed is {shape}")
