"""Bind adapter parameters to a frozen model for the length of a `with` block: parameters -> adapted model."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import torch
from jaxtyping import Int
from torch import Tensor, nn
from transformers import PreTrainedModel

from adaptlab.adapters.family import AdapterFamily, Edit
from adaptlab.contracts import AdapterParameters, SiteGroup
from adaptlab.errors import ConfigurationError


class _CurrentTokens:
    """Where the tokens of the running forward pass stand in their prompts; set by a hook on the whole model."""

    def __init__(self, spans: Tensor, groups: Sequence[tuple[AdapterFamily, SiteGroup]]) -> None:
        self.spans = spans
        self.groups = groups
        self.chosen: dict[str, Tensor | None] = {}

    def read(self, _model: nn.Module, arguments: tuple[Any, ...], named: Mapping[str, Any]) -> None:
        tokens = named.get("input_ids")
        if tokens is None:
            tokens = named.get("inputs_embeds")
        if tokens is None:
            tokens = arguments[0]
        batch, length = tokens.shape[:2]
        adapters = self.spans.shape[0]
        if batch == 0 or batch % adapters:
            raise ConfigurationError(f"{batch} rows for {adapters} adapters; give one row each, or k rows each in turn")
        cache = named.get("past_key_values")
        past = int(cache.get_seq_length()) if cache is not None else 0
        mask = named.get("attention_mask")
        if mask is None:
            mask = torch.ones(batch, past + length, dtype=torch.long, device=tokens.device)
        if mask.ndim != 2:
            raise ConfigurationError("adapters need the two-dimensional attention mask [batch, tokens]")
        real = mask[:, : past + length].long()
        positions = torch.where(real > 0, real.cumsum(1) - 1, -1)[:, past:]
        spans = self.spans.to(tokens.device).repeat_interleave(batch // adapters, 0)
        self.chosen = {group.key: family.chosen_tokens(group, positions, spans) for family, group in self.groups}


def _site_hook(edit: Edit, group: SiteGroup, current: _CurrentTokens) -> Any:
    def hook(_module: nn.Module, arguments: tuple[Any, ...], named: Mapping[str, Any], output: Any) -> Any:
        inputs = arguments[0] if arguments else next(iter(named.values()))
        if isinstance(output, tuple):
            return (edit(inputs, output[0], current.chosen[group.key]), *output[1:])
        return edit(inputs, output, current.chosen[group.key])

    return hook


@contextmanager
def attached(
    model: PreTrainedModel,
    families: Sequence[AdapterFamily],
    parameters: AdapterParameters,
    prompt_spans: Int[Tensor, "batch 2"],
) -> Iterator[PreTrainedModel]:
    """Adapt the model while the block runs; whatever happens inside, the hooks are gone afterwards.

    Row i of a batch is adapted by adapter i. When the model sees k times as many rows, as in beam search, each
    adapter serves k rows in succession, which is how `generate` repeats its inputs.

    Args:
        model: the frozen model.
        families: the families that the parameters belong to.
        parameters: one adapter per row.
        prompt_spans: per row the first and one-past-last prompt position that counts for position choices, not
            counting padding; `(0, prompt length)` counts all of the prompt.

    Raises:
        ConfigurationError: rows and adapters differ in number, or a family is missing.
    """
    if len(parameters) != prompt_spans.shape[0]:
        raise ConfigurationError(f"{len(parameters)} adapters for {prompt_spans.shape[0]} prompts; give one each")
    by_name = {family.name: family for family in families}
    missing = sorted(set(parameters.families) - set(by_name))
    if missing:
        raise ConfigurationError(f"the parameters are for {', '.join(missing)}; pass that family to `attached`")
    owned = [(by_name[group.family], group) for group in parameters.groups]
    current = _CurrentTokens(prompt_spans, owned)
    with ExitStack() as stack:
        stack.callback(model.register_forward_pre_hook(current.read, with_kwargs=True).remove)
        for family, group in owned:
            for site, edit in zip(group.sites, family.edits(group, parameters.factors[group.key]), strict=True):
                module = model.get_submodule(site.path)
                hook = _site_hook(edit, group, current)
                stack.callback(module.register_forward_hook(hook, with_kwargs=True).remove)
        yield model
