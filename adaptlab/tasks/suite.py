"""Find a suite of tasks by name: `builtin` or a folder -> `TaskSuite`."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path

from adaptlab.contracts import Task, TaskSuite
from adaptlab.errors import TaskError
from adaptlab.tasks import (
    categories,
    characters,
    compositions,
    formats,
    inflection,
    lexical,
    marks,
    numbers,
    ordering,
    records,
)
from adaptlab.tasks.loaders import load_folder
from adaptlab.tasks.recipe import Recipe, cook

RECIPE_MODULES = (
    categories,
    characters,
    compositions,
    formats,
    inflection,
    lexical,
    marks,
    numbers,
    ordering,
    records,
)


def builtin_recipes() -> list[Recipe]:
    """All built-in recipes, sorted by name."""
    return sorted((recipe for module in RECIPE_MODULES for recipe in module.recipes()), key=lambda r: r.name)


@cache
def builtin_suite(seed: int = 0) -> TaskSuite:
    """The offline suite: tasks split by task into train, validation and held-out, made from one seed."""
    tasks = [(recipe.split, cook(recipe, seed)) for recipe in builtin_recipes()]
    groups = {
        split: tuple(task for where, task in tasks if where == split) for split in ("train", "validation", "test")
    }
    return TaskSuite("builtin", groups["train"], groups["validation"], groups["test"])


def restricted(suite: TaskSuite, families: Sequence[str]) -> TaskSuite:
    """The tasks of some families only.

    Raises:
        TaskError: the suite has no such family; the message lists what it has.
    """
    known = sorted({task.family for task in suite.all_tasks})
    unknown = sorted(set(families) - set(known))
    if unknown:
        raise TaskError(f"suite {suite.name!r} has no family {', '.join(unknown)}; it has {', '.join(known)}")

    def keep(tasks: Sequence[Task]) -> tuple[Task, ...]:
        return tuple(task for task in tasks if task.family in families)

    name = f"{suite.name}:{'+'.join(sorted(families))}"
    return TaskSuite(name, keep(suite.train), keep(suite.validation), keep(suite.test))


def load_suite(name: str, seed: int = 0) -> TaskSuite:
    """The built-in suite, some families of it, or the suite in a folder.

    Args:
        name: `builtin`, `builtin:family+family`, or a folder in one of the layouts that `load_folder` knows.
        seed: draws the built-in suite's descriptions and examples.

    Raises:
        TaskError: there is no such folder or family, or it holds no tasks.
    """
    kind, _, families = name.partition(":")
    if kind != "builtin":
        return load_folder(Path(name))
    suite = builtin_suite(seed)
    return restricted(suite, families.split("+")) if families else suite
