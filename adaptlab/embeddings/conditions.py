"""Choose what a generator is conditioned on: descriptions and inputs -> one vector per example."""

from collections.abc import Sequence
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from adaptlab.embeddings.encoder import MAX_DESCRIPTION_WORDS, TaskEncoder

Condition = Literal["description", "input", "both"]
"""The task's description; the example's input, as in HyperDecoders (Ivison and Peters 2022); or both, side by side."""


def condition_width(condition: Condition, encoder: TaskEncoder) -> int:
    """Width of the vectors."""
    return encoder.width * (2 if condition == "both" else 1)


def input_text(text: str) -> str:
    """What of an input is embedded: as many words as a description may have; a dash for an empty one."""
    return " ".join(text.split()[:MAX_DESCRIPTION_WORDS]) or "-"


def condition_vectors(
    condition: Condition,
    encoder: TaskEncoder,
    descriptions: Sequence[str],
    inputs: Sequence[str],
    names: Sequence[str],
    input_encoder: TaskEncoder | None = None,
) -> Float[Tensor, "examples width"]:
    """One vector per example.

    Args:
        condition: what is embedded.
        encoder: what embeds.
        descriptions: of each example's task.
        inputs: of each example.
        names: of each example's task.
        input_encoder: what embeds inputs, where a control stands in for the encoder of descriptions.
    """
    parts = [] if condition == "input" else [encoder.encode(descriptions, names).vectors]
    if condition != "description":
        parts.append((input_encoder or encoder).encode([input_text(text) for text in inputs], names).vectors)
    return torch.cat(parts, dim=1)
