"""Hub datasets: local files through the same library stand in for downloads; columns, answers and errors."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from adaptlab.errors import TaskError
from adaptlab.tasks import load_suite
from adaptlab.tasks.loaders.hub import load_hub, lots_of_loras
from adaptlab.tasks.loaders.reading import Place

ROWS = [{"passage": f"Text {n}.", "question": f"is it {n}", "answer": n % 2 == 0} for n in range(8)]
ENTRY = {
    "dataset": "json",
    "data_files": {"train": "a.jsonl", "validation": "b.jsonl"},
    "splits": {"train": "train", "test": "validation"},
    "input": "{passage}\nQuestion: {question}?",
    "output": "{answer}",
    "answers": {"True": "yes", "False": "no"},
    "descriptions": ["Answer the question about the passage with yes or no."],
    "split": "test",
}
PROMPT = (
    "Definition: Say whether it is big.\n\nPositive Example 1 -\nInput: whale\nOutput: yes\n\n"
    "Now complete the following example -\nInput: mouse, small\nOutput: "
)


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_DATASETS_CACHE", str(tmp_path / "hf"))


def write(folder: Path, **changes: Any) -> Path:
    for name, rows in (("a", ROWS[:6]), ("b", ROWS[5:])):
        (folder / f"{name}.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    index = folder / "hub.yaml"
    entry = {key: value for key, value in {**ENTRY, **changes}.items() if value is not None}
    index.write_text(yaml.safe_dump({"boolq": entry}, sort_keys=False), encoding="utf-8")
    return index


def test_columns_become_questions_and_answers(tmp_path: Path) -> None:
    suite = load_suite(str(write(tmp_path)))
    (task,) = suite.test
    assert task.name == "boolq"
    example = task.splits["test"][0]
    assert (example.input, example.targets, example.choices) == ("Text 5.\nQuestion: is it 5?", ("no",), ("yes", "no"))
    assert {split: len(rows) for split, rows in task.splits.items()} == {"train": 5, "test": 3}


def test_changed_data_is_read_again(tmp_path: Path) -> None:
    index = write(tmp_path)
    before = load_suite(str(index))
    (tmp_path / "a.jsonl").write_text("\n".join(map(json.dumps, ROWS[:4])), encoding="utf-8")
    after = load_suite(str(index))
    assert [len(suite.test[0].splits["train"]) for suite in (before, after)] == [5, 4]  # one of six is a test example


@pytest.mark.parametrize("names", ["[ab].jsonl", ["a.jsonl", "b.jsonl"]])
def test_files_may_be_several_or_a_pattern(tmp_path: Path, names: Any) -> None:
    index = write(tmp_path, data_files={"train": names}, splits={"train": "train"})
    before = load_suite(str(index))
    (tmp_path / "b.jsonl").write_text("", encoding="utf-8")
    after = load_suite(str(index))
    counts = [sum(len(rows) for rows in suite.test[0].splits.values()) for suite in (before, after)]
    assert counts[0] > counts[1] > 0


def test_a_limit_counts_examples_of_each_split(tmp_path: Path) -> None:
    (task,) = load_hub(write(tmp_path, limit=2)).test
    assert {split: len(rows) for split, rows in task.splits.items()} == {"train": 2, "test": 2}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"dataset": None}, 'has no field "dataset"'),
        ({"input": "{context}"}, 'has no field "context"; it has passage, question, answer'),
        ({"answers": {"True": "yes"}}, "has the answer 'False', which `answers` does not list"),
        ({"splits": {"test": "dev"}}, "has no split dev; it has train, validation"),
        ({"outputs": "x"}, "unknown fields outputs"),
        ({"data_files": None}, "`data_files` goes with the datasets json"),
        ({"data_files": {"train": "absent.jsonl"}}, "cannot be loaded"),
    ],
)
def test_mistakes_are_named(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(TaskError, match=message):
        load_hub(write(tmp_path, **changes))


def test_a_prompt_of_lots_of_loras_is_taken_apart() -> None:
    definition, row = lots_of_loras(Place(Path("x")), {"input": PROMPT, "output": ["no"]})
    assert definition == "Say whether it is big."
    assert (row.question, row.answers) == ("mouse, small", ("no",))


def test_lots_of_loras_through_files(tmp_path: Path) -> None:
    rows = [{"input": PROMPT.replace("mouse", f"mouse{n}"), "output": ["no"], "id": str(n)} for n in range(8)]
    (tmp_path / "a.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    entry = {"dataset": "json", "data_files": {"train": "a.jsonl"}, "layout": "lots-of-loras", "split": "train"}
    index = tmp_path / "hub.yaml"
    index.write_text(yaml.safe_dump({"task022": entry}, sort_keys=False), encoding="utf-8")
    (task,) = load_hub(index).train
    assert tuple(task.descriptions) == ("Say whether it is big.",)
    assert {split: len(found) for split, found in task.splits.items()} == {"train": 6, "test": 2}


def test_a_prompt_of_another_kind_is_refused() -> None:
    with pytest.raises(TaskError, match=r'field "input" in .* is not a prompt of Lots-of-LoRAs'):
        lots_of_loras(Place(Path("x")), {"input": "What is big?", "output": ["whale"]})
