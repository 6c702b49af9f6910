"""Say where caches live, and write files whole or not at all."""

import hashlib
import json
import os
import platform
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


def cache_folder(*parts: str) -> Path:
    """The folder `$ADAPTLAB_CACHE/parts` (default `~/.cache/adaptlab/parts`), made if absent."""
    root = os.environ.get("ADAPTLAB_CACHE") or Path.home() / ".cache" / "adaptlab"
    folder = Path(root).joinpath(*parts)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def files_key(root: Path, content: bool = False) -> str:
    """What tells the state of a file or folder: relative names with sizes and times, or with what is in the files."""
    files = sorted(
        path for path in ([root] if root.is_file() else root.rglob("*")) if path.is_file() and path.suffix != ".pyc"
    )
    digest = hashlib.sha256()
    for path in files:
        status = path.stat()
        state = hashlib.sha256(path.read_bytes()).hexdigest() if content else f"{status.st_size}:{status.st_mtime_ns}"
        digest.update(f"{path.relative_to(root)}:{state}\n".encode())
    return digest.hexdigest()


@contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """Give a path to write to (a file or a folder); it takes the name `path` only once the block has succeeded.

    A reader, or a run that starts after a kill, sees the old content or the new, never a part.
    """
    path = path.absolute()  # `.` has no name of its own
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.{platform.node()}.{os.getpid()}.partial")  # machines may share a folder
    _remove(aside)  # a killed process may have had the same number
    try:
        yield aside
        aside.replace(path)
    except BaseException:  # what is half written must not fill the disk
        _remove(aside)
        raise


def _remove(path: Path) -> None:
    shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)


def made_once(folder: Path, make: Callable[[Path], None]) -> Path:
    """A folder that `make` fills unless it is there; of processes that make it at once, the first is taken."""
    if not folder.is_dir():
        try:
            with written_whole(folder) as aside:
                make(aside)
        except OSError:
            if not folder.is_dir():
                raise
    return folder


def write_text(path: Path, text: str) -> None:
    """Write a text, whole or not at all."""
    with written_whole(path) as aside:
        aside.write_text(text, encoding="utf-8")


def write_json(path: Path, value: Any) -> None:
    """Write a value as indented JSON, whole or not at all."""
    write_text(path, json.dumps(value, indent=2, ensure_ascii=False, default=str) + "\n")
