"""Laws of running the frozen model: logits at target positions, greedy continuations."""

from unittest.mock import patch

import pytest
import torch
from torch import Tensor

from adaptlab.adapters import LoRA, LoReFT, attached
from adaptlab.basemodels import BaseModel, generate_tokens, list_sites, target_logits

MASK = torch.tensor([[1] * 7 + [0] * 2, [1] * 9, [1] * 4 + [0] * 5])
TARGETS = torch.tensor([[0, 0, 0, 0, 1, 1, 0, 0, 0], [0, 0, 0, 0, 0, 0, 0, 1, 0], [1, 1, 1, 0, 0, 0, 0, 0, 0]]).bool()


@pytest.fixture
def ids(base: BaseModel) -> Tensor:
    return torch.randint(3, base.model.config.vocab_size, MASK.shape) * MASK


def test_target_logits_are_the_full_logits_at_those_positions(base: BaseModel, ids: Tensor) -> None:
    full = base.model(input_ids=ids, attention_mask=MASK).logits
    found = target_logits(base.model, ids, MASK, TARGETS)
    assert found.shape == (6, base.model.config.vocab_size)
    torch.testing.assert_close(found, full[TARGETS], atol=1e-5, rtol=0)


def test_soft_capping_of_gemma_is_kept(ids: Tensor, base: BaseModel) -> None:
    cap = getattr(base.model.config, "final_logit_softcapping", None)
    if cap is None:
        assert base.model.config.model_type != "gemma2"
        return
    hidden = base.model.model(input_ids=ids, attention_mask=MASK).last_hidden_state
    raw = base.model.get_output_embeddings()(hidden)[TARGETS]
    found = target_logits(base.model, ids, MASK, TARGETS)
    assert (found - raw).abs().max() > 1e-3
    torch.testing.assert_close(found, cap * torch.tanh(raw / cap), atol=1e-5, rtol=0)


def test_target_logits_have_the_gradient_of_the_full_logits(base: BaseModel, ids: Tensor, random_adapters) -> None:
    sites = list_sites(base.model)
    families = [LoRA(sites, rank=2), LoReFT(sites, rank=2)]
    parameters = random_adapters(families, 3)
    leaves = [value.requires_grad_() for factors in parameters.factors.values() for value in factors.values()]
    weights = torch.randn(6, base.model.config.vocab_size)
    gradients = []
    for only_targets in (True, False):
        with attached(base.model, families, parameters, torch.tensor([[0, 4], [0, 7], [0, 1]])):
            if only_targets:
                logits = target_logits(base.model, ids, MASK, TARGETS)
            else:
                logits = base.model(input_ids=ids, attention_mask=MASK).logits[TARGETS]
        gradients.append(torch.autograd.grad((logits * weights).sum(), leaves))
    assert all(gradient.abs().max() > 0 for gradient in gradients[1])
    for found, expected in zip(*gradients, strict=True):
        torch.testing.assert_close(found, expected, atol=1e-5 * float(expected.abs().max()), rtol=1e-4)


def test_output_head_is_left_as_it_was_even_after_an_error(llama: BaseModel) -> None:
    head = llama.model.get_output_embeddings()
    ids = torch.full((3, 9), 5)
    target_logits(llama.model, ids, MASK, TARGETS)
    assert not head._forward_pre_hooks
    with pytest.raises(IndexError):
        target_logits(llama.model, ids + 10**6, MASK, TARGETS)
    assert not head._forward_pre_hooks


@torch.no_grad()
def test_generation_takes_the_likeliest_token_until_a_stop_token(base: BaseModel) -> None:
    prompt = torch.tensor([[5, 6, 7, 8, 9]])
    sequence = prompt
    for _ in range(6):
        sequence = torch.cat([sequence, base.model(sequence).logits[:, -1:].argmax(-1)], 1)
    expected = sequence[0, 5:].tolist()
    found = generate_tokens(base.model, prompt, torch.ones_like(prompt), 6, [2])
    assert found[0].tolist() == expected
    with patch.object(base.model.generation_config, "repetition_penalty", 9.0):  # some models ask for one
        assert generate_tokens(base.model, prompt, torch.ones_like(prompt), 6, [2])[0].tolist() == expected
    stop = expected[2]
    found = generate_tokens(base.model, prompt, torch.ones_like(prompt), 6, [2, stop])
    assert found[0].tolist() == expected[: expected.index(stop) + 1]


def test_finished_rows_are_padded_with_the_stop_token(base: BaseModel) -> None:
    ids = torch.tensor([[0, 0, 5, 6, 7], [8, 9, 10, 11, 12]])
    mask = (ids > 0).long()
    free = generate_tokens(base.model, ids, mask, 6, [2]).tolist()
    stop = next(token for token in free[0] if token not in free[1])
    found = generate_tokens(base.model, ids, mask, 6, [stop]).tolist()
    end = free[0].index(stop)
    assert found[0] == free[0][:end] + [stop] * (6 - end)
    assert found[1] == free[1]


def test_generation_gives_the_head_whole_rows_and_leaves_it_as_it_was(llama: BaseModel) -> None:
    """A strided input makes torch copy the head once per row on a CPU, half of the time of answering."""
    head, seen = llama.model.get_output_embeddings(), []
    watching = head.register_forward_hook(lambda _module, arguments, _output: seen.append(arguments[0].is_contiguous()))
    try:
        generate_tokens(llama.model, torch.full((3, 9), 5), torch.ones(3, 9, dtype=torch.long), 2, [1])
    finally:
        watching.remove()
    assert seen
    assert all(seen)
    assert not head._forward_pre_hooks
