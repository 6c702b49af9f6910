"""The commands that look at tasks: a suite -> lists, examples, statistics, exports and overlaps."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.box import MARKDOWN
from rich.console import Console
from rich.table import Table

from adaptlab.basemodels import load_base_model
from adaptlab.contracts import Task, TaskSuite
from adaptlab.embeddings import SentenceEncoder, TaskEncoder
from adaptlab.errors import TaskError
from adaptlab.evaluation.difficulty import difficulty
from adaptlab.evaluation.neighbours import held_out_neighbours, sibling_probe
from adaptlab.files import write_json, write_text
from adaptlab.tasks import PromptFormat, export_suite, load_suite
from adaptlab.tasks.decontamination import Text, overlaps
from adaptlab.tasks.loaders.reading import read_json_lines

GROUPS = (("train", "train"), ("validation", "validation"), ("test", "held-out"))


def list_tasks(suite: str, skip_broken: bool = False) -> None:
    """List the tasks of a suite by split and family.

    Args:
        suite: `builtin`, `builtin:family+family`, `builtin@64`, a folder of tasks, `FOLDER@SPLIT`, or a YAML of hub
            datasets.
        skip_broken: leave broken files of a folder out, and say which.
    """
    loaded = load_suite(suite, skip_broken=skip_broken)
    for field, name in GROUPS:
        members: tuple[Task, ...] = getattr(loaded, field)
        print(f"{name}: {len(members)} tasks")
        families: dict[str, list[str]] = {}
        for task in members:
            families.setdefault(task.family or "-", []).append(task.name)
        for family, names in sorted(families.items()):
            print(f"  {family}: {', '.join(names)}")
    _say_skipped(loaded)


def show(suite: str, name: str, prompt: PromptFormat | None = None, base_model: str = "", count: int = 6) -> None:
    """Show one task: descriptions, examples, and a prompt as the model reads it.

    Args:
        suite: where the task is.
        name: of the task.
        prompt: how prompts are laid out.
        base_model: whose tokenizer lays out the prompt and counts its tokens; without one, none is shown.
        count: how many descriptions and examples.
    """
    task = _find(load_suite(suite), name)
    print(f"{task.name} ({task.metric}), {', '.join(f'{len(v)} {k}' for k, v in task.splits.items())} examples")
    print(*(f"{label}: {value}" for label, value in _facts(task).items() if value), sep="\n")
    print("descriptions:", *(f"  - {text}" for text in task.descriptions[:count]), sep="\n")
    print("unseen descriptions:", *(f"  - {text}" for text in task.unseen_descriptions[:count]), sep="\n")
    print("examples:", *(f"  {e.input}  ->  {' | '.join(e.targets)}" for e in task.splits["test"][:count]), sep="\n")
    if base_model:
        tokenizer = load_base_model(base_model).tokenizer
        form = prompt or PromptFormat()
        shots = task.splits.get("train", ())[: form.shots]
        text = form.render(task.splits["test"][0].input, tokenizer, task.evaluation_descriptions[0], shots)
        print(f"prompt ({len(form.token_ids(text, tokenizer))} tokens):", text, sep="\n")


def _facts(task: Task) -> Mapping[str, str]:
    return {"family": task.family, "tests": task.kind, "from": task.source, "overlaps": ", ".join(task.overlaps)}


def _find(suite: TaskSuite, name: str) -> Task:
    found = [task for task in suite.all_tasks if task.name == name]
    if not found:
        raise TaskError(f"suite {suite.name!r} has no task {name!r}; `adaptlab tasks list {suite.name}` names them")
    return found[0]


def stats(suite: str, neighbours: bool = False, skip_broken: bool = False, out: Path | None = None) -> None:
    """Count tasks, families, descriptions, examples and words; check that nothing is in two splits.

    Args:
        suite: `builtin`, a part of it, a folder of tasks or a YAML of hub datasets.
        neighbours: also embed all descriptions with the packaged MiniLM (minutes, once): how often unseen descriptions
            lie nearest to their own task, by family, and which train tasks lie nearest to each held-out task.
        skip_broken: leave broken files of a folder out, and say which.
        out: also write it all to this Markdown file.
    """
    loaded = load_suite(suite, skip_broken=skip_broken)
    console = Console(record=True, width=None if out is None else 500)
    console.print(f"# Tasks of {loaded.name}", f"fingerprint {loaded.fingerprint[:16]}", sep="\n\n", highlight=False)
    console.print(_counts(loaded), _kinds(loaded))
    shared_examples, shared_descriptions = shared_between_splits(loaded), shared_between_tasks(loaded)
    console.print(f"- examples (question with answer) that two splits share: {shared_examples}", highlight=False)
    console.print(f"- descriptions that two tasks share: {shared_descriptions}", highlight=False)
    if neighbours:
        encoder: TaskEncoder = SentenceEncoder()
        console.print(sibling_probe(loaded, encoder), held_out_neighbours(loaded, encoder))
    _say_skipped(loaded)
    if out is not None:
        write_text(out, "".join(line.rstrip() + "\n" for line in console.export_text().splitlines()))


def _counts(suite: TaskSuite) -> Table:
    words = "words: description, input, answer"
    table = Table("split", "tasks", "families", "descriptions a task", "examples a task", words, box=MARKDOWN)
    for field, name in GROUPS:
        members: tuple[Task, ...] = getattr(suite, field)
        if not members:
            continue
        descriptions = [len({*task.descriptions, *task.unseen_descriptions}) for task in members]
        examples = [sum(len(rows) for rows in task.splits.values()) for task in members]
        table.add_row(
            name,
            str(len(members)),
            str(len({task.family for task in members})),
            _range(descriptions),
            _range(examples),
            ", ".join(f"{value:.1f}" for value in _mean_words(members)),
        )
    every = suite.all_tasks
    table.add_row("all", str(len(every)), str(len({task.family for task in every})), "", "", "")
    return table


def _range(values: Sequence[int]) -> str:
    return f"{min(values)} to {max(values)}"


def _mean_words(tasks: Sequence[Task]) -> tuple[float, float, float]:
    examples = [example for task in tasks for example in task.splits.get("test", ())[:50]]
    sentences = [text for task in tasks for text in task.descriptions]
    texts = (sentences, [example.input for example in examples], [example.targets[0] for example in examples])
    first, second, third = (sum(len(text.split()) for text in some) / max(1, len(some)) for some in texts)
    return first, second, third


def _kinds(suite: TaskSuite) -> Table:
    table = Table("what a held-out task tests", "validation", "held-out", box=MARKDOWN)
    counts = {field: Counter(task.kind or "not known" for task in getattr(suite, field)) for field, _ in GROUPS[1:]}
    for kind in sorted({kind for counter in counts.values() for kind in counter}):
        table.add_row(kind, str(counts["validation"][kind]), str(counts["test"][kind]))
    return table


def shared_between_splits(suite: TaskSuite) -> int:
    """How many pairs of question and answer stand in tasks of more than one split, or in both splits of one task."""
    seen: dict[tuple[str, str], str] = {}
    shared = set()
    for field, _ in GROUPS:
        for task in getattr(suite, field):
            for rows in task.splits.values():
                for example in rows:
                    key = (example.input, example.targets[0])
                    if seen.setdefault(key, field) != field:
                        shared.add(key)
    within = sum(
        len({e.input for e in task.splits.get("train", ())} & {e.input for e in task.splits.get("test", ())})
        for task in suite.all_tasks
    )
    return len(shared) + within


def shared_between_tasks(suite: TaskSuite) -> int:
    """How many descriptions more than one task has."""
    owners = Counter(text for task in suite.all_tasks for text in {*task.descriptions, *task.unseen_descriptions})
    return sum(count > 1 for count in owners.values())


def export(suite: str, out: Path, sample_tasks: int | None = None, seed: int = 0) -> None:
    """Write a suite as a folder of own tasks (tasks.yaml and a JSONL file each), which any command can read back.

    Args:
        suite: what to export.
        out: a new folder.
        sample_tasks: only so many tasks, drawn at random.
        seed: of the draw.
    """
    count = export_suite(load_suite(suite), out, sample_tasks, seed)
    print(f"wrote {count} tasks to {out}; read them with --suite {out}")


def decontaminate(suite: str, out: Path, benchmarks: Path | None = None) -> None:
    """Find train examples and descriptions that overlap held-out tasks or benchmarks, and write a report.

    Args:
        suite: whose train tasks are looked through.
        out: the report, a JSON file.
        benchmarks: a folder of benchmark files (`*.jsonl`, at any depth); the text fields of each row are compared.
    """
    loaded = load_suite(suite)
    found = overlaps(loaded, _benchmark_texts(benchmarks) if benchmarks else ())
    counted = Counter((overlap.test, overlap.what) for overlap in found)
    flagged = {task.name: list(task.overlaps) for task in loaded.train if task.overlaps}
    report = {"suite": loaded.name, "fingerprint": loaded.fingerprint, "known_overlaps": flagged}
    write_json(out, {**report, "found": [asdict(overlap) for overlap in found]})
    for (test, what), count in sorted(counted.items()):
        print(f"{test}: {count} {what}s")
    for name, known in flagged.items():
        print(f"{name} is made from the data of {', '.join(known)}")
    print(f"{len(found)} overlaps in {loaded.name}; report in {out}")


def _benchmark_texts(folder: Path) -> list[Text]:
    files = sorted(folder.rglob("*.jsonl"))
    if not files:
        raise TaskError(f"there is no benchmark file (*.jsonl) in {folder}")
    return [
        Text(str(file.relative_to(folder)), "example", value)
        for file in files
        for _, row in read_json_lines(file)
        if isinstance(row, dict)
        for value in row.values()
        if isinstance(value, str)
    ]


def _say_skipped(suite: TaskSuite) -> None:
    for line in suite.skipped:
        print(f"left out: {line}")
    if suite.skipped:
        print(f"{len(suite.skipped)} tasks were left out because they are broken")


COMMANDS: dict[str, Any] = {
    "list": list_tasks,
    "show": show,
    "stats": stats,
    "export": export,
    "decontaminate": decontaminate,
    "difficulty": difficulty,
}


def tasks(arguments: Sequence[str]) -> None:
    """Run `adaptlab tasks COMMAND ...`."""
    from jsonargparse import auto_cli

    auto_cli(COMMANDS, args=list(arguments), prog="adaptlab tasks")
