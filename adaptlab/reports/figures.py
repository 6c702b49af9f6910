"""Draw a report's rows: `Row`s -> one PNG with a dot and a 95% interval per row, seen beside held-out tasks."""

import math
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from adaptlab.reports.statistics import SPLITS, Row
from adaptlab.reports.tables import best_row_mean, percent, plural

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

DOTS_PER_INCH = 150
# Okabe and Ito's palette, told apart under all common forms of colour blindness; grey is for the base model.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
BASE_COLOUR = "#4D4D4D"
_GAP = 0.55
_LONGEST_LABEL = 44


def interval_plot(rows: Sequence[Row], path: Path) -> None:
    """Write the figure of Table 1 as PNG: exact match in percent, one line per row, controls hollow.

    Args:
        rows: in the order of the report, top to bottom; at least one.
        path: the file to write; its suffix plays no part.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    splits = [split for split in ("seen", "heldout") if any(row.task_means(split) for row in rows)] or ["validation"]
    heights = _heights(rows)
    figure = Figure(
        figsize=(3.2 + 3.5 * len(splits), 1.5 + 0.27 * (heights[-1] + 1)),
        layout=ConstrainedLayoutEngine(w_pad=0.12, h_pad=0.08, wspace=0.03),
    )
    FigureCanvasAgg(figure)
    panels = figure.subplots(1, len(splits), sharey=True, squeeze=False)[0]
    for axes, split in zip(panels, splits, strict=True):
        _panel(axes, rows, heights, split)
    _label_rows(panels[0], rows, heights)
    _legend(figure, rows)
    figure.savefig(path, format="png", dpi=DOTS_PER_INCH)


def _heights(rows: Sequence[Row]) -> list[float]:
    """Where each row stands, from 0 downwards, with a gap between one method and the next."""
    heights = [0.0]
    for above, row in pairwise(rows):
        heights.append(heights[-1] + 1 + (_GAP if above.name != row.name else 0))
    return heights


def _colours(rows: Sequence[Row]) -> list[str]:
    trained = list(dict.fromkeys(row.name for row in rows if row.trained))
    return [COLOURS[trained.index(row.name) % len(COLOURS)] if row.trained else BASE_COLOUR for row in rows]


def _text_colour(row: Row) -> str:
    return "#666666" if row.control else "#222222"


def _panel(axes: "Axes", rows: Sequence[Row], heights: Sequence[float], split: str) -> None:
    rightmost = 0.0
    task_counts = set()
    for row, height, colour in zip(rows, heights, _colours(rows), strict=True):
        mean = row.macro_mean(split)
        if mean is None:
            continue
        task_counts.add(mean.tasks)
        low, high = (mean.value if end is None else end for end in (mean.low, mean.high))
        rightmost = max(rightmost, 100 * high)
        axes.plot([100 * low, 100 * high], [height, height], color=colour, linewidth=1.6, alpha=0.75, zorder=2)
        axes.plot(
            [100 * mean.value],
            [height],
            marker="D" if row.oracle else "o",
            markersize=5.5 if row.oracle else 6,
            markeredgecolor=colour,
            markerfacecolor="white" if row.control else colour,
            markeredgewidth=1.4,
            linestyle="none",
            clip_on=False,
            zorder=3,
        )
        axes.text(
            1.02,
            height,
            percent(mean.value),
            transform=axes.get_yaxis_transform(),
            fontsize=8,
            color=_text_colour(row),
            va="center",
        )
    _dress(axes, rows, heights, rightmost)
    best = best_row_mean([row for row in rows if not row.trained], split)
    if best is not None:
        axes.axvline(100 * best, color=BASE_COLOUR, linestyle=(0, (4, 3)), linewidth=1, zorder=1)
    count = f" ({plural(task_counts.pop(), 'task')})" if len(task_counts) == 1 else ""
    axes.set_title(SPLITS[split].removesuffix(" tasks").capitalize() + (count or " tasks"), fontsize=10, loc="left")


def _dress(axes: "Axes", rows: Sequence[Row], heights: Sequence[float], rightmost: float) -> None:
    step = next((step for step in (1, 2, 5, 10, 20) if rightmost / step <= 7), 20)
    right = min(100, step * math.ceil((rightmost + 0.02) / step))
    axes.set_xlim(-0.02 * right, 1.02 * right)
    axes.set_xticks(range(0, right + 1, step))
    axes.set_ylim(heights[-1] + 0.8, -0.8)
    axes.set_xlabel("exact match (%)", fontsize=9)
    axes.tick_params(axis="x", labelsize=8, color="#999999")
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x", color="#E6E6E6", linewidth=0.8)
    axes.set_axisbelow(True)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color("#999999")
    names = list(dict.fromkeys(row.name for row in rows))
    for name in names[::2]:
        own = [height for row, height in zip(rows, heights, strict=True) if row.name == name]
        axes.axhspan(own[0] - 0.5 - _GAP / 2, own[-1] + 0.5 + _GAP / 2, color="#F6F6F6", linewidth=0, zorder=0)


def _label_rows(axes: "Axes", rows: Sequence[Row], heights: Sequence[float]) -> None:
    """Name the method on its first row and the condition alone on those below it."""
    labels = []
    for index, row in enumerate(rows):
        first = index == 0 or rows[index - 1].name != row.name
        name = row.name if len(row.name) <= _LONGEST_LABEL else row.name[: _LONGEST_LABEL - 3] + "..."
        oracle = " (oracle)" if row.oracle else ""
        labels.append(f"{name}{oracle}, {row.condition}" if first else row.condition.replace("_", " "))
    axes.set_yticks(list(heights), labels, fontsize=8.5)
    for label, row in zip(axes.get_yticklabels(), rows, strict=True):
        label.set_color(_text_colour(row))
        label.set_fontweight("normal" if row.control else "bold")


def _legend(figure: "Figure", rows: Sequence[Row]) -> None:
    from matplotlib.lines import Line2D

    def dot(label: str, marker: str, fill: str) -> Line2D:
        return Line2D([], [], marker=marker, color="#333333", markerfacecolor=fill, linewidth=1.6, label=label)

    entries = [dot("mean and 95% interval over tasks", "o", "#333333")]
    if any(row.control for row in rows):
        entries.append(dot("control: useless description", "o", "white"))
    if any(row.oracle for row in rows):
        entries.append(dot("oracle: ceiling", "D", "#333333"))
    if any(not row.trained for row in rows):
        dashes = (0, (4, 3))
        entries.append(Line2D([], [], color=BASE_COLOUR, linestyle=dashes, linewidth=1, label="best base row"))
    figure.legend(handles=entries, loc="outside lower center", ncols=len(entries), fontsize=8, frameon=False)
