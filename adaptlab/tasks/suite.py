"""Find a suite of tasks by name: `builtin` or a folder -> `TaskSuite`."""

from functools import cache
from pathlib import Path

from adaptlab.contracts import TaskSuite
from adaptlab.tasks import categories, characters, formats, inflection, lexical, numbers, ordering
from adaptlab.tasks.loaders import load_folder
from adaptlab.tasks.recipe import Recipe, cook

RECIPE_MODULES = (categories, characters, formats, inflection, lexical, numbers, ordering)


def builtin_recipes() -> list[Recipe]:
    """All built-in recipes, sorted by name."""
    return sorted((recipe for module in RECIPE_MODULES for recipe in module.recipes()), key=lambda r: r.name)


@cache
def builtin_suite(seed: int = 0) -> TaskSuite:
    """The offline suite: tasks split by task into train, validation and held-out, made from one seed."""
    tasks = [(recipe.split, cook(recipe, seed)) for recipe in builtin_recipes()]
    groups = {split: tuple(task for where, task in tasks if where == split) for split in ("train", "validation", "test")}
    return TaskSuite("builtin", groups["train"], groups["validation"], groups["test"])


def load_suite(name: str, seed: int = 0) -> TaskSuite:
    """The built-in suite, or the suite in a folder.

    Args:
        name: `builtin`, or a folder in one of the layouts that `load_folder` knows.
        seed: draws the built-in suite's descriptions and examples.

    Raises:
        TaskError: there is no such folder, or it holds no tasks.
    """
    return builtin_suite(seed) if name == "builtin" else load_folder(Path(name))
