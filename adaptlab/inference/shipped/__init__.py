"""Generators that come with adaptlab: a name -> its folder, with `generator.*` and the `record.json` of its scores."""

from pathlib import Path

from adaptlab.errors import CheckpointError

_FOLDER = Path(__file__).parent


def shipped_generators() -> list[str]:
    """Their names, sorted."""
    return sorted(path.parent.name for path in _FOLDER.glob("*/generator.json"))


def find_generator(name: Path | str) -> Path:
    """Where a checkpoint, a released folder or a shipped generator is; a path goes before a shipped name.

    Raises:
        CheckpointError: nothing of this name is there.
    """
    path = Path(name)
    if path.exists():
        return path
    if str(name) in shipped_generators():
        return _FOLDER / str(name)
    raise CheckpointError(f"there is no checkpoint {name}; with adaptlab come {', '.join(shipped_generators())}")
