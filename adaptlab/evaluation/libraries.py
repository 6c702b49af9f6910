"""Measure what a library of adapters is worth by itself: its own tasks, its average, routing among it -> a record."""

import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from transformers import PreTrainedModel

from adaptlab.adapters import AdapterLibrary, BaseModelName, attached
from adaptlab.adapters.attach import attached_edits
from adaptlab.adapters.routing import TEMPERATURE, TOP_K, routed_edits
from adaptlab.basemodels import BaseModel, fingerprint, load_base_model
from adaptlab.contracts import AdapterParameters, RunRecord, TaskSuite
from adaptlab.errors import ConfigurationError, LibraryError
from adaptlab.evaluation.answering import Adapt, Question, Responder, adapted_by
from adaptlab.evaluation.records import Score, environment, summarise, write_record
from adaptlab.evaluation.runs import Budget, kept_answers, questions_of, score
from adaptlab.hypernetworks import FixedAdapter
from adaptlab.tasks import load_suite
from adaptlab.training.library_data import prompt_of
from adaptlab.training.progress import peak_memory_bytes

CONDITION = "no description"


def _own(library: AdapterLibrary, base: BaseModel) -> Adapt:
    everything = library.load(list(library.entries), canonical=False)

    def adapt(conditions: Tensor, spans: Tensor) -> AbstractContextManager[PreTrainedModel]:
        return attached(base.model, library.families, everything[conditions[:, 0].long()], spans)

    return adapt


def mean_of_factors(library: AdapterLibrary) -> AdapterParameters:
    """The plain mean of all factors (LoRA's as they were stored, LoReFT's with R as a point of the Cayley map).

    It is not the mean of what they do.
    """
    everything = library.load(list(library.entries), canonical=False)
    means = {
        key: {name: value.mean(0, keepdim=True) for name, value in factors.items()}
        for key, factors in everything.factors.items()
    }
    return AdapterParameters(everything.groups, means)


def mean_of_effects(library: AdapterLibrary) -> AdapterParameters:
    """The adapter of the same rank whose effect is nearest to the mean of all effects."""
    everything = library.load(list(library.entries), canonical=False)
    return AdapterParameters(
        everything.groups,
        {
            group.key: family.effect_mean(group, everything.factors[group.key])
            for family in library.families
            for group in family.groups
        },
    )


def _average(library: AdapterLibrary, base: BaseModel) -> Adapt:
    return adapted_by(base.model, library.families, FixedAdapter(mean_of_factors(library)))


def _effect_average(library: AdapterLibrary, base: BaseModel) -> Adapt:
    return adapted_by(base.model, library.families, FixedAdapter(mean_of_effects(library)))


def _arrow(library: AdapterLibrary, base: BaseModel) -> Adapt:
    edits = routed_edits(library.families, library.load(list(library.entries), canonical=False))

    def adapt(_conditions: Tensor, spans: Tensor) -> AbstractContextManager[PreTrainedModel]:
        return attached_edits(base.model, edits, spans)

    return adapt


USES: Mapping[str, Callable[[AdapterLibrary, BaseModel], Adapt]] = {
    "oracle": _own,
    "average": _average,
    "effect-average": _effect_average,
    "arrow": _arrow,
}


def evaluate_library(
    folder: Path, use: str, out: Path, budget: Budget, suite_name: str = "builtin", method: str | None = None
) -> Path:
    """Measure one way of using a library.

    Args:
        folder: the library.
        use: `oracle` gives each task its own entry; `average` and `effect-average` give all tasks one mean; `arrow`
            lets every token choose among the entries.
        out: folder for the record.
        budget: how much is measured.
        suite_name: where the tasks are.
        method: name of the row; the use and the families when None.

    Raises:
        ConfigurationError: there is no such use.
        LibraryError: the library is damaged, for other weights, or has seen held-out tasks.
    """
    if use not in USES:
        raise ConfigurationError(f"a library cannot be used as {use!r}; it can as {', '.join(USES)}")
    started = time.monotonic()
    library = AdapterLibrary.open(folder)
    suite = load_suite(suite_name)
    asked, names = _questions(library, use, suite, budget), list(library.entries)
    responder = _responder(library, use, budget)
    method = method or f"{use}-{'+'.join(family.name for family in library.families)}"
    scores: list[Score] = []
    for split, questions in asked.items():
        conditions = torch.tensor([[float(_place(names, question))] for question in questions])
        scores += score(questions, responder.answer(questions, conditions, f"{method} {split}"), split)
    record = RunRecord(
        method=method,
        condition=CONDITION,
        oracle=use == "oracle" and any(task.name in library.entries for task in suite.test),
        base_model=library.base_model.name,
        seed=int(_first(library, "seed", budget.seed)),
        config={
            **{"library": str(folder), "use": use, "entries": names, "suite": suite_name, "evaluation": vars(budget)},
            **({"top_k": TOP_K, "temperature": TEMPERATURE} if use == "arrow" else {}),
        },
        environment=environment(),
        metrics=summarise(scores),
        wall_time_seconds=time.monotonic() - started,
        training_time_seconds=float(_first(library, "training_time_seconds", 0.0)),
        peak_memory_bytes=peak_memory_bytes(),
        trained_parameters=library.parameters,
        emitted_parameters=sum(group.parameters_per_task for group in library.groups),
        stored_bytes=library.bytes if use in ("oracle", "arrow") else library.bytes // len(library),
    )
    return write_record(out, record, scores)


def _questions(library: AdapterLibrary, use: str, suite: TaskSuite, budget: Budget) -> dict[str, list[Question]]:
    """What is asked: oracles their own tasks, everything else all tasks."""
    asked = questions_of(suite, budget)
    if use == "oracle":
        asked = {split: [q for q in found if q.task.name in library.entries] for split, found in asked.items()}
    else:
        refuse_held_out(library, suite)
    if not any(asked.values()):
        raise LibraryError(f"none of the entries of {library.folder} is named after a task of the suite {suite.name!r}")
    return {split: found for split, found in asked.items() if found}


def _responder(library: AdapterLibrary, use: str, budget: Budget) -> Responder:
    """Answers with the library on its own base model, whose weights are compared first."""
    name = library.base_model
    base = load_base_model(name.name, name.dtype)
    library.refuse_other_base_model(BaseModelName(name.name, name.dtype, fingerprint(base.model)))
    adapt = USES[use](library, base)
    digests = [[entry, facts["sha256"]] for entry, facts in library.entries.items()]  # conditions count in their order
    settings = [dict(family.settings) for family in library.families]
    kept = kept_answers(base.model, base.tokenizer, {"library": digests, "families": settings, "use": use}, budget)
    limits = (budget.batch_size, budget.max_new_tokens)
    return Responder(base.model, base.tokenizer, prompt_of(library), adapt, *limits, kept)


def refuse_held_out(library: AdapterLibrary, suite: TaskSuite) -> None:
    """Stop where what was trained on held-out tasks would be averaged, routed to or learned from.

    Raises:
        LibraryError: naming such an entry.
    """
    held_out = {task.name for task in (*suite.validation, *suite.test)}
    found = [name for name in library.entries if name in held_out]
    if found:
        raise LibraryError(
            f"{library.folder} holds an adapter of the held-out task {found[0]!r}; only its use as an oracle, which is "
            "marked as a ceiling, is allowed"
        )


def _place(names: list[str], question: Question) -> int:
    return names.index(question.task.name) if question.task.name in names else 0


def _first(library: AdapterLibrary, key: str, default: Any) -> Any:
    """A value of the first entry's provenance; entries of one run share it."""
    return next(iter(library.entries.values()))["provenance"].get(key, default)
