"""Laws of the folder loaders: small folders and, where ADAPTLAB_DATA points to them, real ones go in."""

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest

from adaptlab.contracts import TaskSuite
from adaptlab.errors import TaskError
from adaptlab.tasks.loaders import load_folder, read_descriptions, text_to_lora

PAIRS = [{"input": f"word{number}", "output": f"answer{number}"} for number in range(20)]
DATA = os.environ.get("ADAPTLAB_DATA")
needs_data = pytest.mark.skipif(DATA is None, reason="ADAPTLAB_DATA is not set; it names the folder of sample data")


def write(path: Path, content: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


def write_natural(folder: Path, name: str, **changes: Any) -> None:
    task = {
        "Definition": ["Answer the question."],
        "Positive Examples": [{"input": "shown", "output": "first", "explanation": ""}],
        "Instances": [{"input": row["input"], "output": [row["output"], "other"]} for row in PAIRS],
        **changes,
    }
    write(folder / "tasks" / f"{name}.json", task)


def check_laws(suite: TaskSuite) -> None:
    for task in suite.all_tasks:
        assert task.descriptions
        assert task.splits["train"]
        assert task.splits["test"]
        sides = [{example.input for example in task.splits[split]} for split in ("train", "test")]
        assert not sides[0] & sides[1]
        assert not set(task.descriptions) & set(task.unseen_descriptions)
        assert all(
            len(set(example.targets)) == len(example.targets) for side in task.splits.values() for example in side
        )


def test_function_vectors_folder(tmp_path: Path) -> None:
    write(tmp_path / "english-french_words.json", [*PAIRS, {"input": "word0", "output": "second answer"}])
    suite = load_folder(tmp_path)
    check_laws(suite)
    (task,) = suite.all_tasks
    assert task.descriptions == ("english french words",)
    assert {split: len(examples) for split, examples in task.splits.items()} == {"train": 15, "test": 5}
    (merged,) = [e for side in task.splits.values() for e in side if e.input == "word0"]
    assert merged.targets == ("answer0", "second answer")


def test_descriptions_file_and_unseen_quarter(tmp_path: Path) -> None:
    write(tmp_path / "copy.json", PAIRS)
    write(tmp_path / "descriptions.yaml", "copy: [one, two, three, four, five, six, seven, eight]")
    (task,) = load_folder(tmp_path).all_tasks
    assert len(task.descriptions) == 6
    assert len(task.unseen_descriptions) == 2
    assert load_folder(tmp_path) == load_folder(tmp_path)


def test_a_task_keeps_its_split_when_others_come(tmp_path: Path) -> None:
    for number in range(40):
        write(tmp_path / f"task{number}.json", PAIRS)
    before = load_folder(tmp_path)
    assert before.train
    assert before.validation
    assert before.test
    write(tmp_path / "another.json", PAIRS)
    after = load_folder(tmp_path)
    for split in ("train", "validation", "test"):
        names = {task.name for task in getattr(before, split)}
        assert names <= {task.name for task in getattr(after, split)}


def test_answers_that_change_case_or_are_letters_are_scored_strictly(tmp_path: Path) -> None:
    write(tmp_path / "upper.json", [{"input": row["input"], "output": row["input"].upper()} for row in PAIRS])
    write(tmp_path / "letter.json", [{"input": row["input"], "output": "a"} for row in PAIRS])
    write(tmp_path / "other.json", PAIRS)
    metrics = {task.name: task.metric for task in load_folder(tmp_path).all_tasks}
    assert metrics == {"upper": "exact_match_strict", "letter": "exact_match_strict", "other": "exact_match"}


def test_instruction_induction_folder(tmp_path: Path) -> None:
    translated = {"input": "nose", "output": "nez", "possible_translations": ["nez", "museau"]}
    content = {"annotations": ["a b", "c d", "e f", "g h"], "induce": PAIRS, "execute": [PAIRS[0], translated]}
    write(tmp_path / "words.json", content)
    (task,) = load_folder(tmp_path).all_tasks
    assert len(task.descriptions) == 3
    assert len(task.unseen_descriptions) == 1
    assert len(task.splits["train"]) == 19
    assert task.splits["test"][1].targets == ("nez", "museau")


def test_instruction_induction_schemas_of_their_own(tmp_path: Path) -> None:
    pairs = [{"cause": f"It rained {n} times.", "effect": "The street was wet."} for n in range(8)]
    write(
        tmp_path / "cause_and_effect.json", {"annotations": ["find the cause"], "induce": pairs, "execute": pairs[:4]}
    )
    concept = {"concept": "have wheels", "items": ["car", "bike"], "all_common_concepts": ["have wheels", "can roll"]}
    other = {**concept, "items": ["cart", "train"]}
    write(tmp_path / "concept.json", {"annotations": ["what is common"], "induce": [concept], "execute": [other]})
    tasks = {task.name: task for task in load_folder(tmp_path).all_tasks}
    for example in tasks["cause_and_effect"].splits["test"]:
        assert example.targets[0].startswith("It rained")
        assert example.targets[0] in example.input
    (example,) = tasks["concept"].splits["test"]
    assert (example.input, example.targets) == ("cart, train", ("have wheels", "can roll"))


def test_natural_instructions_folder(tmp_path: Path) -> None:
    for name in ("one", "two", "three", "unnamed"):
        write_natural(tmp_path, name)
    write_natural(tmp_path, "three", Definition="A plain sentence.")
    write(tmp_path / "splits/default/train_tasks.txt", "one\ntwo\n")
    write(tmp_path / "splits/default/test_tasks.txt", "three\n")
    suite = load_folder(tmp_path)
    check_laws(suite)
    assert [task.name for task in suite.train] == ["one", "two"]
    assert [task.name for task in suite.test] == ["three"]
    assert suite.validation == ()
    assert suite.test[0].descriptions == ("A plain sentence.",)
    assert suite.train[0].splits["train"][0].input == "shown"
    assert suite.train[0].splits["test"][0].targets[1] == "other"


def test_natural_instructions_without_splits_are_split_by_name(tmp_path: Path) -> None:
    write_natural(tmp_path, "one")
    assert [task.name for task in load_folder(tmp_path).all_tasks] == ["one"]


def test_absent_folder(tmp_path: Path) -> None:
    with pytest.raises(TaskError, match=r"nowhere.*function-vectors.*instruction-induction.*natural-instructions"):
        load_folder(tmp_path / "nowhere")


def test_folder_without_tasks(tmp_path: Path) -> None:
    with pytest.raises(TaskError, match="no task file"):
        load_folder(tmp_path)


BAD_FILES = [
    ("[{", r"broken\.json is not valid JSON"),
    ('[{"input": "a", "output": "b"}, {"inp', r"broken\.json is not valid JSON"),
    ("[" * 100_000, r"broken\.json is not valid JSON"),
    ("3", r"broken\.json is not a task file"),
    ({"questions": []}, r"broken\.json is not a task file"),
    ([], r"broken\.json holds no example"),
    ([{"input": "a"}], r'example 0 of .*broken\.json has no field "output"'),
    (
        [{"input": {"a": 1}, "output": "b"}],
        r'field "input" in example 0 of .*broken\.json must be text, it is an object',
    ),
    ([{"input": None, "output": "b"}], r'field "input" in example 0 of .*broken\.json must be text, it is null'),
    ([*PAIRS, {"input": "a", "output": ""}], r'field "output" in example 20 of .*broken\.json is empty'),
    ([*PAIRS, {"input": "a", "output": []}], r'field "output" in example 20 of .*broken\.json is empty'),
    ([{"input": "a" * 10_000_000, "output": "b"}], r'field "input" in example 0 of .*has 10,000,000 characters'),
    ([{**PAIRS[0], "id": "x"}, {**PAIRS[1], "id": "x"}], r"field \"id\" in example 1 of .*broken\.json repeats 'x'"),
    (["word"], r"example 0 of .*broken\.json must be an object"),
    ({"annotations": [], "induce": PAIRS, "execute": PAIRS}, 'field "annotations" in .* must be a non-empty list'),
    ({"induce": PAIRS, "execute": PAIRS}, 'has no field "annotations"'),
    ({"annotations": ["a"], "induce": PAIRS}, 'has no field "execute"'),
    ({"annotations": ["a", " "], "induce": PAIRS, "execute": PAIRS}, 'field "annotations" in .* is empty'),
    ({"Definition": [], "Instances": PAIRS}, 'field "Definition" in .* is empty'),
    ({"Definition": "", "Instances": PAIRS}, 'field "Definition" in .* is empty'),
    ({"Instances": PAIRS}, 'has no field "Definition"'),
    ({"Definition": "a", "Instances": []}, 'field "Instances" in .* must be a non-empty list, it is an empty list'),
    ({"Definition": "a", "Instances": "b"}, 'field "Instances" in .* must be a non-empty list, it is text'),
    ({"Definition": "word " * 513, "Instances": PAIRS}, "has 513 words, more than the 512 allowed"),
]


@pytest.mark.parametrize(("content", "message"), BAD_FILES)
def test_a_broken_file_gives_one_error_that_names_file_and_field(tmp_path: Path, content: Any, message: str) -> None:
    write(tmp_path / "broken.json", content)
    with pytest.raises(TaskError, match=message):
        load_folder(tmp_path)


@pytest.mark.parametrize(("content", "message"), BAD_FILES)
def test_broken_files_can_be_skipped_and_are_reported(tmp_path: Path, content: Any, message: str) -> None:
    write(tmp_path / "broken.json", content)
    write(tmp_path / "whole.json", PAIRS)
    suite = load_folder(tmp_path, skip_broken=True)
    assert [task.name for task in suite.all_tasks] == ["whole"]
    (reported,) = suite.skipped
    assert re.search(message, reported)


def test_invalid_utf8(tmp_path: Path) -> None:
    (tmp_path / "broken.json").write_bytes(b'[{"input": "\xff", "output": "b"}]')
    with pytest.raises(TaskError, match=r"broken\.json is not UTF-8 text \(byte 12\)"):
        load_folder(tmp_path)


def test_skipping_leaves_at_least_one_task(tmp_path: Path) -> None:
    write(tmp_path / "broken.json", "[{")
    with pytest.raises(TaskError, match="no task could be read"):
        load_folder(tmp_path, skip_broken=True)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("copy: [", "not valid YAML"),
        ("copy: a sentence", "must map"),
        ("cop: [a]", "describes"),
        ("copy: []", "is empty"),
    ],
)
def test_bad_descriptions_file(tmp_path: Path, text: str, message: str) -> None:
    write(tmp_path / "copy.json", PAIRS)
    write(tmp_path / "descriptions.yaml", text)
    with pytest.raises(TaskError, match=message):
        load_folder(tmp_path)


def test_bad_named_splits(tmp_path: Path) -> None:
    write_natural(tmp_path, "one")
    write(tmp_path / "splits/default/train_tasks.txt", "one\nabsent\n")
    with pytest.raises(TaskError, match=r"test_tasks\.txt is absent"):
        load_folder(tmp_path)
    write(tmp_path / "splits/default/test_tasks.txt", "")
    with pytest.raises(TaskError, match="'absent'"):
        load_folder(tmp_path)
    with pytest.raises(TaskError, match="no splits/other; choose one of: default, text-to-lora"):
        load_folder(tmp_path, split_name="other")


def test_the_arrangement_of_text_to_lora(tmp_path: Path) -> None:
    for name in ("task022_a", "task033_removed", "task701_b", "task1398_c", "task9999_d"):
        write_natural(tmp_path, name)
    suite = load_folder(tmp_path, split_name="text-to-lora")
    assert [task.name for task in suite.train] == ["task022_a", "task1398_c"]
    assert [task.name for task in suite.validation] == ["task701_b"]
    assert [task.overlaps for task in suite.train] == [(), ("openbookqa",)]
    assert (len(text_to_lora.TRAIN), len(text_to_lora.VALIDATION), len(text_to_lora.REMOVED)) == (479, 11, 10)
    assert set(text_to_lora.CONTAMINATED) <= text_to_lora.TRAIN
    assert not text_to_lora.TRAIN & (text_to_lora.VALIDATION | text_to_lora.REMOVED)


def questions_in(file: Path) -> set[str]:
    """Distinct inputs of a file, counted without the loaders."""
    content = json.loads(file.read_text(encoding="utf-8"))
    if isinstance(content, list):
        rows = content
    else:
        keys = ("induce", "execute", "Instances", "Positive Examples")
        rows = [row for key in keys for row in content.get(key, [])]
    return {json.dumps({k: v for k, v in row.items() if k in ("input", "items", "cause", "effect")}) for row in rows}


@needs_data
@pytest.mark.parametrize("layout", ["function_vectors", "instruction_induction", "natural_instructions"])
def test_real_folder(layout: str) -> None:
    folder = Path(str(DATA)) / "tasks" / layout
    files = {file.stem: file for file in folder.rglob("*.json")}
    suite = load_folder(folder)
    check_laws(suite)
    assert suite.train
    assert suite.test
    assert {task.name for task in suite.all_tasks} == set(files)
    for task in suite.all_tasks:
        assert sum(len(rows) for rows in task.splits.values()) == len(questions_in(files[task.name])), task.name


@needs_data
def test_real_descriptions() -> None:
    for file in sorted((Path(str(DATA)) / "descriptions").glob("*.yaml")):
        sentences = read_descriptions(file)
        assert len(sentences) == len(set(sentences)) > 100, file
