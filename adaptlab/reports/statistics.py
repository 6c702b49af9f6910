"""Say how sure a mean is: per-task scores -> macro means, paired differences and ratios with 95% intervals over tasks.

Tasks are what is resampled: an interval says how a number would move with other tasks of the same kind. How it would
move with another training seed is said apart from it, by the standard deviation over seeds.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.stats import bootstrap

from adaptlab.contracts import RunRecord
from adaptlab.reports.reading import METRIC

SPLITS = {"seen": "seen tasks", "heldout": "held-out tasks", "validation": "validation tasks"}
CONTROLS = ("shuffled", "random_text", "random_vector")
RESAMPLES = 10_000
_Array = NDArray[np.float64]
_SEED = 0
_ROUNDING = 1e-12


@dataclass(frozen=True)
class Estimate:
    """A number with its 95% interval.

    Args:
        value: the number on the tasks at hand.
        low: lower end of the interval; None where there is none, as with a single task.
        high: upper end of the interval; None where `low` is.
        tasks: how many tasks stand behind it.
    """

    value: float
    low: float | None
    high: float | None
    tasks: int

    @property
    def excludes_zero(self) -> bool:
        """Whether there is an interval and 0 lies outside of it."""
        return self.low is not None and self.high is not None and (self.low > _ROUNDING or self.high < -_ROUNDING)


@dataclass(frozen=True)
class Row:
    """One line of a report: a method under one condition, measured with one or more seeds.

    Args:
        name: the method's name; it names the base model too where a report has several.
        condition: how descriptions were given.
        trained: whether the method was trained, as opposed to the base model as it is.
        records: its records, by ascending seed; never empty.
    """

    name: str
    condition: str
    trained: bool
    records: tuple[RunRecord, ...]

    @property
    def oracle(self) -> bool:
        """Whether it saw held-out tasks' own train examples: a ceiling, not a competitor."""
        return any(record.oracle for record in self.records)

    @property
    def control(self) -> bool:
        """Whether its descriptions were made useless on purpose."""
        return self.condition in CONTROLS

    @property
    def base_model(self) -> str:
        """Name of the frozen model."""
        return self.records[0].base_model

    def task_means(self, split: str) -> dict[str, float]:
        """Score in 0..1 by task, averaged over seeds, for the tasks that all seeds measured; sorted by task."""
        by_seed = [_scores(record, split) for record in self.records]
        shared = sorted(set.intersection(*(set(scores) for scores in by_seed)))
        return {task: sum(scores[task] for scores in by_seed) / len(by_seed) for task in shared}

    def macro_mean(self, split: str) -> Estimate | None:
        """Mean over the tasks of a split, in 0..1; None where the split was not measured."""
        means = tuple(self.task_means(split).values())
        return macro_mean(means) if means else None

    def seed_deviation(self, split: str) -> float | None:
        """Standard deviation (n - 1) over seeds of the macro means, in 0..1; None for one seed or an absent split."""
        tasks = self.task_means(split)
        if len(self.records) < 2 or not tasks:
            return None
        means = [np.mean([_scores(record, split)[task] for task in tasks]) for record in self.records]
        return float(np.std(means, ddof=1))

    def example_counts(self, split: str) -> tuple[int, ...]:
        """How many scored examples each seed has on the tasks of `task_means`: the distinct counts, ascending."""
        tasks = self.task_means(split)
        counts = {
            sum(m.count for m in record.metrics if m.metric == METRIC and m.split == split and m.task in tasks)
            for record in self.records
        }
        return tuple(sorted(counts))


def _scores(record: RunRecord, split: str) -> dict[str, float]:
    return {m.task: m.value for m in record.metrics if m.metric == METRIC and m.split == split}


def gather_rows(records: Sequence[RunRecord]) -> list[Row]:
    """Gather the seeds of each method and condition.

    Args:
        records: as `read_records` gives them, in any order.

    Returns:
        Rows of the untrained base model first, then trained methods by name, each with its controls below it, oracles
        last.
    """
    several = len({record.base_model for record in records}) > 1
    gathered: dict[tuple[str, str], list[RunRecord]] = {}
    for record in records:
        name = f"{record.method} on {record.base_model}" if several else record.method
        gathered.setdefault((name, record.condition), []).append(record)
    rows = [
        Row(name, condition, _is_trained(group), tuple(sorted(group, key=lambda record: record.seed)))
        for (name, condition), group in gathered.items()
    ]
    oracles = {row.name for row in rows if row.oracle}
    return sorted(rows, key=lambda row: (row.trained, row.name in oracles, row.name, *_condition_order(row.condition)))


def _is_trained(records: Sequence[RunRecord]) -> bool:
    return any(r.trained_parameters > 0 or r.condition in ("aligned", *CONTROLS) for r in records)


def _condition_order(condition: str) -> tuple[int, str]:
    if condition in CONTROLS:
        return 2 + CONTROLS.index(condition), condition
    return (0 if condition == "aligned" or condition.startswith("no") else 1), condition


@lru_cache(maxsize=4096)
def macro_mean(values: tuple[float, ...]) -> Estimate:
    """Mean over tasks with a percentile bootstrap interval.

    Args:
        values: one score per task, at least one, ordered by task so that records' order plays no part.
    """
    array = np.asarray(values, dtype=np.float64)
    if len(array) < 2:
        return Estimate(float(array.mean()), None, None, len(array))
    low, high = _interval((array,), _mean)
    return Estimate(float(array.mean()), low, high, len(array))


def paired_difference(first: Mapping[str, float], second: Mapping[str, float]) -> Estimate | None:
    """Mean over shared tasks of `first - second`, with an interval over those tasks; None where none is shared.

    Args:
        first: score by task.
        second: score by task, on the same scale.
    """
    tasks = sorted(first.keys() & second.keys())
    return macro_mean(tuple(first[task] - second[task] for task in tasks)) if tasks else None


def paired_ratio(first: Mapping[str, float], second: Mapping[str, float]) -> Estimate | None:
    """Ratio of macro means on shared tasks, `first / second`; None where no task is shared or the divisor is 0.

    There is no interval for a single task, or where resampling the tasks can make the divisor 0.
    """
    tasks = sorted(first.keys() & second.keys())
    above, below = (np.asarray([scores[task] for task in tasks], dtype=np.float64) for scores in (first, second))
    if not tasks or below.mean() == 0:
        return None
    value = float(above.mean() / below.mean())
    low, high = _interval((above, below), _quotient) if len(tasks) > 1 else (None, None)
    return Estimate(value, low, high, len(tasks))


def _mean(values: _Array, axis: int = -1) -> _Array:
    return np.asarray(values.mean(axis=axis))


def _quotient(above: _Array, below: _Array, axis: int = -1) -> _Array:
    return np.asarray(above.mean(axis=axis) / below.mean(axis=axis))


def _interval(data: Sequence[_Array], statistic: Callable[..., _Array]) -> tuple[float | None, float | None]:
    """Ends of the interval; none where a resample left the statistic undefined."""
    with np.errstate(divide="ignore", invalid="ignore"):
        result = bootstrap(
            data,
            statistic,
            paired=len(data) > 1,
            vectorized=True,
            n_resamples=RESAMPLES,
            batch=2_000,
            confidence_level=0.95,
            method="percentile",
            rng=np.random.default_rng(_SEED),
        )
    if not np.isfinite(result.bootstrap_distribution).all():
        return None, None
    return float(result.confidence_interval.low), float(result.confidence_interval.high)
