"""Learning curves: what was repeated after a stop counts once, means weigh examples alike, and a figure is written."""

import math
from pathlib import Path

import pandas as pd
import pytest
from commandline import adaptlab

from adaptlab.errors import RecordError
from adaptlab.reports.curves import draw_curves, last_loss, read_curves, split_means

ROWS = [
    (10, "validation", "a", 2.0, 0.0, 1.0),
    (20, "validation", "a", 9.0, 0.9, 1.0),
    (20, "validation", "a", 1.0, 0.5, 1.0),
    (20, "validation", "b", 3.0, 0.1, 3.0),
    (20, "seen", "c", 0.5, 1.0, 2.0),
]


@pytest.fixture
def run(tmp_path: Path) -> Path:
    columns = ["step", "split", "task", "loss", "exact_match", "examples"]
    pd.DataFrame(ROWS, columns=columns).to_csv(tmp_path / "task_curves.csv", index=False)
    return tmp_path


def test_a_repeated_step_counts_once_and_examples_weigh_alike(run: Path) -> None:
    means = split_means(read_curves(run)).set_index(["split", "step"])
    assert means.loc[("validation", 20), "loss"] == pytest.approx((1.0 + 3 * 3.0) / 4)
    assert means.loc[("validation", 20), "exact_match"] == pytest.approx((0.5 + 3 * 0.1) / 4)
    assert means.loc[("seen", 20), "exact_match"] == 1.0


def test_a_loss_that_is_no_number_is_not_the_least(run: Path) -> None:
    assert last_loss(run, "validation") == pytest.approx(2.5)
    with (run / "task_curves.csv").open("a") as file:
        file.write("30,validation,a,,0.0,1.0\n30,validation,b,3.0,0.1,3.0\n")
    assert math.isnan(last_loss(run, "validation"))


@pytest.mark.parametrize("count", [1, 2])
def test_a_figure_is_written(run: Path, count: int, tmp_path: Path) -> None:
    draw_curves([run] * count, tmp_path / "out" / "curves.png")
    assert (tmp_path / "out" / "curves.png").stat().st_size > 10_000


def test_a_folder_without_curves_is_named(tmp_path: Path) -> None:
    with pytest.raises(RecordError, match=r"holds no task_curves\.csv"):
        read_curves(tmp_path / "nothing")


def test_the_command_draws_a_finished_run(trained_run: Path, tmp_path: Path) -> None:
    done = adaptlab(["curves", str(trained_run), "--out", str(tmp_path / "curves.png")])
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "curves.png").read_bytes().startswith(b"\x89PNG")
