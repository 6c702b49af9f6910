"""Collect what the sites of a frozen model meet: prompts of some tasks -> hidden states of each site."""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from adaptlab.adapters import AdapterFamily
from adaptlab.adapters.attach import attached_edits
from adaptlab.basemodels import BaseModel
from adaptlab.contracts import SiteGroup, Task
from adaptlab.tasks import PromptFormat

BATCH = 32


@torch.no_grad()
def site_states(
    base: BaseModel, families: Sequence[AdapterFamily], tasks: Sequence[Task], count: int, prompt: PromptFormat
) -> dict[str, Float[Tensor, "layers samples width"]]:
    """Values that edits would read, at the tokens that they would edit, in the unadapted model.

    Args:
        base: the frozen model.
        families: whose sites.
        tasks: whose first train examples, after those that prompts show, are the prompts, equally many of each.
        count: how many values of each site are kept, evenly spread over all that there are.
        prompt: how prompts are laid out.
    """
    per_task = max(1, -(-BATCH // len(tasks)))
    texts = [
        prompt.render(example.input, base.tokenizer, task.descriptions[0], task.splits["train"][: prompt.shots])
        for task in tasks
        for example in task.splits["train"][prompt.shots :][:per_task]
    ]
    kept: dict[tuple[str, int], list[Tensor]] = {}

    def recorder(family: AdapterFamily, key: str, index: int) -> Any:
        def record(inputs: Tensor, output: Tensor, chosen: Tensor | None) -> Tensor:
            values = output if family.reads_output else inputs
            where = mask if chosen is None else mask & chosen
            kept.setdefault((key, index), []).append(values[where].float())
            return output

        return record

    edits = [
        (family, group, site, recorder(family, group.key, index))
        for family in families
        for group in family.groups
        for index, site in enumerate(group.sites)
    ]
    start = prompt.prompt_start(base.tokenizer)
    for first in range(0, len(texts), BATCH):
        ids = [prompt.token_ids(text, base.tokenizer) for text in texts[first : first + BATCH]]
        longest = max(len(row) for row in ids)
        pad = base.tokenizer.pad_token_id
        input_ids = torch.tensor([[*row, *[pad] * (longest - len(row))] for row in ids])
        mask = torch.tensor([[True] * len(row) + [False] * (longest - len(row)) for row in ids])
        spans = torch.tensor([[min(start, len(row)), len(row)] for row in ids])
        with attached_edits(base.model, edits, spans):
            base.model(input_ids=input_ids, attention_mask=mask.long(), use_cache=False, logits_to_keep=1)
    return {group.key: _spread(kept, group, count) for family in families for group in family.groups}


def _spread(
    kept: Mapping[tuple[str, int], Sequence[Tensor]], group: SiteGroup, count: int
) -> Float[Tensor, "layers samples width"]:
    """Some of the values of each site, evenly spread over all."""
    sites = [torch.cat(list(kept[group.key, index])) for index in range(len(group.sites))]
    picked = torch.linspace(0, len(sites[0]) - 1, min(count, len(sites[0]))).long()
    return torch.stack([values[picked] for values in sites])
