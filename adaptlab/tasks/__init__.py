"""What to adapt to: described tasks with examples, from the built-in suite or from elsewhere, and their prompts."""

from adaptlab.tasks.export import export_suite
from adaptlab.tasks.loaders import load_folder, load_hub, read_descriptions
from adaptlab.tasks.prompts import PromptFormat
from adaptlab.tasks.suite import builtin_suite, load_suite

__all__ = [
    "PromptFormat",
    "builtin_suite",
    "export_suite",
    "load_folder",
    "load_hub",
    "load_suite",
    "read_descriptions",
]
