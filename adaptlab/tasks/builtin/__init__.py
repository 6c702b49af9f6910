"""The offline suite: recipes of described tasks, one file a subject; a seed goes in, a `TaskSuite` comes out."""

from itertools import pairwise

from adaptlab.contracts import Task, TaskSuite
from adaptlab.errors import TaskError
from adaptlab.tasks.builtin import (
    categories,
    characters,
    clocks,
    commands,
    compositions,
    conversions,
    dates,
    edits,
    formats,
    inflection,
    lexical,
    marks,
    number_lists,
    numbers,
    numerals,
    ordering,
    reading,
    records,
    rules,
    translation,
)
from adaptlab.tasks.builtin.recipe import Recipe, cook

SUBJECTS = (
    categories,
    characters,
    clocks,
    commands,
    compositions,
    conversions,
    dates,
    edits,
    formats,
    inflection,
    lexical,
    marks,
    number_lists,
    numbers,
    numerals,
    ordering,
    reading,
    records,
    rules,
    translation,
)
SPLITS = ("train", "validation", "test")


def recipes() -> list[Recipe]:
    """All recipes, sorted by name."""
    found = sorted((recipe for subject in SUBJECTS for recipe in subject.recipes()), key=lambda recipe: recipe.name)
    twice = {one.name for one, other in pairwise(found) if one.name == other.name}
    if twice:
        raise TaskError(f"recipes {sorted(twice)} are there more than once")
    return found


def kind(recipe: Recipe, families: set[str]) -> str:
    """What a validation or held-out task tests, given the families that train tasks have."""
    if recipe.split == "train":
        return ""
    if recipe.family not in families:
        return "new family"
    return "new composition" if recipe.parts else "new argument"


def make_suite(seed: int = 0) -> TaskSuite:
    """Cook every recipe; nothing but the seed and the recipes decides what comes out.

    A question with its answer that held-out tasks happen to share with others (3 -> 6, add three or double) is left
    out of the train tasks, and what test tasks share with validation tasks is left out of the latter.
    """
    every = recipes()
    families = {recipe.family for recipe in every if recipe.split == "train"}
    kept: set[tuple[str, str]] = set()
    groups: dict[str, tuple[Task, ...]] = {}
    for split in reversed(SPLITS):
        cooked = [cook(recipe, seed, kind(recipe, families), kept) for recipe in every if recipe.split == split]
        kept |= {(e.input, e.targets[0]) for task in cooked for rows in task.splits.values() for e in rows}
        groups[split] = tuple(cooked)
    return TaskSuite("builtin", groups["train"], groups["validation"], groups["test"])
