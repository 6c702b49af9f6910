"""Measure methods on public benchmarks: names of benchmarks and methods -> one record a method and condition."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

import torch

from adaptlab.basemodels import BaseModel, load_base_model
from adaptlab.contracts import RunRecord
from adaptlab.embeddings import derangement
from adaptlab.errors import ConfigurationError
from adaptlab.evaluation.asking import Asker
from adaptlab.evaluation.conditions import CONTROLS
from adaptlab.evaluation.marking import mark
from adaptlab.evaluation.methods import Facts, Method, make_method
from adaptlab.evaluation.records import Score, environment, summarise, text_hash, write_record
from adaptlab.files import cache_folder
from adaptlab.sandbox import Isolation, choose_level
from adaptlab.tasks.benchmark_items import Questions, ask_benchmark
from adaptlab.tasks.benchmarks import Benchmark, read_benchmarks
from adaptlab.training.progress import count_peak_memory_anew, peak_memory_bytes


@dataclass(frozen=True)
class BenchmarkBudget:
    """How much is asked.

    Args:
        limit: scored questions of each benchmark, its first ones; all when None.
        generated_limit: the same where answers are generated, which takes longer; `limit` when None.
        descriptions: of each benchmark, its first ones; scores are averaged over them.
        batch_size: choices that are scored, or answers that are generated at once.
        seed: of the controls.
    """

    limit: int | None = None
    generated_limit: int | None = None
    descriptions: int = 3
    batch_size: int = 32
    seed: int = 0

    def questions_of(self, benchmark: Benchmark, protocol: str) -> int | None:
        """The limit for one benchmark."""
        generated = benchmark.protocol(protocol).request in ("generate", "code")
        return self.generated_limit if generated and self.generated_limit is not None else self.limit


def evaluate_benchmarks(
    suite: Sequence[str | Path],
    methods: Sequence[str],
    protocol: str,
    out: Path,
    budget: BenchmarkBudget,
    base_model: str | None = None,
    dtype: str = "float32",
    conditions: Sequence[str] = ("aligned", "shuffled", "random_text"),
    unsafe_code: bool = False,
    kept: Path | None = None,
) -> Iterator[Path]:
    """Measure methods one after another; gives the path of each record as it is written.

    What was answered is kept, so a run that was stopped goes on, and one with more questions asks only the new ones.

    Args:
        suite: names, files or folders of benchmarks; those without the protocol are left out.
        methods: rows, as `make_method` reads them.
        protocol: `lmeval` or `paper`; a record holds scores of one only.
        out: folder for the records.
        budget: how much is asked.
        base_model: for what brings none of its own.
        dtype: of the base model.
        conditions: how descriptions are given to generators.
        unsafe_code: run programs even where they cannot be isolated.
        kept: folder for answers; one in the cache when None.

    Raises:
        ConfigurationError: no benchmark has the protocol, or a control needs a second benchmark.
        TaskError: a benchmark cannot be read.
        SandboxError: programs cannot be isolated here.
    """
    benchmarks = [benchmark for benchmark in read_benchmarks(suite) if protocol in benchmark.protocols]
    if not benchmarks:
        raise ConfigurationError(f"none of these benchmarks has the protocol {protocol!r}")
    asked = [ask_benchmark(one, protocol, budget.questions_of(one, protocol)) for one in benchmarks]
    runs_code = any(questions.protocol.request == "code" for questions in asked)
    isolation = choose_level(unsafe=unsafe_code) if runs_code else None
    run = _Run(asked, protocol, budget, isolation, kept or cache_folder("answers"))

    @cache
    def base() -> BaseModel:
        if base_model is None:
            raise ConfigurationError("these methods need a frozen model; name it with --base_model")
        return load_base_model(base_model, dtype)

    for word in methods:
        method = make_method(word, base, conditions, budget.seed)
        for condition in method.conditions:
            yield run.measure(method, condition, out)


class _Run:
    """What all rows of a comparison have in common."""

    def __init__(
        self,
        asked: Sequence[Questions],
        protocol: str,
        budget: BenchmarkBudget,
        isolation: Isolation | None,
        kept: Path,
    ) -> None:
        self.asked, self.protocol, self.budget, self.isolation, self.kept = asked, protocol, budget, isolation, kept

    @torch.no_grad()
    def measure(self, method: Method, condition: str, out: Path) -> Path:
        """Ask everything under one condition and write the record."""
        started = time.monotonic()
        count_peak_memory_anew()
        asker = Asker(method.base.model, method.base.tokenizer, method.identity, self.budget.batch_size, self.kept)
        scores = [score for questions in self.asked for score in self._scores(asker, method, condition, questions)]
        facts = method.facts
        record = RunRecord(
            method=method.name,
            condition=condition,
            protocol=self.protocol,
            oracle=facts.oracle,
            base_model=method.base.name,
            seed=facts.seed,
            config={
                **facts.config,
                "shots": method.shots,
                "evaluation": asdict(self.budget),
                "benchmarks": {
                    one.benchmark.name: {"version": one.benchmark.version, "metric": one.protocol.metrics[0]}
                    for one in self.asked
                },
                "dtype": method.identity["dtype"],
            },
            environment=environment(),
            metrics=summarise(scores),
            wall_time_seconds=time.monotonic() - started,
            training_time_seconds=facts.training_time_seconds,
            peak_memory_bytes=peak_memory_bytes(),
            trained_parameters=facts.trained_parameters,
            emitted_parameters=facts.emitted_parameters,
            stored_bytes=facts.stored_bytes,
            notes={"sandbox": asdict(self.isolation)} if self.isolation else {},
        )
        return write_record(out / self.protocol, record, scores)

    def _scores(self, asker: Asker, method: Method, condition: str, questions: Questions) -> Iterator[Score]:
        """Every metric of every question with every description."""
        shots = 0 if questions.protocol.request == "text" else method.shots or questions.protocol.shots
        split = split_of(questions.benchmark, method.facts)
        for turn, description in enumerate(self._descriptions(method, condition, questions)):
            head = questions.head(method.text_in_prompt(condition, description), shots)
            adaptation = method.adaptation(condition, description, questions)
            label = f"{method.name}, {condition}: {questions.benchmark.title} {turn + 1}"
            outcomes = asker.ask(questions, head, adaptation, label)
            marks = mark(questions, outcomes, self.isolation, self.kept)
            for item in questions.items:
                for metric, value in marks[item.example].items():
                    name, text = questions.benchmark.name, text_hash(description) if description else ""
                    yield Score(split, name, item.example, text, 0, value, metric)

    def _descriptions(self, method: Method, condition: str, questions: Questions) -> Sequence[str]:
        """The benchmark's own, another's, one of each other's where it has none, or an empty one that none reads."""
        if not method.reads_descriptions:
            return [""]
        named = {one.benchmark.name: one.benchmark for one in self.asked if one.benchmark.descriptions}
        benchmark = questions.benchmark
        if not benchmark.descriptions:
            others = [one.descriptions[0] for one in named.values()]
            return others if condition not in CONTROLS else []
        if condition == "shuffled":
            if len(named) < 2:
                raise ConfigurationError("shuffled descriptions need a second benchmark; name one more")
            benchmark = named[derangement(sorted(named), self.budget.seed)[benchmark.name]]
        return benchmark.descriptions[: self.budget.descriptions]


def split_of(benchmark: Benchmark, facts: Facts) -> str:
    """`heldout`, unless training or a choice of checkpoint has seen the benchmark; then no held-out mean has it."""
    names = {benchmark.name, *benchmark.overlaps}
    if names & facts.trained_on:
        return "contaminated"
    return "selected on" if names & facts.selected_on else "heldout"
