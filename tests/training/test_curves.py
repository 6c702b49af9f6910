"""Laws of tallies, and what a finished run leaves to look at: curves, loggers' files, a line on throughput."""

from itertools import pairwise
from pathlib import Path

import pandas as pd
import pytest
import torch
import yaml
from commandline import WORDS, adaptlab, configuration
from hypothesis import given, settings
from hypothesis import strategies as st

from adaptlab.training.adaptation import mean_over_examples
from adaptlab.training.datamodule import even_batches
from adaptlab.training.sampling import Pick
from adaptlab.training.tally import TaskTally

counted = st.lists(st.tuples(st.integers(0, 4), st.floats(0, 10), st.booleans()), min_size=1, max_size=30)


@settings(deadline=None)
@given(rows=counted, cut=st.integers(0, 30))
def test_a_tally_gives_means_per_task_however_the_examples_come(rows: list[tuple[int, float, bool]], cut: int) -> None:
    tally = TaskTally(5)
    for part in (rows[:cut], rows[cut:]):
        if part:
            tasks, losses, hits = zip(*part, strict=True)
            tally.update(torch.tensor(tasks), torch.tensor(losses), torch.tensor(hits).float())
    means = tally.per_task()
    expected = pd.DataFrame(rows, columns=["task", "loss", "hit"]).groupby("task").mean()
    for task in range(5):
        if task in expected.index:
            assert float(means["loss"][task]) == pytest.approx(expected.loc[task, "loss"], abs=1e-4)
            assert float(means["exact_match"][task]) == pytest.approx(expected.loc[task, "hit"], abs=1e-5)
        else:
            assert means["examples"][task] == 0
    overall = sum(hit for _, _, hit in rows) / len(rows)
    assert float(mean_over_examples(means, "exact_match")) == pytest.approx(overall, abs=1e-5)


def test_a_tally_of_one_task_keeps_its_axis() -> None:
    tally = TaskTally(1)
    tally.update(torch.tensor([0, 0]), torch.tensor([1.0, 3.0]), torch.tensor([1.0, 0.0]))
    assert {name: values.tolist() for name, values in tally.per_task().items()} == {
        "loss": [2.0],
        "exact_match": [0.5],
        "examples": [2.0],
    }


@settings(deadline=None)
@given(count=st.integers(1, 60), size=st.integers(2, 9), processes=st.integers(1, 4))
def test_validation_batches_are_shared_out_evenly_and_leave_nothing_out(count: int, size: int, processes: int) -> None:
    picks = [Pick(0, index, 0) for index in range(count)]
    batches = even_batches(picks, size, processes)
    assert [pick for batch in batches for pick in batch] == picks
    assert all(0 < len(batch) <= size for batch in batches)
    if count >= processes:
        assert len(batches) % processes == 0


def test_a_run_leaves_a_curve_for_every_task(trained_run: Path) -> None:
    curves = pd.read_csv(trained_run / "task_curves.csv")
    assert set(curves["split"]) == {"validation", "seen"}
    assert set(curves["task"]) <= {f"say_{word}" for word in WORDS}
    assert curves["step"].max() == 5
    assert curves["exact_match"].between(0, 1).all()
    logged = pd.concat([pd.read_csv(path) for path in trained_run.glob("logs*/metrics.csv")])
    last = curves[(curves["step"] == 5) & (curves["split"] == "validation")]
    mean = (last["loss"] * last["examples"]).sum() / last["examples"].sum()
    assert logged["validation/loss"].dropna().iloc[-1] == pytest.approx(mean, rel=1e-4)


def test_a_run_leaves_tensorboard_events(trained_run: Path) -> None:
    assert list(trained_run.glob("logs/events.out.tfevents.*"))


def test_a_run_that_goes_on_keeps_the_curves_it_had(small_suite: Path, tmp_path: Path) -> None:
    short = configuration(tmp_path, small_suite, **{"trainer.max_steps": 12, "trainer.val_check_interval": 4})
    assert adaptlab(["fit", "--config", str(short)]).returncode == 0
    last = tmp_path / "checkpoints" / "last.ckpt"
    done = adaptlab(["fit", "--config", str(short), "--trainer.max_steps=20", f"--ckpt_path={last}"])
    assert done.returncode == 0, done.stderr
    steps = pd.read_csv(tmp_path / "task_curves.csv")["step"].unique().tolist()
    assert steps[0] == 4
    assert steps[-1] == 20
    assert all(before < after for before, after in pairwise(steps))
    assert {path.name for path in tmp_path.glob("logs*")} == {"logs", "logs-2"}
    assert "tokens/s" in done.stderr + done.stdout


def test_a_dry_run_says_what_a_run_would_cost_and_writes_nothing(small_suite: Path, tmp_path: Path) -> None:
    path = configuration(tmp_path / "run", small_suite, **{"trainer.max_steps": 500})
    done = adaptlab(["fit", "--config", str(path), "--dry-run"])
    assert done.returncode == 0, done.stderr
    assert yaml.safe_load(done.stdout.split("Dry run")[0].rstrip().removesuffix("│"))["data"]["batch_size"] == 8
    for words in ("trained parameters", "emitted per task", "peak memory", "tokens/s", "500 steps"):
        assert words in done.stdout
    assert {file.name for file in (tmp_path / "run").iterdir()} == {"run.yaml"}


def test_deterministic_reaches_the_trainer(small_suite: Path, tmp_path: Path) -> None:
    done = adaptlab(["fit", "--config", str(configuration(tmp_path / "run", small_suite)), "--deterministic"])
    assert done.returncode == 0, done.stderr
    assert yaml.safe_load((tmp_path / "run" / "config.yaml").read_text())["trainer"]["deterministic"] is True
