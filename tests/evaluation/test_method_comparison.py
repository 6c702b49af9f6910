"""Comparing methods from one file: every method in one table, nothing trained twice, and clear errors."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from commandline import adaptlab

from adaptlab.basemodels import fast_dtype
from adaptlab.contracts import RunRecord
from adaptlab.errors import ConfigurationError
from adaptlab.evaluation.comparison_plan import Comparison, read_comparison
from adaptlab.evaluation.method_comparison import MethodComparison
from adaptlab.reports.curves import last_loss
from adaptlab.reports.reading import read_records

LORA = {
    "families": [{"class_path": "adaptlab.adapters.LoRA", "init_args": {"rank": 2}}],
    "generator": {"class_path": "adaptlab.hypernetworks.SharedAdapter"},
}
IA3 = {
    "families": [],
    "generator": {"class_path": "adaptlab.tuners.Peft", "init_args": {"config": {"class_path": "peft.IA3Config"}}},
}


def plan(folder: Path, **changes: Any) -> Path:
    """A small comparison on a tiny random model."""
    values = {
        "base_model": "tiny-random:llama",
        "tasks": ["antonym", "comparative"],
        "choose_on": ["acronym"],
        "steps": 2,
        "batch_size": 4,
        "held_back": 4,
        "test_examples": 2,
        "methods": {
            "LoRA": {"model": LORA, "learning_rates": [1e-3, 0.5]},
            "IA3 by PEFT": {"model": IA3, "learning_rates": [1e-2]},
        },
    }
    path = folder / "comparison.yaml"
    path.write_text(yaml.safe_dump({**values, **changes}))
    return path


def trained_records(out: Path) -> dict[str, RunRecord]:
    """Records by method, without the base model's."""
    return {record.method: record for record in read_records([out / "records"]) if record.condition != "untrained"}


def test_every_method_stands_in_one_table_and_nothing_is_trained_twice(tmp_path: Path) -> None:
    words = ["compare", str(plan(tmp_path)), "--out", str(tmp_path / "out")]
    done = adaptlab(words)
    assert done.returncode == 0, done.stderr
    assert "| IA3 by PEFT | all |" in done.stdout
    assert re.search(r"\| the base model \| none \| \d+\.\d \[.*\] \| - \|", done.stdout)
    records = trained_records(tmp_path / "out")
    lora = records["lora"]
    losses = lora.notes["loss_by_learning_rate"]
    assert losses.keys() == {"0.001", "0.5"}
    assert losses[f"{lora.notes['learning_rate']:g}"] == min(losses.values())
    assert {metric.task for metric in lora.metrics} == {"antonym", "comparative"}
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("| LoRA |")]
    assert f"| {50 * sum(metric.value for metric in lora.metrics):.1f} [" in line
    end = "least" if lora.notes["learning_rate"] == 1e-3 else "greatest"
    assert f"| {lora.notes['learning_rate']:g}, the {end} tried |" in line
    assert records["ia3_by_peft"].emitted_parameters == 0
    assert all(record.trained_parameters > 0 and record.stored_bytes > 0 for record in records.values())
    (one,) = (tmp_path / "out" / "runs" / "lora").glob("antonym.*")
    assert last_loss(one, "held_back") > 0
    (tmp_path / "out" / "records" / "lora.trained.seed0.json").unlink()
    again = adaptlab(words)
    assert again.returncode == 0, again.stderr
    assert "learning rate" not in again.stdout.split("# Methods")[0]  # no run was begun
    assert again.stdout.split("# Methods")[1].count("| LoRA |") == 1
    more = MethodComparison(read_comparison(plan(tmp_path, steps=3)), tmp_path / "out")
    with pytest.raises(ConfigurationError, match="comes from other settings"):
        more.run()  # two steps must not stand in a table of three


def test_a_wider_grid_trains_again_only_what_it_changes(tmp_path: Path) -> None:
    def compare(*rates: float) -> tuple[RunRecord, str]:
        methods = {"LoRA": {"model": LORA, "learning_rates": list(rates)}}
        path = plan(tmp_path, methods=methods, joint=True, steps=8)
        report = MethodComparison(read_comparison(path), tmp_path / "out").run()
        return trained_records(tmp_path / "out")["lora"], report

    useless, better, harmful = 1e-9, 1e-2, 1e9
    first, _ = compare(useless)
    assert first.notes["learning_rate"] == useless
    second, report = compare(useless, better)
    assert second.notes["learning_rate"] == better and second.wall_time_seconds != first.wall_time_seconds
    assert "| 0.01, the greatest tried |" in report
    third, report = compare(useless, better, harmful)
    assert "| 0.01 |" in report
    losses = third.notes.pop("loss_by_learning_rate")
    assert losses.items() > second.notes.pop("loss_by_learning_rate").items()
    assert replace(third, config={}) == replace(second, config={})  # with its times: it was not trained again


def test_what_cannot_be_trained_keeps_nothing_else_from_it(tmp_path: Path) -> None:
    methods = {
        "wrong": {"model": {**LORA, "attention": "none"}, "learning_rates": [1e-3]},
        "LoRA": {"model": LORA, "learning_rates": [1e-3]},
    }
    done = adaptlab(["compare", str(plan(tmp_path, methods=methods)), "--out", str(tmp_path / "out")])
    assert done.returncode == 2
    assert "wrong could not be trained" in done.stderr
    assert set(trained_records(tmp_path / "out")) == {"lora"}
    assert "| LoRA | all |" in (tmp_path / "out" / "report.md").read_text()


def test_scores_by_train_examples_are_drawn(tmp_path: Path) -> None:
    only = {"LoRA": {"model": LORA, "learning_rates": [1e-2, 1e-3]}}
    two = ["acronym", "case_capitalise"]  # as many as are measured, so that only their names tell the runs apart
    path = plan(tmp_path, methods=only, examples=[2, 8], joint=True, choose_on=two)
    done = adaptlab(["compare", str(path), "--out", str(tmp_path / "out")])
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out" / "report.png").stat().st_size > 1000
    assert "(report.png)" in (tmp_path / "out" / "report.md").read_text()
    conditions = {record.condition for record in read_records([tmp_path / "out" / "records"])}
    assert conditions == {"2 examples", "8 examples", "untrained"}


def test_what_would_be_trained_is_counted_before(tmp_path: Path) -> None:
    comparison = MethodComparison(read_comparison(plan(tmp_path)), tmp_path)
    counted = {name: (parameters, stored) for name, parameters, stored, _ in comparison.counts()}
    assert counted["LoRA"] == (3 * 2 * (32 + 32 + 32 + 16), 4 * 3 * 2 * (32 + 32 + 32 + 16))
    assert counted["IA3 by PEFT"][0] == 3 * (16 + 16 + 48)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"tasks": ["no_such_task"]}, "'no_such_task', which is no train task"),
        ({"choose_on": ["antonym"]}, "'antonym' is in both lists"),
        ({"tasks": []}, "needs methods, tasks"),
        ({"stpes": 4}, "stpes"),
        ({"steps": "many"}, "steps"),
        ({"examples": [3]}, "3 examples cannot be shared out evenly over 2 tasks"),
        ({"seeds": []}, "at least one seed"),
        ({"seeds": [0, 0]}, "names one of its seeds twice"),
        ({"test_examples": 0}, "test_examples must be at least 1, got 0"),
        ({"methods": {"LoRA": {"model": LORA, "learning_rates": []}}}, "a learning rate for each"),
        (
            {"methods": {"LoRA": {"model": {**LORA, "dtype": "bfloat16"}, "learning_rates": [1.0]}}},
            "'LoRA' sets 'dtype'",
        ),
        (
            {"methods": {name: {"model": LORA, "learning_rates": [1.0]} for name in ("LoRA+", "LoRA-")}},
            "too much alike",
        ),
    ],
)
def test_what_is_wrong_is_said(changes: dict[str, Any], message: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=message):
        read_comparison(plan(tmp_path, **changes))


def test_auto_is_what_is_fast_here(tmp_path: Path) -> None:
    assert read_comparison(plan(tmp_path, dtype="auto")).dtype == fast_dtype()


def test_a_method_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    broken = {"Broken": {"model": {"families": [], "generator": {"class_path": "os.system"}}, "learning_rates": [1.0]}}
    found = read_comparison(plan(tmp_path, methods=broken))
    assert isinstance(found, Comparison)
    with pytest.raises(ConfigurationError, match="'Broken' cannot be made"):
        list(MethodComparison(found, tmp_path).counts())


def test_processes_share_a_comparison_by_method(tmp_path: Path) -> None:
    found = read_comparison(plan(tmp_path))
    assert [name for name, *_ in MethodComparison(found, tmp_path, ["IA3 by PEFT"]).counts()] == ["IA3 by PEFT"]
    with pytest.raises(ConfigurationError, match="no method 'IA4' in the file; it has IA3 by PEFT, LoRA"):
        MethodComparison(found, tmp_path, ["IA4"])
