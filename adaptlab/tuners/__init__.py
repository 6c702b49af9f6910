"""Train something inside the frozen model instead of emitting adapters: the classic methods, through the same loop."""

from adaptlab.tuners.bottleneck import Bottleneck
from adaptlab.tuners.parts import BitFit, Parts
from adaptlab.tuners.peft import Peft
from adaptlab.tuners.pyreft import PyreftLoReFT
from adaptlab.tuners.tuner import Tuner

__all__ = ["BitFit", "Bottleneck", "Parts", "Peft", "PyreftLoReFT", "Tuner"]
