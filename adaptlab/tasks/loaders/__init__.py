"""Read tasks that others wrote, one file for each layout; every reader gives the same `Task`s."""

from adaptlab.tasks.loaders.descriptions import read_descriptions
from adaptlab.tasks.loaders.folder import load_folder
from adaptlab.tasks.loaders.hub import load_hub

__all__ = ["load_folder", "load_hub", "read_descriptions"]
