"""Laws of the embedding table: its rows are what the encoder gives, in whatever chunks they were made."""

import pytest
import torch

from adaptlab.embeddings import EmbeddingTable, RandomText, RandomVector, Shuffled, TaskEncoder, table

NAMES = ["a", "b", "c"]
DESCRIPTIONS = [["one", "two"], ["three"], ["four", "five", "six"]]


@pytest.mark.parametrize("encoder", [RandomVector(5), RandomText(RandomVector(5)), Shuffled(RandomVector(5))])
@pytest.mark.parametrize("chunk", [1, 4, 100])
def test_rows_are_what_the_encoder_gives(
    encoder: TaskEncoder, chunk: int, monkeypatch: pytest.MonkeyPatch, fresh_cache: object
) -> None:
    monkeypatch.setattr(table, "CHUNK", chunk)
    rows = EmbeddingTable(encoder, DESCRIPTIONS, NAMES)
    flat = [(text, name) for texts, name in zip(DESCRIPTIONS, NAMES, strict=True) for text in texts]
    expected = encoder.encode([text for text, _ in flat], [name for _, name in flat]).vectors
    found = [rows.vector(task, index) for task, texts in enumerate(DESCRIPTIONS) for index in range(len(texts))]
    assert torch.equal(torch.stack(found), expected)
