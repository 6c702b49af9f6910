"""The command that compares methods of one file: arguments from the command line -> runs, records and a table."""

import sys
from argparse import ArgumentParser
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from adaptlab.evaluation.comparison_plan import read_comparison
from adaptlab.evaluation.method_comparison import MethodComparison


def compare(arguments: list[str]) -> None:
    """Run `adaptlab compare FILE`: train many methods on the same tasks and print one table."""
    parser = ArgumentParser("adaptlab compare", description="Train many methods on the same tasks; print one table.")
    parser.add_argument("file", type=Path, help="such as experiments/compare_methods.yaml")
    parser.add_argument(
        "--out", type=Path, help="folder for runs, records and the table; runs/NAME OF THE FILE if none"
    )
    parser.add_argument("--methods", nargs="+", metavar="NAME", default=[], help="only these, so that processes share")
    parser.add_argument("--count", action="store_true", help="only print what each method would train")
    chosen = parser.parse_args(arguments)
    out = chosen.out or Path("runs") / chosen.file.stem
    comparison = MethodComparison(read_comparison(chosen.file), out, chosen.methods)
    if chosen.count:
        print_counts(comparison)
        return
    print(comparison.run())


def print_counts(comparison: MethodComparison) -> None:
    """Trained parameters, bytes and share of every method."""
    table = Table("method", title=f"What each method trains of {comparison.plan.base_model}")
    for heading in ("trained parameters", "bytes", "share of the model"):
        table.add_column(heading, justify="right")
    for name, parameters, stored, share in comparison.counts():
        table.add_row(Text(name), f"{parameters:,}", f"{stored:,}", f"{share:.3%}")
    Console(width=None if sys.stdout.isatty() else 110).print(table)
