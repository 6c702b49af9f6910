"""Train many methods on the same tasks from one file, and put them in one table: `adaptlab compare FILE`.

Every method gets the same examples, steps and loss, and a grid of learning rates; its rate is the one with the lowest
loss on held-back train examples of tasks that are no part of the result. The base model as it is stands beside them. A
run that has finished is left as it is, so a comparison that was stopped goes on; where a grid has been widened since,
the new rates are tried, and a method is trained again only where one of them is the best.
"""

import hashlib
import json
import math
import time
from argparse import ArgumentError
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import product
from pathlib import Path
from statistics import mean, median
from typing import Any

import yaml
from jsonargparse import ArgumentParser as TypedParser

from adaptlab.basemodels import load_base_model
from adaptlab.contracts import RunRecord
from adaptlab.errors import ConfigurationError, DivergenceError, TrainingError
from adaptlab.evaluation.answering import Question, ask
from adaptlab.evaluation.comparison_plan import Comparison, file_name
from adaptlab.evaluation.records import Score, environment, read_record, record_path, summarise, write_record
from adaptlab.evaluation.runs import Budget, Trained, load_trained, plain_responder, score, trained_responder
from adaptlab.evaluation.training_process import TrainingProcess
from adaptlab.files import write_json, write_text
from adaptlab.reports.curves import last_loss
from adaptlab.reports.method_table import UNTRAINED, method_table, size_plot
from adaptlab.reports.reading import read_records
from adaptlab.reports.statistics import gather_rows
from adaptlab.reports.tables import plural
from adaptlab.tasks import PromptFormat, load_suite
from adaptlab.training.adaptation import SupervisedAdaptation

BASE_ROWS = {
    "the base model": PromptFormat(),
    "the base model, description and 3 examples in its prompt": PromptFormat(description=True, shots=3),
}
"""Rows that every comparison has."""


@dataclass(frozen=True)
class Run:
    """One training run of a comparison.

    Args:
        method: its name.
        tasks: what it trains on.
        rate: learning rate.
        seed: of training.
        examples: train examples of each task; all when None.
    """

    method: str
    tasks: tuple[str, ...]
    rate: float
    seed: int
    examples: int | None = None

    @property
    def folder(self) -> str:
        """Where it is kept, below the comparison's runs."""
        joined = "+".join(self.tasks)
        several = f"{len(self.tasks)}_tasks_{hashlib.sha256(joined.encode()).hexdigest()[:8]}"
        tasks = joined if len(self.tasks) == 1 else several
        size = "" if self.examples is None else f".{self.examples}_examples"
        return f"{file_name(self.method)}/{tasks}{size}.lr{self.rate:g}.seed{self.seed}"


def _refuse_other(path: Path, before: Mapping[str, Any], now: Mapping[str, Any]) -> None:
    """What was done must have been done with the same settings.

    Raises:
        ConfigurationError: naming what would have to be removed.
    """
    if json.loads(json.dumps(_fixed(before))) != json.loads(json.dumps(_fixed(now))):
        raise ConfigurationError(f"{path} comes from other settings; choose another --out, or remove it")


def _fixed(settings: Mapping[str, Any]) -> Mapping[str, Any]:
    """The settings that must not change: all but where it is done, and which seeds, sizes and learning rates."""
    if "comparison" not in settings:
        trainer = {key: value for key, value in settings["trainer"].items() if key != "default_root_dir"}
        return {**settings, "trainer": trainer}
    shared = {key: value for key, value in settings["comparison"].items() if key not in ("seeds", "examples")}
    return {**shared, "methods": {name: method["model"] for name, method in shared["methods"].items()}}


class MethodComparison:
    """Does what is left to do of a comparison.

    Args:
        plan: what is compared.
        out: folder for runs, records and the table.
        methods: those to do; all when empty. So several processes can share a comparison.

    Raises:
        ConfigurationError: the plan has no such method.
    """

    def __init__(self, plan: Comparison, out: Path, methods: Sequence[str] = ()) -> None:
        self.plan, self.out, self.methods = plan, out, methods or list(plan.methods)
        unknown = sorted(set(methods) - set(plan.methods))
        if unknown:
            raise ConfigurationError(f"there is no method {unknown[0]!r} in the file; it has {', '.join(plan.methods)}")

    def counts(self) -> Iterator[tuple[str, int, int, float]]:
        """Of each method: its name, trained parameters, their bytes, and their share of the base model's."""
        for name in self.methods:
            module = self._module(name)
            module.load_base_model()
            whole = sum(value.numel() for value in module.frozen_model.parameters())
            module.assemble(embedding_width=8)
            trained = sum(value.numel() for value in module.generator.parameters())
            yield name, trained, module.generator.stored_bytes, trained / whole

    def run(self) -> str:
        """Train, choose, measure; gives the report, which is also written after every method.

        Raises:
            TrainingError: naming what could not be trained, after all else was done.
        """
        sizes: list[int | None] = [*self.plan.examples] or [None]
        self._measure_base()
        report, failed = "", []
        for seed, size, name in product(self.plan.seeds, sizes, self.methods):
            try:
                self._measure(name, seed, size)
            except TrainingError as error:  # the other methods do not depend on it
                print(f"{error}; going on", flush=True)
                failed.append(str(error))
            else:
                report = self._write_report()
        if failed:
            raise TrainingError("; ".join(failed))
        return report

    def _module(self, name: str) -> SupervisedAdaptation:
        parser = TypedParser(exit_on_error=False)
        parser.add_class_arguments(SupervisedAdaptation, "model")
        model = {"base_model": self.plan.base_model, "dtype": self.plan.dtype, **self.plan.methods[name].model}
        try:
            module: SupervisedAdaptation = parser.instantiate(parser.parse_object({"model": model})).model
        except (ArgumentError, TypeError, ValueError) as error:
            raise ConfigurationError(f"the method {name!r} cannot be made: {error}") from error
        return module

    def _measure(self, name: str, seed: int, size: int | None) -> None:
        """Train one method on every task with its best learning rate, and write its record."""
        plan, condition = self.plan, "trained" if size is None else f"{size} examples"
        settings = {"comparison": asdict(replace(plan, methods={name: plan.methods[name]}))}
        before = self._records(name, condition, settings)
        each = None if size is None else size // len(plan.tasks)
        tried = {key: loss for record in before.values() for key, loss in record.notes["loss_by_learning_rate"].items()}
        rate, losses = self._chosen_rate(name, each, tried)
        if seed in self._kept(before, rate, losses, settings):
            return
        with TrainingProcess() as process:  # a new one: the first run's peak memory must be its own
            runs = [Run(name, tasks, rate, seed, each) for tasks in self._together(plan.tasks)]
            checkpoints = [self._train(run, process) for run in runs]
        started, scores, costs = time.monotonic(), [], []
        for tasks, checkpoint in zip(self._together(plan.tasks), checkpoints, strict=True):
            trained = load_trained(checkpoint)
            scores += self._scores(trained, tasks, seed)
            costs.append(trained.cost)
        record = RunRecord(
            method=file_name(name),
            condition=condition,
            base_model=plan.base_model,
            seed=seed,
            config=settings,
            environment=environment(),
            metrics=summarise(scores),
            wall_time_seconds=time.monotonic() - started,
            training_time_seconds=mean(cost["training_time_seconds"] for cost in costs),
            peak_memory_bytes=costs[0]["peak_memory_bytes"],
            trained_parameters=costs[0]["trained_parameters"],
            emitted_parameters=trained.module.emitted_parameters,
            stored_bytes=trained.module.generator.stored_bytes,
            notes={
                "name": name,
                "learning_rate": rate,
                "loss_by_learning_rate": losses,
                "seconds_per_step": median(cost["seconds_in_steps"] for cost in costs) / plan.steps,
                "tokens": mean(cost["tokens"] for cost in costs),
            },
        )
        write_record(self.out / "records", record, scores)

    def _measure_base(self) -> None:
        """Ask the base model as it is: the questions alone, and behind what a prompt can tell of a task."""
        plan, settings = self.plan, {"comparison": asdict(replace(self.plan, methods={}))}
        for name, form in BASE_ROWS.items():
            if self._records(name, UNTRAINED, settings):
                continue
            started, asked = time.monotonic(), self._questions(plan.tasks)
            base = load_base_model(plan.base_model, plan.dtype)
            scores = score(asked, plain_responder(base, form, Budget()).answer(asked, label=name), "seen")
            record = RunRecord(
                method=file_name(name),
                condition=UNTRAINED,
                base_model=plan.base_model,
                seed=plan.seeds[0],
                config=settings,
                environment=environment(),
                metrics=summarise(scores),
                wall_time_seconds=time.monotonic() - started,
                notes={"name": name},
            )
            write_record(self.out / "records", record, scores)

    def _records(self, name: str, condition: str, settings: Mapping[str, Any]) -> dict[int, RunRecord]:
        """What has been measured of a method under a condition, by seed."""
        paths = {seed: record_path(self.out / "records", file_name(name), condition, seed) for seed in self.plan.seeds}
        found = {seed: read_record(path) for seed, path in paths.items() if path.exists()}
        for seed, record in found.items():
            _refuse_other(paths[seed], record.config, settings)
        return found

    def _kept(
        self, before: Mapping[int, RunRecord], rate: float, losses: Mapping[str, float], settings: Mapping[str, Any]
    ) -> set[int]:
        """Drop the seeds of another learning rate, since those of one row share theirs; give the others."""
        kept = {seed: record for seed, record in before.items() if record.notes["learning_rate"] == rate}
        for seed, record in before.items():
            path = record_path(self.out / "records", record.method, record.condition, seed)
            if seed not in kept:
                path.unlink()
                path.with_suffix(".scores.jsonl").unlink(missing_ok=True)
            elif record.notes["loss_by_learning_rate"] != losses:  # a wider grid has told more
                notes = {**record.notes, "loss_by_learning_rate": losses}
                write_json(path, replace(record, config=settings, notes=notes).to_dict())
        return set(kept)

    def _together(self, tasks: Sequence[str]) -> list[tuple[str, ...]]:
        """The tasks of each run: all, or one."""
        return [tuple(tasks)] if self.plan.joint else [(task,) for task in tasks]

    def _questions(self, tasks: Sequence[str]) -> list[Question]:
        known = {task.name: task for task in load_suite("builtin").train}
        return [question for task in tasks for question in ask(known[task], self.plan.test_examples)]

    def _scores(self, trained: Trained, tasks: Sequence[str], seed: int) -> list[Score]:
        """Ask the first test examples of the tasks that an adapter was trained on."""
        asked = self._questions(tasks)
        responder = trained_responder(trained, Budget(seed=seed), keep=True)
        return score(asked, responder.answer(asked, trained.conditions(asked), ", ".join(tasks)), "seen")

    def _chosen_rate(self, name: str, each: int | None, tried: Mapping[str, float]) -> tuple[float, dict[str, float]]:
        """The learning rate with the lowest loss on held-back examples of the tasks to choose on, with all of them.

        Args:
            name: of the method.
            each: train examples of each task.
            tried: losses that are known already.
        """
        rates = self.plan.methods[name].learning_rates
        groups, losses = self._together(self.plan.choose_on), dict(tried)
        if len(rates) == 1:
            return rates[0], losses
        with TrainingProcess() as process:
            for rate in rates:
                if f"{rate:g}" in losses:
                    continue
                try:
                    runs = [self._train(Run(name, tasks, rate, 0, each), process).parents[1] for tasks in groups]
                    found = mean(last_loss(run, "held_back") for run in runs)
                except DivergenceError as error:  # the others may do better
                    print(f"{error}; no choice", flush=True)
                    found = math.inf
                losses[f"{rate:g}"] = math.inf if math.isnan(found) else found
        best = min(rates, key=lambda rate: losses[f"{rate:g}"])
        if math.isinf(losses[f"{best:g}"]):
            raise TrainingError(f"{name} could not be trained with any of its learning rates; see {self.out}/runs")
        return best, losses

    def _train(self, run: Run, process: TrainingProcess) -> Path:
        """Train, or leave a finished run as it is; gives its checkpoint."""
        folder = self.out / "runs" / run.folder
        checkpoint, finished = folder / "checkpoints" / "last.ckpt", folder / "finished"
        config, settings = folder / "method.yaml", self._config(run, folder)
        if config.exists():
            _refuse_other(folder, yaml.safe_load(config.read_text()), settings)
        if finished.exists():
            return checkpoint
        write_text(config, yaml.safe_dump(settings))
        print(f"{run.method}: {', '.join(run.tasks)}, learning rate {run.rate:g}, seed {run.seed}", flush=True)
        try:
            process.fit(config, folder / "output.txt")
        except TrainingError as error:
            raise type(error)(f"{run.method} could not be trained: {error} (see {folder}/output.txt)") from error
        finished.touch()
        return checkpoint

    def _config(self, run: Run, folder: Path) -> dict[str, Any]:
        plan = self.plan
        optimizer = {"class_path": "torch.optim.AdamW", "init_args": {"lr": run.rate, "weight_decay": 0.0}}
        return {
            "seed_everything": run.seed,
            "model": {
                "base_model": plan.base_model,
                "dtype": plan.dtype,
                "optimizer": optimizer,
                **plan.methods[run.method].model,
            },
            "data": {
                "suite": f"builtin:{'+'.join(f'={task}' for task in run.tasks)}",
                "encoder": {"class_path": "adaptlab.embeddings.OneHot"},
                "batch_size": plan.batch_size,
                "train_examples": run.examples,
                "examples_per_task": max(64, run.examples or 0),  # so that an epoch has all there are
                "validation_examples": 0,
                "seen_examples": 0,
                "held_back_examples": plan.held_back,
                "seed": run.seed,
            },
            "checkpoint": {"monitor": "held_back/loss", "mode": "min", "save_top_k": 0},
            "trainer": {
                "max_steps": plan.steps,
                "val_check_interval": plan.steps,
                "check_val_every_n_epoch": None,
                "accelerator": "auto",
                "devices": 1,
                "default_root_dir": str(folder),
                "enable_model_summary": False,
            },
        }

    def _write_report(self) -> str:
        plan, figure = self.plan, ""
        methods = {file_name(name) for name in (*plan.methods, *BASE_ROWS)}
        conditions = {UNTRAINED, *([f"{size} examples" for size in plan.examples] or ["trained"])}
        found = read_records([self.out / "records"])
        found = [one for one in found if one.method in methods and one.condition in conditions]
        rows = gather_rows([one for one in found if one.seed in plan.seeds])
        if plan.examples:
            size_plot(rows, self.out / "report.png")
            figure = "![score by the number of train examples](report.png)\n\n"
        counts = {record.environment["hardware"]["threads"] for row in rows for record in row.records}
        threads = [plural(count, "thread") for count in sorted(counts)]
        text = (
            f"# Methods on {len(plan.tasks)} tasks\n\n{plan.base_model}, {plan.dtype}; {', '.join(plan.tasks)}"
            f"{' together' if plan.joint else ', each by itself'}; {plan.steps} steps of {plan.batch_size}; "
            f"{plan.test_examples} test examples a task, by generation; learning rates chosen on "
            f"{', '.join(plan.choose_on)}. Parameters and bytes are of what "
            f"{'trained' if plan.joint else 'trained for one task'}, in float32; memory is the most held while "
            f"training. Steps took place with {' or '.join(threads)}.\n\n"
            f"{figure}{method_table(rows)}\n"
        )
        write_text(self.out / "report.md", text)
        return text
