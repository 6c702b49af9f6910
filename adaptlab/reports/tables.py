"""Set rows of a report as Markdown: `Row`s -> tables of means, of paired differences and of single tasks."""

from collections.abc import Callable, Iterable, Sequence

from adaptlab.reports.statistics import SPLITS, Estimate, Row, paired_difference, paired_ratio

ABSENT = "not measured"


def main_table(rows: Sequence[Row]) -> str:
    """Table 1: macro means per split with their intervals, spread over seeds, parameters and training time.

    Numbers of tasks and examples stand in a column's header where they are equal in all rows, in the cells otherwise.

    Args:
        rows: as `gather_rows` gives them; at least one.
    """
    splits = [split for split in SPLITS if any(row.task_means(split) for row in rows)]
    best = best_row_mean([row for row in rows if not row.oracle], "heldout")
    columns = [_split_column(rows, split, best if split == "heldout" else None) for split in splits]
    seed_counts = {len(row.records) for row in rows} - {1}
    seeds = f" ({seed_counts.pop()} seeds)" if len(seed_counts) == 1 else ""
    stored = any(record.stored_bytes for row in rows for record in row.records)
    header = [
        "method",
        "condition",
        *(header for header, _ in columns),
        f"SD over seeds{seeds}",
        "trained parameters",
        "emitted parameters per task",
        *(["stored MiB"] if stored else []),
        "training minutes",
    ]
    body = [
        [
            escaped(row.name) + (" (oracle, ceiling)" if row.oracle else ""),
            escaped(row.condition),
            *(cells[index] for _, cells in columns),
            _seed_cell(row, splits, name_count=not seeds),
            _range_cell([record.trained_parameters for record in row.records]),
            _range_cell([record.emitted_parameters for record in row.records]),
            *([_mebibytes([record.stored_bytes for record in row.records])] if stored else []),
            f"{sum(record.training_time_seconds for record in row.records) / len(row.records) / 60:,.1f}",
        ]
        for index, row in enumerate(rows)
    ]
    return markdown_table(header, body, left=2)


def _split_column(rows: Sequence[Row], split: str, best: float | None) -> tuple[str, list[str]]:
    """Header and cells of one split; `best` is the mean to set in bold."""
    means = [row.macro_mean(split) for row in rows]
    examples = ["/".join(f"{count:,}" for count in row.example_counts(split)) for row in rows]
    measured = [index for index, mean in enumerate(means) if mean]
    task_counts = {mean.tasks for mean in means if mean}
    example_counts = {examples[index] for index in measured}
    common = []
    if len(task_counts) == 1:
        common.append(f"{plural(task_counts.pop(), 'task')}")
        task_counts.clear()
    if len(example_counts) == 1:
        common.append(f"{example_counts.pop()} examples")
        example_counts.clear()
    header = SPLITS[split] + (f" (n = {', '.join(common)})" if common else "")
    cells = []
    for mean, count in zip(means, examples, strict=True):
        if mean is None:
            cells.append(ABSENT)
            continue
        shown = percent(mean.value)
        own = [plural(mean.tasks, "task")] if task_counts else []
        own += [f"{count} examples"] if example_counts else []
        cell = f"**{shown}**" if best is not None and mean.value == best else shown
        cells.append(f"{cell} {interval(mean, percent)}" + (f" (n = {', '.join(own)})" if own else ""))
    return header, cells


def _seed_cell(row: Row, splits: Sequence[str], name_count: bool) -> str:
    if len(row.records) == 1:
        return "1 seed"
    deviations = [(split, row.seed_deviation(split)) for split in splits]
    shown = [
        f"{percent(value)} {SPLITS[split].removesuffix(' tasks')}" for split, value in deviations if value is not None
    ]
    return ", ".join(shown) + (f" ({len(row.records)} seeds)" if name_count else "")


def _range_cell(values: Sequence[int]) -> str:
    low, high = min(values), max(values)
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"


def _mebibytes(sizes: Sequence[int]) -> str:
    return f"{max(sizes) / 2**20:,.1f}" if max(sizes) else ""


def best_row_mean(rows: Sequence[Row], split: str) -> float | None:
    """The highest macro mean of a split among rows, in 0..1; None where none of them measured it."""
    means = [mean.value for row in rows if (mean := row.macro_mean(split))]
    return max(means, default=None)


def difference_table(pairs: Iterable[tuple[Row, Row]], split: str, ratios: bool = False) -> str:
    """Table 2: for each pair, the first row minus the second, paired by task, in points of exact match.

    Args:
        pairs: rows to compare; a pair without a shared task is said to have none.
        split: the split whose tasks are paired.
        ratios: add the ratio of the two macro means.
    """
    ratio_columns = ["ratio", "95% interval of the ratio"] if ratios else []
    header = ["method", "minus", "difference (points)", "95% interval", *ratio_columns, "n tasks", "excludes 0"]
    body = []
    for first, second in pairs:
        scores = first.task_means(split), second.task_means(split)
        names = [_titled(first, with_condition=False), _titled(second, with_condition=True)]
        if first.name == second.name:
            names[1] = escaped(second.condition)
        difference = paired_difference(*scores)
        if difference is None:
            body.append([*names, "no shared task", *[""] * (1 + len(ratio_columns)), "0", ""])
            continue
        cells = [signed_points(difference.value), interval(difference, signed_points)]
        if ratios:
            ratio = paired_ratio(*scores)
            cells += [f"{ratio.value:.2f}", interval(ratio, "{:.2f}".format)] if ratio else ["divisor is 0", ""]
        verdict = "" if difference.low is None else "yes" if difference.excludes_zero else "no"
        body.append([*names, *cells, str(difference.tasks), verdict])
    return markdown_table(header, body, left=2)


def task_table(rows: Sequence[Row], split: str = "heldout") -> str:
    """Table 3: exact match in percent, one line per task of a split and one column per row; a gap is not measured."""
    scores = [row.task_means(split) for row in rows]
    tasks = sorted(set().union(*scores))
    header = ["task", *(_titled(row, with_condition=not row.trained) for row in rows)]
    body = [[escaped(task), *(percent(s[task]) if task in s else "" for s in scores)] for task in tasks]
    return markdown_table(header, body, left=1)


def _titled(row: Row, with_condition: bool) -> str:
    condition = f" {row.condition}" if with_condition else ""
    return escaped(row.name + ("," if condition and not row.trained else "") + condition) + (
        " (oracle, ceiling)" if row.oracle else ""
    )


def markdown_table(header: Sequence[str], body: Iterable[Sequence[str]], left: int) -> str:
    """A Markdown table whose first `left` columns are aligned left and the others right."""
    rule = [":--" if index < left else "--:" for index in range(len(header))]
    return "\n".join("| " + " | ".join(line) + " |" for line in (header, rule, *body))


def interval(estimate: Estimate, shown: Callable[[float], str]) -> str:
    """`[low, high]`, or what stands in its place where there is none."""
    if estimate.low is None or estimate.high is None:
        return "[no interval]"
    return f"[{shown(estimate.low)}, {shown(estimate.high)}]"


def percent(fraction: float) -> str:
    """A fraction in 0..1 as percent with one decimal: `0.312` -> `31.2`."""
    return f"{round(100 * fraction, 1) + 0.0:.1f}"


def signed_points(fraction: float) -> str:
    """A difference in -1..1 as points with its sign: `0.031` -> `+3.1`; what rounds to nothing has no sign."""
    points = round(100 * fraction, 1)
    return f"{points:+.1f}" if points else "0.0"


def plural(count: int, noun: str) -> str:
    """`1 task`, `45 tasks`."""
    return f"{count:,} {noun}" + ("" if count == 1 else "s")


def escaped(text: str) -> str:
    """A name as one Markdown table cell."""
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")
