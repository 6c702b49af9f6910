"""Read datasets from the hub, or local files of the same columns: a YAML of names and columns -> `TaskSuite`.

```
boolq:
  dataset: google/boolq                         # name on the hub; or json, csv or parquet with `data_files`
  config: null                                  # optional: the dataset's configuration
  revision: 35b264d                             # optional: pin it
  data_files: {train: a.jsonl, test: b.jsonl}   # optional: local files or patterns, beside this YAML
  splits: {train: train, test: validation}      # optional: which of its splits serve as ours
  input: "{passage}\\nQuestion: {question}?"     # columns in curly brackets
  output: "{answer}"
  answers: {"True": "yes", "False": "no"}       # optional: how answers are written
  descriptions: ["Answer the question about the passage with yes or no."]
  split: train                                  # optional: train, validation or test, for the whole task
  limit: 2000                                   # optional: examples of each split
task022:
  dataset: Lots-of-LoRAs/task022_cosmosqa_passage_inappropriate_binary
  layout: lots-of-loras                         # prompt and description are read off its `input` column
```
"""

import re
from collections.abc import Mapping, Sequence
from itertools import islice
from pathlib import Path
from string import Formatter
from typing import Any

from adaptlab.contracts import Task, TaskSuite
from adaptlab.errors import TaskError
from adaptlab.tasks.loaders.assembly import examples, make_task, merged, split_by_name, split_examples
from adaptlab.tasks.loaders.natural_instructions import flagged
from adaptlab.tasks.loaders.plain import TASK_SPLITS
from adaptlab.tasks.loaders.reading import Place, Row, read_yaml

KEYS = (
    *("dataset", "config", "revision", "data_files", "splits", "input", "output", "answers", "descriptions"),
    *("split", "limit", "layout"),
)
LOCAL = ("json", "csv", "parquet", "text", "arrow")
_EXAMPLES = re.compile(r"\s*(?:Positive|Negative) Example 1 ?-")
_DEFINITION, _QUESTION, _ANSWER = "Definition:", "Now complete the following example -", "Output:"


def load_hub(index: Path) -> TaskSuite:
    """Load every dataset that a YAML names.

    Raises:
        TaskError: the file is malformed, a dataset cannot be loaded or lacks a column.
    """
    entries = {str(name): entry for name, entry in read_yaml(index).items()}
    tasks = {name: _read(index, name, entry) for name, entry in entries.items()}
    groups = split_by_name(name for name, entry in entries.items() if entry.get("split") not in TASK_SPLITS)
    for name, entry in entries.items():
        if entry.get("split") in TASK_SPLITS:
            groups[entry["split"]].append(name)
    train, validation, test = (tuple(tasks[name] for name in groups[split]) for split in TASK_SPLITS)
    return TaskSuite(index.stem, train, validation, test)


def _read(index: Path, name: str, entry: Any) -> Task:
    place = Place(index, f"task {name!r}")
    dataset = place.text(entry, "dataset")
    unknown = sorted(set(entry) - set(KEYS))
    if unknown:
        raise TaskError(f"{place} has unknown fields {', '.join(unknown)}; there are {', '.join(KEYS)}")
    rows: dict[str, list[Row]] = {}
    sentences: list[str] = []
    for split, raw in _splits(index, dataset, entry, place).items():
        rows[split] = []
        for position, columns in enumerate(islice(raw, entry.get("limit"))):
            where = Place(index, f"row {position} of split {split!r} of {dataset}, task {name!r}")
            if entry.get("layout") == "lots-of-loras":
                sentence, row = lots_of_loras(where, columns)
                sentences.append(sentence)
            else:
                row = _mapped(where, columns, entry)
            rows[split].append(row)
    descriptions = place.texts(entry, "descriptions") if "descriptions" in entry else tuple(dict.fromkeys(sentences))
    if "test" in rows:
        test = merged(rows["test"])
        splits = {"train": examples(merged(rows.get("train", [])), without=test), "test": examples(test)}
    else:
        splits = split_examples(rows.get("train", []))
    return flagged(make_task(place, name, descriptions, splits, dataset))


def local_files(index: Path) -> list[Path]:
    """The files beside a YAML that its datasets are read from.

    Raises:
        TaskError: the file is malformed.
    """
    entries = [entry for entry in read_yaml(index).values() if isinstance(entry, Mapping)]
    named = [entry["data_files"] for entry in entries if isinstance(entry.get("data_files"), Mapping)]
    return [file for files in named for names in files.values() for file in _beside(index, names)]


def _beside(index: Path, names: str | Sequence[str]) -> list[Path]:
    """The files beside a YAML that names or patterns stand for; a name as it is where there is none."""
    found = []
    for name in [names] if isinstance(names, str) else names:
        path = (index.parent / str(name)).absolute()
        matching = [] if path.exists() else sorted(Path(path.anchor).glob(str(path.relative_to(path.anchor))))
        found += matching or [path]
    return found


def _splits(index: Path, dataset: str, entry: Mapping[str, Any], place: Place) -> dict[str, Any]:
    import datasets

    files = entry.get("data_files")
    if (dataset in LOCAL) != (files is not None):
        raise TaskError(f"{place}: `data_files` goes with the datasets {', '.join(LOCAL)} and with no other")
    local = {split: [str(file) for file in _beside(index, names)] for split, names in (files or {}).items()} or None
    try:
        loaded = datasets.load_dataset(dataset, entry.get("config"), revision=entry.get("revision"), data_files=local)
    except Exception as error:
        raise TaskError(f"{place}: dataset {dataset!r} cannot be loaded: {error}") from error
    wanted = entry.get("splits") or {split: split for split in ("train", "test") if split in loaded}
    absent = sorted(set(wanted.values()) - set(loaded))
    if absent:
        raise TaskError(f"{place}: {dataset} has no split {', '.join(absent)}; it has {', '.join(loaded)}")
    return {ours: loaded[theirs] for ours, theirs in wanted.items()}


def _mapped(place: Place, columns: Mapping[str, Any], entry: Mapping[str, Any]) -> Row:
    question, answer = (_fill(place, place.text(entry, field), columns) for field in ("input", "output"))
    written = entry.get("answers") or {}
    if written and answer not in map(str, written):
        raise TaskError(f"{place} has the answer {answer!r}, which `answers` does not list")
    spoken = {str(raw): str(text) for raw, text in written.items()}
    checked = {"input": question, "output": spoken.get(answer, answer)}
    return Row(place.text(checked, "input"), place.texts(checked, "output"), tuple(dict.fromkeys(spoken.values())))


def _fill(place: Place, template: str, columns: Mapping[str, Any]) -> str:
    """Put columns into a template: `{name}` and nothing cleverer."""
    parts = []
    for text, name, *_ in Formatter().parse(template):
        parts.append(text)
        if name is not None:
            parts.append(str(place.value(columns, name)))
    return "".join(parts)


def lots_of_loras(place: Place, columns: Mapping[str, Any]) -> tuple[str, Row]:
    """Definition and question from a whole prompt: `Definition: ... Now complete the following example - Input: ...`.

    Brüel-Gabrielsson et al. (2024) publish each task of Super-NaturalInstructions with its prompts written out.
    """
    prompt = place.text(columns, "input")
    head, found, question = prompt.partition(_QUESTION)
    if not found or not head.startswith(_DEFINITION):
        raise TaskError(f'field "input" in {place} is not a prompt of Lots-of-LoRAs ("{_DEFINITION} ... {_QUESTION}")')
    definition = _EXAMPLES.split(head.removeprefix(_DEFINITION))[0]
    text = question.strip().removeprefix("Input:").strip().removesuffix(_ANSWER).strip()
    return definition.strip(), Row(text, place.texts(columns, "output"))
