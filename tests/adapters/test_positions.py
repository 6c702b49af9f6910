"""Laws of position choices: absolute positions and prompt spans in, the tokens to edit out."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from adaptlab.adapters import AllPositions, FirstLastPositions, Positions, PromptPositions
from adaptlab.errors import ConfigurationError

LENGTH = 40

spans = st.tuples(st.integers(0, LENGTH), st.integers(0, LENGTH)).map(sorted)
sizes = st.tuples(st.integers(0, 9), st.integers(0, 9)).filter(any)


def edited(positions: Positions, span: list[int], side: str = "") -> list[int]:
    """The edited positions of a row of 40 tokens."""
    chosen = positions.choose(torch.arange(LENGTH)[None], torch.tensor([span]), side)
    return chosen[0].nonzero()[:, 0].tolist()


@given(spans)
def test_all_is_everything_from_the_start_of_the_span(span: list[int]) -> None:
    assert edited(AllPositions(), span) == list(range(span[0], LENGTH))


@given(spans)
def test_prompt_is_the_span(span: list[int]) -> None:
    assert edited(PromptPositions(), span) == list(range(*span))


@given(spans, sizes)
def test_first_and_last_take_each_at_most_half_of_the_span(span: list[int], size: tuple[int, int]) -> None:
    prompt = list(range(*span))
    half = len(prompt) // 2
    first = prompt[: min(size[0], half)]
    last = prompt[len(prompt) - min(size[1], half) :]
    untied = FirstLastPositions(*size, tied=False)
    assert edited(untied, span, "first") == first
    assert edited(untied, span, "last") == last
    assert not set(first) & set(last)
    assert edited(FirstLastPositions(*size), span) == first + last


def test_last_prompt_token_is_among_the_last() -> None:
    assert edited(FirstLastPositions(0, 1), [0, 12]) == [11]
    assert edited(FirstLastPositions(7, 7), [0, 30]) == [*range(7), *range(23, 30)]


@pytest.mark.parametrize("positions", [AllPositions(), PromptPositions(), FirstLastPositions(3, 3)])
def test_padding_is_never_chosen(positions: Positions) -> None:
    where = torch.tensor([[-1, -1, 0, 1, 2, 3], [0, 1, 2, 3, -1, -1]])
    chosen = positions.choose(where, torch.tensor([[0, 4], [0, 4]]), "")
    assert torch.equal(chosen, where >= 0)


@given(spans, sizes, st.integers(1, LENGTH - 1))
def test_choice_in_pieces_is_the_choice_of_the_whole(span: list[int], size: tuple[int, int], cut: int) -> None:
    for positions in (AllPositions(), PromptPositions(), FirstLastPositions(*size)):
        where, span_tensor = torch.arange(LENGTH)[None], torch.tensor([span])
        pieces = [positions.choose(piece, span_tensor, "") for piece in (where[:, :cut], where[:, cut:])]
        assert torch.equal(torch.cat(pieces, 1), positions.choose(where, span_tensor, ""))


@pytest.mark.parametrize("size", [(0, 0), (-1, 3), (3, -1)])
def test_empty_and_negative_choices_are_refused(size: tuple[int, int]) -> None:
    with pytest.raises(ConfigurationError, match=f"got {size[0]}, {size[1]}"):
        FirstLastPositions(*size)
