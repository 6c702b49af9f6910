"""Read Super-NaturalInstructions (Wang et al. 2022): `tasks/*.json` and `splits/*` -> tasks and their splits."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from adaptlab.contracts import Task
from adaptlab.errors import TaskError
from adaptlab.tasks.loaders import text_to_lora
from adaptlab.tasks.loaders.assembly import make_task, split_examples
from adaptlab.tasks.loaders.reading import Place, Row, numbered, read_text

SOURCE = "natural-instructions (Apache-2.0)"
_NUMBER = re.compile(r"task0*(\d+)_")


def read_natural_instructions(file: Path, content: Mapping[str, Any], described: Sequence[str]) -> Task:
    """`Definition` describes (a string or a list); positive examples open the train split, instances follow."""
    place = Place(file)
    shown = [_row(*pair) for pair in numbered(file, content.get("Positive Examples") or [])]
    rows = [_row(*pair) for pair in numbered(file, place.listed(content, "Instances"))]
    definition = described or place.texts(content, "Definition")
    return flagged(make_task(place, file.stem, definition, split_examples(rows, shown), SOURCE))


def _row(place: Place, row: Any) -> Row:
    return Row(place.text(row, "input"), place.texts(row, "output"))


def task_number(name: str) -> int | None:
    """The number in a task's name: 92 for `task092_check_prime_classification`."""
    found = _NUMBER.match(name)
    return int(found.group(1)) if found else None


def flagged(task: Task) -> Task:
    """Mark a task that was made from the data of a benchmark."""
    benchmark = text_to_lora.CONTAMINATED.get(task_number(task.name) or -1)
    return replace(task, overlaps=(benchmark,)) if benchmark else task


def named_splits(folder: Path, split_name: str | None, names: Sequence[str]) -> dict[str, list[str]] | None:
    """Task names by split, from `splits/<split_name>/*_tasks.txt` or from Text-to-LoRA's arrangement.

    Args:
        folder: holds `tasks/` and `splits/`.
        split_name: a folder under `splits/`, or `text-to-lora`; without it `default`, or else the first folder.
        names: the tasks there are, for arrangements by number.

    Raises:
        TaskError: no such split, or it names tasks that are absent.
    """
    folders = sorted(path.name for path in (folder / "splits").glob("*") if path.is_dir())
    if split_name == text_to_lora.NAME and split_name not in folders:
        return _by_number(folder, names)
    chosen = split_name or ("default" if "default" in folders else next(iter(folders), None))
    if chosen is None:
        return None
    if chosen not in folders:
        raise TaskError(f"{folder} has no splits/{chosen}; choose one of: {', '.join([*folders, text_to_lora.NAME])}")
    groups = {}
    for split in ("train", "validation", "test"):
        file = folder / "splits" / chosen / f"{split}_tasks.txt"
        if not file.is_file() and split != "validation":
            raise TaskError(f"{file} is absent; write the names of the {split} tasks into it, one per line")
        groups[split] = list(dict.fromkeys(read_text(file).split())) if file.is_file() else []
    return groups


def _by_number(folder: Path, names: Sequence[str]) -> dict[str, list[str]]:
    groups = {
        split: [name for name in names if task_number(name) in numbers]
        for split, numbers in (("train", text_to_lora.TRAIN), ("validation", text_to_lora.VALIDATION))
    }
    if not groups["train"]:
        raise TaskError(f"{folder} holds none of the {len(text_to_lora.TRAIN)} train tasks of Text-to-LoRA")
    return {**groups, "test": []}
