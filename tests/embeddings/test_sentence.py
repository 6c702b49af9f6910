"""Laws of sentence embeddings: scaled rows, computed once and kept bit for bit, and descriptions that are refused."""

from pathlib import Path

import pytest
import torch

from adaptlab.embeddings import SentenceEncoder
from adaptlab.embeddings.encoder import MAX_DESCRIPTION_WORDS, scaled
from adaptlab.errors import ConfigurationError, TaskError

TEXTS = ["Translate to French.", "Give the plural.", "Put the words in order."]
NAMES = ["french", "plural", "order"]


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache that already holds the three texts, so that the network runs once."""
    folder = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ADAPTLAB_CACHE", str(folder))
        SentenceEncoder().encode(TEXTS, NAMES)
    return folder


@pytest.fixture
def offline(cache: Path, monkeypatch: pytest.MonkeyPatch) -> SentenceEncoder:
    """An encoder that has the cache and no network."""

    def fail(_self: SentenceEncoder) -> None:
        raise AssertionError("the network was loaded")

    monkeypatch.setenv("ADAPTLAB_CACHE", str(cache))
    monkeypatch.setattr(SentenceEncoder, "_network", property(fail))
    return SentenceEncoder()


def test_known_texts_do_not_load_the_network_and_are_bit_equal(
    offline: SentenceEncoder, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    kept = offline.encode(TEXTS, NAMES)
    assert torch.equal(SentenceEncoder().encode(TEXTS, NAMES).vectors, kept.vectors)
    with pytest.raises(AssertionError, match="the network was loaded"):
        offline.encode(["A new text."], ["new"])
    monkeypatch.undo()
    monkeypatch.setenv("ADAPTLAB_CACHE", str(tmp_path))
    fresh = SentenceEncoder()
    computed = fresh.encode(TEXTS, NAMES)
    assert torch.equal(computed.vectors, kept.vectors)
    assert torch.equal(fresh.encode(TEXTS, NAMES).vectors, computed.vectors)


def test_rows_have_the_norm_of_a_standard_normal_vector(offline: SentenceEncoder) -> None:
    vectors = offline.encode(TEXTS, NAMES).vectors
    assert vectors.shape == (3, 384)
    assert vectors.dtype == torch.float32
    torch.testing.assert_close(vectors.norm(dim=1), torch.full((3,), 384**0.5), rtol=1e-5, atol=0)
    assert (vectors @ vectors.T / 384 - torch.eye(3)).abs().max() < 0.9


def test_permuting_the_descriptions_permutes_the_rows(offline: SentenceEncoder) -> None:
    order = [2, 0, 1, 1]
    permuted = offline.encode([TEXTS[i] for i in order], [NAMES[i] for i in order])
    assert permuted.names == tuple(NAMES[i] for i in order)
    assert torch.equal(permuted.vectors, offline.encode(TEXTS, NAMES).vectors[order])


def test_models_do_not_share_their_vectors(offline: SentenceEncoder) -> None:
    with pytest.raises(AssertionError, match="the network was loaded"):
        SentenceEncoder("another/model").encode(TEXTS, NAMES)


def test_scaling_forgets_the_length_of_a_vector() -> None:
    vectors = torch.randn(4, 9)
    torch.testing.assert_close(scaled(vectors), scaled(7 * vectors))
    torch.testing.assert_close(scaled(vectors).square().mean(1), torch.ones(4))


@pytest.mark.parametrize("text", ["", "  \n\t"])
def test_empty_description_is_refused(offline: SentenceEncoder, text: str) -> None:
    with pytest.raises(TaskError, match="empty"):
        offline.encode([TEXTS[0], text], ["french", "nothing"])


def test_overlong_description_is_refused_with_the_limit(offline: SentenceEncoder) -> None:
    with pytest.raises(TaskError, match=r"513 words; at most 512 .* 'word word"):
        offline.encode(["word " * (MAX_DESCRIPTION_WORDS + 1)], ["long"])
    with pytest.raises(AssertionError, match="the network was loaded"):
        offline.encode(["word " * MAX_DESCRIPTION_WORDS], ["just right"])


def test_names_and_descriptions_must_be_equally_many(offline: SentenceEncoder) -> None:
    with pytest.raises(ConfigurationError, match="3 vectors for 2 names"):
        offline.encode(TEXTS, NAMES[:2])


def test_unknown_packaged_encoder_is_refused_with_the_known_ones(fresh_cache: Path) -> None:
    with pytest.raises(ConfigurationError, match="all-minilm-l6-v2; got 'bert'"):
        SentenceEncoder("packaged:bert").encode(TEXTS, NAMES)
