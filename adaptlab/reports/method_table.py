"""Set a comparison of methods: rows with their costs -> a Markdown table, and a figure of score by train examples."""

import re
import textwrap
from collections.abc import Sequence
from pathlib import Path

from adaptlab.contracts import RunRecord
from adaptlab.files import written_whole
from adaptlab.reports.figures import COLOURS, DOTS_PER_INCH
from adaptlab.reports.statistics import Row
from adaptlab.reports.tables import escaped, interval, markdown_table, percent

SPLIT = "seen"
UNTRAINED = "untrained"
"""Condition of the base model as it is."""
_EXAMPLES = re.compile(r"(\d+) examples")


def train_examples(row: Row) -> int | None:
    """How many train examples a row had, where its condition says so."""
    if row.condition == UNTRAINED:
        return 0
    found = _EXAMPLES.fullmatch(row.condition)
    return int(found[1]) if found else None


def method_table(rows: Sequence[Row]) -> str:
    """Score with its interval over tasks, spread over seeds, and what each method costs; the best score first.

    Args:
        rows: their records note `name`, and where something trained `learning_rate`, `loss_by_learning_rate` and
            `seconds_per_step`.
    """
    header = [
        "method",
        "train examples",
        "exact match [95% over tasks]",
        "SD over seeds",
        "trained parameters",
        "bytes on disk",
        "s per step",
        "peak memory, GiB",
        "learning rate",
    ]
    scored = [(row, mean) for row in rows if (mean := row.macro_mean(SPLIT)) is not None]
    scored.sort(key=lambda pair: (train_examples(pair[0]) or 0, -pair[1].value))
    body = []
    for row, mean in scored:
        first, count, spread = row.records[0], len(row.records), row.seed_deviation(SPLIT)
        name = escaped(str(first.notes.get("name", row.name)))
        reached = f"{percent(mean.value)} {interval(mean, percent)}"
        if row.condition == UNTRAINED:
            body.append([name, "none", reached, *["-"] * (len(header) - 3)])
            continue
        body.append(
            [
                name,
                str(train_examples(row) or "all"),
                reached,
                "one seed" if spread is None else f"{percent(spread)} ({count} seeds)",
                f"{first.trained_parameters:,}",
                f"{first.stored_bytes:,}",
                f"{sum(record.notes['seconds_per_step'] for record in row.records) / count:.2f}",
                f"{max(record.peak_memory_bytes for record in row.records) / 2**30:.2f}",
                learning_rate(first),
            ]
        )
    return markdown_table(header, body, left=1)


def learning_rate(record: RunRecord) -> str:
    """The rate that was chosen, and whether the grid ends there: the best one may then lie beyond."""
    chosen, tried = record.notes["learning_rate"], [float(rate) for rate in record.notes["loss_by_learning_rate"]]
    if len(tried) < 2 or min(tried) < chosen < max(tried):
        return f"{chosen:g}"
    return f"{chosen:g}, the {'least' if chosen == min(tried) else 'greatest'} tried"


def size_plot(rows: Sequence[Row], path: Path) -> None:
    """Write score against train examples as PNG: a line a method, bars are 95% intervals over tasks.

    Args:
        rows: with their numbers of examples; the base model as it is becomes a line across.
        path: the file to write; its suffix plays no part.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(5.2, 3.6), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    untrained = [row for row in rows if row.condition == UNTRAINED]
    for row, style in zip(untrained, (":", "--", "-."), strict=False):
        if (mean := row.macro_mean(SPLIT)) is not None:
            label = textwrap.fill(str(row.records[0].notes["name"]), 24)
            axes.axhline(100 * mean.value, color="grey", linestyle=style, label=label)
    rows = [row for row in rows if row not in untrained]
    names = list(dict.fromkeys(row.name for row in rows))
    for number, name in enumerate(names):
        aside = 1.04 ** (number - (len(names) - 1) / 2)  # so that the bars do not hide one another
        own = sorted((row for row in rows if row.name == name), key=lambda row: train_examples(row) or 0)
        found = [(train_examples(row) or 0, mean) for row in own if (mean := row.macro_mean(SPLIT)) is not None]
        colour = COLOURS[number % len(COLOURS)]
        label = str(own[0].records[0].notes.get("name", name))
        places = [size * aside for size, _ in found]
        axes.plot(places, [100 * mean.value for _, mean in found], "o-", color=colour, label=label)
        for place, (_, mean) in zip(places, found, strict=True):
            if mean.low is not None and mean.high is not None:
                axes.plot([place, place], [100 * mean.low, 100 * mean.high], color=colour, alpha=0.4)
    sizes = sorted({train_examples(row) or 0 for row in rows})
    axes.set_xscale("log", base=2)
    axes.set_xticks(sizes, [str(size) for size in sizes])
    axes.set_xlabel("train examples of all tasks together")
    axes.set_ylabel("exact match, percent")
    axes.grid(alpha=0.3)
    axes.legend(fontsize=8)
    with written_whole(path) as unfinished:
        figure.savefig(unfinished, format="png", dpi=DOTS_PER_INCH)
