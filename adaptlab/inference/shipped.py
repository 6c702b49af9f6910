"""Find the generators that come with adaptlab: a name -> its folder."""

from pathlib import Path

from adaptlab.errors import CheckpointError

SHIPPED = Path(__file__).parent / "generators"


def shipped_generators() -> list[str]:
    """Names of the generators that come with adaptlab."""
    return sorted(folder.name for folder in SHIPPED.iterdir() if folder.is_dir()) if SHIPPED.is_dir() else []


def find_generator(checkpoint: Path | str) -> Path:
    """The path of a checkpoint, of a released folder, or of a generator that comes with adaptlab.

    Raises:
        CheckpointError: nothing of this name is there.
    """
    path = Path(checkpoint)
    if path.exists():
        return path
    if str(checkpoint) in shipped_generators():
        return SHIPPED / str(checkpoint)
    names = shipped_generators()
    raise CheckpointError(
        f"there is no checkpoint {checkpoint}" + (f"; with adaptlab come {', '.join(names)}" if names else "")
    )
