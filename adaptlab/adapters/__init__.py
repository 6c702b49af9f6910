"""Turn adapter parameters into a changed computation, by weights (LoRA) or by representations (LoReFT)."""

from adaptlab.adapters.attach import attached
from adaptlab.adapters.build import build_family
from adaptlab.adapters.cayley import anchor, horizontal_cayley, horizontal_inverse
from adaptlab.adapters.family import AdapterFamily, Effect
from adaptlab.adapters.library import AdapterLibrary, BaseModelName
from adaptlab.adapters.lora import LoRA, balanced
from adaptlab.adapters.loreft import LoReFT
from adaptlab.adapters.merge import merge, unmerge
from adaptlab.adapters.positions import AllPositions, FirstLastPositions, Positions, PromptPositions
from adaptlab.adapters.storing import sites_from_json, sites_of

__all__ = [
    "AdapterFamily",
    "AdapterLibrary",
    "AllPositions",
    "BaseModelName",
    "Effect",
    "FirstLastPositions",
    "LoRA",
    "LoReFT",
    "Positions",
    "PromptPositions",
    "anchor",
    "attached",
    "balanced",
    "build_family",
    "horizontal_cayley",
    "horizontal_inverse",
    "merge",
    "sites_from_json",
    "sites_of",
    "unmerge",
]
