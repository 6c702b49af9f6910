"""Laws of own tasks: what is written is what is read, exports read back equal, and mistakes are named."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from adaptlab.errors import TaskError
from adaptlab.tasks import export_suite, load_folder, load_suite

ROWS = [{"input": f"word{n}", "output": f"answer{n}"} for n in range(12)]


def write(folder: Path, entry: Any, rows: list[Any] | str = ROWS, name: str = "greet") -> Path:  # type: ignore[assignment]
    (folder / "tasks.yaml").write_text(yaml.safe_dump({name: entry}), encoding="utf-8")
    text = rows if isinstance(rows, str) else "\n".join(json.dumps(row) for row in rows)
    (folder / f"{name}.jsonl").write_text(text, encoding="utf-8")
    return folder


def test_everything_that_is_written_is_read(tmp_path: Path) -> None:
    rows = [
        {"input": "Anna", "output": "hello"},
        {"input": "Ben", "output": ["hi", "hello"], "choices": ["hi", "hello", "no"], "split": "test", "id": "b"},
    ]
    entry = {
        "descriptions": ["Greet the person."],
        "unseen_descriptions": ["Say hello."],
        "split": "validation",
        "metric": "exact_match_strict",
        "family": "greetings",
    }
    suite = load_folder(write(tmp_path, entry, rows))
    (task,) = suite.validation
    assert (task.name, task.metric, task.family) == ("greet", "exact_match_strict", "greetings")
    assert (task.descriptions, task.unseen_descriptions) == (("Greet the person.",), ("Say hello.",))
    assert [e.input for e in task.splits["train"]] == ["Anna"]
    (test,) = task.splits["test"]
    assert (test.targets, test.choices) == (("hi", "hello"), ("hi", "hello", "no"))


def test_texts_may_hold_line_separators_of_other_scripts(tmp_path: Path) -> None:
    rows = "\r\n".join(json.dumps({"input": f"a\u2028b\x85{n}", "output": "c"}, ensure_ascii=False) for n in range(8))
    (task,) = load_folder(write(tmp_path, {"descriptions": ["Copy."]}, rows)).all_tasks
    assert sum(len(found) for found in task.splits.values()) == 8


def test_without_splits_a_quarter_of_the_examples_is_kept_apart(tmp_path: Path) -> None:
    (task,) = load_folder(write(tmp_path, {"descriptions": ["Greet."]})).all_tasks
    assert {split: len(rows) for split, rows in task.splits.items()} == {"train": 9, "test": 3}


def test_an_exported_suite_reads_back_equal(tmp_path: Path) -> None:
    suite = load_suite("builtin:letter_case")
    suite = replace(suite, train=(replace(suite.train[0], overlaps=("boolq", "piqa")), *suite.train[1:]))
    assert export_suite(suite, tmp_path / "out") == len(suite.all_tasks)
    again = load_folder(tmp_path / "out")
    for split in ("train", "validation", "test"):
        for before, after in zip(getattr(suite, split), getattr(again, split), strict=True):
            assert (before.name, before.metric, before.family) == (after.name, after.metric, after.family)
            assert before.overlaps == after.overlaps
            assert tuple(before.descriptions) == tuple(after.descriptions)
            assert tuple(before.unseen_descriptions) == tuple(after.unseen_descriptions)
            assert {k: tuple(v) for k, v in before.splits.items()} == {k: tuple(v) for k, v in after.splits.items()}
    with pytest.raises(TaskError, match="exists"):
        export_suite(suite, tmp_path / "out")


@pytest.mark.parametrize(
    ("entry", "rows", "message"),
    [
        ({}, ROWS, r"task 'greet' of .*tasks\.yaml has no field \"descriptions\""),
        ("text", ROWS, r"task 'greet' of .*tasks\.yaml must be an object"),
        ({"descriptions": ["a"], "metrik": "x"}, ROWS, "unknown fields metrik; there are descriptions"),
        ({"descriptions": ["a"], "metric": "accuracy"}, ROWS, 'field "metric" .* choose one of exact_match'),
        ({"descriptions": ["a"], "split": "dev"}, ROWS, 'field "split" .* choose one of train, validation, test'),
        ({"descriptions": ["a"]}, '{"input": "a"', r"line 1 of .*greet\.jsonl is not valid JSON"),
        ({"descriptions": ["a"]}, "", "holds no example"),
        ({"descriptions": ["a"]}, [{"input": "a"}], r'line 1 of .*greet\.jsonl has no field "output"'),
        ({"descriptions": ["a"]}, "x" * 10_000_000, r"line 1 of .*greet\.jsonl has 10,000,000 characters"),
        (
            {"descriptions": ["a"]},
            [{"input": "a", "output": "b", "choices": ["c"]}],
            'field "output" in line 1 .* is none of its choices c',
        ),
        ({"descriptions": ["a"]}, [{**ROWS[0], "id": 1}, {**ROWS[1], "id": 1}], "repeats '1'"),
    ],
)
def test_mistakes_are_named(tmp_path: Path, entry: Any, rows: Any, message: str) -> None:
    write(tmp_path, entry, rows)
    with pytest.raises(TaskError, match=message):
        load_folder(tmp_path)


def test_a_name_that_no_file_can_have_is_refused(tmp_path: Path) -> None:
    write(tmp_path, {"descriptions": ["a"]})
    index = tmp_path / "tasks.yaml"
    index.write_text(index.read_text().replace("greet", "math/greet"))
    with pytest.raises(TaskError, match=r"'math/greet' .* cannot be the name of a file"):
        load_folder(tmp_path)


def test_an_absent_file_of_examples_is_named(tmp_path: Path) -> None:
    write(tmp_path, {"descriptions": ["a"]})
    (tmp_path / "greet.jsonl").unlink()
    with pytest.raises(TaskError, match=r"greet\.jsonl is absent"):
        load_folder(tmp_path)
