"""The whole line on a laptop: answers under shipped adapters; then train both families on SmolLM2, measure, compare."""

import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean

import yaml
from rich.console import Console
from rich.table import Table
from rich.text import Text

from adaptlab.basemodels import fast_dtype, load_base_model
from adaptlab.contracts import RunRecord, TaskSuite
from adaptlab.evaluation.answering import Question, Responder, adapted_by
from adaptlab.evaluation.records import read_record
from adaptlab.evaluation.runs import Budget, evaluate_base, evaluate_checkpoint, load_trained, trained_responder
from adaptlab.inference.load import load
from adaptlab.inference.shipped import find_generator, shipped_generators
from adaptlab.objectives import first_line
from adaptlab.reports import report
from adaptlab.tasks import PromptFormat, load_suite
from adaptlab.training.cli import fit

BASE_MODEL = "packaged:smollm2-135m-instruct"
FAMILIES = (
    "date_part",
    "digit",
    "field",
    "greeting",
    "item",
    "marked_with",
    "money",
    "part",
    "slot",
    "unit",
)
METHODS: dict[str, dict[str, object]] = {
    "text-to-lora": {"class_path": "adaptlab.adapters.LoRA", "init_args": {"rank": 8, "alpha": 16}},
    "text-to-loreft": {"class_path": "adaptlab.adapters.LoReFT", "init_args": {"rank": 4}},
}
WIDTH = 120
"""Columns of what is printed where there is no terminal to ask."""
SHIPPED_TASKS = ("pick_material", "person_who_likes", "over_five_letters_as_accept_reject", "pick_antonym")
SHOWN_TASKS = ("field_color_colons", "greeting_goodbye_full_name", "money_euros")


@dataclass(frozen=True)
class DemoSettings:
    """How large the demonstration is.

    Args:
        steps: optimiser steps of each family.
        batch_size: examples per step.
        seen_examples: measured examples per train task.
        heldout_examples: measured examples per held-out task.
        dtype: of the base model.
        seed: of training and of the shufflings.
    """

    steps: int = 225
    batch_size: int = 12
    seen_examples: int = 4
    heldout_examples: int = 12
    dtype: str = field(default_factory=lambda: fast_dtype("cpu"))
    seed: int = 0


def demo(out: Path = Path("runs/demo"), settings: DemoSettings | None = None) -> None:
    """Show what ships, then train both families on a part of the built-in suite and compare them with the base model.

    Args:
        out: folder for checkpoints, records and the report.
        settings: how large the demonstration is.
    """
    settings = settings or DemoSettings()
    started = time.monotonic()
    console = Console(width=None if sys.stdout.isatty() else WIDTH)
    console.rule("adaptlab: a sentence becomes an adapter")
    _show_shipped(console, settings.dtype)
    suite_name = "builtin:" + "+".join(FAMILIES)
    suite = load_suite(suite_name)
    console.rule("a short training of your own")
    console.print(
        f"{len(suite.train)} train tasks, {len(suite.validation)} validation tasks, {len(suite.test)} held-out tasks, "
        f"each described in words; base model {BASE_MODEL}, frozen."
    )
    budget = Budget(
        settings.seen_examples, settings.heldout_examples, 6, derangements=2, max_new_tokens=12, seed=settings.seed
    )
    records = out / "records"
    console.rule("1/3 the base model, prompted in the form that suits it best")
    evaluate_base(BASE_MODEL, settings.dtype, suite_name, records, budget)
    checkpoints = {}
    for number, (method, family) in enumerate(METHODS.items(), start=2):
        console.rule(f"{number}/3 {method}: train the hypernetwork, then measure")
        checkpoints[method] = _train(method, family, suite_name, out, settings)
        evaluate_checkpoint(checkpoints[method], records, budget, method, conditions=("aligned", "shuffled"))
    console.rule("result")
    print(report([records], out))
    _show_answers(console, suite, checkpoints, records, settings)
    minutes = (time.monotonic() - started) / 60
    console.print(f"{minutes:.1f} minutes. Records, report.md and report.png are in {out}/")


def _show_shipped(console: Console, dtype: str) -> None:
    """Answers of the base model and under the adapters of the shipped generators, for tasks that none has seen."""
    tasks = load_suite("builtin:" + "+".join(SHIPPED_TASKS)).test
    questions = [Question(task, task.splits["test"][0], min(task.evaluation_descriptions, key=len)) for task in tasks]
    descriptions = [question.description for question in questions]
    base = load_base_model(BASE_MODEL, dtype)
    told = Responder(base.model, base.tokenizer, PromptFormat(description=True))
    columns = {"base, described": told.answer(questions)}
    for name in shipped_generators():
        emitter, record = load(name).emitter, read_record(find_generator(name) / "record.json")
        values = [metric.value for metric in record.metrics if metric.split == "heldout"]
        console.print(f"{name}: {100 * fmean(values):.1f}% on {len(values)} held-out tasks when it was made")
        adapt = adapted_by(base.model, emitter.families, emitter.generator)
        vectors = emitter.encoder.encode(descriptions, descriptions).vectors
        adapted = Responder(base.model, base.tokenizer, emitter.prompt, adapt)
        columns[name.removeprefix("smollm2-")] = adapted.answer(questions, vectors)
    console.print(_table("What ships, on some of its better held-out tasks, unseen descriptions", questions, columns))


def _train(method: str, family: dict[str, object], suite: str, out: Path, settings: DemoSettings) -> Path:
    folder = out / method
    config = {
        "seed_everything": settings.seed,
        "model": {
            "base_model": BASE_MODEL,
            "dtype": settings.dtype,
            "attention": "eager",
            "optimizer": {"class_path": "torch.optim.AdamW", "init_args": {"lr": 1e-3, "weight_decay": 0.0}},
            "families": [family],
            "generator": {"class_path": "adaptlab.hypernetworks.Hypernetwork"},
        },
        "data": {"suite": suite, "batch_size": settings.batch_size, "validation_examples": 24, "seed": settings.seed},
        "trainer": {
            "max_steps": settings.steps,
            "val_check_interval": settings.steps // 2,
            "check_val_every_n_epoch": None,
            "accelerator": "cpu",
            "default_root_dir": str(folder),
            "enable_model_summary": False,
        },
    }
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "demo.yaml"
    path.write_text(yaml.safe_dump(config), encoding="utf-8")
    fit(["--config", str(path)])
    return folder / "checkpoints" / "best.ckpt"


def _show_answers(
    console: Console, suite: TaskSuite, checkpoints: dict[str, Path], records: Path, settings: DemoSettings
) -> None:
    tasks = [task for task in suite.test if task.name in SHOWN_TASKS]
    questions = [Question(task, task.splits["test"][0], min(task.evaluation_descriptions, key=len)) for task in tasks]
    base = load_base_model(BASE_MODEL, settings.dtype)
    chosen: RunRecord = read_record(records / f"base.description.seed{settings.seed}.json")
    form = PromptFormat(**chosen.config["prompt"])
    columns = {"base, described": Responder(base.model, base.tokenizer, form).answer(questions)}
    for method, checkpoint in checkpoints.items():
        trained = load_trained(checkpoint)
        columns[method] = trained_responder(trained, Budget()).answer(questions, trained.conditions(questions))
    console.print(_table("Held-out tasks, descriptions never seen: what each model answers", questions, columns))


def _table(title: str, questions: list[Question], columns: dict[str, list[str]]) -> Table:
    table = Table(title=title, show_lines=True)
    for heading in ("description", "input", "right", *columns):
        table.add_column(heading, overflow="fold")
    for row, question in enumerate(questions):
        cells = (*_cells(question), *(first_line(texts[row])[:40] for texts in columns.values()))
        table.add_row(*map(Text, cells))
    return table


def _cells(question: Question) -> tuple[str, str, str]:
    return question.description, question.example.input, question.example.targets[0]
