"""`adaptlab tasks` at the command line: what a user sees, and what a mistake says."""

import json
from pathlib import Path

import pytest
from commandline import adaptlab, configuration, write_suite

from adaptlab.contracts import Example, Task, TaskSuite
from adaptlab.embeddings import OneHot, RandomVector
from adaptlab.evaluation.neighbours import probe_siblings
from adaptlab.evaluation.suite_commands import shared_between_splits, shared_between_tasks


def run(*arguments: str) -> str:
    done = adaptlab(["tasks", *arguments])
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_list_show_and_stats(small_suite: Path) -> None:
    listed = run("list", str(small_suite))
    assert "train: " in listed
    assert "say_moon" in listed
    shown = run("show", str(small_suite), "say_moon", "--base_model", "tiny-random:llama")
    assert "Say moon (" in shown
    assert "Output:" in shown
    counted = run("stats", str(small_suite))
    assert "descriptions that two tasks share: 0" in counted


def test_export_gives_a_suite_that_can_be_used(small_suite: Path, tmp_path: Path) -> None:
    run("export", str(small_suite), str(tmp_path / "out"), "--sample_tasks", "3")
    assert len(list((tmp_path / "out").glob("*.jsonl"))) == 3
    assert run("list", str(tmp_path / "out")).count("say_") == 3


def test_broken_files_are_named_or_skipped(tmp_path: Path) -> None:
    folder = write_suite(tmp_path / "suite")
    (folder / "broken.json").write_text("[{")
    done = adaptlab(["tasks", "list", str(folder)])
    assert done.returncode == 2
    assert "broken.json is not valid JSON" in done.stderr
    listed = run("list", str(folder), "--skip_broken=true")
    assert "left out" in listed
    assert "1 tasks were left out" in listed


def test_decontamination_finds_a_planted_overlap(tmp_path: Path) -> None:
    rows = [{"input": "a b", "output": "c", "split": "train"}, {"input": "d e", "output": "f", "split": "test"}]
    folder = tmp_path / "suite"
    folder.mkdir()
    (folder / "tasks.yaml").write_text(
        "one: {descriptions: [First.], split: train}\n"
        "two: {descriptions: [Second.], split: validation}\n"
        "three: {descriptions: [First.], split: test}\n"
    )
    for name in ("one", "two", "three"):
        (folder / f"{name}.jsonl").write_text("\n".join(map(json.dumps, rows)))
    out = tmp_path / "report.json"
    said = run("decontaminate", str(folder), str(out))
    assert "exact: 1 descriptions" in said
    (found,) = json.loads(out.read_text())["found"]
    assert (found["train_task"], found["heldout"], found["text"]) == ("one", "three", "First.")
    arguments = ["fit", "--config", str(configuration(tmp_path / "run", folder)), "--trainer.max_steps=1"]
    refused = adaptlab(arguments)
    assert refused.returncode == 2
    assert "trains on held-out material in 1 places" in refused.stderr
    allowed = adaptlab([*arguments, "--data.allow_contaminated=true"])
    assert allowed.returncode == 0, allowed.stderr


def task(name: str, pairs: list[tuple[str, str]], split: str = "train", family: str = "f") -> Task:
    rows = tuple(Example(question, (answer,)) for question, answer in pairs)
    return Task(name, (f"Do {name}.",), {split: rows}, (f"Now {name}.",), family=family)


def test_sharing_is_counted() -> None:
    one, other = task("a", [("x", "y"), ("z", "w")]), task("b", [("x", "y"), ("z", "v")])
    assert shared_between_splits(TaskSuite("s", (one,), (), (other,))) == 1
    assert shared_between_splits(TaskSuite("s", (one, other))) == 0
    same = Task("c", ("Do a.",), {"train": (Example("q", ("r",)),)})
    assert shared_between_tasks(TaskSuite("s", (one, same))) == 1


@pytest.mark.parametrize(("encoder", "share"), [(OneHot(), 1.0), (RandomVector(16), 1.0)])
def test_the_probe_tells_tasks_apart_when_vectors_belong_to_tasks(encoder: OneHot | RandomVector, share: float) -> None:
    suite = TaskSuite(
        "s", tuple(task(name, [("x", name)]) for name in "abcd"), (), (task("e", [("x", "e")], "test", "g"),)
    )
    encoder.fit([t.name for t in suite.all_tasks])
    (probe,) = probe_siblings(suite, encoder)
    assert (probe.family, probe.tasks, probe.descriptions) == ("f", 4, 4)
    assert (probe.among_siblings, probe.among_all) == (share, share)
