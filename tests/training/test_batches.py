"""Laws of batches: every answer token is predicted once, from where it should be; padding counts nowhere."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from adaptlab.basemodels import BaseModel
from adaptlab.errors import TaskError
from adaptlab.training.batches import AdaptationBatch, TokenizedExample, collate, tokenize

PAD = 0


@st.composite
def tokenized(draw: st.DrawFn) -> TokenizedExample:
    """Some ids; the padding id may be among them, as where it is the end-of-text token."""
    prompt = draw(st.lists(st.integers(0, 9), min_size=1, max_size=7))
    answer = draw(st.lists(st.integers(0, 9), min_size=1, max_size=5))
    start = draw(st.integers(0, len(prompt)))
    return TokenizedExample(tuple(prompt), tuple(answer), (start, draw(st.integers(start, len(prompt)))))


def batch_of(examples: list[TokenizedExample]) -> AdaptationBatch:
    return collate(examples, torch.randn(len(examples), 3), PAD)


several = st.lists(tokenized(), min_size=1, max_size=5)


@settings(deadline=None)
@given(several)
def test_tokens_stand_at_the_left_and_padding_at_the_right(examples: list[TokenizedExample]) -> None:
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
def test_marked_positions_predict_the_answers_in_order(examples: list[TokenizedExample]) -> None:
    batch = batch_of(examples)
    rows, positions = batch.predicts_target.nonzero(as_tuple=True)
    assert torch.equal(rows, batch.target_rows)
    assert torch.equal(batch.input_ids[rows, positions + 1], batch.target_ids)
    for row, example in enumerate(examples):
        assert tuple(batch.target_ids[batch.target_rows == row].tolist()) == example.answer
        assert int(positions[rows == row].min()) == len(example.prompt) - 1


@settings(deadline=None)
@given(several)
def test_moving_a_batch_changes_nothing(examples: list[TokenizedExample]) -> None:
    batch = batch_of(examples)
    moved = batch.to("cpu")
    assert all(torch.equal(value, getattr(moved, name)) for name, value in vars(batch).items())


def test_prompt_and_answer_are_tokenised_apart_and_the_answer_is_closed(base: BaseModel) -> None:
    found = tokenize(base.tokenizer, "Say: ", "yes", chat=False, max_length_tokens=50)
    assert base.tokenizer.decode(found.prompt) == "Say: "
    assert base.tokenizer.decode(found.answer[:-1]) == "yes"
    assert found.answer[-1] == base.tokenizer.eos_token_id
    assert found.span == (0, len(found.prompt))
    assert tokenize(base.tokenizer, "Say: ", "no", False, 50).prompt == found.prompt


def test_example_that_is_too_long_is_refused_and_never_cut(llama: BaseModel) -> None:
    longest = tokenize(llama.tokenizer, "abcd", "xyz", chat=False, max_length_tokens=8)
    assert len(longest.prompt) + len(longest.answer) == 8
    with pytest.raises(TaskError, match=r"8 tokens long, max_length_tokens is 7; .*'abcd'"):
        tokenize(llama.tokenizer, "abcd", "xyz", chat=False, max_length_tokens=7)
