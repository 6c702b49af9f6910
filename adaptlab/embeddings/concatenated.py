"""Put the vectors of several encoders side by side: one-hot code and text -> both."""

from collections.abc import Sequence

import torch
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from adaptlab.contracts import TaskEmbedding
from adaptlab.embeddings.encoder import TaskEncoder


class Concatenated(TaskEncoder):
    """All vectors of a description side by side.

    Args:
        encoders: in this order.
    """

    def __init__(self, encoders: list[TaskEncoder]) -> None:
        self.encoders = encoders
        self.by_text = all(encoder.by_text for encoder in encoders)

    @property
    def width(self) -> int:
        return sum(encoder.width for encoder in self.encoders)

    @property
    def known_tasks(self) -> Sequence[str] | None:
        limits = [set(known) for encoder in self.encoders if (known := encoder.known_tasks) is not None]
        return sorted(set.intersection(*limits)) if limits else None

    def fit(self, names: Sequence[str]) -> None:
        for encoder in self.encoders:
            encoder.fit(names)

    @property
    def reads_base_model(self) -> bool:
        return any(encoder.reads_base_model for encoder in self.encoders)

    def use_base_model(self, model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase) -> None:
        for encoder in self.encoders:
            encoder.use_base_model(model, tokenizer)

    def encode(self, descriptions: Sequence[str], names: Sequence[str]) -> TaskEmbedding:
        parts = [encoder.encode(descriptions, names).vectors for encoder in self.encoders]
        return TaskEmbedding(torch.cat(parts, dim=1), tuple(names))
