"""Laws of the shared adapter: one for all tasks, the identity at first, trained by all."""

import torch

from adaptlab.adapters import LoRA, LoReFT, attached
from adaptlab.basemodels import BaseModel, list_sites
from adaptlab.hypernetworks import SharedAdapter


def test_every_task_gets_the_same_adapter(llama: BaseModel, context_for) -> None:
    sites = list_sites(llama.model)
    shared = SharedAdapter(context_for([LoRA(sites, 2), LoReFT(sites, 2)]))
    emitted = shared(torch.randn(3, 6))
    assert len(emitted) == 3
    for factors in emitted.factors.values():
        for value in factors.values():
            assert torch.equal(value[0], value[1])
            assert torch.equal(value[0], value[2])


def test_start_is_the_identity_and_the_gradient_gets_through(base: BaseModel, context_for) -> None:
    sites = list_sites(base.model)
    families = [LoRA(sites, 2), LoReFT(sites, 2)]
    shared = SharedAdapter(context_for(families))
    ids = torch.tensor([[5, 6, 7, 8], [9, 10, 11, 12]])
    with attached(base.model, families, shared(torch.randn(2, 6)), torch.tensor([[0, 4], [0, 4]])):
        adapted = base.model(ids).logits
    assert torch.equal(adapted, base.model(ids).logits)
    adapted.logsumexp(-1).sum().backward()
    moved = {name.rpartition("_")[2] for name, value in shared.named_parameters() if value.grad.any()}
    assert moved == {"B", "D", "b"}


def test_parameters_are_those_of_one_task(llama: BaseModel, context_for) -> None:
    shared = SharedAdapter(context_for([LoRA(list_sites(llama.model), 2, targets=["q_proj", "v_proj"])]))
    trained = sum(value.numel() for value in shared.parameters())
    assert trained == shared(torch.randn(5, 6)).parameters_per_task == 3 * 2 * (32 + 32 + 32 + 16)


def test_two_shared_adapters_of_one_context_do_not_share_storage(llama: BaseModel, context_for) -> None:
    context = context_for([LoRA(list_sites(llama.model), 2)])
    first, second = SharedAdapter(context), SharedAdapter(context)
    with torch.no_grad():
        for parameter in first.parameters():
            parameter.add_(1)
    assert not any(torch.equal(one, other) for one, other in zip(first.parameters(), second.parameters(), strict=True))
