"""The base model's own states as embeddings: padding changes nothing, the sink is left out, a model is needed."""

import pytest
import torch

from adaptlab.basemodels import BaseModel, load_base_model
from adaptlab.embeddings import HiddenStateEncoder
from adaptlab.errors import ConfigurationError

TEXTS = ["Pick it.", "Pick the longest of all the words in the list.", "Say why."]


@pytest.fixture
def llama() -> BaseModel:
    """A model of its own: transformers leaves hooks on one that was asked for its hidden states."""
    return load_base_model("tiny-random:llama")


def test_a_batch_gives_what_each_description_gives_alone(llama: BaseModel) -> None:
    together, alone = HiddenStateEncoder(), HiddenStateEncoder()
    together.use_base_model(llama.model, llama.tokenizer)
    alone.use_base_model(llama.model, llama.tokenizer)
    rows = together.encode(TEXTS, TEXTS).vectors
    single = torch.cat([alone.encode([text], [text]).vectors for text in TEXTS])
    assert torch.allclose(rows, single, atol=1e-5)
    assert torch.allclose(rows.norm(dim=1), torch.tensor(float(together.width)).sqrt())


def test_the_layer_is_the_share_of_the_depth_that_was_asked_for(llama: BaseModel) -> None:
    encoder = HiddenStateEncoder(depth=1.0)
    encoder.use_base_model(llama.model, llama.tokenizer)
    tokens = llama.tokenizer(TEXTS[:1], return_tensors="pt")
    last = llama.model(**tokens, output_hidden_states=True).hidden_states[-1][0, 1:].mean(0)
    row = encoder.encode(TEXTS[:1], ["x"]).vectors[0]
    assert torch.allclose(torch.nn.functional.cosine_similarity(row, last, dim=0), torch.tensor(1.0))


def test_without_a_base_model_it_says_what_it_needs() -> None:
    with pytest.raises(ConfigurationError, match="needs the base model"):
        _ = HiddenStateEncoder().width
    with pytest.raises(ConfigurationError, match=r"0\.\.1"):
        HiddenStateEncoder(depth=2.0)
