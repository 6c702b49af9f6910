"""Compare what was measured: run records -> intervals and paired differences -> a Markdown report with its figure.

files --reading--> RunRecord --statistics--> Row, Estimate --tables, figures--> report.md, report.png
"""

from adaptlab.reports.curves import draw_curves
from adaptlab.reports.figures import interval_plot
from adaptlab.reports.reading import read_records
from adaptlab.reports.report import report
from adaptlab.reports.statistics import Estimate, Row, gather_rows, macro_mean, paired_difference, paired_ratio

__all__ = [
    "Estimate",
    "Row",
    "draw_curves",
    "gather_rows",
    "interval_plot",
    "macro_mean",
    "paired_difference",
    "paired_ratio",
    "read_records",
    "report",
]
