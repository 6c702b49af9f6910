"""Laws of the controls: what each takes away from a description, and what it leaves."""

import zlib
from collections.abc import Sequence

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from adaptlab.contracts import TaskEmbedding
from adaptlab.embeddings import OneHot, RandomText, RandomVector, Shuffled, TaskEncoder, derangement
from adaptlab.embeddings.encoder import scaled
from adaptlab.errors import ConfigurationError, TaskError

NAMES = ["sort", "add", "sort", "spell", "add", "sort"]
TEXTS = ["Sort it.", "Add them.", "Put in order.", "Spell it.", "Sum up.", "Arrange."]


class TextHash(TaskEncoder):
    """A different random vector for each text; notes the texts it was given."""

    width = 8

    def __init__(self) -> None:
        self.read: list[str] = []

    def encode(self, descriptions: Sequence[str], names: Sequence[str]) -> TaskEmbedding:
        self.read = list(descriptions)
        rows = [
            torch.randn(8, generator=torch.Generator().manual_seed(zlib.crc32(text.encode()))) for text in descriptions
        ]
        return TaskEmbedding(scaled(torch.stack(rows)), tuple(names))


@given(st.sets(st.text(max_size=5), min_size=2, max_size=12), st.integers(0, 1000))
def test_derangement_moves_every_name_and_loses_none(names: set[str], seed: int) -> None:
    mapping = derangement(sorted(names), seed)
    assert set(mapping) == set(mapping.values()) == names
    assert all(name != other for name, other in mapping.items())
    assert derangement(sorted(names, reverse=True), seed) == mapping


def test_derangement_of_one_task_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="at least two tasks"):
        derangement(["alone"], 0)


@pytest.mark.parametrize("seed", range(5))
def test_shuffled_gives_each_task_the_texts_of_one_other_task(seed: int) -> None:
    inner = TextHash()
    shuffled = Shuffled(inner, seed)
    embedding = shuffled.encode(TEXTS, NAMES)
    owner = dict(zip(TEXTS, NAMES, strict=True))
    source = {name: {owner[text] for text, at in zip(inner.read, NAMES, strict=True) if at == name} for name in NAMES}
    assert all(len(others) == 1 and name not in others for name, others in source.items())
    assert len(set().union(*source.values())) == 3
    assert embedding.names == tuple(NAMES)
    assert torch.equal(embedding.vectors, inner.encode(list(inner.read), NAMES).vectors)
    assert torch.equal(shuffled.encode(TEXTS, NAMES).vectors, embedding.vectors)
    assert shuffled.width == 8


def test_seeds_give_different_derangements() -> None:
    names = [str(number) for number in range(10)]
    assert len({tuple(derangement(names, seed).items()) for seed in range(5)}) > 1


def test_random_vector_knows_the_task_and_not_the_text() -> None:
    vectors = RandomVector(width=16).encode(TEXTS, NAMES).vectors
    for one in range(6):
        for other in range(6):
            assert torch.equal(vectors[one], vectors[other]) == (NAMES[one] == NAMES[other])
    torch.testing.assert_close(vectors.norm(dim=1), torch.full((6,), 4.0))
    torch.manual_seed(9)
    assert torch.equal(RandomVector(width=16).encode(TEXTS[::-1], NAMES).vectors, vectors)
    assert not torch.equal(RandomVector(width=16, seed=1).encode(TEXTS, NAMES).vectors, vectors)


@given(st.text(alphabet="abc ÄéX.,'\n", min_size=1).filter(str.strip), st.integers(0, 3))
def test_random_text_keeps_the_lengths_of_the_words(text: str, seed: int) -> None:
    scrambled = RandomText(TextHash(), seed).scramble(text)
    assert [len(word) for word in scrambled.split()] == [len(word) for word in text.split()]
    assert scrambled.replace(" ", "").isalpha()
    assert RandomText(TextHash(), seed).scramble(text) == scrambled


def test_random_text_is_what_the_encoder_reads() -> None:
    inner = TextHash()
    random_text = RandomText(inner)
    random_text.encode(TEXTS, NAMES)
    assert inner.read == [random_text.scramble(text) for text in TEXTS]
    assert not set(inner.read) & set(TEXTS)
    assert RandomText(inner, seed=1).scramble(TEXTS[0]) != random_text.scramble(TEXTS[0])


def test_random_text_refuses_an_empty_description() -> None:
    with pytest.raises(TaskError, match="empty"):
        RandomText(TextHash()).encode([" "], ["sort"])


def test_one_hot_codes_are_orthogonal_and_scaled() -> None:
    encoder = OneHot()
    encoder.fit(NAMES)
    vectors = encoder.encode(TEXTS[:3], ["spell", "add", "sort"]).vectors
    torch.testing.assert_close(vectors @ vectors.T, 3.0 * torch.eye(3))
    assert encoder.width == 3


def test_one_hot_codes_do_not_depend_on_the_order_of_fitting_or_the_text() -> None:
    first, second = OneHot(), OneHot()
    first.fit(NAMES)
    second.fit(NAMES[::-1])
    assert torch.equal(first.encode(TEXTS, NAMES).vectors, second.encode(TEXTS[::-1], NAMES).vectors)


def test_one_hot_refuses_a_task_it_was_not_fitted_to() -> None:
    encoder = OneHot()
    encoder.fit(NAMES)
    with pytest.raises(TaskError, match="not for translate"):
        encoder.encode(["Translate."], ["translate"])
