"""Keep many adapters of one base model on disk: `AdapterParameters` <-> a folder of safetensors and one JSON index.

    library/
      index.json          schema, base model, families, and for every entry its file, digest and provenance
      entries/NAME.DIGEST.safetensors

An entry is written whole before the index names it, under a name of its own, so a process that is killed leaves every
entry that the index names whole. One process writes at a time. Factors are stored as `AdapterFamily.stored` gives them.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from safetensors.torch import save
from torch import Tensor

from adaptlab.adapters.build import build_family
from adaptlab.adapters.family import AdapterFamily
from adaptlab.adapters.reading import read_json, read_safetensors
from adaptlab.adapters.storing import (
    by_path,
    from_tensors,
    not_finite,
    refuse_claims,
    sites_from_json,
    sites_of,
    sorted_groups,
    tensor_shapes,
    to_tensors,
)
from adaptlab.contracts import AdapterParameters, SiteGroup
from adaptlab.errors import AdaptlabError, LibraryError
from adaptlab.files import write_json, written_whole

SCHEMA = 1
INDEX, ENTRIES = "index.json", "entries"
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,199}")
_LONGEST_NAME = 160
MOST = 2**30
"""Numbers that an adapter of a library without entries may have."""


@dataclass(frozen=True)
class BaseModelName:
    """Which weights adapters belong to.

    Args:
        name: as for `load_base_model`.
        dtype: of the frozen model.
        fingerprint: of its weights.
    """

    name: str
    dtype: str
    fingerprint: str


@dataclass
class AdapterLibrary:
    """Adapters of equal shape for one base model; made by `create`, opened by `open`.

    Args:
        folder: where it is.
        base_model: the weights that all entries belong to.
        families: how they adapt it.
        entries: by name, the file's digest and where the adapter came from.
    """

    folder: Path
    base_model: BaseModelName
    families: tuple[AdapterFamily, ...]
    entries: dict[str, dict[str, Any]] = field(default_factory=dict)

    @classmethod
    def create(cls, folder: Path, base_model: BaseModelName, families: Sequence[AdapterFamily]) -> "AdapterLibrary":
        """Begin an empty library.

        Raises:
            LibraryError: there is one already.
        """
        if (folder / INDEX).exists():
            raise LibraryError(f"{folder} is a library already; add to it, or choose another folder")
        sites = sites_of(families)
        library = cls(folder, base_model, tuple(build_family(family.settings, sites) for family in families))
        library._write_index({})
        return library

    @classmethod
    def open(cls, folder: Path) -> "AdapterLibrary":
        """Read a library's index; entries are read when they are asked for.

        Raises:
            LibraryError: it is missing, damaged, of another schema, or keeps its entries behind a link.
        """
        path = folder / INDEX
        if not path.exists():
            raise LibraryError(f"{folder} is no library of adapters: it has no {INDEX}")
        if (folder / ENTRIES).is_symlink():  # else removing an entry would delete a file elsewhere
            raise LibraryError(f"{folder / ENTRIES} is a link; copy the library with `cp -rL` first")
        index = read_json(path)
        try:
            if index["schema"] != SCHEMA:
                raise LibraryError(f"{path} has schema {index['schema']}, this version reads {SCHEMA}")
            sites, entries = sites_from_json(index["sites"]), index["entries"]
            for entry in entries.values():
                _check_entry(entry)
            files = [folder / ENTRIES / entry["file"] for entry in entries.values()]
            refuse_claims(index["families"], sites, max((f.stat().st_size for f in files if f.is_file()), default=MOST))
            families = tuple(build_family(settings, sites) for settings in index["families"])
            return cls(folder, BaseModelName(**index["base_model"]), families, entries)
        except LibraryError:
            raise
        except (ValueError, KeyError, TypeError, OverflowError, AttributeError, AdaptlabError) as error:
            raise LibraryError(f"{path} is damaged ({type(error).__name__}: {error})") from error

    @property
    def groups(self) -> tuple[SiteGroup, ...]:
        """What every entry adapts, in sorted order."""
        return sorted_groups(self.families)

    def __len__(self) -> int:
        return len(self.entries)

    def add(self, name: str, parameters: AdapterParameters, provenance: Mapping[str, Any]) -> None:
        """Write one adapter, in place of one that has the name.

        Args:
            name: letters, digits, dots, dashes and underscores; a task's name for one.
            parameters: of a single task.
            provenance: where it came from: run, step, score, date; plain JSON types.

        Raises:
            LibraryError: the name is no file name, or the adapter is not finite, of another shape, or not one.
        """
        if not _NAME.fullmatch(name) or len(name) > _LONGEST_NAME:
            raise LibraryError(
                f"an adapter cannot be named {name!r}; use at most {_LONGEST_NAME} letters, digits, dots, dashes and "
                "underscores"
            )
        if len(parameters) != 1 or parameters.groups != self.groups:
            raise LibraryError(f"{name}: a library entry is one adapter of {[group.key for group in self.groups]}")
        broken = not_finite(by_path(parameters.factors))
        if broken:
            raise LibraryError(f"{name}: {broken} is not finite; such an adapter is not kept")
        content = save(to_tensors(self.families, parameters), self._metadata)
        digest = hashlib.sha256(content).hexdigest()
        file = f"{name}.{digest[:12]}.safetensors"
        entry = {"file": file, "sha256": digest, "provenance": dict(provenance)}
        with written_whole(self.folder / ENTRIES / file) as aside:
            aside.write_bytes(content)
        before = self.entries.get(name)
        self._write_index({**self.entries, name: entry})
        if before is not None and before["file"] != file:
            (self.folder / ENTRIES / before["file"]).unlink(missing_ok=True)

    def remove(self, name: str) -> None:
        """Forget an adapter and delete its file.

        Raises:
            LibraryError: there is none of this name.
        """
        path = self._path(name)
        self._write_index({other: entry for other, entry in self.entries.items() if other != name})
        path.unlink(missing_ok=True)

    def load(self, names: Sequence[str], canonical: bool = True) -> AdapterParameters:
        """Some adapters, in this order.

        Args:
            names: of entries, at least one.
            canonical: in the families' canonical gauge, not in the one that they were added in.

        Raises:
            LibraryError: naming the entry that is unknown, missing, damaged, of other shapes or not finite.
        """
        if not names:
            raise LibraryError(f"name at least one of the {len(self)} adapters of {self.folder}")
        return from_tensors(self.families, [self._read(name) for name in names], canonical)

    def verify(self) -> list[str]:
        """Read every entry and compare its digest; one line per entry that is not as it was written."""
        problems = []
        for name in self.entries:
            try:
                self._read(name)
                if _digest(self._path(name)) != self.entries[name]["sha256"]:
                    problems.append(f"{name}: {self._path(name)} has changed since it was written")
            except LibraryError as error:
                problems.append(str(error))
        return problems

    def refuse_other_base_model(self, base_model: BaseModelName) -> None:
        """Stop where adapters would be put on other weights than they were made for.

        Raises:
            LibraryError: naming both.
        """
        if base_model.fingerprint != self.base_model.fingerprint:
            raise LibraryError(
                f"the library {self.folder} is for {self.base_model.name} (weights {self.base_model.fingerprint}), not "
                f"for {base_model.name} (weights {base_model.fingerprint}); use its own base model"
            )

    @property
    def parameters(self) -> int:
        """Numbers in all entries together."""
        return len(self) * sum(group.parameters_per_task for group in self.groups)

    @property
    def bytes(self) -> int:
        """Size of all entries on disk."""
        return sum(self._path(name).stat().st_size for name in self.entries if self._path(name).is_file())

    def _path(self, name: str) -> Path:
        if name not in self.entries:
            raise LibraryError(f"{self.folder} has no adapter {name!r}; it has {len(self)} others")
        return self.folder / ENTRIES / str(self.entries[name]["file"])

    @cached_property
    def _shapes(self) -> dict[str, tuple[int, ...]]:
        return tensor_shapes(self.families)

    @property
    def _metadata(self) -> dict[str, str]:
        """What each entry's file says of itself, so that one from another library is noticed."""
        return {"base_model": self.base_model.fingerprint}

    def _read(self, name: str) -> dict[str, Tensor]:
        try:
            tensors = read_safetensors(self._path(name), self._shapes, self._metadata)
        except LibraryError as error:
            raise LibraryError(f"{name}: {error}") from error
        broken = not_finite(tensors)
        if broken:
            raise LibraryError(f"{name}: {broken} is not finite")
        return tensors

    def _write_index(self, entries: dict[str, dict[str, Any]]) -> None:
        write_json(
            self.folder / INDEX,
            {
                "schema": SCHEMA,
                "base_model": vars(self.base_model),
                "families": [dict(family.settings) for family in self.families],
                "sites": [vars(site) for site in sites_of(self.families)],
                "entries": entries,
            },
        )
        self.entries = entries


def _check_entry(entry: Mapping[str, Any]) -> None:
    """An entry has a digest, where it came from, and a file without any folder in its name: files of its own only."""
    if not _NAME.fullmatch(entry["file"]):
        raise ValueError(f"{entry['file']!r} is no name of an entry's file")
    if not isinstance(entry["sha256"], str) or not isinstance(entry["provenance"], dict):
        raise TypeError(f"the entry of {entry['file']} is not whole")


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
