"""Say what a task encoder is: descriptions and the names of their tasks -> `TaskEmbedding`."""

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import normalize
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from adaptlab.contracts import TaskEmbedding
from adaptlab.errors import TaskError

MAX_DESCRIPTION_WORDS = 512


class TaskEncoder(ABC):
    """Frozen: encoders are never trained, so what they give can be computed once and kept."""

    by_text = True
    """Whether a vector follows from its own description and name, whatever else is encoded in the same call."""

    @property
    def reads_base_model(self) -> bool:
        """Whether vectors come from the frozen base model, so that `use_base_model` has to be called first."""
        return False

    @property
    @abstractmethod
    def width(self) -> int:
        """Width of the vectors."""

    @property
    def known_tasks(self) -> Sequence[str] | None:
        """The only tasks that have a vector, where there are such limits."""
        return None

    def fit(self, names: Sequence[str]) -> None:  # noqa: B027
        """Learn which training tasks there are; only encoders with a code per task need to know."""

    def use_base_model(self, model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase) -> None:  # noqa: B027
        """Take the frozen base model; only encoders that read its hidden states need it."""

    @abstractmethod
    def encode(self, descriptions: Sequence[str], names: Sequence[str]) -> TaskEmbedding:
        """One vector per description.

        Args:
            descriptions: sentences, 1 to 512 words each.
            names: the task that each sentence describes.

        Raises:
            TaskError: an empty or over-long description.
        """


def check_descriptions(descriptions: Sequence[str]) -> None:
    """Refuse descriptions that no encoder can do justice to.

    Raises:
        TaskError: saying which and why.
    """
    for description in descriptions:
        words = len(description.split())
        if words == 0:
            raise TaskError("the task description is empty; write a sentence that says what to do")
        if words > MAX_DESCRIPTION_WORDS:
            raise TaskError(
                f"the task description has {words} words; at most {MAX_DESCRIPTION_WORDS} are allowed, "
                f"shorten it (it begins {description[:60]!r})"
            )


def scaled(vectors: Float[Tensor, "tasks width"]) -> Float[Tensor, "tasks width"]:
    """L2-normalise each row, then scale by sqrt(width), so that entries have about unit variance."""
    unit: Tensor = normalize(vectors.to(torch.float32), dim=-1)
    return unit * math.sqrt(vectors.shape[-1])
