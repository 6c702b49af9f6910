"""Write up public benchmarks: rows of one protocol -> tables of scores, of what is forgotten, of paired differences."""

from collections.abc import Sequence

from adaptlab.reports.benchmark_scores import (
    FEWEST,
    BenchmarkRow,
    Comparison,
    estimate,
    holm,
    mean_estimate,
    paired,
    paired_mean,
)
from adaptlab.reports.reading import ENTROPY
from adaptlab.reports.statistics import RESAMPLES, Estimate
from adaptlab.reports.tables import escaped, interval, markdown_table, percent, signed_points

PLAIN = "no description"


def benchmark_tables(rows: Sequence[BenchmarkRow]) -> list[str]:
    """The parts of a report on public benchmarks.

    Args:
        rows: of one protocol.
    """
    protocol = rows[0].records[0].protocol
    return [f"Protocol: `{protocol}`.", *_scores(rows), *_differences(rows), *_all_metrics(rows)]


def _benchmarks(rows: Sequence[BenchmarkRow]) -> list[str]:
    return sorted({name for row in rows for name in row.main_metrics})


def _metric(rows: Sequence[BenchmarkRow], benchmark: str) -> str:
    return next(row.main_metrics[benchmark] for row in rows if benchmark in row.main_metrics)


def _scores(rows: Sequence[BenchmarkRow]) -> list[str]:
    names = [name for name in _benchmarks(rows) if _metric(rows, name) != ENTROPY]
    header = ["method", "condition", "mean of held-out benchmarks", "off task", "text: nats per byte"]
    header += [f"{name} ({_metric(rows, name)}, n = {_counts(rows, name)})" for name in names]
    header += ["SD over seeds", "emitted parameters", "stored MiB"]
    body = []
    for row in rows:
        deviation = row.seed_deviation()
        stored = max(record.stored_bytes for record in row.records)
        body.append(
            [
                escaped(row.name) + (" (oracle, ceiling)" if row.records[0].oracle else ""),
                escaped(row.condition),
                _cell(mean_estimate(row.averaged())),
                _off_task(row, rows),
                _entropy(row, rows),
                *(_benchmark_cell(row, name) for name in names),
                "1 seed" if deviation is None else percent(deviation),
                f"{row.records[0].emitted_parameters:,}" if row.records[0].emitted_parameters else "",
                f"{stored / 2**20:,.1f}" if stored else "",
            ]
        )
    caption = (
        f"Scores in percent with 95% intervals (percentile bootstrap over questions, {RESAMPLES:,} resamples; of the "
        f"mean, within each benchmark). The mean takes in benchmarks of at least {FEWEST} questions that neither "
        "training nor a choice of checkpoint has seen; others are marked. Off task: the mean with adapters made for "
        "another benchmark, minus the base model without a description, in points. Text: cross-entropy of encyclopedia "
        "passages under adapters made for the benchmarks, and how much that is above the base model's."
    )
    picture = "![Score by benchmark and method](report.png)"
    return ["## Table 1: scores", markdown_table(header, body, left=2), caption, picture]


def _counts(rows: Sequence[BenchmarkRow], benchmark: str) -> str:
    counts = {len(row.questions(benchmark, _metric(rows, benchmark))) for row in rows} - {0}
    return "/".join(str(count) for count in sorted(counts))


def _cell(found: Estimate | None) -> str:
    return f"{percent(found.value)} {interval(found, percent)}" if found else ""


def _benchmark_cell(row: BenchmarkRow, benchmark: str) -> str:
    if not row.split(benchmark):
        return ""
    found = estimate(row.questions(benchmark, row.main_metrics[benchmark]))
    mark = "" if row.split(benchmark) == "heldout" else f" ({row.split(benchmark)})"
    return f"{_cell(found)}{mark}"


def _plain_base(row: BenchmarkRow, rows: Sequence[BenchmarkRow]) -> BenchmarkRow | None:
    """The row of the same base model as it is."""
    bases = (one for one in rows if not one.trained and one.condition == PLAIN)
    return next((one for one in bases if one.base_model == row.base_model), None)


def _off_task(row: BenchmarkRow, rows: Sequence[BenchmarkRow]) -> str:
    """With shuffled descriptions an adapter serves a benchmark that it was not made for."""
    base = _plain_base(row, rows)
    shuffled = next((other for other in rows if other.name == row.name and other.condition == "shuffled"), None)
    if base is None or shuffled is None or row.condition != "aligned":
        return ""
    found = paired_mean(shuffled, base)
    return f"{signed_points(found.value)} {interval(found, signed_points)}" if found else ""


def _entropy(row: BenchmarkRow, rows: Sequence[BenchmarkRow]) -> str:
    base = _plain_base(row, rows)
    cells = []
    for name, metric in row.main_metrics.items():
        values = row.questions(name, metric)
        if metric != ENTROPY or not len(values):
            continue
        cell = f"{values.mean():.4f}"
        compared = paired(row, base, name, metric) if base is not None and row is not base else None
        if compared:
            cell += f" ({compared.difference.value:+.4f} {interval(compared.difference, '{:+.4f}'.format)})"
        cells.append(cell)
    return ", ".join(cells)


def _differences(rows: Sequence[BenchmarkRow]) -> list[str]:
    """Every adapted row against its base model's rows and its own controls."""
    bases = [row for row in rows if not row.trained]
    adapted = [row for row in rows if row.trained and row.condition in ("aligned", PLAIN, "description")]
    pairs = [(row, other) for row in adapted for other in bases]
    pairs += [(row, other) for row in adapted for other in rows if other.name == row.name and other is not row]
    pairs += [(row, other) for turn, row in enumerate(adapted) for other in adapted[turn + 1 :]]
    pairs += [(row, next(one for one in bases if one.base_model == row.base_model)) for row in bases]
    pairs = [(row, other) for row, other in pairs if row is not other and row.base_model == other.base_model]
    found: list[tuple[BenchmarkRow, BenchmarkRow, Comparison]] = []
    for first, second in pairs:
        for name in sorted(first.averaged().keys() & second.averaged().keys()):
            compared = paired(first, second, name, first.main_metrics[name])
            if compared:
                found.append((first, second, compared))
    if not found:
        return []
    corrected = holm([one.p_value for _, _, one in found])
    tests = sum(one.p_value is not None for _, _, one in found)
    lines = []
    for first, second in pairs:
        mean = paired_mean(first, second)
        if mean is None:
            continue
        own = [(one, p) for (a, b, one), p in zip(found, corrected, strict=True) if a is first and b is second]
        sure = [
            f"{one.benchmark} {signed_points(one.difference.value)} (p = {p:.3f})"
            for one, p in own
            if p is not None and p < 0.05
        ]
        cells = [escaped(first.label), escaped(second.label), signed_points(mean.value), interval(mean, signed_points)]
        lines.append([*cells, str(mean.tasks), "; ".join(sure) or "none"])
    header = ["row", "minus", "mean difference", "95% interval", "benchmarks", "differ by themselves"]
    caption = (
        "Differences in points, paired by question. A benchmark differs by itself where a two-sided sign-flip "
        f"permutation test has p < 0.05 after Holm's correction for all {tests} tests of this table."
    )
    return ["## Table 2: paired differences", markdown_table(header, lines, left=2), caption]


def _all_metrics(rows: Sequence[BenchmarkRow]) -> list[str]:
    """Every metric of every benchmark, for those who want strict and lenient readings side by side."""
    body = []
    for row in rows:
        kept = row.scores[["benchmark", "split", "metric"]].drop_duplicates()
        for benchmark, split, metric in kept.sort_values(["benchmark", "metric"]).itertuples(index=False):
            values = row.questions(benchmark, metric)
            found = estimate(values)
            scale = "{:.4f}".format if metric == ENTROPY else percent
            error = float(values.std(ddof=1) / len(values) ** 0.5) if len(values) > 1 else float("nan")
            cells = [escaped(row.label), benchmark, metric, split, scale(found.value), interval(found, scale)]
            body.append([*cells, scale(error), str(found.tasks)])
    header = ["row", "benchmark", "metric", "split", "value", "95% interval", "standard error", "n"]
    table = markdown_table(header, body, left=4)
    return ["## Table 3: every metric", f"<details>\n<summary>All of them</summary>\n\n{table}\n\n</details>"]
