"""Bind adapter parameters to a frozen model for the length of a `with` block: parameters -> adapted model."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from functools import partial
from inspect import signature
from typing import Any

import torch
from jaxtyping import Int
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint
from transformers import PreTrainedModel

from adaptlab.adapters.family import AdapterFamily, Edit
from adaptlab.contracts import AdapterParameters, AdapterSite, SiteGroup
from adaptlab.errors import ConfigurationError


class _CurrentTokens:
    """Where the tokens of the running forward pass stand in their prompts; set by a hook on the whole model."""

    def __init__(self, spans: Tensor | int, groups: Sequence[tuple[AdapterFamily, SiteGroup]]) -> None:
        self.spans = spans
        self.read_spans: Tensor | None = None
        self.groups = {group.key: (family, group) for family, group in groups}.values()
        self.chosen: dict[str, Tensor | None] = {}

    def read(self, model: nn.Module, arguments: tuple[Any, ...], named: Mapping[str, Any]) -> None:
        if arguments:
            named = {**dict(zip(signature(model.forward).parameters, arguments, strict=False)), **named}
        tokens = named.get("input_ids")
        if tokens is None:
            tokens = named["inputs_embeds"]
        batch, length = tokens.shape[:2]
        cache = named.get("cache", named.get("past_key_values"))  # its name from transformers 5.24 on, and before
        past = int(cache.get_seq_length()) if cache is not None else 0
        mask = named.get("attention_mask")
        if mask is None:
            mask = torch.ones(batch, past + length, dtype=torch.long, device=tokens.device)
        if not isinstance(mask, Tensor) or mask.ndim != 2:
            raise ConfigurationError(
                "adapters need the two-dimensional attention mask [batch, tokens]; a static cache does not leave it, a "
                "dynamic one does"
            )
        real = mask[:, : past + length].long()
        positions = torch.where(real > 0, real.cumsum(1) - 1, -1)[:, past:]
        spans = self._spans_of(batch, past, real).to(tokens.device)
        self.chosen = {group.key: family.chosen_tokens(group, positions, spans) for family, group in self.groups}

    def _spans_of(self, batch: int, past: int, real: Tensor) -> Tensor:
        """Each row's prompt span: as it was given, or what was read when the cache was empty."""
        if isinstance(self.spans, int):
            if past == 0 or self.read_spans is None:
                ends = real.sum(1)
                self.read_spans = torch.stack([ends.clamp(max=self.spans), ends], dim=1)
            given = self.read_spans
        else:
            given = self.spans
        if batch == 0 or batch % len(given):
            raise ConfigurationError(
                f"{batch} rows for {len(given)} prompts; give one row each, or k rows each in turn"
            )
        return given.repeat_interleave(batch // len(given), 0)


def _site_hook(edit: Edit, group: SiteGroup, current: _CurrentTokens) -> Any:
    def hook(_module: nn.Module, arguments: tuple[Any, ...], named: Mapping[str, Any], output: Any) -> Any:
        inputs = arguments[0] if arguments else next(iter(named.values()))
        result = output[0] if isinstance(output, tuple) else output
        chosen = current.chosen[group.key]
        edited = edit(inputs, result, None if chosen is None else chosen.to(result.device))  # layers may lie elsewhere
        return (edited, *output[1:]) if isinstance(output, tuple) else edited

    return hook


Hook = Callable[..., Any]


@contextmanager
def _hooked(hooks: Sequence[tuple[nn.Module, Hook]]) -> Iterator[None]:
    with ExitStack() as stack:
        for module, hook in hooks:
            stack.callback(module.register_forward_hook(hook, with_kwargs=True).remove)
        yield


@contextmanager
def _recomputed(layers: Sequence[nn.Module], hooks: Sequence[tuple[nn.Module, Hook]]) -> Iterator[None]:
    """Let layers keep their inputs only; the backward pass, which comes after the block, computes their insides again.

    It does so under the same hooks. A layer's own hook, on its output, is outside of what is computed again.
    """

    def contexts(
        inside: Sequence[tuple[nn.Module, Hook]],
    ) -> tuple[AbstractContextManager[None], AbstractContextManager[None]]:
        return nullcontext(), _hooked(inside)

    with ExitStack() as stack:
        for layer in layers:
            within = set(layer.modules()) - {layer}
            inside = [(module, hook) for module, hook in hooks if module in within]
            stack.callback(setattr if "forward" in vars(layer) else _forget, layer, "forward", layer.forward)
            again = partial(contexts, inside)
            layer.forward = partial(
                checkpoint, layer.forward, use_reentrant=False, preserve_rng_state=False, context_fn=again
            )
        yield


def _forget(owner: object, attribute: str, _value: object) -> None:
    delattr(owner, attribute)


@contextmanager
def attached(
    model: PreTrainedModel,
    families: Sequence[AdapterFamily],
    parameters: AdapterParameters,
    prompt_spans: Int[Tensor, "batch 2"] | int,
    recompute: Sequence[nn.Module] = (),
) -> Iterator[PreTrainedModel]:
    """Adapt the model while the block runs; whatever happens inside, the hooks are gone afterwards.

    Row i of a batch is adapted by adapter i. With k times as many rows as adapters, each adapter serves k rows in
    succession: examples of one task that share it, or beams, which is how `generate` repeats its inputs.

    Args:
        model: the frozen model.
        families: the families that the parameters belong to.
        parameters: one adapter per row, or per k rows in succession.
        prompt_spans: per row the first and one-past-last prompt position that counts for position choices, not
            counting padding; `(0, prompt length)` counts all of the prompt. An integer stands for all rows and means
            that the prompt is what the model reads with an empty cache, from this position on: right for `generate`
            with a cache, wrong where a prompt is read in pieces, or again for every new token.
        recompute: layers whose insides the backward pass computes again instead of keeping them (gradient
            checkpointing, Chen et al. 2016); the backward pass must then come after the block.

    Raises:
        ConfigurationError: the adapters cannot be shared out evenly over the prompts, or a family is missing.
    """
    if not len(parameters) or (isinstance(prompt_spans, Tensor) and prompt_spans.shape[0] % len(parameters)):
        raise ConfigurationError(
            f"{len(parameters)} adapters for {len(prompt_spans) if isinstance(prompt_spans, Tensor) else 'all'} "
            "prompts; give one each, or one for every k prompts"
        )
    with attached_edits(model, edits_of(families, parameters), prompt_spans, recompute):
        yield model


SiteEdit = tuple[AdapterFamily, SiteGroup, AdapterSite, Edit]


def edits_of(families: Sequence[AdapterFamily], parameters: AdapterParameters) -> list[SiteEdit]:
    """What parameters do at every site; made once, for any number of batches.

    Raises:
        ConfigurationError: a family of the parameters is missing.
    """
    by_name = {family.name: family for family in families}
    missing = sorted(set(parameters.families) - set(by_name))
    if missing:
        raise ConfigurationError(f"the parameters are for {', '.join(missing)}; pass that family to `attached`")
    return [
        (family, group, site, edit)
        for family, group in ((by_name[group.family], group) for group in parameters.groups)
        for site, edit in zip(group.sites, family.edits(group, parameters.factors[group.key]), strict=True)
    ]


@contextmanager
def attached_edits(
    model: PreTrainedModel,
    edits: Sequence[SiteEdit],
    prompt_spans: Int[Tensor, "batch 2"] | int,
    recompute: Sequence[nn.Module] = (),
) -> Iterator[PreTrainedModel]:
    """Hang ready edits on a model's sites while the block runs; what `attached` and routing have in common."""
    current = _CurrentTokens(prompt_spans, [(family, group) for family, group, _, _ in edits])
    hooks = [(model.get_submodule(site.path), _site_hook(edit, group, current)) for _, group, site, edit in edits]
    with ExitStack() as stack:
        stack.callback(model.register_forward_pre_hook(current.read, with_kwargs=True).remove)
        stack.enter_context(_recomputed(recompute, hooks))
        stack.enter_context(_hooked(hooks))
        yield model
