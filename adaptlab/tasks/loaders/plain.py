"""Read a user's own tasks: `tasks.yaml` plus one `<task>.jsonl` each -> tasks and their splits.

```
tasks.yaml      greet:
                  descriptions: ["Greet the person.", "Write a greeting to the one who is named."]
                  unseen_descriptions: ["Say hello."]  # optional: else a quarter is kept apart, from four on
                  split: train                         # optional: train, validation or test, for the whole task
                  metric: exact_match_strict           # optional
                  family: greetings                    # optional: siblings share it
                  overlaps: [boolq]                    # optional: benchmarks that it is made from
greet.jsonl     {"input": "Anna", "output": "Hello, Anna!"}
                {"input": "Ben", "output": ["Hello, Ben!", "Hi, Ben!"], "split": "test"}
```

`output` is one accepted answer or a list of them; `choices`, optional, is the closed set of answers. Where no example
names a split they are split by the hash of their input; else those without one are for training.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from adaptlab.contracts import Task
from adaptlab.errors import TaskError
from adaptlab.tasks.loaders.assembly import examples, make_task, merged, split_examples
from adaptlab.tasks.loaders.reading import Place, Row, read_json_lines

INDEX = "tasks.yaml"
KEYS = ("descriptions", "unseen_descriptions", "split", "metric", "family", "overlaps")
TASK_SPLITS = ("train", "validation", "test")
METRICS = ("exact_match", "exact_match_strict")
SOURCE = "own tasks"


def read_plain(index: Path, name: str, entry: Any) -> Task:
    """One task of a plain folder."""
    place = Place(index, f"task {name!r}")
    texts = place.texts({"descriptions": place.listed(entry, "descriptions")}, "descriptions")
    unknown = sorted(set(entry) - set(KEYS))
    if unknown:
        raise TaskError(f"{place} has unknown fields {', '.join(unknown)}; there are {', '.join(KEYS)}")
    metric = _chosen(place, entry, "metric", METRICS)
    unseen = place.texts(entry, "unseen_descriptions") if "unseen_descriptions" in entry else ()
    _chosen(place, entry, "split", TASK_SPLITS)
    overlaps = place.texts(entry, "overlaps") if "overlaps" in entry else ()
    if name != Path(name).name:
        raise TaskError(f"{place} cannot be the name of a file")
    rows = _rows(index.with_name(f"{name}.jsonl"))
    task = make_task(Place(index.with_name(f"{name}.jsonl")), name, texts, _splits(rows), SOURCE, unseen)
    family = str(entry.get("family", ""))
    return replace(task, metric=metric or task.metric, family=family, overlaps=tuple(overlaps))


def task_split(entry: Any) -> str:
    """The split that an entry of the index names for its whole task, or nothing."""
    return str(entry.get("split", "")) if isinstance(entry, Mapping) else ""


def _chosen(place: Place, entry: Any, field: str, allowed: Sequence[str]) -> str:
    value = str(entry.get(field, ""))
    if value and value not in allowed:
        raise TaskError(f'field "{field}" in {place} is {value!r}; choose one of {", ".join(allowed)}')
    return value


def _rows(file: Path) -> list[Row]:
    if not file.is_file():
        raise TaskError(f"{file} is absent, yet {INDEX} describes it; add the examples or remove the entry")
    rows = []
    seen: set[str] = set()
    for place, row in read_json_lines(file):
        question, answers = place.text(row, "input"), place.texts(row, "output")
        choices = place.texts(row, "choices") if "choices" in row else ()
        if choices and not set(answers) <= set(choices):
            raise TaskError(f'field "output" in {place} is none of its choices {", ".join(choices)}')
        if (name := str(row.get("id", ""))) and name in seen:
            raise TaskError(f'field "id" in {place} repeats {name!r}; ids must be unique')
        seen.add(name)
        rows.append(Row(question, answers, choices, _chosen(place, row, "split", ("train", "test"))))
    return rows


def _splits(rows: Sequence[Row]) -> dict[str, Any]:
    if not any(row.split for row in rows):
        return split_examples(rows)
    test = merged(row for row in rows if row.split == "test")
    return {"train": examples(merged(row for row in rows if row.split != "test"), without=test), "test": examples(test)}
