"""Let a model answer questions by greedy generation: questions (and adapters) -> answer texts."""

import hashlib
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import cached_property

import torch
from jaxtyping import Float
from rich.console import Console
from rich.progress import track
from torch import Tensor
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from adaptlab.adapters import AdapterFamily, attached
from adaptlab.basemodels import generate_tokens
from adaptlab.contracts import Example, Task
from adaptlab.evaluation.kept_answers import KeptAnswers
from adaptlab.hypernetworks import Generator
from adaptlab.tasks import PromptFormat
from adaptlab.tuners import Tuner


@dataclass(frozen=True)
class Question:
    """One example of a task, asked with one description.

    Args:
        task: the task.
        example: what is asked and what counts as right.
        description: the sentence that describes the task, in the prompt or to the generator.
    """

    task: Task
    example: Example
    description: str


def ask(task: Task, count: int) -> list[Question]:
    """The first `count` test examples of a task; its evaluation descriptions take turns."""
    texts = task.evaluation_descriptions
    return [
        Question(task, example, texts[index % len(texts)]) for index, example in enumerate(task.splits["test"][:count])
    ]


Adapt = Callable[[Tensor, Tensor], AbstractContextManager[PreTrainedModel]]
"""(conditions `[questions, width]`, prompt spans `[questions, 2]`) -> the adapted model, for the length of a block."""


def adapted_by(model: PreTrainedModel, families: Sequence[AdapterFamily], generator: Generator) -> Adapt:
    """Give each question the adapter that a generator emits for its condition."""

    def adapt(conditions: Tensor, spans: Tensor) -> AbstractContextManager[PreTrainedModel]:
        return attached(model, families, generator(conditions), spans)

    return adapt


def _key(prompt: str, start: int, condition: Tensor | None) -> str:
    """Stands for a question: its prompt, from where on that counts, and what its adapter is emitted from."""
    vector = b"" if condition is None else condition.float().cpu().contiguous().numpy().tobytes()
    return hashlib.sha256(f"{start} {prompt}\0".encode() + vector).hexdigest()[:24]


@dataclass
class Responder:
    """A frozen model, alone or adapted per question.

    Args:
        model: the frozen model.
        tokenizer: its tokenizer.
        prompt: how questions are put.
        adapt: binds adapters to the model, given the condition and the prompt span of each question; nothing does
            for the base model alone.
        batch_size: questions answered at once.
        max_new_tokens: where an answer is cut if it has not ended.
        kept: where answers are kept, under the identity of the model and of what adapts it, so that none is asked for
            twice; nowhere when None.
        tuner: what answers in the model's place, where something inside of it was trained.
    """

    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerBase
    prompt: PromptFormat
    adapt: Adapt | None = None
    batch_size: int = 64
    max_new_tokens: int = 24
    kept: KeptAnswers | None = None
    tuner: Tuner | None = None

    @cached_property
    def stop_token_ids(self) -> list[int]:
        """The end of text first, then every token with a line break: an answer ends with its line."""
        texts = self.tokenizer.batch_decode([[index] for index in range(len(self.tokenizer))])
        breaks = [index for index, text in enumerate(texts) if "\n" in text]
        return [self.tokenizer.eos_token_id, *(index for index in breaks if index != self.tokenizer.eos_token_id)]

    @cached_property
    def prompt_start(self) -> int:
        """Position of the first prompt token that counts for position choices, the same for every question."""
        return self.prompt.prompt_start(self.tokenizer)

    def answer(
        self, questions: Sequence[Question], embeddings: Float[Tensor, "questions width"] | None = None, label: str = ""
    ) -> list[str]:
        """Greedy answers, in the order of the questions.

        Args:
            questions: what to ask.
            embeddings: the condition of each question's adapter; needed where the model is adapted.
            label: shown beside the progress bar.
        """
        shots = {q.task.name: q.task.splits.get("train", ())[: self.prompt.shots] for q in questions}
        prompts = [
            self.prompt.render(q.example.input, self.tokenizer, q.description, shots[q.task.name]) for q in questions
        ]
        start = self.prompt_start
        keys = [
            _key(prompt, start, None if embeddings is None else embeddings[row]) for row, prompt in enumerate(prompts)
        ]
        known: dict[str, str] = {} if self.kept is None else self.kept.outcomes
        ids = [self.prompt.token_ids(prompt, self.tokenizer) for prompt in prompts]
        missing = {key: row for row, key in reversed(list(enumerate(keys))) if key not in known}.values()
        order = sorted(missing, key=lambda row: (len(ids[row]), row))
        answers = {key: known[key] for key in keys if key in known}
        starts = range(0, len(order), self.batch_size)
        console = Console(stderr=True)
        hidden = not console.is_terminal
        for start in track(starts, label or "answering", console=console, transient=True, disable=hidden):
            rows = order[start : start + self.batch_size]
            conditions = embeddings[torch.tensor(rows)] if embeddings is not None else None
            texts = self._batch([ids[row] for row in rows], conditions)
            found = {keys[row]: text for row, text in zip(rows, texts, strict=True)}
            answers |= found
            if self.kept is not None:
                self.kept.add(found)
        return [answers[key] for key in keys]

    @torch.no_grad()
    def _batch(self, ids: Sequence[Sequence[int]], conditions: Tensor | None) -> list[str]:
        longest = max(len(row) for row in ids)
        pad = self.tokenizer.pad_token_id
        device = self.model.device
        input_ids = torch.tensor([[pad] * (longest - len(row)) + list(row) for row in ids], device=device)
        mask = torch.tensor([[0] * (longest - len(row)) + [1] * len(row) for row in ids], device=device)
        spans = torch.tensor([[min(self.prompt_start, len(row)), len(row)] for row in ids], device=device)
        if self.tuner is not None:
            new = self.tuner.generate_tokens(input_ids, mask, spans, self.max_new_tokens, self.stop_token_ids)
            return [str(text) for text in self.tokenizer.batch_decode(new, skip_special_tokens=True)]
        adapted = self.adapt is not None and conditions is not None
        with self.adapt(conditions.to(device), spans) if adapted else nullcontext():  # type: ignore[misc, union-attr]
            new = generate_tokens(self.model, input_ids, mask, self.max_new_tokens, self.stop_token_ids)
        return [str(text) for text in self.tokenizer.batch_decode(new, skip_special_tokens=True)]
