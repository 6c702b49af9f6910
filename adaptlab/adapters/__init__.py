"""Turn adapter parameters into a changed computation, by weights (LoRA) or by representations (LoReFT)."""

from adaptlab.adapters.attach import attached
from adaptlab.adapters.cayley import anchor, horizontal_cayley
from adaptlab.adapters.family import AdapterFamily
from adaptlab.adapters.lora import LoRA
from adaptlab.adapters.loreft import LoReFT
from adaptlab.adapters.positions import AllPositions, FirstLastPositions, Positions, PromptPositions

__all__ = [
    "AdapterFamily",
    "AllPositions",
    "FirstLastPositions",
    "LoRA",
    "LoReFT",
    "Positions",
    "PromptPositions",
    "anchor",
    "attached",
    "horizontal_cayley",
]
