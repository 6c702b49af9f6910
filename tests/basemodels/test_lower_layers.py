"""Laws of running a model in two parts: the parts make the whole, and nothing is left behind."""

import pytest
import torch

from adaptlab.basemodels import BaseModel, decoder_layers, starting_at, states_below

IDS = torch.tensor([[11, 12, 13, 14, 15], [31, 32, 33, 0, 0]])
MASK = (IDS > 0).long()


@torch.no_grad()
@pytest.mark.parametrize("layer", [1, 2])
def test_the_two_parts_give_what_the_whole_gives(base: BaseModel, layer: int) -> None:
    whole = base.model(input_ids=IDS, attention_mask=MASK, use_cache=False).logits
    states = states_below(base.model, layer, IDS, MASK)
    with starting_at(base.model, layer, states):
        parts = base.model(input_ids=IDS, attention_mask=MASK, use_cache=False).logits
    with starting_at(base.model, layer, 2 * states):
        other = base.model(input_ids=IDS, attention_mask=MASK, use_cache=False).logits
    assert torch.equal(parts, whole)
    assert not torch.allclose(other, whole)


def test_every_forward_is_as_it_was(llama: BaseModel) -> None:
    states = states_below(llama.model, 1, IDS, MASK)
    with pytest.raises(RuntimeError, match="on purpose"), starting_at(llama.model, 1, states):
        raise RuntimeError("on purpose")
    for layer in decoder_layers(llama.model)[1]:
        assert "forward" not in vars(layer)
        assert not layer._forward_pre_hooks
