"""What generators are conditioned on: descriptions, inputs, or both side by side."""

import pytest
import torch

from adaptlab.embeddings import (
    Concatenated,
    Condition,
    OneHot,
    RandomVector,
    SentenceEncoder,
    condition_vectors,
    condition_width,
    input_text,
)

DESCRIPTIONS, INPUTS, NAMES = ["Say it twice.", "Say it once."], ["cat", "dog, " * 600], ["twice", "once"]


@pytest.mark.parametrize("condition", ["description", "input", "both"])
def test_vectors_are_those_of_what_is_named(condition: Condition) -> None:
    encoder = SentenceEncoder()
    found = condition_vectors(condition, encoder, DESCRIPTIONS, INPUTS, NAMES)
    assert found.shape == (2, condition_width(condition, encoder))
    described = encoder.encode(DESCRIPTIONS, NAMES).vectors
    shown = encoder.encode([input_text(text) for text in INPUTS], NAMES).vectors
    wanted = {"description": [described], "input": [shown], "both": [described, shown]}[condition]
    assert torch.equal(found, torch.cat(wanted, dim=1))


def test_inputs_of_any_length_can_be_embedded() -> None:
    assert input_text("") == "-"
    assert len(input_text("word " * 2000).split()) == 512


def test_encoders_side_by_side_know_the_tasks_that_all_of_them_know() -> None:
    both = Concatenated([OneHot(), RandomVector(5)])
    both.fit(NAMES)
    assert (both.width, both.known_tasks) == (7, sorted(NAMES))
    vectors = both.encode(DESCRIPTIONS, NAMES).vectors
    assert torch.equal(vectors[:, 2:], RandomVector(5).encode(DESCRIPTIONS, NAMES).vectors)
    assert Concatenated([RandomVector(5)]).known_tasks is None
