"""Laws of the number-list recipes: recipes go in, checks by independent code come out."""

import random
import re
from collections import Counter
from collections.abc import Callable

import pytest

from adaptlab.contracts import Example, Task
from adaptlab.tasks.builtin import number_lists
from adaptlab.tasks.builtin.recipe import Recipe, cook, draw_examples

RECIPES: list[Recipe] = number_lists.recipes()
COOKED: dict[str, Task] = {recipe.name: cook(recipe, seed=0) for recipe in RECIPES}
EVERY = pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.name)
HELD_OUT_FAMILY = "move_number"
# Kinds of numbers as patterns over the written number.
PATTERNS = {
    "even_numbers": r"\d*[02468]",
    "odd_numbers": r"\d*[13579]",
    "numbers_above_10": r"1[1-9]|[2-9]\d|\d{3,}",
    "numbers_above_50": r"5[1-9]|[6-9]\d|\d{3,}",
    "numbers_below_20": r"1?\d",
    "multiples_of_3": r"[0369]+|[147][258]|[258][147]",
    "multiples_of_5": r"\d*[05]",
    "two_digit_numbers": r"\d\d",
}
STEPS = {"add_1": 1, "add_2": 2, "add_3": 3, "add_10": 10, "subtract_1": -1, "subtract_2": -2}


def examples_of(name: str) -> list[Example]:
    return [example for examples in COOKED[name].splits.values() for example in examples]


def items(text: str) -> list[str]:
    return text.split(", ")


def kept(text: str, pattern: str) -> str:
    return ", ".join(item for item in items(text) if re.fullmatch(pattern, item))


def removed(text: str, pattern: str) -> str:
    return ", ".join(item for item in items(text) if not re.fullmatch(pattern, item))


def counted(text: str, pattern: str) -> str:
    return str(len(re.findall(rf"\b(?:{pattern})\b(?=,|$)", text)))


def shifted(text: str, step: int) -> str:
    return re.sub(r"\d+", lambda found: str(int(found[0]) + step), text)


def ranked(text: str, rank: int) -> str:
    """The number with exactly `rank - 1` smaller ones."""
    (found,) = [a for a in items(text) if sum(int(b) < int(a) for b in items(text)) == rank - 1]
    return found


def total(text: str) -> str:
    return str(len("".join("|" * int(item) for item in items(text))))


SOLVERS: dict[str, Callable[[str], str]] = {
    **{f"keep_{kind}": lambda t, p=pattern: kept(t, p) for kind, pattern in PATTERNS.items()},  # type: ignore[misc]
    **{f"remove_{kind}": lambda t, p=pattern: removed(t, p) for kind, pattern in PATTERNS.items()},  # type: ignore[misc]
    **{f"count_{kind}": lambda t, p=pattern: counted(t, p) for kind, pattern in PATTERNS.items()},  # type: ignore[misc]
    **{f"change_{key}": lambda t, s=step: shifted(t, s) for key, step in STEPS.items()},  # type: ignore[misc]
    "change_double": lambda t: re.sub(r"\d+", lambda found: str(int(found[0]) + int(found[0])), t),
    "append_0": lambda t: f"{t}, 0",
    "append_7": lambda t: f"{t}, 7",
    "prepend_0": lambda t: f"0, {t}",
    "prepend_7": lambda t: f"7, {t}",
    "drop_first_number": lambda t: t.partition(", ")[2],
    "drop_last_number": lambda t: t.rpartition(", ")[0],
    "repeat_last_number": lambda t: f"{t}, {t.rpartition(', ')[2]}",
    "first_number_to_end": lambda t: re.sub(r"^(\d+), (.*)$", r"\2, \1", t),
    "last_number_to_front": lambda t: re.sub(r"^(.*), (\d+)$", r"\2, \1", t),
    "swap_first_and_last": lambda t: re.sub(r"^(\d+)(, .*, )(\d+)$", r"\3\2\1", t),
    "swap_first_and_second": lambda t: re.sub(r"^(\d+), (\d+)", r"\2, \1", t),
    "list_sum": total,
    "list_range": lambda t: str(max(abs(int(a) - int(b)) for a in items(t) for b in items(t))),
    "second_largest_number": lambda t: ranked(t, len(items(t)) - 1),
    "second_smallest_number": lambda t: ranked(t, 2),
    "count_different_numbers": lambda t: str(len(Counter(items(t)))),
}


@EVERY
def test_answers_agree_with_independent_code(recipe: Recipe) -> None:
    for example in examples_of(recipe.name):
        assert SOLVERS[recipe.name](example.input) == example.targets[0], example


@EVERY
def test_recipe_gives_500_distinct_short_examples(recipe: Recipe) -> None:
    examples = draw_examples(recipe, random.Random(recipe.name), 500)
    assert len(examples) == 500
    for example in examples:
        assert re.fullmatch(r"\d+(, \d+){2,4}", example.input), example
        assert re.fullmatch(r"\d+(, \d+){,4}", example.targets[0]), example


@pytest.mark.parametrize("recipe", [r for r in RECIPES if r.name.startswith("count_")], ids=lambda recipe: recipe.name)
def test_counts_are_balanced(recipe: Recipe) -> None:
    frequencies = Counter(example.targets[0] for example in examples_of(recipe.name))
    assert len(frequencies) >= 4
    assert max(frequencies.values()) <= 2 * min(frequencies.values()), frequencies


@EVERY
def test_wording_is_plain_and_varied(recipe: Recipe) -> None:
    imperatives, nouns = recipe.wording.imperatives, recipe.wording.nouns
    assert len(set(imperatives)) >= 8
    assert len(set(nouns)) >= 4
    assert all(noun.startswith("the ") for noun in nouns)
    for phrase in (*imperatives, *nouns):
        assert phrase == phrase.strip(" .?"), phrase
        assert not re.search(r"[{}]", phrase), phrase
        assert phrase[0].islower(), phrase


def test_no_two_tasks_share_a_phrase() -> None:
    owner: dict[str, str] = {}
    for recipe in RECIPES:
        for phrase in (*recipe.wording.imperatives, *recipe.wording.nouns):
            assert owner.setdefault(phrase, recipe.name) == recipe.name, phrase


def test_names_are_unique_and_splits_known() -> None:
    assert len(COOKED) == len(RECIPES)
    assert {recipe.split for recipe in RECIPES} == {"train", "validation", "test"}


def test_one_family_is_held_out_whole_and_other_heldout_tasks_have_train_siblings() -> None:
    train = Counter(recipe.family for recipe in RECIPES if recipe.split == "train")
    assert HELD_OUT_FAMILY not in train
    assert {recipe.split for recipe in RECIPES if recipe.family == HELD_OUT_FAMILY} == {"test"}
    for recipe in RECIPES:
        assert recipe.split == "train" or recipe.family == HELD_OUT_FAMILY or train[recipe.family] >= 2


def test_heldout_compositions_combine_parts_that_train_tasks_have() -> None:
    known = {part for recipe in RECIPES if recipe.split == "train" for part in recipe.parts}
    for recipe in RECIPES:
        if recipe.split != "train":
            assert set(recipe.parts) <= known, recipe.name
