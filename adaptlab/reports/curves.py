"""Draw learning curves: `task_curves.csv` of runs -> one PNG, exact match and loss over steps, tasks as thin lines."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from adaptlab.errors import RecordError
from adaptlab.reports.figures import COLOURS, DOTS_PER_INCH

FILE = "task_curves.csv"
TITLES = {"validation": "held-out validation tasks", "seen": "seen tasks, unseen examples and descriptions"}


def read_curves(run: Path) -> pd.DataFrame:
    """The curves of a run, given its folder; of steps that were repeated after a stop, the last.

    Raises:
        RecordError: the folder has no curves.
    """
    path = run / FILE
    if not path.is_file():
        raise RecordError(f"{run} holds no {FILE}; give the folder of a run of `adaptlab fit` that has validated")
    curves = pd.read_csv(path).drop_duplicates(["step", "split", "task"], keep="last").sort_values("step")
    if curves.empty:
        raise RecordError(f"{path} is empty; the run has not validated yet")
    return curves


def split_means(curves: pd.DataFrame) -> pd.DataFrame:
    """Means over all examples, with columns `split`, `step`, `loss`, `exact_match`."""
    weighted = curves.assign(
        loss=curves["loss"] * curves["examples"], exact_match=curves["exact_match"] * curves["examples"]
    )
    sums = weighted.groupby(["split", "step"])[["loss", "exact_match", "examples"]].sum(skipna=False)
    return sums[["loss", "exact_match"]].div(sums["examples"], axis=0).reset_index()


def last_loss(run: Path, split: str) -> float:
    """Mean loss over the examples of one split at a run's last validation; not a number where it did not measure any.

    Args:
        run: its folder.
        split: `validation`, `seen` or `held_back`.

    Raises:
        RecordError: the folder has no curves.
    """
    means = split_means(read_curves(run))
    losses = means.loc[means["split"] == split, "loss"]
    return float(losses.iloc[-1]) if len(losses) else float("nan")


def draw_curves(runs: Sequence[Path], path: Path) -> None:
    """Write the learning curves of one or several runs as PNG.

    Args:
        runs: their folders; each gets a colour, and with a single one the validation tasks are drawn one by one.
        path: the file to write.

    Raises:
        RecordError: a folder has no curves.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    read = [read_curves(run) for run in runs]
    figure = Figure(figsize=(10, 6.4), layout="constrained")
    FigureCanvasAgg(figure)
    panels = figure.subplots(2, 2, sharex=True, squeeze=False)
    for column, (split, title) in enumerate(TITLES.items()):
        for row, (value, label) in enumerate((("exact_match", "exact match (%), teacher-forced"), ("loss", "loss"))):
            axes = panels[row][column]
            scale = 100 if value == "exact_match" else 1
            for run, curves, colour in zip(runs, read, COLOURS * len(runs), strict=False):
                if len(runs) == 1 and split == "validation":
                    for _, task in curves[curves["split"] == split].groupby("task"):
                        axes.plot(task["step"], scale * task[value], color="#BBBBBB", linewidth=0.8)
                means = split_means(curves)
                mean = means[means["split"] == split]
                axes.plot(
                    mean["step"], scale * mean[value], color=colour, linewidth=2, label=run.name, marker="o", ms=3
                )
            axes.set_ylabel(label, fontsize=9)
            axes.grid(color="#E6E6E6", linewidth=0.8)
            axes.spines[["top", "right"]].set_visible(False)
        panels[0][column].set_title(title, fontsize=10, loc="left")
        panels[1][column].set_xlabel("step", fontsize=9)
    panels[0][0].legend(fontsize=8, frameon=False)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, format="png", dpi=DOTS_PER_INCH)
