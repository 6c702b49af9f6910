"""Read a function-vectors file: a JSON list of `{input, output}` -> `Task`."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from adaptlab.contracts import Task
from adaptlab.tasks.loaders.assembly import make_task, split_examples
from adaptlab.tasks.loaders.reading import Place, Row, numbered

SOURCE = "function-vectors (MIT)"


def read_function_vectors(file: Path, content: list[Any], described: Sequence[str]) -> Task:
    """The examples of a file; without sentences, the task's name in words describes it (Todd et al. 2024)."""
    rows = [Row(place.text(row, "input"), place.texts(row, "output")) for place, row in numbered(file, content)]
    descriptions = described or (file.stem.replace("_", " ").replace("-", " "),)
    return make_task(Place(file), file.stem, descriptions, split_examples(rows), SOURCE)
