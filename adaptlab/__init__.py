"""Compare weight adaptation with representation adaptation: a sentence becomes an adapter of a frozen language model.

`adaptlab.load(checkpoint).adapter("description")` is the way in from Python; `adaptlab --help` from the command line.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from adaptlab.inference import Adapter, AdapterGenerator, load

__all__ = ["Adapter", "AdapterGenerator", "load"]


def __getattr__(name: str) -> Any:
    """Import what is asked for, when it is: the command line starts without loading torch."""
    if name in __all__:
        from adaptlab import inference

        return getattr(inference, name)
    raise AttributeError(f"module 'adaptlab' has no attribute {name!r}")
