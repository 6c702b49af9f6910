"""Make families from plain settings, as files hold them: JSON -> `AdapterFamily`; no class is imported by name."""

from collections.abc import Mapping, Sequence
from typing import Any

from adaptlab.adapters.family import AdapterFamily
from adaptlab.adapters.lora import LoRA
from adaptlab.adapters.loreft import LoReFT
from adaptlab.adapters.positions import AllPositions, FirstLastPositions, Positions, PromptPositions
from adaptlab.contracts import AdapterSite
from adaptlab.errors import ConfigurationError

FAMILIES: dict[str, type[AdapterFamily]] = {family.name: family for family in (LoRA, LoReFT)}
POSITIONS: dict[str, type[Positions]] = {
    choice.__name__: choice for choice in (AllPositions, FirstLastPositions, PromptPositions)
}


def build_family(settings: Mapping[str, Any], sites: Sequence[AdapterSite]) -> AdapterFamily:
    """The family that has these `settings`, on a model with these sites.

    Raises:
        ConfigurationError: an unknown family, choice of positions, or setting.
    """
    given = dict(settings)
    family: type[AdapterFamily] = _known(FAMILIES, given.pop("family", None), "adapter family")
    try:
        if "positions" in given:
            arguments = dict(given["positions"])
            given["positions"] = _known(POSITIONS, arguments.pop("choice", None), "choice of positions")(**arguments)
        return family(sites, **given)
    except TypeError as error:
        raise ConfigurationError(f"the settings of {family.name} are not its own: {error}") from error


def _known(table: Mapping[str, Any], name: Any, kind: str) -> Any:
    if name not in table:
        raise ConfigurationError(f"no {kind} {name!r}; there are {', '.join(sorted(table))}")
    return table[name]
