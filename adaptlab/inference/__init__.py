"""Use what was trained: a sentence -> an adapter, attached, merged, saved for others, or talked to."""

from adaptlab.inference.adapter import Adapter, Attachment
from adaptlab.inference.load import AdapterGenerator, load

__all__ = ["Adapter", "AdapterGenerator", "Attachment", "load"]
