"""Exchange adapters with PEFT and pyreft, and keep them in a format of our own: `AdapterParameters` <-> a folder."""

from adaptlab.adapters.interchange.own import SavedAdapter, read_adapter, write_adapter
from adaptlab.adapters.interchange.peft import peft_settings, read_peft, write_peft
from adaptlab.adapters.interchange.pyreft import pyreft_settings, read_pyreft, write_pyreft

__all__ = [
    "SavedAdapter",
    "peft_settings",
    "pyreft_settings",
    "read_adapter",
    "read_peft",
    "read_pyreft",
    "write_adapter",
    "write_peft",
    "write_pyreft",
]
