"""Put adapters into named tensors and back: `AdapterParameters` <-> what a safetensors file holds.

Tensors go by `family/module_type/factor` and are as `AdapterFamily.stored` gives them, `[layers, rows, width]`.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from adaptlab.adapters.family import AdapterFamily
from adaptlab.adapters.loreft import LoReFT
from adaptlab.contracts import AdapterParameters, AdapterSite, SiteGroup

WIDEST, DEEPEST = 2**20, 10_000
_PATH = re.compile(r"\w+(\.\w+)*")


def sorted_groups(families: Sequence[AdapterFamily]) -> tuple[SiteGroup, ...]:
    """What families adapt together, in sorted order."""
    return tuple(sorted((group for family in families for group in family.groups), key=lambda one: one.key))


def sites_of(families: Sequence[AdapterFamily]) -> list[AdapterSite]:
    """The sites that families adapt, each once, in sorted order."""
    return sorted({site for group in sorted_groups(families) for site in group.sites})


def sites_from_json(listed: Sequence[Mapping[str, Any]]) -> tuple[AdapterSite, ...]:
    """Sites as a file lists them.

    Raises:
        ValueError: one has a width, layer or path that no model has.
        TypeError: one lacks a field.
    """
    sites = tuple(sorted(AdapterSite(**site) for site in listed))
    for site in sites:
        numbers = (site.layer, site.in_width, site.out_width)
        names = (site.module_type, site.path)
        if not all(type(number) is int for number in numbers) or not all(_PATH.fullmatch(name) for name in names):
            raise ValueError(f"{site} is no site of a model")
        if not 0 <= site.layer < DEEPEST or not (0 < site.in_width <= WIDEST and 0 < site.out_width <= WIDEST):
            raise ValueError(f"{site} is larger than any model's")
    return sites


def to_tensors(families: Sequence[AdapterFamily], parameters: AdapterParameters) -> dict[str, Tensor]:
    """One task's adapter as it is written."""
    tensors: dict[str, Tensor] = {}
    for family in families:
        for group in family.groups:
            stored = family.stored(group, parameters.factors[group.key])
            for factor, value in stored.items():
                tensors[f"{group.key}/{factor}"] = value[0].detach().cpu().contiguous()
    return tensors


def from_tensors(
    families: Sequence[AdapterFamily], read: Sequence[Mapping[str, Tensor]], canonical: bool = True
) -> AdapterParameters:
    """The adapters of some tasks, from what was written of each; in the canonical gauge or in that of the files."""
    factors = {}
    for family in families:
        for group in family.groups:
            own = [key for key in read[0] if key.rpartition("/")[0] == group.key]
            stacked = {key.rpartition("/")[2]: torch.stack([tensors[key] for tensors in read]) for key in own}
            factors[group.key] = family.from_stored(group, stacked, canonical)
    return AdapterParameters(sorted_groups(families), factors)


def tensor_shapes(families: Sequence[AdapterFamily]) -> dict[str, tuple[int, ...]]:
    """The shapes of what `to_tensors` gives."""
    shapes: dict[str, tuple[int, ...]] = {}
    for family in families:
        for group in family.groups:
            zeros = {f.name: torch.zeros(1, len(group.sites), f.rows, f.width) for f in group.factors}
            stored = family.stored(group, zeros)
            shapes |= {f"{group.key}/{factor}": tuple(value.shape[1:]) for factor, value in stored.items()}
    return shapes


def refuse_claims(families: Sequence[Mapping[str, Any]], sites: Sequence[AdapterSite], most: int) -> None:
    """Stop before families are made that would hold more numbers than a file can have.

    Args:
        families: their settings.
        sites: what they may adapt.
        most: how many numbers there can be.

    Raises:
        ValueError: there are more, or there is no family or two of one kind.
        TypeError: a rank is no whole number.
        KeyError: a family lacks its rank or its targets.
    """
    kinds = [settings["family"] for settings in families]
    if not kinds or len(set(kinds)) != len(kinds):
        raise ValueError(f"the families are {', '.join(map(str, kinds)) or 'none'}; each kind is there once")
    claimed = 0
    for settings in families:
        if type(settings["rank"]) is not int:
            raise TypeError(f"the rank {settings['rank']!r} is no whole number")
        if settings["rank"] < 1:
            raise ValueError(f"the rank {settings['rank']} is less than 1")
        targets = ["block"] if settings["family"] == LoReFT.name else settings["targets"]
        layers = settings.get("layers")
        widths = [
            site.in_width + site.out_width
            for site in sites
            if site.module_type in targets and (layers is None or site.layer in layers)
        ]
        claimed += settings["rank"] * sum(widths)
    if claimed > most:
        raise ValueError(f"it claims {claimed:,} values, more than its files hold")


def by_path(factors: Mapping[str, Mapping[str, Tensor]]) -> dict[str, Tensor]:
    """Factors of groups as one mapping, by `group/factor`."""
    return {f"{key}/{name}": value for key, values in factors.items() for name, value in values.items()}


def not_finite(tensors: Mapping[str, Tensor]) -> str:
    """Name of the first tensor with a value that is not finite, or an empty text."""
    return min((key for key, value in tensors.items() if not bool(torch.isfinite(value).all())), default="")
