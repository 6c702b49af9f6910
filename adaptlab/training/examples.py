"""Serve single examples of described tasks: `Pick` -> token ids and the embedding of a description."""

from dataclasses import replace
from typing import Any

from torch import Tensor
from torch.utils.data import Dataset
from transformers import PreTrainedTokenizerBase

from adaptlab.contracts import Example
from adaptlab.embeddings import EmbeddingTable, TaskEncoder
from adaptlab.training.batches import TokenizedExample, tokenize
from adaptlab.training.sampling import Pick
from adaptlab.training.tokens import TokenSource, TokenTable


class DescribedExamples(Dataset[Any]):
    """Examples of some tasks, each with the embedding of a description; memory does not grow with their number.

    Args:
        source: the tasks, their split and descriptions, and how prompts are laid out.
        encoder: embeds the descriptions.
        tokenizer: of the base model.
        max_length_tokens: the longest prompt and answer.
    """

    def __init__(
        self, source: TokenSource, encoder: TaskEncoder, tokenizer: PreTrainedTokenizerBase, max_length_tokens: int
    ) -> None:
        self.source, self.tokenizer, self.max_length_tokens = source, tokenizer, max_length_tokens
        self.tokens = TokenTable(source, tokenizer)
        self.embeddings = EmbeddingTable(encoder, source.descriptions, [task.name for task in source.tasks])
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
        return tokens, self.embeddings.vector(pick.task, pick.description)

    def _prompt(self, pick: Pick, example: Example) -> list[int]:
        layout = self.source.prompt
        if not layout.description:
            return self.tokens.prompt(pick.task, pick.example)
        description = self.source.descriptions[pick.task][pick.description]
        text = layout.render(example.input, self.tokenizer, description, self.source.shots(pick.task))
        return layout.token_ids(text, self.tokenizer)
