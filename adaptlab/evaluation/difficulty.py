"""Estimate how hard tasks are for a base model before it is adapted: a suite -> loss and exact match of each task."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import torch
from rich.progress import track

from adaptlab.basemodels import BaseModel, load_base_model, target_logits
from adaptlab.contracts import Task
from adaptlab.files import written_whole
from adaptlab.objectives import mean_loss_per_example
from adaptlab.tasks import PromptFormat, load_suite
from adaptlab.training.batches import TokenizedExample, collate, tokenize


@dataclass(frozen=True)
class Difficulty:
    """What the base model makes of one task from a few solved examples.

    Args:
        task: its name.
        family: its family.
        examples: how many were tried.
        loss: mean over them of the mean loss per answer token, in nats.
        exact_match: share of answers that greedy decoding would give, 0 to 1.
    """

    task: str
    family: str
    examples: int
    loss: float
    exact_match: float


def measure(base: BaseModel, tasks: Sequence[Task], shots: int, examples: int, batch_size: int) -> list[Difficulty]:
    """Teacher-forced loss and exact match of test examples behind `shots` solved ones, for each task."""
    rows = [
        (task, example) for task in tasks for example in _tokenized(base, task, PromptFormat(shots=shots), examples)
    ]
    order = sorted(range(len(rows)), key=lambda i: len(rows[i][1].prompt) + len(rows[i][1].answer))
    scores: dict[int, tuple[float, float]] = {}
    for start in track(range(0, len(order), batch_size), description="difficulty"):
        picked = order[start : start + batch_size]
        batch = collate([rows[i][1] for i in picked], torch.zeros(len(picked), 0), base.tokenizer.pad_token_id)
        with torch.inference_mode():
            logits = target_logits(base.model, batch.input_ids, batch.attention_mask, batch.predicts_target)
            losses, hits = mean_loss_per_example(logits, batch.target_ids, batch.target_rows, len(picked))
        scores |= {i: pair for i, *pair in zip(picked, losses.tolist(), hits.tolist(), strict=True)}  # type: ignore[misc]
    found = []
    for task in tasks:
        own = [scores[i] for i, (owner, _) in enumerate(rows) if owner is task]
        if not own:  # a task without test examples
            continue
        loss, exact = (sum(values) / len(own) for values in zip(*own, strict=True))
        found.append(Difficulty(task.name, task.family, len(own), loss, exact))
    return found


def _tokenized(base: BaseModel, task: Task, prompt: PromptFormat, count: int) -> Iterator[TokenizedExample]:
    tokenizer = base.tokenizer
    shown = task.splits["train"][: prompt.shots]
    for example in task.splits["test"][:count]:
        text = prompt.render(example.input, tokenizer, "", shown)
        answer = tokenizer(prompt.answer_text(example.targets[0]), add_special_tokens=False)["input_ids"]
        stop = tokenizer("\n", add_special_tokens=False)["input_ids"][:1]
        yield tokenize(prompt.token_ids(text, tokenizer), [*answer, *stop], 0, 4096, text)


def difficulty(
    suite: str,
    out: Path,
    base_model: str = "packaged:smollm2-135m-instruct",
    dtype: str = "float32",
    shots: int = 3,
    examples: int = 8,
    batch_size: int = 32,
) -> None:
    """Estimate the difficulty of every task for a base model that sees a few solved examples, and write a table.

    Args:
        suite: whose tasks.
        out: a tab-separated file: task, family, examples, loss in nats per token, exact match.
        base_model: the model.
        dtype: of its parameters.
        shots: solved examples in the prompt.
        examples: test examples of each task.
        batch_size: examples read at once.
    """
    base = load_base_model(base_model, dtype)
    found = measure(base, load_suite(suite).all_tasks, shots, examples, batch_size)
    table = pd.DataFrame(found)
    with written_whole(out) as aside:
        table.to_csv(aside, sep="\t", index=False, float_format="%.3f")
    by_family = table.groupby("family")[["loss", "exact_match"]].mean().sort_values("exact_match")
    print(by_family.to_string(float_format="%.3f"))
    print(
        f"{len(table)} tasks: mean loss {table.loss.mean():.2f}, exact match {table.exact_match.mean():.1%}; in {out}"
    )
