"""Laws of the report: what must not change it, what its intervals owe the reader, and every error."""

import json
import re
import struct
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from adaptlab.contracts import MetricValue, RunRecord
from adaptlab.errors import RecordError
from adaptlab.reports import gather_rows, macro_mean, paired_difference, paired_ratio, read_records, report

TASKS = 12


def scores(seed: int, count: int = TASKS, low: float = 0.1, high: float = 0.8) -> list[float]:
    return [float(value) for value in np.random.default_rng(seed).uniform(low, high, count)]


def record(method: str = "text-to-lora", condition: str = "aligned", seed: int = 0, **changes: Any) -> RunRecord:
    splits: Mapping[str, list[float]] = changes.pop("splits", {"seen": scores(1), "heldout": scores(2)})
    examples = changes.pop("examples", 10)
    metrics = tuple(
        MetricValue("exact_match", split, f"{split}-{index:03d}", value, examples)
        for split, values in splits.items()
        for index, value in enumerate(values)
    )
    trained = 0 if method == "base" else 1_000_000
    made = RunRecord(
        method=method,
        condition=condition,
        base_model="small-model",
        seed=seed,
        config={},
        environment={"commit": "a" * 40, "dirty": False, "hardware": {"machine": "x86_64", "cpus": 2, "gpus": []}},
        metrics=metrics,
        training_time_seconds=90.0 if trained else 0.0,
        trained_parameters=trained,
        emitted_parameters=trained // 10,
    )
    return replace(made, **changes)


def write(folder: Path, *records: RunRecord) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for each in records:
        path = folder / f"{each.method}.{each.condition}.seed{each.seed}.json"
        path.write_text(json.dumps(each.to_dict()), encoding="utf-8")
    return folder


def everything() -> list[RunRecord]:
    made = [record("base", condition) for condition in ("no description", "description")]
    for number, method in enumerate(("text-to-lora", "text-to-loreft")):
        for offset, condition in enumerate(("aligned", "shuffled", "random_text", "random_vector")):
            values = {"seen": scores(10 + number + offset), "heldout": scores(20 + number + offset)}
            made.append(record(method, condition, splits=values))
    return [*made, record("per-task-lora", oracle=True, splits={"heldout": scores(40, low=0.85, high=0.95)})]


def lines_with(text: str, *parts: str) -> list[str]:
    return [line for line in text.splitlines() if line.startswith("|") and all(part in line for part in parts)]


def test_order_of_tasks_and_records_changes_nothing(tmp_path: Path) -> None:
    records = everything()
    runs = write(tmp_path / "runs", *records)
    first = report([runs], tmp_path / "out")
    write(runs, *(replace(each, metrics=each.metrics[::-1]) for each in reversed(records)))
    assert report(sorted(runs.iterdir(), reverse=True), tmp_path / "out") == first
    assert report([runs, *runs.iterdir(), runs], tmp_path / "out") == first
    assert gather_rows(records) == gather_rows(records[::-1])


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("count", [2, 3, 45])
def test_interval_contains_the_mean(seed: int, count: int) -> None:
    mean = macro_mean(tuple(scores(seed, count)))
    assert mean.low is not None and mean.high is not None
    assert mean.low <= mean.value <= mean.high
    assert mean.value == pytest.approx(np.mean(scores(seed, count)))


def test_interval_covers_what_it_says() -> None:
    samples = np.random.default_rng(0).beta(1, 2, size=(150, 45))
    means = [macro_mean(tuple(map(float, sample))) for sample in samples]
    covered = sum(mean.low <= 1 / 3 <= mean.high for mean in means if mean.low is not None and mean.high is not None)
    assert 0.88 <= covered / len(means) <= 0.99


def test_interval_narrows_with_more_tasks() -> None:
    few, many = (macro_mean(tuple(scores(3, 10) * times)) for times in (1, 16))
    assert few.low is not None and few.high is not None and many.low is not None and many.high is not None
    assert (many.high - many.low) / (few.high - few.low) == pytest.approx(1 / 4, rel=0.1)


def test_identical_scores_differ_by_nothing() -> None:
    same = dict(zip("abcdef", scores(4, 6), strict=True))
    difference, ratio = paired_difference(same, same), paired_ratio(same, same)
    assert difference is not None and ratio is not None
    assert (difference.value, difference.low, difference.high) == (0, 0, 0)
    assert (ratio.value, ratio.low, ratio.high) == (1, 1, 1)
    assert not difference.excludes_zero


def test_a_constant_moves_the_difference_by_itself() -> None:
    first = {f"t{index}": value for index, value in enumerate(scores(5, 20))}
    second = {f"t{index}": value for index, value in enumerate(scores(6, 20))}
    before = paired_difference(first, second)
    after = paired_difference({task: value + 0.125 for task, value in first.items()}, second)
    assert before is not None and after is not None and before.low is not None and before.high is not None
    assert after.value - before.value == pytest.approx(0.125)
    assert (after.low, after.high) == pytest.approx((before.low + 0.125, before.high + 0.125))


def test_a_difference_turned_round_changes_its_sign_alone() -> None:
    first, second = (dict(enumerate(scores(seed, 20))) for seed in (7, 8))
    named = [{f"t{key:02d}": value for key, value in each.items()} for each in (first, second)]
    there, back = paired_difference(*named), paired_difference(*reversed(named))
    assert there is not None and back is not None and back.low is not None and back.high is not None
    assert (there.value, there.low, there.high) == pytest.approx((-back.value, -back.high, -back.low))


def test_only_shared_tasks_are_paired() -> None:
    difference = paired_difference({"a": 1.0, "b": 0.5, "c": 0.0}, {"b": 0.25, "c": 0.25, "d": 1.0})
    assert difference is not None
    assert (difference.value, difference.tasks) == (0, 2)
    assert paired_difference({"a": 1.0}, {"b": 1.0}) is None
    assert paired_ratio({"a": 1.0}, {"a": 0.0}) is None
    unsure = paired_ratio({"a": 1.0, "b": 1.0}, {"a": 0.0, "b": 1.0})
    assert unsure is not None and unsure.value == 2 and unsure.low is None


def test_counts_stand_in_the_header(tmp_path: Path) -> None:
    text = report([write(tmp_path / "runs", *everything()[:-1])], tmp_path / "out")
    header = lines_with(text, "method", "condition")[0]
    assert "| seen tasks (n = 12 tasks, 120 examples) | held-out tasks (n = 12 tasks, 120 examples) |" in header
    assert "validation" not in text


def test_counts_that_differ_stand_in_the_rows(tmp_path: Path) -> None:
    short = {"seen": scores(1), "heldout": scores(2, 7)}
    shuffled = record(condition="shuffled", examples=30)
    text = report(
        [write(tmp_path / "runs", record("base", "none", splits=short), record(), shuffled)], tmp_path / "out"
    )
    header = lines_with(text, "method", "condition")[0]
    assert "| seen tasks (n = 12 tasks) | held-out tasks |" in header
    assert "(n = 7 tasks, 70 examples)" in lines_with(text, "| base |")[0]
    assert "(n = 12 tasks, 360 examples)" in lines_with(text, "| shuffled |")[0]
    assert "| 7 |" in lines_with(text, "| base, none |")[0]


def test_values_of_the_table(tmp_path: Path) -> None:
    records = [
        record("base", "description", splits={"seen": [0.25, 0.25], "heldout": [0.125, 0.125]}),
        record(splits={"seen": [0.5, 0.5], "validation": [1.0, 1.0], "heldout": [0.0, 0.0]}, seed=0),
        record(splits={"seen": [0.5, 0.5], "validation": [1.0, 1.0], "heldout": [0.5, 0.5]}, seed=1),
        record("ceiling", oracle=True, splits={"heldout": [1.0, 1.0]}),
    ]
    text = report([write(tmp_path / "runs", *records)], tmp_path / "out")
    assert "| SD over seeds (2 seeds) |" in lines_with(text, "method", "condition")[0]
    row = lines_with(text, "| aligned |", "text-to-lora")[0]
    assert "| 50.0 [50.0, 50.0] | **25.0** [25.0, 25.0] | 100.0 [100.0, 100.0] |" in row
    assert "| 0.0 seen, 35.4 held-out, 0.0 validation | 1,000,000 | 100,000 | 1.5 |" in row
    assert "not measured | 100.0 [100.0, 100.0] |" in lines_with(text, "ceiling (oracle, ceiling)", "| aligned |")[0]
    heldout, seen = lines_with(text, "| text-to-lora | base, description |")
    assert "| +12.5 | [+12.5, +12.5] | 2 | yes |" in heldout
    assert "| +25.0 | [+25.0, +25.0] | 2.00 | [2.00, 2.00] | 2 | yes |" in seen


def test_rows_stand_base_first_controls_below_and_oracles_last() -> None:
    order = [(row.name, row.condition) for row in gather_rows(everything()[::-1])]
    controls = ["aligned", "shuffled", "random_text", "random_vector"]
    assert order[:2] == [("base", "no description"), ("base", "description")]
    assert order[2:6] == [("text-to-lora", condition) for condition in controls]
    assert order[6:10] == [("text-to-loreft", condition) for condition in controls]
    assert order[10:] == [("per-task-lora", "aligned")]


def test_every_comparison_is_there_once(tmp_path: Path) -> None:
    text = report([write(tmp_path / "runs", *everything())], tmp_path / "out")
    assert len(lines_with(text, "| yes |")) + len(lines_with(text, "| no |")) == 3 * 2 + 2 * 3 + 3 * 2 // 2 + 2 * 2
    assert len(lines_with(text, "| heldout-003 |")) == 1
    assert lines_with(text, "| task |") == [
        "| task | base, description | text-to-lora | text-to-loreft | per-task-lora (oracle, ceiling) |"
    ]


@pytest.mark.parametrize("kept", [["aligned"], ["shuffled"], ["description"], ["aligned", "shuffled"]])
def test_missing_rows_are_left_out(tmp_path: Path, kept: list[str]) -> None:
    records = [each for each in everything() if each.condition in kept]
    text = report([write(tmp_path / "runs", *records)], tmp_path / "out")
    for condition in {"shuffled", "random_text", "random_vector", "no description"} - set(kept):
        assert not lines_with(text, condition)
    assert ("Table 2" in text) == ("aligned" in kept)


@pytest.mark.parametrize("value", [0.0, 1.0])
@pytest.mark.parametrize("count", [1, 2])
def test_nan_is_never_printed(tmp_path: Path, value: float, count: int) -> None:
    splits = {"seen": [value] * count, "heldout": [value] * count}
    records = [
        record("base", "description", splits=splits),
        record(splits=splits),
        record(condition="shuffled", splits=splits),
    ]
    text = report([write(tmp_path / "runs", *records)], tmp_path / "out")
    assert not re.search(r"\bnan\b|\binf\b|None", text, flags=re.IGNORECASE)
    assert ("[no interval]" in text) == (count == 1)


def test_base_models_are_kept_apart(tmp_path: Path) -> None:
    records = [record("base", "none"), record(), record("base", "none", base_model="large"), record(base_model="large")]
    for number, each in enumerate(records):
        write(tmp_path / "runs" / str(number), each)
    text = report([tmp_path / "runs"], tmp_path / "out")
    assert lines_with(text, "| text-to-lora on large | base on large, none |")
    assert not lines_with(text, "| text-to-lora on large | base on small-model, none |")


def test_provenance(tmp_path: Path) -> None:
    one, other = record(), record("base", "none", environment={"commit": "b" * 40, "dirty": True})
    runs = write(tmp_path / "runs", one)
    text = report([runs], tmp_path / "out")
    assert "`aaaaaaaaaa`. All rows come from one commit." in text
    assert "x86_64, 2 CPUs, no GPU" in text and "1 record:" in text
    text = report([write(runs, other)], tmp_path / "out")
    assert "`aaaaaaaaaa`, `bbbbbbbbbb` (dirty). Rows come from different commits" in text
    assert (runs / "base.none.seed0.json").as_posix() in text


def test_what_is_written(tmp_path: Path) -> None:
    text = report([write(tmp_path / "runs", *everything())], tmp_path / "deep" / "out")
    assert sorted(path.name for path in (tmp_path / "deep" / "out").iterdir()) == ["report.md", "report.png"]
    assert (tmp_path / "deep" / "out" / "report.md").read_text(encoding="utf-8") == text
    width, height = struct.unpack(">II", (tmp_path / "deep" / "out" / "report.png").read_bytes()[16:24])
    assert 1000 <= width <= 2500 and 500 <= height <= 2500


def test_other_json_in_folders_is_passed_over(tmp_path: Path) -> None:
    runs = write(tmp_path / "runs" / "deep", record())
    (runs / "config.json").write_text('{"rank": 8}')
    (runs / "list.json").write_text("[1, 2]")
    (runs / "log.scores.jsonl").write_text("{}\n")
    assert read_records([tmp_path / "runs"]) == [record()]
    with pytest.raises(RecordError, match=r"config\.json is not a whole run record: it has no method"):
        read_records([runs / "config.json"])


def test_paths_without_records(tmp_path: Path) -> None:
    with pytest.raises(RecordError, match="does not exist"):
        read_records([tmp_path / "absent"])
    with pytest.raises(RecordError, match="holds no run record"):
        read_records([tmp_path])
    with pytest.raises(RecordError, match="no runs were named"):
        read_records([])
    (tmp_path / "file").touch()
    with pytest.raises(RecordError, match="name a folder"):
        report([write(tmp_path / "runs", record())], tmp_path / "file")


def test_one_measurement_twice(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        write(tmp_path / folder, record())
    with pytest.raises(RecordError, match=r"both measure 'text-to-lora', 'aligned', seed 0; name only one"):
        read_records([tmp_path])


SCORE = {"metric": "exact_match", "split": "seen", "task": "t", "value": 0.5, "count": 2}


@pytest.mark.parametrize(
    "change",
    [
        {"metrics": []},
        {"metrics": None},
        {"metrics": [1]},
        {"metrics": [SCORE, SCORE]},
        {"metrics": [SCORE | {"value": float("nan")}]},
        {"metrics": [SCORE | {"value": 31.2}]},
        {"metrics": [SCORE | {"value": None}]},
        {"metrics": [SCORE | {"count": 0}]},
        {"metrics": [SCORE | {"surprise": 1}]},
        {"metrics": [{key: value for key, value in SCORE.items() if key != "task"}]},
        {"seed": "one"},
        {"method": ""},
        {"condition": None},
        {"training_time_seconds": float("inf")},
        {"trained_parameters": -1},
        {"environment": None},
        {"surprise": 1},
    ],
)
def test_damaged_records(tmp_path: Path, change: dict[str, Any]) -> None:
    path = tmp_path / "x.aligned.seed0.json"
    path.write_text(json.dumps(record().to_dict() | change))
    for named in (path, tmp_path):
        with pytest.raises(
            RecordError, match=r"x\.aligned\.seed0\.json is not a .*; measure it again, or leave it out"
        ):
            read_records([named])


def test_files_that_are_cut_short(tmp_path: Path) -> None:
    path = tmp_path / "x.aligned.seed0.json"
    whole = json.dumps(record().to_dict())
    for part in ("", whole[: len(whole) // 2], '{"seed": 0}'):
        path.write_text(part)
        with pytest.raises(RecordError, match="measure it again"):
            read_records([tmp_path])
