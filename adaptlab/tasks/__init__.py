"""What to adapt to: described tasks with examples, from the built-in suite or from folders, and their prompts."""

from adaptlab.tasks.loaders import load_folder
from adaptlab.tasks.prompts import PromptFormat
from adaptlab.tasks.suite import builtin_suite, load_suite

__all__ = ["PromptFormat", "builtin_suite", "load_folder", "load_suite"]
