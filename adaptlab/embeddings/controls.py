"""Give vectors that say less than a description does: what a result must beat to show that text was understood."""

import random
import zlib
from collections.abc import Sequence

import torch
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from adaptlab.contracts import TaskEmbedding
from adaptlab.embeddings.encoder import TaskEncoder, check_descriptions, scaled
from adaptlab.errors import ConfigurationError, TaskError


class OneHot(TaskEncoder):
    """A one-hot code per training task, scaled as text embeddings are; for compression, where no task is new.

    Raises:
        TaskError: asked for a task that it was not fitted to.
    """

    def __init__(self) -> None:
        self.names: list[str] = []

    def fit(self, names: Sequence[str]) -> None:
        self.names = sorted(set(names))

    @property
    def known_tasks(self) -> Sequence[str]:
        return self.names

    @property
    def width(self) -> int:
        return len(self.names)

    def encode(self, descriptions: Sequence[str], names: Sequence[str]) -> TaskEmbedding:
        unknown = sorted(set(names) - set(self.names))
        if unknown:
            raise TaskError(f"one-hot codes exist for the training tasks only, not for {', '.join(unknown)}")
        index = torch.tensor([self.names.index(name) for name in names])
        return TaskEmbedding(scaled(torch.nn.functional.one_hot(index, self.width).float()), tuple(names))


class RandomVector(TaskEncoder):
    """A fixed random vector per task: the same for all of its descriptions, unrelated to what they say.

    Args:
        width: width of the vectors.
        seed: draws another set of vectors.
    """

    def __init__(self, width: int = 384, seed: int = 0) -> None:
        self._width, self.seed = width, seed

    @property
    def width(self) -> int:
        return self._width

    def encode(self, descriptions: Sequence[str], names: Sequence[str]) -> TaskEmbedding:
        rows = []
        for name in names:
            generator = torch.Generator().manual_seed(zlib.crc32(f"{self.seed}:{name}".encode()))
            rows.append(torch.randn(self._width, generator=generator))
        return TaskEmbedding(scaled(torch.stack(rows)), tuple(names))


class RandomText(TaskEncoder):
    """Each description replaced by random letters of the same word lengths, then encoded.

    Args:
        encoder: what encodes the letters.
        seed: draws other letters.
    """

    def __init__(self, encoder: TaskEncoder, seed: int = 0) -> None:
        self.encoder, self.seed = encoder, seed

    @property
    def width(self) -> int:
        return self.encoder.width

    @property
    def reads_base_model(self) -> bool:
        return self.encoder.reads_base_model

    def use_base_model(self, model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase) -> None:
        self.encoder.use_base_model(model, tokenizer)

    def scramble(self, description: str) -> str:
        """The random letters that stand for a description."""
        rng = random.Random(f"{self.seed}:{description}")
        letters = "abcdefghijklmnopqrstuvwxyz"
        return " ".join("".join(rng.choice(letters) for _ in word) for word in description.split())

    def encode(self, descriptions: Sequence[str], names: Sequence[str]) -> TaskEmbedding:
        check_descriptions(descriptions)
        return self.encoder.encode([self.scramble(description) for description in descriptions], names)


class Shuffled(TaskEncoder):
    """Each task gets the descriptions of another task, the same other task throughout one call.

    Args:
        encoder: what encodes the sentences.
        seed: draws another derangement.

    Raises:
        ConfigurationError: fewer than two tasks in a call.
    """

    by_text = False

    def __init__(self, encoder: TaskEncoder, seed: int = 0) -> None:
        self.encoder, self.seed = encoder, seed

    @property
    def width(self) -> int:
        return self.encoder.width

    @property
    def reads_base_model(self) -> bool:
        return self.encoder.reads_base_model

    def use_base_model(self, model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase) -> None:
        self.encoder.use_base_model(model, tokenizer)

    def encode(self, descriptions: Sequence[str], names: Sequence[str]) -> TaskEmbedding:
        by_task: dict[str, list[str]] = {}
        for name, description in zip(names, descriptions, strict=True):
            by_task.setdefault(name, []).append(description)
        other = derangement(sorted(by_task), self.seed)
        taken = dict.fromkeys(by_task, 0)
        swapped = []
        for name in names:
            pool = by_task[other[name]]
            swapped.append(pool[taken[name] % len(pool)])
            taken[name] += 1
        return TaskEmbedding(self.encoder.encode(swapped, names).vectors, tuple(names))


def derangement(names: Sequence[str], seed: int) -> dict[str, str]:
    """A random mapping of names onto one another in which none stays in place (one cycle through all).

    Raises:
        ConfigurationError: fewer than two names.
    """
    if len(names) < 2:
        raise ConfigurationError("shuffling descriptions needs at least two tasks")
    order = sorted(names)
    random.Random(seed).shuffle(order)
    return dict(zip(order, [*order[1:], order[0]], strict=True))
