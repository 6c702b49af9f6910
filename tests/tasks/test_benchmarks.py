"""Laws of benchmark files: what the project brings is whole, and what is broken is refused with its file and field."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from adaptlab.errors import TaskError
from adaptlab.tasks.benchmark_items import ask_benchmark
from adaptlab.tasks.benchmarks import SUITES, read_benchmark, read_benchmarks, rendered, value_of

TEN = {
    "arc_easy",
    "arc_challenge",
    "boolq",
    "gsm8k",
    "hellaswag",
    "openbookqa",
    "piqa",
    "winogrande",
    "mbpp",
    "humaneval",
}
SPEC: dict[str, Any] = {
    "name": "toy",
    "source": {"files": {"test": "toy/test.jsonl", "train": "toy/train.jsonl"}, "scored": "test", "shots": "train"},
    "protocols": {
        "lmeval": {
            "request": "choices",
            "prompt": "Q: {{question}}\nA:",
            "choices": "options",
            "gold": "right",
            "metrics": ["acc", "acc_norm"],
        }
    },
    "descriptions": ["Answer the question."],
}


@pytest.fixture
def written(tmp_path: Path) -> Callable[[dict[str, Any]], Path]:
    """Write a benchmark's file."""

    def write(spec: dict[str, Any]) -> Path:
        path = tmp_path / "toy.yaml"
        path.write_text(yaml.safe_dump(spec))
        return path

    return write


def changed(**changes: Any) -> dict[str, Any]:
    protocol = {**SPEC["protocols"]["lmeval"], **changes.pop("protocol", {})}
    source = {**SPEC["source"], **changes.pop("source", {})}
    return {**SPEC, "source": source, "protocols": {changes.pop("named", "lmeval"): protocol}, **changes}


def test_the_project_brings_the_ten_benchmarks_with_source_licence_and_descriptions() -> None:
    found = {benchmark.name: benchmark for benchmark in read_benchmarks([SUITES])}
    assert set(found) >= TEN
    for name in TEN:
        one = found[name]
        assert one.source.hub and one.citation and one.licence and one.title
        assert len(set(one.descriptions)) >= 3
        assert "paper" in one.protocols
        assert all(protocol.metrics for protocol in one.protocols.values())


def test_descriptions_differ_between_benchmarks() -> None:
    every = [text for benchmark in read_benchmarks([SUITES]) for text in benchmark.descriptions]
    assert len(set(every)) == len(every)


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        (changed(nonsense=1), "nonsense"),
        (changed(protocol={"nonsense": 1}), "nonsense"),
        (changed(named="mine"), "lmeval, paper"),
        (changed(protocol={"request": "guess"}), "request is 'guess'"),
        (changed(protocol={"metrics": ["strict"]}), "acc, acc_norm"),
        (changed(protocol={"metrics": []}), "metrics"),
        (changed(protocol={"gold": ""}), "gold"),
        (changed(protocol={"choices": ""}), "choices"),
        (changed(protocol={"prompt": "{{question"}), "prompt is not a template"),
        (changed(protocol={"gold": "right +"}), "gold is not a template"),
        (changed(protocol={"read": "mind"}), "read is 'mind'"),
        (changed(protocol={"request": "generate", "metrics": ["strict"], "read": "choice"}), "labels"),
        (changed(protocol={"request": "generate", "metrics": ["strict"], "read": "pattern"}), "patterns"),
        (changed(protocol={"request": "code", "metrics": ["pass@1"]}), "program is ''"),
        (changed(source={"shots": "test"}), "scored split"),
        (changed(source={"aside": 2}), "one of source.shots"),
        (changed(source={"files": {}}), "source needs"),
        (changed(protocols={}), "at least one protocol"),
        (changed(version="first"), "version"),
    ],
)
def test_a_broken_file_is_refused_by_file_and_field(
    written: Callable[[dict[str, Any]], Path], spec: dict[str, Any], said: str
) -> None:
    path = written(spec)
    with pytest.raises(TaskError) as caught:
        read_benchmark(path)
    assert str(path) in str(caught.value) and said in str(caught.value)


def test_unreadable_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(TaskError, match="no benchmark file"):
        read_benchmark(tmp_path / "absent.yaml")
    (tmp_path / "bad.yaml").write_text("a: [1")
    with pytest.raises(TaskError, match=r"bad\.yaml"):
        read_benchmark(tmp_path / "bad.yaml")
    with pytest.raises(TaskError, match=r"no benchmark arc_eazy.*arc_easy"):
        read_benchmarks(["arc_eazy"])
    with pytest.raises(TaskError, match="name a benchmark"):
        read_benchmarks([tmp_path / "empty"] if (tmp_path / "empty").mkdir() is None else [])


def test_templates_see_columns_and_nothing_of_python() -> None:
    row = {"question": "why", "n": 3}
    assert rendered("{{question}}?", row) == "why?" and value_of("n - 1", row) == 2
    for attack in ("question.__class__", "question.__class__.__mro__", "self", "cycler.__init__.__globals__"):
        with pytest.raises(TaskError):
            value_of(f"{attack}.x", row)
    with pytest.raises(TaskError, match="columns question, n"):
        rendered("{{missing}}", row)


def rows_in(folder: Path, monkeypatch: pytest.MonkeyPatch, test: list[str], train: list[str]) -> None:
    place = folder / "data" / "benchmarks" / "toy"
    place.mkdir(parents=True)
    (place / "test.jsonl").write_text("\n".join(test))
    (place / "train.jsonl").write_text("\n".join(train))
    monkeypatch.setenv("ADAPTLAB_DATA", str(folder / "data"))


def line(question: str, right: int = 0) -> str:
    return f'{{"question": "{question}", "options": ["yes", "no"], "right": {right}}}'


def test_questions_come_in_order_and_solved_examples_from_the_other_split(
    written: Callable[[dict[str, Any]], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows_in(tmp_path, monkeypatch, [line(f"q{i}", i % 2) for i in range(5)], [line("solved", 1)])
    asked = ask_benchmark(read_benchmark(written(SPEC)), "lmeval", 3)
    assert [item.prompts for item in asked.items] == [(f"Q: q{i}\nA:",) for i in range(3)]
    assert [item.gold for item in asked.items] == [0, 1, 0]
    assert asked.items[0].continuations == (" yes", " no")
    assert asked.solved == ("Q: solved\nA: no",)
    assert asked.head("Do it.", 1) == "Do it.\n\nQ: solved\nA: no\n\n"
    assert asked.head("", 0) == ""
    with pytest.raises(TaskError, match="1 solved examples"):
        asked.head("", 2)
    with pytest.raises(TaskError, match="no protocol 'paper'"):
        ask_benchmark(read_benchmark(written(SPEC)), "paper")


def test_rows_set_aside_are_never_scored(
    written: Callable[[dict[str, Any]], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows_in(tmp_path, monkeypatch, [line(f"q{i}") for i in range(6)], [line("unused")])
    spec = read_benchmark(written(changed(source={"shots": "", "aside": 2})))
    asked = ask_benchmark(spec, "lmeval")
    assert len(asked.items) == 4 and len(asked.solved) == 2
    assert not {text for item in asked.items for text in item.prompts} & {s.rpartition(" ")[0] for s in asked.solved}
    assert ask_benchmark(spec, "lmeval", 3).items == asked.items[:3]


def test_an_example_that_comes_twice_is_asked_once(
    written: Callable[[dict[str, Any]], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows_in(tmp_path, monkeypatch, [line("a"), line("b"), line("a")], [line("c")])
    assert [item.row for item in ask_benchmark(read_benchmark(written(SPEC)), "lmeval").items] == [0, 1]


@pytest.mark.parametrize("row", ['{"question": "a"}', line("a", 7), "[1]", "{", '{"question": "a", "right": 0}'])
def test_rows_that_do_not_fit_are_refused(
    written: Callable[[dict[str, Any]], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, row: str
) -> None:
    rows_in(tmp_path, monkeypatch, [row], [line("c")])
    with pytest.raises(TaskError):
        ask_benchmark(read_benchmark(written(SPEC)), "lmeval")


def test_without_rows_the_message_says_where_they_go(
    written: Callable[[dict[str, Any]], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ADAPTLAB_DATA", raising=False)
    with pytest.raises(TaskError, match=r"toy/test.jsonl"):
        ask_benchmark(read_benchmark(written(SPEC)), "lmeval")


def test_hellaswag_is_asked_as_lm_evaluation_harness_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Expected texts by its `hellaswag/utils.py`, on a row with the hub's columns."""
    row = {
        "activity_label": "Home and Garden",
        "ctx_a": "[header] How to clean a rug [title] Shake it out. [step] Take it outside.",
        "ctx_b": "the dust",
        "ctx": "[header] How to clean a rug [title] Shake it out. [step] Take it outside. the dust",
        "endings": ["falls off. [substeps] Beat it.", " sings [title] Then sleep.", "flies", "is  blue"],
        "label": "0",
    }
    place = tmp_path / "benchmarks" / "hellaswag"
    place.mkdir(parents=True)
    (place / "validation.jsonl").write_text(json.dumps(row))
    monkeypatch.setenv("ADAPTLAB_DATA", str(tmp_path))
    (hellaswag,) = read_benchmarks(["hellaswag"])
    (item,) = ask_benchmark(hellaswag, "lmeval").items
    scene = "Home and Garden: How to clean a rug. Shake it out. Take it outside. The dust"
    assert item.prompts == (scene,)
    assert item.continuations == (" falls off. Beat it.", " sings. Then sleep.", " flies", " is blue")
    (item,) = ask_benchmark(hellaswag, "paper").items
    assert item.prompts[0].startswith(f"{scene}\n0. falls off. Beat it.\n1. sings.")


def test_the_real_rows_fit_every_protocol(data_folder: Path) -> None:
    for benchmark in read_benchmarks([SUITES]):
        if not (data_folder / "benchmarks" / benchmark.name).exists():
            continue
        for name, protocol in benchmark.protocols.items():
            asked = ask_benchmark(benchmark, name, 20)
            assert asked.items and len(asked.solved) >= 3
            assert all(item.prompts and all(item.prompts) for item in asked.items)
            if protocol.request == "choices":
                assert all(len(item.continuations) == len(item.choices) > item.gold for item in asked.items)
