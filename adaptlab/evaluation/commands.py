"""The commands that measure, report and try out: arguments from the command line -> records, tables, answers."""

from argparse import ArgumentParser
from pathlib import Path

from adaptlab.errors import ConfigurationError
from adaptlab.evaluation.benchmarks import BenchmarkBudget, evaluate_benchmarks
from adaptlab.evaluation.conditions import CONDITIONS
from adaptlab.evaluation.libraries import evaluate_library
from adaptlab.evaluation.runs import Budget, evaluate_base, evaluate_checkpoint
from adaptlab.reports import draw_curves
from adaptlab.reports import report as write_report
from adaptlab.tasks.benchmarks import SUITES


def evaluate(
    out: Path,
    checkpoint: Path | None = None,
    base_model: str | None = None,
    dtype: str = "float32",
    suite: str = "builtin",
    method: str | None = None,
    conditions: list[str] | None = None,
    budget: Budget | None = None,
    library: Path | None = None,
    use: str = "oracle",
    methods: str | None = None,
    protocol: str = "lmeval",
    questions: BenchmarkBudget | None = None,
    unsafe_code: bool = False,
) -> None:
    """Measure on a suite of tasks (a checkpoint, a library or the base model) or, given methods, on public benchmarks.

    Args:
        out: folder for the records.
        checkpoint: a checkpoint of `adaptlab fit`; measured with aligned, shuffled and random descriptions.
        base_model: without a checkpoint, the model to measure by prompting; with one, where to load its base model.
        dtype: of the base model when it is measured by itself; a checkpoint brings its own.
        suite: the tasks of the base model's measurement; a checkpoint brings its own. Methods need it: benchmarks by
            name, file or folder, with commas between, or `public` for all that the project brings.
        method: name of the row in reports; made from the configuration when None.
        conditions: how descriptions are given to a checkpoint, of aligned (each task its own), shuffled (another
            task's), random_text and random_vector; all when None, with methods all but random_vector.
        budget: how much is measured on a suite of tasks.
        library: a library of adapters to measure.
        use: how the library is used: `oracle` (each task its own entry), `average` (plain mean of factors),
            `effect-average` (mean of effects at the same rank), or `arrow` (every token chooses among entries).
        methods: rows to measure on public benchmarks, with commas between: base, base+description, base+3shot,
            base+description+3shot, NAME=CHECKPOINT, NAME=peft:FOLDER, NAME=pyreft:FOLDER:WHERE,
            NAME=library:FOLDER:USE. What was answered is kept, so a stopped run goes on where it was.
        protocol: of public benchmarks: `lmeval` (log-likelihoods, as lm-evaluation-harness) or `paper` (generated
            answers).
        questions: how much is asked of public benchmarks.
        unsafe_code: run programs that a model wrote even where they cannot be isolated.
    """
    unknown = sorted(set(conditions or ()) - set(CONDITIONS))
    if unknown:
        raise ConfigurationError(f"no condition {', '.join(unknown)}; there are {', '.join(CONDITIONS)}")
    budget = budget or Budget()
    if methods is not None:
        named = [SUITES] if suite == "public" else [part.strip() for part in suite.split(",")]
        rows = [word.strip() for word in methods.split(",")]
        asked = questions or BenchmarkBudget()
        given = conditions or ("aligned", "shuffled", "random_text")
        for path in evaluate_benchmarks(
            named, rows, protocol, out, asked, base_model, dtype, given, unsafe_code=unsafe_code
        ):
            print(f"wrote {path}")
        return
    if checkpoint is not None:
        paths = evaluate_checkpoint(checkpoint, out, budget, method, base_model, conditions or CONDITIONS)
    elif library is not None:
        paths = [evaluate_library(library, use, out, budget, suite, method)]
    elif base_model is not None:
        paths = evaluate_base(base_model, dtype, suite, out, budget)
    else:
        raise ConfigurationError(
            "say what to measure: --checkpoint FILE, --library FOLDER, --base_model NAME or --methods WORDS"
        )
    print("\n".join(f"wrote {path}" for path in paths))


def report(arguments: list[str]) -> None:
    """Run `adaptlab report RUNS... [--out FOLDER]`: print a Markdown report and write it beside a figure."""
    parser = ArgumentParser("adaptlab report", description="Turn run records into tables with intervals and a figure.")
    parser.add_argument("runs", nargs="+", type=Path, help="record files, or folders that hold them")
    parser.add_argument(
        "--out", type=Path, default=Path("report"), help="folder for report.md and report.png (default: report)"
    )
    chosen = parser.parse_args(arguments)
    print(write_report(chosen.runs, chosen.out))


def curves(arguments: list[str]) -> None:
    """Run `adaptlab curves RUNS... [--out FILE]`: draw how loss and exact match of each task went over the steps."""
    parser = ArgumentParser("adaptlab curves", description="Draw the learning curves of one or several runs as PNG.")
    parser.add_argument("runs", nargs="+", type=Path, help="folders of runs, such as runs/text_to_lora")
    parser.add_argument("--out", type=Path, default=Path("curves.png"), help="the file to write (default: curves.png)")
    chosen = parser.parse_args(arguments)
    draw_curves(chosen.runs, chosen.out)
    print(f"wrote {chosen.out}")
