"""Say where caches live, and write files whole or not at all."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


def cache_folder(*parts: str) -> Path:
    """The folder `$ADAPTLAB_CACHE/parts` (default `~/.cache/adaptlab/parts`), made if absent."""
    root = os.environ.get("ADAPTLAB_CACHE") or Path.home() / ".cache" / "adaptlab"
    folder = Path(root).joinpath(*parts)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """Give a path to write to (a file or a folder); it takes the name `path` only once the block has succeeded.

    A reader, or a run that starts after a kill, sees the old content or the new, never a part.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.{os.getpid()}.partial")
    yield aside
    aside.replace(path)


def write_json(path: Path, value: Any) -> None:
    """Write a value as indented JSON, whole or not at all."""
    with written_whole(path) as aside:
        aside.write_text(json.dumps(value, indent=2, ensure_ascii=False, default=str) + "\n", encoding="utf-8")
