"""Write a report: record files and folders -> `report.md` and `report.png`, whole or not at all."""

from collections.abc import Mapping, Sequence
from functools import partial
from itertools import combinations
from pathlib import Path
from typing import Any

from adaptlab.contracts import RunRecord
from adaptlab.errors import RecordError
from adaptlab.files import written_whole
from adaptlab.reports.benchmark_figure import benchmark_plot
from adaptlab.reports.benchmark_report import benchmark_tables
from adaptlab.reports.benchmark_scores import gather_benchmark_rows
from adaptlab.reports.figures import interval_plot
from adaptlab.reports.reading import read_files
from adaptlab.reports.statistics import RESAMPLES, Row, gather_rows
from adaptlab.reports.tables import difference_table, escaped, main_table, plural, task_table


def report(runs: list[Path], out: Path) -> str:
    """Compare records, write `report.md` and `report.png`, and return the Markdown.

    Args:
        runs: record files, and folders that are searched for records recursively.
        out: the folder to write to; made if absent, and what an earlier report left there is replaced.

    Raises:
        RecordError: a path is missing, holds no record or a damaged one, or `out` is a file.
    """
    files = read_files(runs)
    if out.exists() and not out.is_dir():
        raise RecordError(f"{out} is a file; name a folder for report.md and report.png")
    if any(record.protocol for record in files.values()):
        rows = gather_benchmark_rows(files)
        text = "\n\n".join(["# Report", *benchmark_tables(rows), *_provenance(files)]) + "\n"
        draw = partial(benchmark_plot, rows)
    else:
        suite_rows = gather_rows(list(files.values()))
        text, draw = compose(suite_rows, files), partial(interval_plot, suite_rows)
    with written_whole(out / "report.png") as picture, written_whole(out / "report.md") as page:
        draw(picture)
        page.write_text(text, encoding="utf-8")
    return text


def compose(rows: Sequence[Row], files: Mapping[Path, RunRecord]) -> str:
    """The report as Markdown, ending in a newline.

    Args:
        rows: what `gather_rows` made of the records; at least one.
        files: the records by the file that each came from.
    """
    parts = ["# Report", *_overview(rows), *_heldout_differences(rows), *_seen_differences(rows)]
    parts += [*_single_tasks(rows), *_provenance(files)]
    return "\n\n".join(parts) + "\n"


def _overview(rows: Sequence[Row]) -> list[str]:
    caption = (
        "Exact match in percent: macro mean over tasks, averaged over seeds, with its 95% interval "
        f"(percentile bootstrap over tasks, {RESAMPLES:,} resamples). The interval says how the mean would move with "
        "other tasks of the same kind; the SD over seeds says how it moves with the training seed. "
        "Examples are scored answers per seed; shuffled descriptions may be scored under several shufflings. "
        "Bold: the highest mean on held-out tasks among rows that are no oracle. Stored is what a method keeps beside "
        "the base model; the sentence encoder that reads descriptions is not counted."
    )
    return ["## Table 1: exact match", main_table(rows), caption, "![Exact match by method and condition](report.png)"]


def _heldout_differences(rows: Sequence[Row]) -> list[str]:
    methods, bases = _methods(rows, "heldout"), _bases(rows, "heldout")
    controls = [row for row in rows if row.control and row.task_means("heldout")]
    blocks = {
        "Against the base model": [(row, base) for row in methods for base in bases if _comparable(row, base)],
        "Against its own controls": [
            (row, control) for row in methods for control in controls if row.name == control.name
        ],
        "Between trained methods": [(row, other) for row, other in combinations(methods, 2) if _comparable(row, other)],
    }
    count = sum(len(pairs) for pairs in blocks.values())
    if not count:
        return []
    caption = (
        "Differences are a trained method (with aligned descriptions, where it reads any) minus the other row, in "
        "points of exact match. Tasks are "
        "paired, and only tasks that both rows have count; intervals are bootstrapped over those tasks. Whether an "
        "interval excludes 0 is decided before rounding. The 95% intervals are not corrected for their number "
        f"({count} on held-out tasks): where nothing differs, about one in twenty excludes 0."
    )
    parts = ["## Table 2: paired differences on held-out tasks", caption]
    for title, pairs in blocks.items():
        parts += [f"### {title}", difference_table(pairs, "heldout")] if pairs else []
    return parts


def _seen_differences(rows: Sequence[Row]) -> list[str]:
    pairs = [(row, base) for row in _methods(rows, "seen") for base in _bases(rows, "seen") if _comparable(row, base)]
    if not pairs:
        return []
    return ["### On seen tasks, against the base model", difference_table(pairs, "seen", ratios=True)]


def _single_tasks(rows: Sequence[Row]) -> list[str]:
    bases = _bases(rows, "heldout")
    described = [row for row in bases if row.condition == "description"] or bases
    shown = [*described, *_methods(rows, "heldout")]
    if not shown:
        return []
    summary = "<summary>Exact match in percent on each held-out task, with aligned descriptions</summary>"
    return ["## Table 3: single held-out tasks", f"<details>\n{summary}", task_table(shown), "</details>"]


def _methods(rows: Sequence[Row], split: str) -> list[Row]:
    """Trained rows that are no control: with aligned descriptions, or of adapters that read none."""
    return [row for row in rows if row.trained and not row.control and row.task_means(split)]


def _bases(rows: Sequence[Row], split: str) -> list[Row]:
    return [row for row in rows if not row.trained and row.task_means(split)]


def _comparable(first: Row, second: Row) -> bool:
    return first.base_model == second.base_model


def _provenance(files: Mapping[Path, RunRecord]) -> list[str]:
    environments = [record.environment for record in files.values()]
    commits = sorted({_commit(environment) for environment in environments})
    if len(commits) > 1:
        verdict = "Rows come from different commits: a difference between them may be one of the code."
    elif commits == ["unknown"]:
        verdict = "No record names the commit that it was measured with."
    else:
        verdict = "All rows come from one commit."
    if any(environment.get("dirty") for environment in environments):
        verdict += " Dirty means that the code held changes that no commit holds."
    facts = [
        f"- base model: {', '.join(f'`{name}`' for name in sorted({r.base_model for r in files.values()}))}",
        f"- commits: {', '.join(commits)}. {verdict}",
        f"- seeds: {', '.join(str(seed) for seed in sorted({record.seed for record in files.values()}))}",
        f"- hardware: {'; '.join(sorted({_hardware(environment.get('hardware')) for environment in environments}))}",
        f"- {plural(len(files), 'record')}:",
        *(f"  - `{file.as_posix()}`" for file in sorted(files)),
    ]
    return ["## Where the numbers come from", "\n".join(facts)]


def _commit(environment: Mapping[str, Any]) -> str:
    commit = str(environment.get("commit") or "unknown")
    name = commit if commit == "unknown" else f"`{commit[:10]}`"
    return name + (" (dirty)" if environment.get("dirty") else "")


def _hardware(described: Any) -> str:
    if not isinstance(described, Mapping):
        return escaped(str(described or "unknown"))
    known = {"machine": "{}", "cpus": "{} CPUs", "threads": "{} threads"}
    parts = [form.format(described[key]) for key, form in known.items() if described.get(key) is not None]
    gpus = described.get("gpus")
    parts.append(", ".join(map(str, gpus)) if isinstance(gpus, list) and gpus else "no GPU")
    return escaped(", ".join(parts))
