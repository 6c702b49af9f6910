"""Read an instruction-induction file: annotations, `induce` and `execute` examples -> `Task`."""

import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from adaptlab.contracts import Task
from adaptlab.tasks.loaders.assembly import examples, make_task, merged
from adaptlab.tasks.loaders.reading import Place, Row, numbered

SOURCE = "instruction-induction (Apache-2.0)"


def read_instruction_induction(file: Path, content: Mapping[str, Any], described: Sequence[str]) -> Task:
    """`annotations` describe, `induce` is the train split and `execute` the test split (Honovich et al. 2023)."""
    place = Place(file)
    induce, execute = (
        merged(_row(*numbered_row) for numbered_row in numbered(file, place.listed(content, key)))
        for key in ("induce", "execute")
    )
    splits = {"train": examples(induce, without=execute), "test": examples(execute)}
    descriptions = described or place.texts({"annotations": place.listed(content, "annotations")}, "annotations")
    return make_task(place, file.stem, descriptions, splits, SOURCE)


def _row(place: Place, row: Any) -> Row:
    """Two of the tasks have schemas of their own: a concept with its items, and a cause with its effect."""
    if isinstance(row, Mapping) and "items" in row:
        answers = (place.text(row, "concept"), *row.get("all_common_concepts", ()))
        return Row(", ".join(place.texts(row, "items")), tuple(dict.fromkeys(answers)))
    if isinstance(row, Mapping) and "cause" in row:
        cause, effect = place.text(row, "cause"), place.text(row, "effect")
        first, second = (cause, effect) if zlib.crc32((cause + effect).encode()) % 2 else (effect, cause)
        return Row(f"Sentence 1: {first} Sentence 2: {second}", (cause,))
    others = (text for text in row.get("possible_translations", ()) if text.strip())
    return Row(place.text(row, "input"), tuple(dict.fromkeys((*place.texts(row, "output"), *others))))
