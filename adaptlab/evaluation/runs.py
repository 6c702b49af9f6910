"""Measure one method on a suite: a checkpoint, or the base model in the prompt form that suits it best -> records."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from torch import Tensor
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from adaptlab.basemodels import BaseModel, fingerprint, load_base_model, tokenizer_fingerprint
from adaptlab.contracts import RunRecord, Task, TaskSuite
from adaptlab.embeddings import RandomVector, TaskEncoder, condition_vectors
from adaptlab.errors import CheckpointError, ConfigurationError
from adaptlab.evaluation.adaptations import tensor_hash
from adaptlab.evaluation.answering import Question, Responder, adapted_by, ask
from adaptlab.evaluation.conditions import CONDITIONS, with_other_descriptions, with_random_text
from adaptlab.evaluation.kept_answers import KeptAnswers
from adaptlab.evaluation.records import Score, environment, example_hash, summarise, text_hash, write_record
from adaptlab.files import cache_folder
from adaptlab.objectives import exact_match
from adaptlab.tasks import PromptFormat, load_suite
from adaptlab.training.adaptation import SupervisedAdaptation
from adaptlab.training.module import check_checkpoint
from adaptlab.training.progress import peak_memory_bytes
from adaptlab.training.rebuilding import Rebuilt, rebuild
from adaptlab.training.start_from import read_start, refuse_trained_on


@dataclass(frozen=True)
class Budget:
    """How much is measured.

    Args:
        seen_examples: test examples per train task.
        heldout_examples: test examples per held-out task.
        validation_examples: test examples per validation task, for choosing prompt forms.
        derangements: how many shufflings of the descriptions are averaged.
        batch_size: questions answered at once.
        max_new_tokens: where an answer is cut.
        seed: of the shufflings and random texts.
    """

    seen_examples: int = 4
    heldout_examples: int = 20
    validation_examples: int = 12
    derangements: int = 3
    batch_size: int = 64
    max_new_tokens: int = 24
    seed: int = 0


@dataclass(frozen=True)
class Trained:
    """A trained generator with all it needs to answer.

    Args:
        rebuilt: the generator on its base model, its encoder and the prompt form of training.
        config: the resolved configuration that it was trained with.
        cost: training time, memory and parameter counts.
        seed: the training seed.
        tasks: names of all tasks that it was trained on, in runs before it too.
    """

    rebuilt: Rebuilt
    config: Mapping[str, Any]
    cost: Mapping[str, Any]
    seed: int
    tasks: tuple[str, ...] = ()

    @property
    def module(self) -> SupervisedAdaptation:
        """The generator on its base model."""
        return self.rebuilt.module

    @property
    def encoder(self) -> TaskEncoder:
        """What makes conditions."""
        return self.rebuilt.encoder

    @property
    def prompt(self) -> PromptFormat:
        """The prompt form of training."""
        return self.rebuilt.prompt

    def conditions(self, questions: Sequence[Question], encoder: TaskEncoder | None = None) -> Tensor:
        """The vector that each question's adapter is emitted from: `[questions, width]`."""
        texts = [question.description for question in questions]
        inputs = [question.example.input for question in questions]
        names = [question.task.name for question in questions]
        return condition_vectors(self.rebuilt.condition, encoder or self.encoder, texts, inputs, names, self.encoder)


def load_trained(path: Path, base_model: str | None = None) -> Trained:
    """Rebuild a trained generator from its checkpoint, read without unpickling anything but tensors and plain types.

    Args:
        path: a checkpoint written by `adaptlab fit`.
        base_model: load the base model from here instead; its weights must be those of training.

    Raises:
        CheckpointError: the file is absent, damaged, not ours, or of another base model.
    """
    checkpoint = read_start(path)
    if "config" not in checkpoint:
        raise CheckpointError(f"{path} is not a checkpoint of adaptlab: it holds no configuration")
    rebuilt = rebuild(checkpoint, base_model)
    module = rebuilt.module
    module.load_base_model()
    check_checkpoint(checkpoint, module.base_model_name, module.fingerprint)
    rebuilt.encoder.use_base_model(module.frozen_model, module.tokenizer)
    module.assemble(checkpoint["embedding_width"])
    missing, unknown = module.load_state_dict(checkpoint["state_dict"], strict=False)
    missing = [name for name in missing if not name.startswith("base_model.")]
    if missing or unknown:
        raise CheckpointError(f"{path} does not fit its own configuration: missing {missing}, unknown {unknown}")
    module.eval()
    config = yaml.safe_load(checkpoint["config"])
    tasks = (*checkpoint.get("tasks", ()), *checkpoint.get("tasks_before", ()))
    return Trained(rebuilt, config, checkpoint["cost"], int(config["seed_everything"]), tasks)


def score(questions: Sequence[Question], answers: Sequence[str], split: str, repeat: int = 0) -> list[Score]:
    """Score answers, keeping hashes in place of texts."""
    return [
        Score(
            split=split,
            task=question.task.name,
            example=example_hash(question.example),
            description=text_hash(question.description),
            repeat=repeat,
            value=exact_match(answer, question.example.targets, question.task.metric),
        )
        for question, answer in zip(questions, answers, strict=True)
    ]


def questions_of(suite: TaskSuite, budget: Budget) -> dict[str, list[Question]]:
    """The questions of the seen and the held-out tasks."""

    def gather(tasks: Sequence[Task], count: int) -> list[Question]:
        return [question for task in tasks for question in ask(task, count)]

    return {"seen": gather(suite.train, budget.seen_examples), "heldout": gather(suite.test, budget.heldout_examples)}


def evaluate_checkpoint(
    path: Path,
    out: Path,
    budget: Budget,
    method: str | None = None,
    base_model: str | None = None,
    conditions: Sequence[str] = CONDITIONS,
) -> list[Path]:
    """Measure a trained generator with its own descriptions and with the controls; one record per condition."""
    trained = load_trained(path, base_model)
    module = trained.module
    suite = load_suite(trained.config["data"]["suite"])
    if not trained.rebuilt.oracle:
        refuse_trained_on(trained.tasks, suite, str(path))
    responder = trained_responder(trained, budget, keep=True)
    name = method or default_method(trained)
    asked = questions_of(suite, budget)
    known = trained.encoder.known_tasks
    if known is not None:
        asked = {split: [q for q in found if q.task.name in known] for split, found in asked.items()}
        conditions = ["aligned"]
    paths = []
    for condition in conditions:
        if condition == "random_vector" and trained.prompt.description:
            continue
        if condition != "aligned" and trained.rebuilt.condition == "input":
            continue
        started = time.monotonic()
        scores = _scores_under(condition, trained, responder, asked, budget, name)
        record = RunRecord(
            method=name,
            condition=condition,
            oracle=trained.rebuilt.oracle,
            base_model=module.base_model_name,
            seed=trained.seed,
            config={**trained.config, "evaluation": vars(budget)},
            environment=environment(),
            metrics=summarise(scores),
            wall_time_seconds=time.monotonic() - started,
            training_time_seconds=trained.cost["training_time_seconds"],
            peak_memory_bytes=trained.cost["peak_memory_bytes"],
            trained_parameters=trained.cost["trained_parameters"],
            emitted_parameters=module.emitted_parameters,
            stored_bytes=module.generator.stored_bytes,
        )
        paths.append(write_record(out, record, scores))
    return paths


def _scores_under(
    condition: str,
    trained: Trained,
    responder: Responder,
    asked: Mapping[str, Sequence[Question]],
    budget: Budget,
    name: str,
) -> list[Score]:
    """Ask all questions with descriptions as a condition gives them; held-out ones under several shufflings."""
    scores: list[Score] = []
    for split, questions in asked.items():
        if not questions:
            continue
        repeats = budget.derangements if condition == "shuffled" and split == "heldout" else 1
        for repeat in range(repeats):
            seed = budget.seed * budget.derangements + repeat  # every seed's own
            put, encoder = _under(condition, questions, trained.encoder, seed)
            vectors = trained.conditions(put, encoder)
            answers = responder.answer(put, vectors, f"{name} {condition} {split} {repeat + 1}/{repeats}")
            scores += score(put, answers, split, repeat)
    return scores


def trained_responder(trained: Trained, budget: Budget, keep: bool = False) -> Responder:
    """Answers with the trained generator's adapters, and keeps them where that is wanted."""
    module = trained.module
    kept = None
    if keep:
        families = [str(sorted(family.settings.items())) for family in module.adapter_families]
        kind = type(module.generator).__name__
        made = {"generator": tensor_hash(module.generator.state_dict().items()), "kind": kind, "families": families}
        kept = kept_answers(module.frozen_model, module.tokenizer, made, budget)
    return Responder(
        module.frozen_model,
        module.tokenizer,
        trained.prompt,
        adapted_by(module.frozen_model, module.adapter_families, module.generator),
        budget.batch_size,
        budget.max_new_tokens,
        kept,
        module.tuner,
    )


def kept_answers(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, adaptation: Mapping[str, Any], budget: Budget
) -> KeptAnswers:
    """Where answers to the questions of a suite are kept.

    Args:
        model: the frozen model.
        tokenizer: its tokenizer.
        adaptation: stands for what adapts it, beside the condition of each question.
        budget: says where answers are cut.
    """
    identity = {
        "weights": fingerprint(model),
        "dtype": str(model.dtype),
        "attention": str(model.config._attn_implementation),
        "tokenizer": tokenizer_fingerprint(tokenizer),
        "adaptation": dict(adaptation),
        "max_new_tokens": budget.max_new_tokens,
    }
    return KeptAnswers(cache_folder("answers"), identity)


def _under(
    condition: str, questions: Sequence[Question], encoder: TaskEncoder, seed: int
) -> tuple[list[Question], TaskEncoder]:
    if condition == "shuffled":
        return with_other_descriptions(questions, seed), encoder
    if condition == "random_text":
        return with_random_text(questions, encoder, seed), encoder
    return list(questions), RandomVector(encoder.width, seed) if condition == "random_vector" else encoder


def default_method(trained: Trained) -> str:
    """A row name from generator, families and prompt: `hypernetwork-lora`, `sharedadapter-lora+description`."""
    families = "+".join(family.name for family in trained.module.adapter_families)
    suffix = "+description" if trained.prompt.description else ""
    return f"{type(trained.module.generator).__name__.lower()}-{families}{suffix}"


FORMS = {
    "no description": (PromptFormat("plain"), PromptFormat("chat")),
    "description": (
        PromptFormat("plain", description=True),
        PromptFormat("plain", description=True, answer_only=True),
        PromptFormat("chat", description=True),
        PromptFormat("chat", description=True, answer_only=True),
    ),
    "description and 3 examples": (
        PromptFormat("plain", description=True, shots=3),
        PromptFormat("chat", description=True, shots=3),
    ),
}


def evaluate_base(base_model: str, dtype: str, suite_name: str, out: Path, budget: Budget) -> list[Path]:
    """Measure the base model three ways, each in the prompt form that does best on the validation tasks."""
    base = load_base_model(base_model, dtype)
    suite = load_suite(suite_name)
    trial = [question for task in suite.validation for question in ask(task, budget.validation_examples)]
    if not trial:
        raise ConfigurationError(f"suite {suite_name!r} has no validation tasks to choose the prompt form on")
    paths = []
    for condition, forms in FORMS.items():
        started = time.monotonic()
        usable = [form for form in forms if form.style == "plain" or base.tokenizer.chat_template]
        grid = {form.label: _macro_mean(base, form, trial, budget) for form in usable}
        best = max(usable, key=lambda form: grid[form.label])
        scores: list[Score] = []
        for split, questions in questions_of(suite, budget).items():
            responder = plain_responder(base, best, budget)
            scores += score(questions, responder.answer(questions, label=f"base {best.label} {split}"), split)
        record = RunRecord(
            method="base",
            condition=condition,
            base_model=base_model,
            seed=budget.seed,
            config={
                "suite": suite_name,
                "dtype": dtype,
                "prompt": vars(best),
                "prompt_grid_on_validation_tasks": grid,
                "evaluation": vars(budget),
            },
            environment=environment(),
            metrics=summarise(scores),
            wall_time_seconds=time.monotonic() - started,
            peak_memory_bytes=peak_memory_bytes(),
        )
        paths.append(write_record(out, record, scores))
    return paths


def plain_responder(base: BaseModel, form: PromptFormat, budget: Budget) -> Responder:
    """Answers with the base model as it is, and keeps them."""
    kept = kept_answers(base.model, base.tokenizer, {}, budget)
    return Responder(base.model, base.tokenizer, form, None, budget.batch_size, budget.max_new_tokens, kept)


def _macro_mean(base: BaseModel, form: PromptFormat, questions: Sequence[Question], budget: Budget) -> float:
    answers = plain_responder(base, form, budget).answer(questions, label=f"choosing a form: {form.label}")
    per_task = summarise(score(questions, answers, "validation"))
    return sum(metric.value for metric in per_task) / len(per_task)
