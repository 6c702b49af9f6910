"""Put rendered examples into padded tensors: prompts and answers -> `AdaptationBatch`."""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from adaptlab.errors import TaskError


@dataclass(frozen=True)
class TokenizedExample:
    """One example as token ids.

    Args:
        prompt: ids of the prompt.
        answer: ids of the answer, closed by the end-of-text token.
        span: first and one-past-last prompt position that representation edits may count.
        task: index of its task.
        example: index of the example in the task's split.
    """

    prompt: tuple[int, ...]
    answer: tuple[int, ...]
    span: tuple[int, int]
    task: int = 0
    example: int = 0


@dataclass(frozen=True)
class AdaptationBatch:
    """A batch of examples of mixed tasks, padded on the right.

    Args:
        input_ids: prompt and answer.
        attention_mask: 1 for real tokens.
        predicts_target: where the next token belongs to the answer.
        target_ids: the answers' tokens, row by row.
        target_rows: the example that each target token belongs to.
        prompt_spans: the prompt part that counts for position choices.
        embeddings: the task embedding of each description; with fewer descriptions than examples, each serves equally
            many examples in succession.
        tasks: index of each example's task.
        examples: index of each example in its task's split.
    """

    input_ids: Int[Tensor, "batch tokens"]
    attention_mask: Int[Tensor, "batch tokens"]
    predicts_target: Bool[Tensor, "batch tokens"]
    target_ids: Int[Tensor, " targets"]
    target_rows: Int[Tensor, " targets"]
    prompt_spans: Int[Tensor, "batch 2"]
    embeddings: Float[Tensor, "descriptions width"]
    tasks: Int[Tensor, " batch"]
    examples: Int[Tensor, " batch"]

    def __len__(self) -> int:
        return len(self.input_ids)

    @property
    def real_tokens(self) -> int:
        """How many tokens are no padding."""
        return int(self.attention_mask.sum())

    @property
    def positions(self) -> int:
        """How many places the model computes, padding included."""
        return self.input_ids.numel()

    def to(self, device: torch.device | str, non_blocking: bool = False) -> "AdaptationBatch":
        """The batch on another device."""
        moved = {f.name: getattr(self, f.name).to(device, non_blocking=non_blocking) for f in fields(self)}
        return AdaptationBatch(**moved)

    def pin_memory(self) -> "AdaptationBatch":
        """The batch in page-locked memory, from where copies to a GPU overlap with computing."""
        return AdaptationBatch(**{f.name: getattr(self, f.name).pin_memory() for f in fields(self)})


def tokenize(
    prompt: Sequence[int], answer: Sequence[int], start: int, max_length_tokens: int, shown: str
) -> TokenizedExample:
    """Join the token ids of a prompt and of its answer, tokenised apart so that the prompt never sees the answer.

    Raises:
        TaskError: the two are longer than `max_length_tokens` together; nothing is cut silently.
    """
    length = len(prompt) + len(answer)
    if length > max_length_tokens:
        raise TaskError(
            f"an example is {length} tokens long, max_length_tokens is {max_length_tokens}; "
            f"raise it or shorten the example that begins {shown[:60]!r}"
        )
    return TokenizedExample(tuple(prompt), tuple(answer), (min(start, len(prompt)), len(prompt)))


def collate(
    examples: Sequence[TokenizedExample], embeddings: Float[Tensor, "descriptions width"], pad_token_id: int
) -> AdaptationBatch:
    """Pad examples on the right and mark where answers are predicted."""
    longest = max(len(example.prompt) + len(example.answer) for example in examples)
    shape = (len(examples), longest)
    input_ids = torch.full(shape, pad_token_id)
    attention_mask = torch.zeros(shape, dtype=torch.long)
    predicts_target = torch.zeros(shape, dtype=torch.bool)
    for row, example in enumerate(examples):
        ids = torch.tensor([*example.prompt, *example.answer])
        input_ids[row, : len(ids)] = ids
        attention_mask[row, : len(ids)] = 1
        predicts_target[row, len(example.prompt) - 1 : len(ids) - 1] = True
    return AdaptationBatch(
        input_ids=input_ids,
        attention_mask=attention_mask,
        predicts_target=predicts_target,
        target_ids=torch.tensor([token for example in examples for token in example.answer]),
        target_rows=torch.tensor([row for row, example in enumerate(examples) for _ in example.answer]),
        prompt_spans=torch.tensor([example.span for example in examples]),
        embeddings=embeddings,
        tasks=torch.tensor([example.task for example in examples]),
        examples=torch.tensor([example.example for example in examples]),
    )
