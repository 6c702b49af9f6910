"""Generate adapter parameters from task conditions: a shared hypernetwork, or free parameters."""

from adaptlab.hypernetworks.generator import Generator, GeneratorContext
from adaptlab.hypernetworks.hypernetwork import Hypernetwork
from adaptlab.hypernetworks.shared import SharedAdapter

__all__ = ["Generator", "GeneratorContext", "Hypernetwork", "SharedAdapter"]
