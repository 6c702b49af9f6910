"""Keep a suite on disk: `TaskSuite` -> Arrow files -> the same suite, memory-mapped and read example by example."""

import hashlib
import json
import operator
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Generic, TypeVar, overload

import pyarrow as pa

from adaptlab.contracts import Example, Task, TaskSuite
from adaptlab.files import cache_folder, files_key, made_once

INDEX, EXAMPLES, DESCRIPTIONS = "suite.json", "examples.arrow", "descriptions.arrow"
GROUPS = ("train", "validation", "test")
FORMAT = 1
T = TypeVar("T")


class Rows(Sequence[T], Generic[T]):
    """Some rows of Arrow columns, turned into values one at a time; equal to any sequence of equal values."""

    def __init__(self, columns: Sequence[pa.Array], span: tuple[int, int], make: Callable[..., T]) -> None:
        self._columns, self._make = columns, make
        self._start, self._stop = span

    def __len__(self) -> int:
        return self._stop - self._start

    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[T]: ...
    def __getitem__(self, index: int | slice) -> T | Sequence[T]:
        if isinstance(index, slice):
            return tuple(self[i] for i in range(*index.indices(len(self))))
        position = range(self._start, self._stop)[index]
        return self._make(*(column[position].as_py() for column in self._columns))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and len(self) == len(other) and all(map(operator.eq, self, other))

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"Rows({list(self[:3])!r}{'...' if len(self) > 3 else ''})"


def _example(question: str, targets: list[str], choices: list[str]) -> Example:
    return Example(question, tuple(targets), tuple(choices))


def write_suite(suite: TaskSuite, folder: Path) -> None:
    """Write a suite into a new folder: two Arrow files and an index of where each task's rows are."""
    folder.mkdir(parents=True)
    questions: list[Example] = []
    texts: list[str] = []

    def placed(kept: list[Any], rows: Sequence[Any]) -> list[int]:
        kept.extend(rows)
        return [len(kept) - len(rows), len(kept)]

    tasks = [
        {
            "name": task.name,
            "group": group,
            "metric": task.metric,
            "family": task.family,
            "source": task.source,
            "kind": task.kind,
            "overlaps": list(task.overlaps),
            "descriptions": placed(texts, task.descriptions),
            "unseen_descriptions": placed(texts, task.unseen_descriptions),
            "splits": {split: placed(questions, rows) for split, rows in task.splits.items()},
        }
        for group in GROUPS
        for task in getattr(suite, group)
    ]
    columns = {
        "input": pa.array([e.input for e in questions], pa.large_string()),
        "targets": pa.array([e.targets for e in questions], pa.large_list(pa.large_string())),
        "choices": pa.array([e.choices for e in questions], pa.large_list(pa.large_string())),
    }
    write_arrow(folder / EXAMPLES, columns)
    write_arrow(folder / DESCRIPTIONS, {"text": pa.array(texts, pa.large_string())})
    index = {"name": suite.name, "skipped": list(suite.skipped), "tasks": tasks}
    index["fingerprint"] = hashlib.sha256((json.dumps(index) + files_key(folder, content=True)).encode()).hexdigest()
    (folder / INDEX).write_text(json.dumps(index, ensure_ascii=False), encoding="utf-8")


def open_suite(folder: Path) -> TaskSuite:
    """The suite in a folder that `write_suite` wrote; its texts stay on disk until they are asked for."""
    index = json.loads((folder / INDEX).read_text(encoding="utf-8"))
    examples = read_arrow(folder / EXAMPLES)
    texts = read_arrow(folder / DESCRIPTIONS)
    groups: dict[str, list[Task]] = {group: [] for group in GROUPS}
    for entry in index["tasks"]:
        splits = {split: Rows(examples, tuple(span), _example) for split, span in entry.pop("splits").items()}
        for field in ("descriptions", "unseen_descriptions"):
            entry[field] = Rows(texts, tuple(entry[field]), str)
        group, overlaps = entry.pop("group"), tuple(entry.pop("overlaps"))
        groups[group].append(Task(**entry, splits=splits, overlaps=overlaps))
    train, validation, test = (tuple(groups[group]) for group in GROUPS)
    skipped = tuple(index["skipped"])
    return TaskSuite(index["name"], train, validation, test, skipped=skipped, fingerprint=index["fingerprint"])


def write_arrow(path: Path, columns: dict[str, pa.Array]) -> None:
    """Write columns as one Arrow record batch, so that any row is found at once."""
    table = pa.table(columns)
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        for batch in table.combine_chunks().to_batches():
            writer.write_batch(batch)


def read_arrow(path: Path) -> list[pa.Array]:
    """The columns of an Arrow file, memory-mapped."""
    table = pa.ipc.open_file(pa.memory_map(str(path))).read_all()
    return [column.chunk(0) if column.num_chunks else pa.array([], column.type) for column in table.columns]


def cached(folder: str, key: str, make: Callable[[Path], None]) -> Path:
    """The cache folder `folder/<hash of key>`, made once; what a killed process left behind is never taken for it."""
    return made_once(cache_folder(folder) / hashlib.sha256(key.encode()).hexdigest()[:24], make)


def cached_suite(key: str, make: Callable[[], TaskSuite]) -> TaskSuite:
    """The suite that `make` gives, kept on disk under `key` and read from there."""
    return open_suite(cached("suites", f"{FORMAT}:{key}", lambda folder: write_suite(make(), folder)))
