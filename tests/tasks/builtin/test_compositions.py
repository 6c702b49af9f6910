"""The recipes' parts in, the laws of held-out combinations checked: parts known, pairs new, answers apart."""

from itertools import combinations

import pytest

from adaptlab.contracts import Task
from adaptlab.tasks import builtin_suite
from adaptlab.tasks.builtin import recipes
from adaptlab.tasks.builtin.recipe import Recipe

RECIPES = recipes()
SUITE = builtin_suite()
TASKS = {task.name: task for task in SUITE.all_tasks}
TRAIN = [recipe for recipe in RECIPES if recipe.split == "train"]
HELD_OUT = [recipe for recipe in RECIPES if recipe.split != "train"]
COMPOSED = [recipe for recipe in HELD_OUT if TASKS[recipe.name].kind == "new composition"]
# Letters, digits, labels, numbers, dates: every task of these families draws from one closed set.
CLOSED = {"letters", "digit", "add", "subtract", "contains_category", "count_category", "money", "unit"}
CLOSED |= {"keep_numbers", "remove_numbers", "count_numbers", "change_numbers", "to_smaller_unit", "to_larger_unit"}
CLOSED |= {"date_format", "roman", "word_rule", "number_rule", "grade"}
# And some words are the same with and without the edit, such as one that has no vowel.
CLOSED_TASKS = {"field_room_json", "star_every_vowel"}
# The operations whose held-out arguments must be combined with at least four others in train.
WIDE = {"starts_with", "ends_with", "contains", "spell_with", "join_with", "mark_before", "mark_after", "marked_with"}
WIDE |= {"wrap"} | {f"{name} of category" for name in ("first", "last", "both", "all_but", "count", "contains")}


def _named(recipe: Recipe) -> str:
    return recipe.name


def _answers(task: Task) -> set[str]:
    return {
        part for examples in task.splits.values() for e in examples for part in (e.targets[0], *_listed(e.targets[0]))
    }


def _listed(answer: str) -> list[str]:
    """The words of an answer that lists two; a greeting is one answer."""
    return answer.split(", ") if answer.islower() else []


@pytest.mark.parametrize("recipe", COMPOSED, ids=_named)
def test_the_parts_are_known_and_their_combination_is_new(recipe: Recipe) -> None:
    assert len(recipe.parts) >= 2
    for part in recipe.parts:
        assert any(part in other.parts for other in TRAIN), part
    assert recipe.parts not in [other.parts for other in TRAIN]


@pytest.mark.parametrize("recipe", [r for r in COMPOSED if r.parts[0] in WIDE], ids=_named)
def test_the_operation_has_many_arguments_and_the_argument_other_operations(recipe: Recipe) -> None:
    operation, argument = recipe.parts
    assert len({other.parts[1] for other in TRAIN if other.parts[:1] == (operation,)}) >= 4
    assert len({other.parts[0] for other in TRAIN if other.parts[1:] == (argument,)}) >= 2


def test_no_two_recipes_have_the_same_parts_in_different_splits() -> None:
    owners: dict[tuple[str, ...], set[str]] = {}
    for recipe in RECIPES:
        if recipe.parts:
            owners.setdefault(recipe.parts, set()).add(recipe.split)
    assert all(len(splits) == 1 for splits in owners.values())


@pytest.mark.parametrize("recipe", [r for r in HELD_OUT if r.family not in CLOSED], ids=_named)
def test_answers_of_siblings_in_different_splits_are_disjoint(recipe: Recipe) -> None:
    if recipe.name in CLOSED_TASKS:
        return
    for other in RECIPES:
        if other.family == recipe.family and other.split != recipe.split:
            assert not _answers(TASKS[recipe.name]) & _answers(TASKS[other.name]), other.name


def test_inverses_share_their_split() -> None:
    split = {recipe.name: recipe.split for recipe in RECIPES}
    for one, other in (
        *((name, name.replace("add", "subtract")) for name in ("add_1", "add_2", "add_3", "add_5", "add_7", "add_10")),
        ("double", "half"),
        ("plural", "singular"),
        ("past_tense", "base_of_past"),
        ("words_to_digits", "digits_to_words"),
        ("case_upper", "case_lower"),
        ("negation_prefix", "remove_negation"),
    ):
        assert split[one] == split[other], one


def test_train_and_held_out_descriptions_are_apart() -> None:
    texts = {
        name: {text for task in tasks for text in (*task.descriptions, *task.unseen_descriptions)}
        for name, tasks in (("train", SUITE.train), ("validation", SUITE.validation), ("test", SUITE.test))
    }
    for one, other in combinations(texts, 2):
        assert not texts[one] & texts[other]
