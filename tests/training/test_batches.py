"""Laws of batches: every answer token is predicted once, from where it should be; padding counts nowhere."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from adaptlab.errors import TaskError
from adaptlab.training.batches import AdaptationBatch, TokenizedExample, collate, tokenize

PAD = 0


prompts = st.lists(st.integers(0, 9), min_size=1, max_size=7)
answers = st.lists(st.integers(0, 9), min_size=1, max_size=5)  # the padding id may be among them: it may end texts
several = st.lists(st.tuples(prompts, answers, st.integers(0, 7)), min_size=1, max_size=5)


def examples_of(drawn: list[tuple[list[int], list[int], int]]) -> list[TokenizedExample]:
    return [
        TokenizedExample(tuple(prompt), tuple(answer), (min(start, len(prompt)), len(prompt)))
        for prompt, answer, start in drawn
    ]


def batch_of(examples: list[TokenizedExample]) -> AdaptationBatch:
    return collate(examples, torch.randn(len(examples), 3), PAD)


@settings(deadline=None)
@given(several)
def test_tokens_stand_at_the_left_and_padding_at_the_right(drawn: list[tuple[list[int], list[int], int]]) -> None:
    examples = examples_of(drawn)
    batch = batch_of(examples)
    longest = max(len(example.prompt) + len(example.answer) for example in examples)
    assert batch.input_ids.shape == (len(batch), longest) == (len(examples), longest)
    for row, example in enumerate(examples):
        ids = [*example.prompt, *example.answer]
        assert batch.input_ids[row].tolist() == ids + [PAD] * (longest - len(ids))
        assert batch.attention_mask[row].tolist() == [1] * len(ids) + [0] * (longest - len(ids))
        assert tuple(batch.prompt_spans[row].tolist()) == example.span


@settings(deadline=None)
@given(several)
def test_marked_positions_predict_the_answers_in_order(drawn: list[tuple[list[int], list[int], int]]) -> None:
    examples = examples_of(drawn)
    batch = batch_of(examples)
    rows, positions = batch.predicts_target.nonzero(as_tuple=True)
    assert torch.equal(rows, batch.target_rows)
    assert torch.equal(batch.input_ids[rows, positions + 1], batch.target_ids)
    for row, example in enumerate(examples):
        assert tuple(batch.target_ids[batch.target_rows == row].tolist()) == example.answer
        assert int(positions[rows == row].min()) == len(example.prompt) - 1


@settings(deadline=None)
@given(several)
def test_moving_a_batch_changes_nothing(drawn: list[tuple[list[int], list[int], int]]) -> None:
    batch = batch_of(examples_of(drawn))
    moved = batch.to("cpu")
    assert all(torch.equal(value, getattr(moved, name)) for name, value in vars(batch).items())


@given(
    st.lists(st.integers(0, 9), min_size=1, max_size=7).map(tuple),
    st.lists(st.integers(0, 9), min_size=1, max_size=5).map(tuple),
    st.integers(0, 9),
)
def test_counted_span_lies_in_the_prompt(prompt: tuple[int, ...], answer: tuple[int, ...], start: int) -> None:
    found = tokenize(prompt, answer, start, max_length_tokens=12, shown="")
    assert (found.prompt, found.answer) == (prompt, answer)
    assert found.span == (min(start, len(prompt)), len(prompt))


def test_example_that_is_too_long_is_refused_and_never_cut() -> None:
    assert tokenize([1] * 4, [2] * 4, 0, 8, "abcd").prompt == (1,) * 4
    with pytest.raises(TaskError, match=r"8 tokens long, max_length_tokens is 7; .*'abcd'"):
        tokenize([1] * 4, [2] * 4, 0, 7, "abcd")
