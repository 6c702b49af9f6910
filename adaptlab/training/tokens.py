"""Tokenise examples once: tasks -> token ids in Arrow files, memory-mapped, found again by content and tokenizer."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from transformers import PreTrainedTokenizerBase

from adaptlab.basemodels import tokenizer_fingerprint
from adaptlab.contracts import Example, Task
from adaptlab.tasks import PromptFormat
from adaptlab.tasks.store import cached, read_arrow, write_arrow

FORMAT = 1
TOKENS, DESCRIPTIONS = "tokens.arrow", "descriptions.arrow"


@dataclass(frozen=True)
class TokenSource:
    """What token ids follow from.

    Args:
        fingerprint: of the suite that the tasks are from.
        tasks: in the order that picks count them.
        split: `train` or `test`, of each task's examples.
        descriptions: sentences of each task, in the order that picks count them.
        prompt: how prompts are laid out.
    """

    fingerprint: str
    tasks: Sequence[Task]
    split: str
    descriptions: Sequence[Sequence[str]]
    prompt: PromptFormat

    def key(self, tokenizer: PreTrainedTokenizerBase) -> str:
        """Equal for equal token ids."""
        names = hashlib.sha256(repr([task.name for task in self.tasks]).encode()).hexdigest()
        sizes = [len(texts) for texts in self.descriptions]
        return repr((FORMAT, self.fingerprint, names, sizes, self.split, self.prompt, tokenizer_fingerprint(tokenizer)))

    def shots(self, task: int) -> Sequence[Example]:
        """The solved examples that stand in the prompts of a task."""
        return self.tasks[task].splits.get("train", ())[: self.prompt.shots]


class TokenTable:
    """Token ids of every example, prompts laid out without a description; nothing is read before it is asked for."""

    def __init__(self, source: TokenSource, tokenizer: PreTrainedTokenizerBase) -> None:
        folder = cached("tokens", source.key(tokenizer), lambda path: _write(path, source, tokenizer))
        self._prompts, self._answers = read_arrow(folder / TOKENS)
        (self._description_lengths,) = read_arrow(folder / DESCRIPTIONS)
        counts = [len(task.splits[source.split]) for task in source.tasks]
        self._starts = np.cumsum([0, *counts])
        self._description_starts = np.cumsum([0, *(len(texts) for texts in source.descriptions)])

    def prompt(self, task: int, example: int) -> list[int]:
        """Ids of a prompt without description."""
        return _ids(self._prompts, int(self._starts[task]) + example)

    def answer(self, task: int, example: int) -> list[int]:
        """Ids of an answer, closed by the end-of-text token."""
        return _ids(self._answers, int(self._starts[task]) + example)

    def example_lengths(self) -> list[npt.NDArray[np.int64]]:
        """Prompt and answer together, per task and example."""
        both = np.diff(self._prompts.offsets.to_numpy()) + np.diff(self._answers.offsets.to_numpy())
        return np.split(both, self._starts[1:-1])

    def description_lengths(self) -> list[npt.NDArray[np.int64]]:
        """Per task and description; zeros where descriptions do not stand in the prompt."""
        return np.split(self._description_lengths.to_numpy(), self._description_starts[1:-1])


def _ids(column: pa.Array, row: int) -> list[int]:
    ids: list[int] = column[row].as_py()
    return ids


def _write(folder: Path, source: TokenSource, tokenizer: PreTrainedTokenizerBase) -> None:
    folder.mkdir(parents=True)
    prompts, answers = [pa.array([], _IDS)], [pa.array([], _IDS)]
    layout = source.prompt
    for index, task in enumerate(source.tasks):
        examples = list(task.splits[source.split])
        shots = source.shots(index)
        texts = [layout.render(example.input, tokenizer, "", shots) for example in examples]
        targets = [layout.answer_text(example.targets[0]) for example in examples]
        prompts.append(pa.array(layout.all_token_ids(texts, tokenizer), _IDS))
        answers.append(pa.array([[*ids, tokenizer.eos_token_id] for ids in _plain_ids(tokenizer, targets)], _IDS))
    write_arrow(folder / TOKENS, {"prompt": pa.concat_arrays(prompts), "answer": pa.concat_arrays(answers)})
    texts = [text for sentences in source.descriptions for text in sentences]
    counted = [len(ids) for ids in _plain_ids(tokenizer, texts)] if layout.description else [0] * len(texts)
    write_arrow(folder / DESCRIPTIONS, {"length": pa.array(counted, pa.int64())})


_IDS = pa.large_list(pa.int32())


def _plain_ids(tokenizer: PreTrainedTokenizerBase, texts: list[str]) -> list[list[int]]:
    ids: list[list[int]] = tokenizer(texts, add_special_tokens=False)["input_ids"] if texts else []
    return ids
