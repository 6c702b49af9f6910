"""Laws of attaching: one adapter a row, the same tokens edited however the prompt is read, and nothing left behind."""

from collections.abc import Callable, Sequence
from contextlib import nullcontext

import pytest
import torch
from torch import Tensor, nn

from adaptlab.adapters import (
    AdapterFamily,
    AllPositions,
    FirstLastPositions,
    LoRA,
    LoReFT,
    Positions,
    PromptPositions,
    attached,
)
from adaptlab.basemodels import BaseModel, decoder_layers, generate_tokens, list_sites
from adaptlab.contracts import AdapterParameters
from adaptlab.errors import ConfigurationError

PROMPTS = ([11, 12, 13, 14, 15, 16, 17, 18, 19], [31, 32, 33, 34], [51, 52, 53, 54, 55, 56, 57])
SPANS = torch.tensor([[0, 9], [0, 4], [2, 6]])
STOP = 2
POSITIONS: dict[str, Callable[[], Positions]] = {
    "all": AllPositions,
    "prompt": PromptPositions,
    "first-last-tied": lambda: FirstLastPositions(2, 3),
    "first-last-untied": lambda: FirstLastPositions(2, 3, tied=False),
}
EVERY_CHOICE = pytest.mark.parametrize("positions", [make() for make in POSITIONS.values()], ids=POSITIONS)
EITHER_SIDE = pytest.mark.parametrize("side", ["left", "right"])
WAYS = pytest.mark.parametrize(
    "settings",
    [{}, {"use_cache": False}, {"num_beams": 2}, {"prefill_chunk_size": 3}],
    ids=["cached", "uncached", "beams", "chunked-prefill"],
)


def padded(side: str) -> tuple[Tensor, Tensor]:
    """The prompts' ids and attention mask, padded to the longest."""
    longest = max(map(len, PROMPTS))
    gaps = [[0] * (longest - len(prompt)) for prompt in PROMPTS]
    rows = [gap + prompt if side == "left" else prompt + gap for gap, prompt in zip(gaps, PROMPTS, strict=True)]
    ids = torch.tensor(rows)
    return ids, (ids > 0).long()


def both(base: BaseModel, positions: Positions | None = None) -> list[AdapterFamily]:
    sites = list_sites(base.model)
    lora = LoRA(sites, rank=2, targets=["q_proj", "v_proj", "down_proj"])
    return [lora, LoReFT(sites, rank=2, layers=[0, 2], positions=positions)]


def alone(base: BaseModel, families: Sequence[AdapterFamily], parameters: AdapterParameters, row: int) -> Tensor:
    """Logits of one unpadded prompt under its own adapter."""
    with attached(base.model, families, parameters[row], SPANS[row : row + 1]):
        return base.model(torch.tensor([PROMPTS[row]])).logits[0]


@torch.no_grad()
@EVERY_CHOICE
@EITHER_SIDE
def test_batch_equals_one_at_a_time(base: BaseModel, random_adapters, positions: Positions, side: str) -> None:
    families = both(base, positions)
    parameters = random_adapters(families, 3)
    ids, mask = padded(side)
    plain = base.model(input_ids=ids, attention_mask=mask).logits
    with attached(base.model, families, parameters, SPANS):
        together = base.model(input_ids=ids, attention_mask=mask).logits
    for row in range(3):
        real = mask[row] > 0
        torch.testing.assert_close(together[row, real], alone(base, families, parameters, row), atol=1e-5, rtol=0)
        assert (together[row, real] - plain[row, real]).abs().max() > 0.1


@torch.no_grad()
@pytest.mark.parametrize("which", [0, 1], ids=["lora", "loreft"])
def test_each_family_alone_and_both_differ(base: BaseModel, random_adapters, which: int) -> None:
    families = both(base)
    parameters = random_adapters(families, 3)
    groups = tuple(group for group in parameters.groups if group.family == families[which].name)
    part = AdapterParameters(groups, {group.key: parameters.factors[group.key] for group in groups})
    one, two = (alone(base, families, adapters, 0) for adapters in (part, parameters))
    assert (one - two).abs().max() > 0.05
    assert (one - base.model(torch.tensor([PROMPTS[0]])).logits[0]).abs().max() > 0.05


def greedy(
    base: BaseModel,
    families: Sequence[AdapterFamily],
    parameters: AdapterParameters,
    rows: Sequence[int],
    **settings: object,
) -> list[list[int]]:
    """Six new tokens for each of some prompts, under their own adapters."""
    ids, mask = padded("left")
    ids, mask = ids[rows], mask[rows]
    start = int(mask.any(0).nonzero()[0])
    index = torch.tensor(rows)
    with attached(base.model, families, parameters[index], SPANS[index]):
        found = generate_tokens(base.model, ids[:, start:], mask[:, start:], 6, [STOP], **settings)
    return [row + [STOP] * (6 - len(row)) for row in found.tolist()]


@WAYS
@pytest.mark.parametrize(
    "positions", [POSITIONS[name]() for name in ("all", "first-last-untied")], ids=["all", "first-last"]
)
def test_generation_in_a_batch_equals_one_at_a_time(
    base: BaseModel, random_adapters, positions: Positions, settings: dict[str, object]
) -> None:
    families = both(base, positions)
    parameters = random_adapters(families, 3)
    together = greedy(base, families, parameters, [0, 1, 2], **settings)
    assert together == [greedy(base, families, parameters, [row], **settings)[0] for row in range(3)]
    if "num_beams" not in settings:
        assert together == greedy(base, families, parameters, [0, 1, 2])
    assert together != greedy(base, families, parameters[torch.tensor([1, 2, 0])], [0, 1, 2], **settings)


class Watched(Positions):
    """Another choice of positions that notes which ones were chosen in each row of the batch."""

    def __init__(self, inner: Positions, rows: int) -> None:
        self.inner, self.sides = inner, inner.sides
        self.edited: dict[str, list[set[int]]] = {side: [set() for _ in range(rows)] for side in self.sides}

    def choose(self, positions: Tensor, spans: Tensor, side: str) -> Tensor:
        chosen = self.inner.choose(positions, spans, side)
        for row, (where, picked) in enumerate(zip(positions, chosen, strict=True)):
            self.edited[side][row] |= set(where[picked].tolist())
        return chosen


def prompt_edits(base: BaseModel, inner: Positions, run: Callable[[], object], adapters) -> dict[str, list[set[int]]]:
    """Positions before each prompt's end that were edited while `run` ran."""
    watched = Watched(inner, 3)
    family = LoReFT(list_sites(base.model), rank=2, positions=watched)
    with attached(base.model, [family], adapters([family], 3), SPANS):
        run()
    return {
        side: [{p for p in row if p < len(PROMPTS[i])} for i, row in enumerate(rows)]
        for side, rows in watched.edited.items()
    }


@EVERY_CHOICE
def test_same_tokens_are_edited_however_the_prompt_is_read(
    base: BaseModel, random_adapters, positions: Positions
) -> None:
    left, right = padded("left"), padded("right")

    def generation(**settings: object) -> Callable[[], object]:
        return lambda: generate_tokens(base.model, *left, 4, [STOP], **settings)

    ways = {
        "left": lambda: base.model(input_ids=left[0], attention_mask=left[1]),
        "right": lambda: base.model(input_ids=right[0], attention_mask=right[1]),
        "cached": generation(),
        "uncached": generation(use_cache=False),
        "chunked": generation(prefill_chunk_size=3),
    }
    found = {way: prompt_edits(base, positions, run, random_adapters) for way, run in ways.items()}
    first = {"first": [{0, 1}, {0, 1}, {2, 3}], "last": [{6, 7, 8}, {2, 3}, {4, 5}]}
    expected = {
        AllPositions: {"": [set(range(9)), set(range(4)), {2, 3, 4, 5, 6}]},
        PromptPositions: {"": [set(range(9)), set(range(4)), {2, 3, 4, 5}]},
        FirstLastPositions: first
        if "first" in positions.sides
        else {"": [one | other for one, other in zip(*first.values(), strict=True)]},
    }[type(positions)]
    assert found == dict.fromkeys(ways, expected)


@torch.no_grad()
def test_permuting_the_batch_permutes_the_result(base: BaseModel, random_adapters) -> None:
    families = both(base)
    parameters = random_adapters(families, 3)
    ids, mask = padded("right")
    order = torch.tensor([2, 0, 1])
    results = []
    for index in (torch.arange(3), order):
        with attached(base.model, families, parameters[index], SPANS[index]):
            results.append(base.model(input_ids=ids[index], attention_mask=mask[index]).logits)
    torch.testing.assert_close(results[1], results[0][order], atol=1e-6, rtol=0)


@torch.no_grad()
def test_no_attention_mask_means_no_padding(llama: BaseModel, random_adapters) -> None:
    families = both(llama)
    ids = torch.tensor([PROMPTS[0]])
    with attached(llama.model, families, random_adapters(families, 1), SPANS[:1]):
        without = llama.model(ids).logits
        embedded = llama.model(inputs_embeds=llama.model.get_input_embeddings()(ids)).logits
        assert torch.equal(llama.model(ids, attention_mask=torch.ones_like(ids)).logits, without)
        torch.testing.assert_close(embedded, without)


def forwards(model: nn.Module) -> dict[str, object]:
    return {name: module.forward for name, module in model.named_modules()}


def leftovers(model: nn.Module) -> list[str]:
    kinds = ("_forward_hooks", "_forward_pre_hooks", "_forward_hooks_with_kwargs", "_forward_pre_hooks_with_kwargs")
    return [name for name, module in model.named_modules() if any(getattr(module, kind) for kind in kinds)]


@pytest.mark.parametrize("failure", [None, "forward", "block"])
def test_nothing_is_left_behind_even_after_an_error(base: BaseModel, random_adapters, failure: str | None) -> None:
    families = both(base, FirstLastPositions(2, 2, tied=False))
    ids, mask = padded("left")
    before, functions = base.model(ids, attention_mask=mask).logits, forwards(base.model)
    weights = {name: value.clone() for name, value in base.model.state_dict().items()}
    raised = False
    try:
        with attached(base.model, families, random_adapters(families, 3), SPANS):
            assert (base.model(ids, attention_mask=mask).logits - before).abs().max() > 0.1
            if failure == "forward":
                base.model(ids + 10**6)
            if failure == "block":
                raise IndexError("inside the block")
    except IndexError:
        raised = True
    assert raised == (failure is not None)
    assert forwards(base.model) == functions
    assert not leftovers(base.model)
    assert all(torch.equal(value, weights[name]) for name, value in base.model.state_dict().items())
    assert torch.equal(base.model(ids, attention_mask=mask).logits, before)


def test_number_of_adapters_must_be_that_of_the_prompts(llama: BaseModel, random_adapters) -> None:
    families = both(llama)
    with (
        pytest.raises(ConfigurationError, match="2 adapters for 3 prompts"),
        attached(llama.model, families, random_adapters(families, 2), SPANS),
    ):
        pass
    assert not leftovers(llama.model)


@pytest.mark.parametrize("rows", [1, 2, 4])
def test_model_refuses_rows_that_are_no_multiple_of_the_adapters(llama: BaseModel, random_adapters, rows: int) -> None:
    families = both(llama)
    with (
        pytest.raises(ConfigurationError, match="3"),
        attached(llama.model, families, random_adapters(families, 3), SPANS),
    ):
        llama.model(torch.full((rows, 9), 7))


def test_missing_family_is_named(llama: BaseModel, random_adapters) -> None:
    families = both(llama)
    with (
        pytest.raises(ConfigurationError, match="the parameters are for loreft"),
        attached(llama.model, families[:1], random_adapters(families, 3), SPANS),
    ):
        pass


def test_four_dimensional_mask_is_refused(llama: BaseModel, random_adapters) -> None:
    families = both(llama)
    with (
        attached(llama.model, families, random_adapters(families, 1), SPANS[:1]),
        pytest.raises(ConfigurationError, match="two-dimensional"),
    ):
        llama.model(torch.tensor([PROMPTS[0]]), attention_mask=torch.ones(1, 1, 9, 9))


@torch.no_grad()
@EVERY_CHOICE
def test_rows_in_succession_may_share_an_adapter(base: BaseModel, random_adapters, positions: Positions) -> None:
    families = both(base, positions)
    shared = random_adapters(families, 3)
    ids, mask = padded("right")
    ids, mask, spans = (tensor.repeat_interleave(2, 0) for tensor in (ids, mask, SPANS))
    spans[1, 1] -= 1
    with attached(base.model, families, shared, spans):
        together = base.model(input_ids=ids, attention_mask=mask).logits
    with attached(base.model, families, shared[torch.arange(3).repeat_interleave(2)], spans):
        apart = base.model(input_ids=ids, attention_mask=mask).logits
    torch.testing.assert_close(together, apart, atol=1e-5, rtol=0)


def gradients(
    base: BaseModel, families: Sequence[AdapterFamily], parameters: AdapterParameters, again: bool
) -> list[Tensor]:
    """Gradients of the factors, the backward pass coming after the block."""
    ids, mask = padded("right")
    leaves = [factor.requires_grad_() for group in parameters.factors.values() for _, factor in sorted(group.items())]
    layers = tuple(decoder_layers(base.model)[1]) if again else ()
    with attached(base.model, families, parameters, SPANS, recompute=layers):
        logits = base.model(input_ids=ids, attention_mask=mask, use_cache=False).logits
    (logits.float() ** 2).mean().backward()
    found = [leaf.grad.clone() for leaf in leaves if leaf.grad is not None]
    assert len(found) == len(leaves)
    return found


def test_recomputing_layers_changes_no_gradient(base: BaseModel, random_adapters) -> None:
    families = both(base)
    kept = gradients(base, families, random_adapters(families, 3), again=False)
    again = gradients(base, families, random_adapters(families, 3), again=True)
    assert all(float(gradient.abs().max()) > 0 for gradient in kept)
    for one, other in zip(kept, again, strict=True):
        torch.testing.assert_close(one, other, atol=1e-6, rtol=1e-5)


def test_recomputing_layers_keeps_less_for_the_backward_pass(llama: BaseModel, random_adapters) -> None:
    families = both(llama)
    kept: dict[bool, int] = {}
    for again in (False, True):
        kept[again] = 0

        def pack(tensor: Tensor, again: bool = again) -> Tensor:
            kept[again] += tensor.numel()
            return tensor

        ids, mask = padded("right")
        parameters = random_adapters(families, 3)
        for group in parameters.factors.values():
            for factor in group.values():
                factor.requires_grad_()
        layers = tuple(decoder_layers(llama.model)[1]) if again else ()
        saving = torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor)
        with saving, attached(llama.model, families, parameters, SPANS, recompute=layers):
            llama.model(input_ids=ids, attention_mask=mask, use_cache=False)
    assert kept[True] < kept[False]


@pytest.mark.parametrize("fails", [False, True])
def test_recomputing_leaves_every_forward_as_it_was(llama: BaseModel, random_adapters, fails: bool) -> None:
    families = both(llama)
    layers = tuple(decoder_layers(llama.model)[1])
    with (
        pytest.raises(IndexError) if fails else nullcontext(),
        attached(llama.model, families, random_adapters(families, 3), SPANS, recompute=layers),
    ):
        ids, mask = padded("right")
        llama.model(input_ids=ids + (10**6 if fails else 0), attention_mask=mask)
    assert not any("forward" in vars(module) or module._forward_hooks for module in llama.model.modules())


def test_a_mask_counts_wherever_it_stands(llama: BaseModel, random_adapters) -> None:
    family = LoReFT(list_sites(llama.model), rank=2)
    tokens, mask = torch.tensor([[0, 0, 5, 6, 7]]), torch.tensor([[0, 0, 1, 1, 1]])
    with torch.no_grad(), attached(llama.model, [family], random_adapters([family], 1), 0):
        named = llama.model(input_ids=tokens, attention_mask=mask).logits
        assert torch.equal(llama.model(tokens, mask).logits, named)
