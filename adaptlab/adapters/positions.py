"""Choose the tokens that a representation edit touches: absolute positions and prompt spans -> mask."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

from jaxtyping import Bool, Int
from torch import Tensor

from adaptlab.errors import ConfigurationError


class Positions(ABC):
    """A choice of tokens, made by absolute position in the prompt; padding is never chosen.

    Being a function of absolute positions, the choice is the same for left and right padding, with and without a
    cache, and for a prompt that is read in chunks.
    """

    sides: tuple[str, ...] = ("",)

    @property
    def settings(self) -> Mapping[str, Any]:
        """Name and arguments, as plain JSON types."""
        return {"choice": type(self).__name__}

    @abstractmethod
    def choose(
        self, positions: Int[Tensor, "batch tokens"], spans: Int[Tensor, "batch 2"], side: str
    ) -> Bool[Tensor, "batch tokens"]:
        """Which tokens to edit.

        Args:
            positions: index of each token among the real tokens of its row, from 0; -1 for padding.
            spans: first and one-past-last position of the prompt part that counts.
            side: one of `sides`.
        """


class AllPositions(Positions):
    """Every token from the start of the counted prompt on, generated ones included."""

    def choose(
        self, positions: Int[Tensor, "batch tokens"], spans: Int[Tensor, "batch 2"], side: str
    ) -> Bool[Tensor, "batch tokens"]:
        return (positions >= 0) & (positions >= spans[:, :1])


class PromptPositions(Positions):
    """Every prompt token, no generated one: after the prompt is read, decoding costs what the base model's does."""

    def choose(
        self, positions: Int[Tensor, "batch tokens"], spans: Int[Tensor, "batch 2"], side: str
    ) -> Bool[Tensor, "batch tokens"]:
        return (positions >= spans[:, :1]) & (positions < spans[:, 1:])


class FirstLastPositions(Positions):
    """The first n and last m prompt tokens, the ReFT paper's `f7+l7`; the last prompt token is among them.

    Each side takes at most half of the prompt, so that no token is edited twice.

    Args:
        first: number of tokens at the start of the prompt.
        last: number of tokens at its end.
        tied: whether both sides share their parameters.
    """

    def __init__(self, first: int = 7, last: int = 7, tied: bool = True) -> None:
        if min(first, last) < 0 or first + last == 0:
            raise ConfigurationError(f"positions need first >= 0, last >= 0 and one of them > 0, got {first}, {last}")
        self.first, self.last = first, last
        self.sides = ("",) if tied else ("first", "last")

    @property
    def settings(self) -> Mapping[str, Any]:
        return {**super().settings, "first": self.first, "last": self.last, "tied": len(self.sides) == 1}

    def choose(
        self, positions: Int[Tensor, "batch tokens"], spans: Int[Tensor, "batch 2"], side: str
    ) -> Bool[Tensor, "batch tokens"]:
        start, end = spans[:, :1], spans[:, 1:]
        half = (end - start) // 2
        at_start = (positions >= start) & (positions < start + half.clamp(max=self.first))
        at_end = (positions < end) & (positions >= end - half.clamp(max=self.last))
        if side == "first":
            return at_start
        return at_end if side == "last" else at_start | at_end
