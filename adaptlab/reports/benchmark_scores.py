"""Say how sure a benchmark's score is: per-question scores -> means, paired differences, intervals and p-values.

Questions are what is resampled, within each benchmark: an interval says how a score would move with other questions of
the same kind. Where a question was asked with several descriptions, or of several seeds, its mean counts as one.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import bootstrap, permutation_test

from adaptlab.contracts import RunRecord
from adaptlab.errors import RecordError
from adaptlab.reports.reading import ENTROPY
from adaptlab.reports.statistics import RESAMPLES, Estimate

FEWEST = 30
"""A benchmark with fewer questions is a smoke test: shown, and part of no mean."""
_SEED = 0


@dataclass(frozen=True)
class BenchmarkRow:
    """A method under one condition, measured with one or more seeds.

    Args:
        name: of the method; it names the base model too where a report has several.
        condition: how descriptions were given.
        records: of one base model, by ascending seed; never empty.
        scores: one line a question, metric and seed: `benchmark`, `split`, `metric`, `example`, `seed`, `value`.
    """

    name: str
    condition: str
    records: tuple[RunRecord, ...]
    scores: pd.DataFrame

    @property
    def label(self) -> str:
        """Method and condition."""
        return f"{self.name}, {self.condition}"

    @property
    def base_model(self) -> str:
        """Name of the frozen model."""
        return self.records[0].base_model

    @property
    def trained(self) -> bool:
        """Whether anything was trained for it."""
        return any(record.trained_parameters > 0 for record in self.records)

    @cached_property
    def main_metrics(self) -> Mapping[str, str]:
        """The metric that tables show, by benchmark."""
        benchmarks = self.records[0].config["benchmarks"]
        return {name: facts["metric"] for name, facts in benchmarks.items()}

    def questions(self, benchmark: str, metric: str) -> pd.Series:
        """Score of each question, by its hash; the mean over descriptions and seeds."""
        found = self.scores[(self.scores.benchmark == benchmark) & (self.scores.metric == metric)]
        return found.groupby("example")["value"].mean().sort_index()

    def split(self, benchmark: str) -> str:
        """`heldout`, or why it is none; empty where it was not measured."""
        found = self.scores.loc[self.scores.benchmark == benchmark, "split"].unique()
        return str(found[0]) if len(found) else ""

    def averaged(self) -> dict[str, pd.Series]:
        """Scores by main metric on the benchmarks whose mean is reported: held out, large enough, and no entropy."""
        found = {
            name: self.questions(name, metric)
            for name, metric in self.main_metrics.items()
            if metric != ENTROPY and self.split(name) == "heldout"
        }
        return {name: scores for name, scores in found.items() if len(scores) >= FEWEST}

    def seed_deviation(self) -> float | None:
        """Standard deviation (n - 1) over seeds of the mean over benchmarks; None for one seed, or without a mean."""
        each = [self._of(record).averaged() for record in self.records]
        if len(each) < 2 or not all(each):
            return None
        return float(np.std([np.mean([scores.mean() for scores in own.values()]) for own in each], ddof=1))

    def _of(self, record: RunRecord) -> "BenchmarkRow":
        return BenchmarkRow(self.name, self.condition, (record,), self.scores[self.scores.seed == record.seed])


def gather_benchmark_rows(files: Mapping[Path, RunRecord]) -> list[BenchmarkRow]:
    """Gather the seeds of each method and condition, with the score files beside the records.

    Raises:
        RecordError: the records mix protocols, or a score file is missing or damaged.
    """
    protocols = sorted({record.protocol for record in files.values()})
    if len(protocols) != 1:
        named = ", ".join(name or "none (suites of tasks)" for name in protocols)
        raise RecordError(f"these records are of several protocols: {named}; report on one folder at a time")
    several = len({record.base_model for record in files.values()}) > 1
    gathered: dict[tuple[str, str], list[tuple[Path, RunRecord]]] = {}
    for path, record in files.items():
        name = f"{record.method} on {record.base_model}" if several else record.method
        gathered.setdefault((name, record.condition), []).append((path, record))
    rows = []
    for (name, condition), group in gathered.items():
        group.sort(key=lambda pair: pair[1].seed)
        scores = pd.concat([_scores(path).assign(seed=record.seed) for path, record in group], ignore_index=True)
        rows.append(BenchmarkRow(name, condition, tuple(record for _, record in group), scores))
    return sorted(rows, key=lambda row: (row.trained, row.name, row.condition != "aligned", row.condition))


def _scores(record_path: Path) -> pd.DataFrame:
    path = record_path.with_suffix(".scores.jsonl")
    try:
        lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        frame = pd.DataFrame(lines).rename(columns={"task": "benchmark"})
        return frame[["benchmark", "split", "metric", "example", "value"]]
    except (OSError, ValueError, KeyError) as error:
        raise RecordError(f"{path}, which belongs to a record, cannot be read ({error}); measure it again") from error


def estimate(values: pd.Series | NDArray[np.float64]) -> Estimate:
    """Mean over questions with a percentile bootstrap interval over them."""
    array = np.asarray(values, dtype=np.float64)
    if len(array) < 2 or np.ptp(array) == 0:
        return Estimate(float(array.mean()), None, None, len(array))
    found = bootstrap(
        (array,),
        np.mean,
        n_resamples=RESAMPLES,
        batch=2_000,
        method="percentile",
        rng=np.random.default_rng(_SEED),
    ).confidence_interval
    return Estimate(float(array.mean()), float(found.low), float(found.high), len(array))


def mean_estimate(by_benchmark: Mapping[str, pd.Series]) -> Estimate | None:
    """Mean over benchmarks of their means, None without any; the interval resamples the questions within each."""
    if not by_benchmark:
        return None
    generator = np.random.default_rng(_SEED)
    draws = np.zeros(RESAMPLES)
    for _, values in sorted(by_benchmark.items()):
        array = np.asarray(values, dtype=np.float64)
        draws += array[generator.integers(len(array), size=(RESAMPLES, len(array)))].mean(axis=1)
    low, high = np.quantile(draws / len(by_benchmark), [0.025, 0.975])
    value = float(np.mean([values.mean() for values in by_benchmark.values()]))
    return Estimate(value, float(low), float(high), len(by_benchmark))


@dataclass(frozen=True)
class Comparison:
    """One row minus another on a benchmark's questions.

    Args:
        benchmark: where.
        difference: mean of the paired differences, with its interval.
        p_value: of a sign-flip permutation test on them, two-sided; None for a single question.
    """

    benchmark: str
    difference: Estimate
    p_value: float | None


def paired(first: BenchmarkRow, second: BenchmarkRow, benchmark: str, metric: str) -> Comparison | None:
    """Compare two rows on the questions that both answered; None where there are none."""
    one, other = first.questions(benchmark, metric), second.questions(benchmark, metric)
    shared = one.index.intersection(other.index)
    if not len(shared):
        return None
    difference = (one[shared] - other[shared]).to_numpy()
    p_value = None
    if len(difference) > 1 and not np.any(difference):
        p_value = 1.0  # by definition; left out, it would make the correction depend on what came out
    elif len(difference) > 1:
        test = permutation_test(
            (difference,),
            np.mean,
            permutation_type="samples",
            vectorized=True,
            n_resamples=RESAMPLES - 1,
            batch=2_000,
            rng=np.random.default_rng(_SEED),
        )
        p_value = float(test.pvalue)
    return Comparison(benchmark, estimate(difference), p_value)


def paired_mean(first: BenchmarkRow, second: BenchmarkRow) -> Estimate | None:
    """Mean over benchmarks of paired differences, on those that both rows have a mean of."""
    one, other = first.averaged(), second.averaged()
    differences = {}
    for name in sorted(one.keys() & other.keys()):
        shared = one[name].index.intersection(other[name].index)
        if len(shared):
            differences[name] = one[name][shared] - other[name][shared]
    return mean_estimate(differences)


def holm(p_values: Sequence[float | None]) -> list[float | None]:
    """Holm's correction of p-values for their number; absent ones stay absent and do not count."""
    from statsmodels.stats.multitest import multipletests

    present = [value for value in p_values if value is not None]
    corrected = iter(multipletests(present, method="holm")[1]) if present else iter(())
    return [None if value is None else float(next(corrected)) for value in p_values]
