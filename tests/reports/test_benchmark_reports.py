"""Laws of reports on public benchmarks: means, intervals, corrections, what counts as held out, what is forgotten."""

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from adaptlab.contracts import RunRecord
from adaptlab.errors import RecordError
from adaptlab.evaluation.records import Score, summarise, write_record
from adaptlab.reports import report
from adaptlab.reports.benchmark_report import benchmark_tables
from adaptlab.reports.benchmark_scores import (
    estimate,
    gather_benchmark_rows,
    holm,
    mean_estimate,
    paired,
    paired_mean,
)
from adaptlab.reports.reading import read_files

QUESTIONS = 60
Values = Mapping[str, list[float]]


def measured(
    out: Path,
    method: str,
    condition: str,
    values: Values,
    seed: int = 0,
    trained: int = 0,
    split: str = "heldout",
    protocol: str = "lmeval",
    base_model: str = "tiny",
) -> Path:
    """Write one record with a score per question; `text` is an entropy."""
    scores = [
        Score(split, name, f"{name}{index}", "", 0, value, "cross_entropy" if name == "text" else "acc")
        for name, per_question in values.items()
        for index, value in enumerate(per_question)
    ]
    benchmarks = {name: {"version": 1, "metric": "cross_entropy" if name == "text" else "acc"} for name in values}
    record = RunRecord(
        method=method,
        condition=condition,
        base_model=base_model,
        seed=seed,
        config={"benchmarks": benchmarks},
        environment={"commit": "c", "dirty": False},
        metrics=summarise(scores),
        protocol=protocol,
        trained_parameters=trained,
    )
    return write_record(out, record, scores)


def right(share: float, count: int = QUESTIONS) -> list[float]:
    return [float(index < share * count) for index in range(count)]


def rows_of(out: Path):  # type: ignore[no-untyped-def]
    return {row.label: row for row in gather_benchmark_rows(read_files([out]))}


def test_means_leave_out_entropy_contaminated_and_small_benchmarks(tmp_path: Path) -> None:
    values = {"a": right(0.5), "b": right(0.25), "tiny": right(1, 4), "text": [1.0] * QUESTIONS}
    measured(tmp_path, "base", "no description", values)
    row = rows_of(tmp_path)["base, no description"]
    assert set(row.averaged()) == {"a", "b"}
    found = mean_estimate(row.averaged())
    assert found is not None and found.value == pytest.approx(0.375) and found.tasks == 2
    assert found.low is not None and found.low < 0.375
    measured(tmp_path / "x", "mine", "aligned", {"a": right(0.5)}, trained=5, split="contaminated")
    assert rows_of(tmp_path / "x")["mine, aligned"].averaged() == {}
    assert mean_estimate({}) is None


def test_intervals_narrow_with_questions_and_hold_their_level() -> None:
    generator = np.random.default_rng(0)
    hits = 0
    for _ in range(200):
        found = estimate(pd.Series(generator.random(100) < 0.3, dtype=float))
        assert found.low is not None and found.high is not None
        hits += found.low <= 0.3 <= found.high
    assert 0.88 <= hits / 200 <= 0.99
    wide, narrow = estimate(np.array(right(0.3, 50))), estimate(np.array(right(0.3, 800)))
    assert narrow.high - narrow.low < (wide.high - wide.low) / 3  # type: ignore[operator]
    assert estimate(np.ones(10)).low is None


def test_pairs_are_by_question(tmp_path: Path) -> None:
    measured(tmp_path, "base", "no description", {"a": right(0.3)})
    measured(tmp_path, "mine", "aligned", {"a": right(0.6)}, trained=5)
    rows = rows_of(tmp_path)
    mine, base = rows["mine, aligned"], rows["base, no description"]
    compared = paired(mine, base, "a", "acc")
    assert compared is not None and compared.difference.value == pytest.approx(0.3)
    assert compared.p_value is not None and compared.p_value < 0.001
    same = paired(base, base, "a", "acc")
    assert same is not None and same.p_value == 1 and same.difference.value == 0
    assert paired(base, base, "absent", "acc") is None
    both = paired_mean(mine, base)
    assert both is not None and both.value == pytest.approx(0.3)


def test_seeds_are_averaged_and_their_spread_is_said_apart(tmp_path: Path) -> None:
    for seed, share in enumerate((0.2, 0.4, 0.6)):
        measured(tmp_path, "mine", "aligned", {"a": right(share, 100)}, seed=seed, trained=5)
    row = rows_of(tmp_path)["mine, aligned"]
    assert row.questions("a", "acc").mean() == pytest.approx(0.4)
    assert row.seed_deviation() == pytest.approx(0.2)


def test_base_models_are_kept_apart(tmp_path: Path) -> None:
    for folder, share in (("small", 0.25), ("large", 0.75)):
        measured(tmp_path / folder, "base", "no description", {"a": right(share)}, base_model=folder)
        measured(tmp_path / folder, "mine", "aligned", {"a": right(share + 0.25)}, trained=5, base_model=folder)
    rows = gather_benchmark_rows(read_files([tmp_path]))
    assert {row.name: row.averaged()["a"].mean() for row in rows if not row.trained} == pytest.approx(
        {"base on small": 0.25, "base on large": 0.75}
    )
    told = "\n".join(benchmark_tables(rows))
    assert "| mine on small, aligned | base on small, no description | +25.0 |" in told
    assert "| mine on small, aligned | base on large" not in told and "| mine on small, aligned | mine on" not in told


def test_seeds_without_a_mean_have_no_spread(tmp_path: Path) -> None:
    for seed in range(2):
        measured(tmp_path, "mine", "aligned", {"tiny": right(0.5, 4)}, seed=seed, trained=5)
    assert rows_of(tmp_path)["mine, aligned"].seed_deviation() is None


def test_holm_is_holm() -> None:
    assert holm([0.01, None, 0.04, 0.03]) == pytest.approx([0.03, None, 0.06, 0.06], nan_ok=True)
    assert holm([]) == [] and holm([None]) == [None]


def test_a_report_shows_what_is_forgotten_and_what_is_no_held_out_score(tmp_path: Path) -> None:
    text = np.linspace(0.9, 1.1, QUESTIONS)
    measured(tmp_path, "base", "no description", {"a": right(0.5), "b": right(0.5), "text": list(text)})
    mine = {"a": right(0.9), "b": right(0.7), "text": list(text + 0.05)}
    measured(tmp_path, "mine", "aligned", mine, trained=5)
    measured(tmp_path, "mine", "shuffled", {"a": right(0.4), "b": right(0.4)}, trained=5)
    measured(tmp_path, "leaky", "aligned", {"a": right(1)}, trained=5, split="contaminated")
    told = report([tmp_path], tmp_path / "report")
    assert "-10.0" in told  # off task: 0.4 against 0.5
    assert "+0.0500" in told
    assert "(contaminated)" in told
    leaky = next(line for line in told.splitlines() if line.startswith("| leaky"))
    assert leaky.split("|")[3].strip() == ""
    assert "a +40.0 (p = 0.0" in told
    assert (tmp_path / "report" / "report.png").read_bytes().startswith(b"\x89PNG")


def test_mixed_protocols_and_missing_scores_are_refused(tmp_path: Path) -> None:
    measured(tmp_path / "one", "base", "no description", {"a": right(0.5)})
    measured(tmp_path / "two", "base", "no description", {"a": right(0.5)}, protocol="paper")
    with pytest.raises(RecordError, match="lmeval, paper"):
        report([tmp_path / "one", tmp_path / "two"], tmp_path / "report")
    next((tmp_path / "one").glob("*.scores.jsonl")).unlink()
    with pytest.raises(RecordError, match=r"scores\.jsonl"):
        report([tmp_path / "one"], tmp_path / "report")


@pytest.mark.parametrize("value", [1.5, -0.1, float("nan")])
def test_scores_outside_of_their_range_are_refused(tmp_path: Path, value: float) -> None:
    path = measured(tmp_path, "base", "no description", {"a": right(0.5)})
    content = json.loads(path.read_text())
    content["metrics"][0]["value"] = value
    path.write_text(json.dumps(content))
    with pytest.raises(RecordError, match=r"0\.\.1"):
        report([tmp_path], tmp_path / "report")
