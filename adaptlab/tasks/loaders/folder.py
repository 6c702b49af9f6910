"""Read a folder of tasks in any known layout into a `TaskSuite`, split by task and by example."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from adaptlab.contracts import Task, TaskSuite
from adaptlab.errors import TaskError
from adaptlab.tasks.loaders import plain
from adaptlab.tasks.loaders.assembly import split_by_name
from adaptlab.tasks.loaders.descriptions import read_descriptions_by_task
from adaptlab.tasks.loaders.function_vectors import read_function_vectors
from adaptlab.tasks.loaders.instruction_induction import read_instruction_induction
from adaptlab.tasks.loaders.natural_instructions import named_splits, read_natural_instructions
from adaptlab.tasks.loaders.reading import read_json, read_yaml

LAYOUTS = (
    "own tasks (tasks.yaml and a *.jsonl file for each task)",
    "function-vectors (*.json, each a list of {input, output})",
    "instruction-induction (*.json, each with annotations, induce and execute)",
    "natural-instructions (tasks/*.json, each with Definition and Instances, and splits/<name>/*_tasks.txt)",
)
KNOWN = "known layouts are " + "; ".join(LAYOUTS)
Reads = dict[str, Callable[[], Task]]


def load_folder(path: Path, split_name: str | None = None, skip_broken: bool = False) -> TaskSuite:
    """Load every task of a folder; the layout is told from the files.

    A natural-instructions folder names its train and test tasks (and, in `validation_tasks.txt`, validation tasks), own
    tasks may; tasks that a named split leaves out are left out. Elsewhere a task's split is a fixed function of its
    name: its CRC-32, as a share of the largest one, below 0.6 is train, below 0.7 validation, the rest test.
    `descriptions.yaml`, a mapping of task names to sentences, may lie beside *.json files.

    Args:
        path: the folder.
        split_name: the folder under `splits/`, or `text-to-lora` for the arrangement of Charakorn et al. (2025).
        skip_broken: leave broken tasks out and say so in the suite's `skipped`, instead of stopping at the first.

    Raises:
        TaskError: the folder or its files are missing or malformed; the sentence names the file and the field.
    """
    path = Path(path)
    if not path.is_dir():
        raise TaskError(f"there is no folder {path}; give the path of a folder of tasks ({KNOWN})")
    own = (path / plain.INDEX).is_file()
    if split_name and not (path / "tasks").is_dir():
        raise TaskError(f"{path} is no natural-instructions folder, so it has no split {split_name!r}")
    reads, groups = _own_tasks(path) if own else _json_tasks(path, split_name)
    tasks, skipped = _read_all(reads, skip_broken)
    left = {name for name in reads if name not in tasks}
    for name in (name for names in groups.values() for name in names if name not in reads):
        raise TaskError(
            f"the splits of {path} name {name!r}, but tasks/{name}.json is absent; add it or remove the name"
        )
    train, validation, test = (tuple(tasks[name] for name in groups[s] if name not in left) for s in plain.TASK_SPLITS)
    suffix = f"@{split_name}" if split_name else ""
    return TaskSuite(path.resolve().name + suffix, train, validation, test, skipped)


def _read_all(reads: Reads, skip_broken: bool) -> tuple[dict[str, Task], tuple[str, ...]]:
    tasks: dict[str, Task] = {}
    skipped: list[str] = []
    for name, read in reads.items():
        try:
            tasks[name] = read()
        except TaskError as error:
            if not skip_broken:
                raise
            skipped.append(str(error))
    if not tasks:
        raise TaskError("no task could be read: " + "; ".join(skipped))
    return tasks, tuple(skipped)


def _own_tasks(path: Path) -> tuple[Reads, dict[str, list[str]]]:
    index = path / plain.INDEX
    entries = {str(name): entry for name, entry in read_yaml(index).items()}
    reads: Reads = {name: lambda n=name: plain.read_plain(index, n, entries[n]) for name in sorted(entries)}  # type: ignore[misc]
    named = {name: plain.task_split(entry) for name, entry in entries.items()}
    groups = split_by_name(name for name, split in named.items() if split not in plain.TASK_SPLITS)
    for name, split in named.items():
        if split in groups:
            groups[split].append(name)
    return reads, {split: sorted(names) for split, names in groups.items()}


def _json_tasks(path: Path, split_name: str | None) -> tuple[Reads, dict[str, list[str]]]:
    natural = (path / "tasks").is_dir()
    files = sorted((path / "tasks" if natural else path).glob("*.json"))
    if not files:
        raise TaskError(f"there is no task file (*.json) in {path}; {KNOWN}")
    described = read_descriptions_by_task(path / "descriptions.yaml")
    unknown = sorted(set(described) - {file.stem for file in files})
    if unknown:
        raise TaskError(f"descriptions.yaml in {path} describes {unknown}, but there are no such task files")
    reads: Reads = {file.stem: lambda f=file: read_task(f, described.get(f.stem, ())) for file in files}  # type: ignore[misc]
    named = named_splits(path, split_name, list(reads)) if natural else None
    return reads, named or split_by_name(reads)


def read_task(file: Path, described: tuple[str, ...] = ()) -> Task:
    """The task of one JSON file; what it holds tells the layout."""
    content = read_json(file)
    if isinstance(content, list):
        return read_function_vectors(file, content, described)
    readers: dict[str, Callable[[Path, Mapping[str, Any], tuple[str, ...]], Task]] = {
        "annotations": read_instruction_induction,
        "induce": read_instruction_induction,
        "Definition": read_natural_instructions,
        "Instances": read_natural_instructions,
    }
    if isinstance(content, dict):
        for key, reader in readers.items():
            if key in content:
                return reader(file, content, described)
    raise TaskError(f"{file} is not a task file; {KNOWN}")
