"""Generate adapter parameters from task conditions: a shared hypernetwork, or free parameters."""

from adaptlab.hypernetworks.generator import Generator, GeneratorContext
from adaptlab.hypernetworks.hypernetwork import Hypernetwork
from adaptlab.hypernetworks.shared import FixedAdapter, SharedAdapter
from adaptlab.hypernetworks.standardised import Standardised, standard_context
from adaptlab.hypernetworks.task_table import TaskTable

__all__ = [
    "FixedAdapter",
    "Generator",
    "GeneratorContext",
    "Hypernetwork",
    "SharedAdapter",
    "Standardised",
    "TaskTable",
    "standard_context",
]
