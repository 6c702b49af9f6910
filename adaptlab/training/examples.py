"""Serve single examples of described tasks: `Pick` -> token ids and the vector that conditions its adapter."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from jaxtyping import Int64
from torch import Tensor
from torch.utils.data import Dataset
from transformers import PreTrainedTokenizerBase

from adaptlab.contracts import Example
from adaptlab.embeddings import Condition, EmbeddingTable, TaskEncoder, input_text
from adaptlab.training.batches import TokenizedExample, tokenize
from adaptlab.training.sampling import Pick
from adaptlab.training.tokens import TokenSource, TokenTable


class Inputs(Sequence[str]):
    """The inputs of some examples as they are embedded, read one at a time."""

    def __init__(self, examples: Sequence[Example]) -> None:
        self.examples = examples

    def __len__(self) -> int:
        return len(self.examples)

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return [input_text(example.input) for example in self.examples[index]]
        return input_text(self.examples[index].input)


class SomeExamples(Dataset[Any]):
    """Some examples of each task, counted anew from 0.

    Args:
        examples: all of them.
        numbers: which of them, per task.
    """

    def __init__(self, examples: "DescribedExamples", numbers: Sequence[Int64[np.ndarray, " examples"]]) -> None:
        self.examples, self.numbers = examples, numbers

    def __getitem__(self, pick: Pick) -> tuple[TokenizedExample, Tensor]:
        return self.examples[replace(pick, example=int(self.numbers[pick.task][pick.example]))]


class DescribedExamples(Dataset[Any]):
    """Examples of some tasks, each with the vector of its condition; memory does not grow with their number.

    Args:
        source: the tasks, their split and descriptions, and how prompts are laid out.
        encoder: embeds descriptions and inputs.
        tokenizer: of the base model.
        max_length_tokens: the longest prompt and answer.
        condition: which of the two it embeds.
    """

    def __init__(
        self,
        source: TokenSource,
        encoder: TaskEncoder,
        tokenizer: PreTrainedTokenizerBase,
        max_length_tokens: int,
        condition: Condition = "description",
    ) -> None:
        self.source, self.tokenizer, self.max_length_tokens = source, tokenizer, max_length_tokens
        self.tokens = TokenTable(source, tokenizer)
        names = [task.name for task in source.tasks]
        self.descriptions = self.inputs = None
        if condition != "input":
            self.descriptions = EmbeddingTable(encoder, source.descriptions, names)
        if condition != "description":
            self.inputs = EmbeddingTable(encoder, [Inputs(task.splits[source.split]) for task in source.tasks], names)
        self.start = source.prompt.prompt_start(tokenizer)

    def __getitem__(self, pick: Pick) -> tuple[TokenizedExample, Tensor]:
        example = self.source.tasks[pick.task].splits[self.source.split][pick.example]
        tokens = tokenize(
            self._prompt(pick, example),
            self.tokens.answer(pick.task, pick.example),
            self.start,
            self.max_length_tokens,
            example.input,
        )
        tokens = replace(tokens, task=pick.task, example=pick.example)
        return tokens, self._condition(pick)

    def _condition(self, pick: Pick) -> Tensor:
        vectors = []
        if self.descriptions is not None:
            vectors.append(self.descriptions.vector(pick.task, pick.description))
        if self.inputs is not None:
            vectors.append(self.inputs.vector(pick.task, pick.example))
        return torch.cat(vectors)

    def _prompt(self, pick: Pick, example: Example) -> list[int]:
        layout = self.source.prompt
        if not layout.description:
            return self.tokens.prompt(pick.task, pick.example)
        description = self.source.descriptions[pick.task][pick.description]
        text = layout.render(example.input, self.tokenizer, description, self.source.shots(pick.task))
        return layout.token_ids(text, self.tokenizer)
