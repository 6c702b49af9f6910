"""Read a folder of task files, in any of three public layouts, into a `TaskSuite` split by task and by example."""

import json
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from adaptlab.contracts import Example, Task, TaskSuite
from adaptlab.errors import TaskError

MAX_DESCRIPTION_WORDS = 512
TRAIN_TASKS, VALIDATION_TASKS, TEST_EXAMPLES = 0.6, 0.1, 0.25
LAYOUTS = (
    "function-vectors (*.json, each a list of {input, output})",
    "instruction-induction (*.json, each with annotations, induce and execute)",
    "natural-instructions (tasks/*.json, each with Definition and Instances, and splits/<name>/*_tasks.txt)",
)
_KNOWN = "known layouts are " + "; ".join(LAYOUTS)
Pair = tuple[str, tuple[str, ...]]


def load_folder(
    path: Path, max_description_words: int = MAX_DESCRIPTION_WORDS, split_name: str | None = None
) -> TaskSuite:
    """Load every task of a folder; the layout is told from the files.

    A natural-instructions folder names its train and test tasks (and, in `validation_tasks.txt`, validation tasks);
    tasks it does not name are left out. Elsewhere a task's split is a fixed function of its name: its CRC-32, as a
    share of the largest one, below 0.6 is train, below 0.7 validation, the rest test. Examples without a split are
    ordered by the CRC-32 of their input and the first quarter is the test split. From four descriptions on, the last
    quarter in the same order is kept as unseen.

    Args:
        path: the folder.
        max_description_words: longer descriptions are refused.
        split_name: the folder under `splits/`; without it `default`, or else the first in alphabetical order.

    Raises:
        TaskError: the folder or its task files are missing or malformed; the sentence says what to fix.
    """
    path = Path(path)
    if not path.is_dir():
        raise TaskError(f"there is no folder {path}; give the path of a folder of tasks ({_KNOWN})")
    natural = (path / "tasks").is_dir()
    files = sorted((path / "tasks" if natural else path).glob("*.json"))
    if not files:
        raise TaskError(f"there is no task file (*.json) in {path}; {_KNOWN}")
    described = {} if natural else _read_descriptions(path / "descriptions.yaml")
    tasks = [_check(_read_task(file, described), file, max_description_words) for file in files]
    unknown = sorted(set(described) - {task.name for task in tasks})
    if unknown:
        raise TaskError(f"descriptions.yaml in {path} describes {unknown}, but there are no such task files")
    named = _named_splits(path, split_name) if natural else None
    groups = named or _split_by_name(task.name for task in tasks)
    by_name = {task.name: task for task in tasks}
    for name in (name for names in groups.values() for name in names if name not in by_name):
        raise TaskError(
            f"the splits of {path} name {name!r}, but tasks/{name}.json is absent; add it or remove the name"
        )
    train, validation, test = (tuple(by_name[name] for name in groups[split]) for split in groups)
    return TaskSuite(path.resolve().name, train, validation, test)


def _read_task(file: Path, described: Mapping[str, tuple[str, ...]]) -> Task:
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise TaskError(f"{file} is not valid JSON ({error}); repair or remove the file") from error
    if isinstance(content, list):
        return _function_vectors_task(file, content, described)
    if isinstance(content, dict):
        readers: dict[str, Callable[[Path, Mapping[str, Any]], Task]] = {
            "annotations": _instruction_induction_task,
            "Definition": _natural_instructions_task,
        }
        for key, reader in readers.items():
            if key in content:
                return reader(file, content)
    raise TaskError(f"{file} is not a task file; {_KNOWN}")


def _function_vectors_task(file: Path, content: Sequence[Any], described: Mapping[str, tuple[str, ...]]) -> Task:
    """Examples only; the sentences come from `descriptions.yaml` or, failing that, are the task's name in words."""
    descriptions = described.get(file.stem, (file.stem.replace("_", " ").replace("-", " "),))
    return _task(file, descriptions, _split_examples(_pairs(file, content)), "function-vectors (MIT)")


def _instruction_induction_task(file: Path, content: Mapping[str, Any]) -> Task:
    """`annotations` are the descriptions, `induce` is the train split and `execute` the test split."""
    induce, execute = (_pairs(file, _listed(file, content, key)) for key in ("induce", "execute"))
    splits = {"train": _examples(induce, without=execute), "test": _examples(execute)}
    descriptions = tuple(map(str, _listed(file, content, "annotations")))
    return _task(file, descriptions, splits, "instruction-induction (Apache-2.0)")


def _natural_instructions_task(file: Path, content: Mapping[str, Any]) -> Task:
    """`Definition` describes; positive examples open the train split, instances are split by hash."""
    definition = content["Definition"]
    descriptions = (definition,) if isinstance(definition, str) else tuple(map(str, definition))
    shown = _pairs(file, content.get("Positive Examples", []))
    splits = _split_examples(_pairs(file, _listed(file, content, "Instances")), shown)
    return _task(file, descriptions, splits, "natural-instructions (Apache-2.0)")


def _task(file: Path, descriptions: tuple[str, ...], splits: Mapping[str, tuple[Example, ...]], source: str) -> Task:
    descriptions = tuple(dict.fromkeys(" ".join(description.split()) for description in descriptions))
    unseen = (
        set(_by_hash(descriptions)[len(descriptions) - len(descriptions) // 4 :]) if len(descriptions) > 3 else set()
    )
    return Task(
        name=file.stem,
        descriptions=tuple(description for description in descriptions if description not in unseen),
        unseen_descriptions=tuple(description for description in descriptions if description in unseen),
        splits=splits,
        metric=_metric([example for examples in splits.values() for example in examples]),
        source=source,
    )


def _metric(examples: Sequence[Example]) -> str:
    """Strict where nearly every answer is its input in another case, or one letter (which may be the article a)."""
    answers = [(example.input, example.targets[0]) for example in examples]
    recased = sum(given != answer and given.casefold() == answer.casefold() for given, answer in answers)
    letters = sum(len(answer) == 1 and answer.isalpha() for _, answer in answers)
    return "exact_match_strict" if max(recased, letters) > 0.8 * len(answers) else "exact_match"


def _check(task: Task, file: Path, max_words: int) -> Task:
    if not task.descriptions:
        raise TaskError(f"task {task.name!r} has no description; add one to {file} or its descriptions.yaml")
    if not any(task.splits.values()):
        raise TaskError(f"{file} holds no example; add some or remove the file")
    for description in (*task.descriptions, *task.unseen_descriptions):
        if len(description.split()) > max_words:
            raise TaskError(
                f"a description of task {task.name!r} has {len(description.split())} words, more than the "
                f"{max_words} allowed; shorten it or raise max_description_words"
            )
    return task


def _listed(file: Path, content: Mapping[str, Any], key: str) -> list[Any]:
    value = content.get(key)
    if not isinstance(value, list) or not value:
        raise TaskError(f'{file} needs a non-empty list under "{key}"; {_KNOWN}')
    return value


def _pairs(file: Path, rows: Iterable[Any]) -> list[Pair]:
    """Inputs with all their accepted answers; rows with equal inputs are merged."""
    merged: dict[str, tuple[str, ...]] = {}
    for position, row in enumerate(rows):
        try:
            question, answers = _pair(row)
        except (KeyError, TypeError, AttributeError) as error:
            raise TaskError(f"example {position} of {file} needs an input and an output; it is {row!r}") from error
        if not question.strip() or not answers:
            raise TaskError(f"example {position} of {file} has an empty input or output; fill it in or remove it")
        merged[question] = tuple(dict.fromkeys((*merged.get(question, ()), *answers)))
    return list(merged.items())


def _pair(row: Mapping[str, Any]) -> Pair:
    """One example in any of the schemas; `items` and `cause` are two tasks of instruction-induction."""
    if "items" in row:
        return ", ".join(row["items"]), (row["concept"], *row.get("all_common_concepts", ()))
    if "cause" in row:
        cause, effect = row["cause"], row["effect"]
        first, second = (cause, effect) if zlib.crc32((cause + effect).encode()) % 2 else (effect, cause)
        return f"Sentence 1: {first} Sentence 2: {second}", (cause,)
    outputs = row["output"] if isinstance(row["output"], list) else [row["output"]]
    outputs = [*outputs, *row.get("possible_translations", ())]
    return str(row["input"]), tuple(dict.fromkeys(str(output) for output in outputs if str(output).strip()))


def _examples(pairs: Iterable[Pair], without: Iterable[Pair] = ()) -> tuple[Example, ...]:
    excluded = {question for question, _ in without}
    return tuple(Example(question, answers) for question, answers in pairs if question not in excluded)


def _split_examples(pairs: Sequence[Pair], shown: Sequence[Pair] = ()) -> dict[str, tuple[Example, ...]]:
    free = _examples(pairs, without=shown)
    ordered = _by_hash([example.input for example in free])
    kept = set(ordered[: round(len(ordered) * TEST_EXAMPLES)])
    return {
        "train": (*_examples(shown), *(example for example in free if example.input not in kept)),
        "test": tuple(example for example in free if example.input in kept),
    }


def _by_hash(texts: Sequence[str]) -> list[str]:
    return sorted(texts, key=lambda text: (zlib.crc32(text.encode()), text))


def _split_by_name(names: Iterable[str]) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = {"train": [], "validation": [], "test": []}
    for name in names:
        share = zlib.crc32(name.encode()) / 2**32
        held_out = "validation" if share < TRAIN_TASKS + VALIDATION_TASKS else "test"
        groups["train" if share < TRAIN_TASKS else held_out].append(name)
    return groups


def _named_splits(path: Path, split_name: str | None) -> dict[str, list[str]] | None:
    folders = sorted(folder.name for folder in (path / "splits").glob("*") if folder.is_dir())
    chosen = split_name or ("default" if "default" in folders else next(iter(folders), None))
    if chosen is None:
        return None
    if chosen not in folders:
        raise TaskError(f"{path} has no splits/{chosen}; choose one of: {', '.join(folders) or 'none'}")
    groups = {}
    for split in ("train", "validation", "test"):
        file = path / "splits" / chosen / f"{split}_tasks.txt"
        if not file.is_file() and split != "validation":
            raise TaskError(f"{file} is absent; write the names of the {split} tasks into it, one per line")
        lines = file.read_text(encoding="utf-8").split() if file.is_file() else []
        groups[split] = list(dict.fromkeys(lines))
    return groups


def _read_descriptions(file: Path) -> dict[str, tuple[str, ...]]:
    if not file.is_file():
        return {}
    try:
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise TaskError(f"{file} is not valid YAML ({error}); repair or remove it") from error
    if not isinstance(content, dict) or not all(isinstance(value, list) for value in content.values()):
        raise TaskError(f"{file} must map task names to lists of sentences")
    return {str(name): tuple(map(str, sentences)) for name, sentences in content.items()}
