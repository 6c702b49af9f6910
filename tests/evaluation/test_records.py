"""Records: written whole, read back equal, and damaged ones are refused."""

from pathlib import Path

import pytest

from adaptlab.contracts import MetricValue, RunRecord
from adaptlab.errors import RecordError
from adaptlab.evaluation.records import Score, environment, read_record, summarise, write_record

SCORES = [Score("heldout", "b", "e1", "d", 0, 1.0), Score("heldout", "b", "e2", "d", 0, 0.0)]


def record() -> RunRecord:
    return RunRecord("m", "aligned", "tiny", 0, {"lr": 0.1}, environment(), summarise(SCORES))


def test_a_record_reads_back_equal(tmp_path: Path) -> None:
    path = write_record(tmp_path, record(), SCORES)
    assert read_record(path) == record()
    assert len(path.with_suffix(".scores.jsonl").read_text().splitlines()) == len(SCORES)
    assert not list(tmp_path.glob(".*"))


def test_means_and_counts_are_per_task() -> None:
    assert summarise(SCORES) == (MetricValue("exact_match", "heldout", "b", 0.5, 2),)


def test_the_environment_names_commit_packages_and_hardware() -> None:
    found = environment()
    assert {"commit", "dirty", "packages", "python", "hardware"} <= found.keys()
    assert found["packages"]["torch"] != "not installed"


@pytest.mark.parametrize("text", ["", "{", '{"method": "m"}'])
def test_damaged_records_are_refused_by_name(text: str, tmp_path: Path) -> None:
    path = tmp_path / "broken.json"
    path.write_text(text)
    with pytest.raises(RecordError, match=r"broken\.json"):
        read_record(path)
