"""Laws of the rule recipes: examples go in, labels by independent code come out; labels balance, phrases differ."""

import re
from collections import Counter
from collections.abc import Callable
from itertools import pairwise

import pytest

from adaptlab.contracts import Example, Task
from adaptlab.tasks.builtin import rules
from adaptlab.tasks.builtin.recipe import Recipe, cook
from adaptlab.tasks.builtin.rule_wordings import FORMS

RECIPES: list[Recipe] = rules.recipes()
COOKED: dict[str, Task] = {recipe.name: cook(recipe, seed=0) for recipe in RECIPES}
EVERY = pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.name)
HELD_OUT_FAMILY = "text_rule"
# Single words of one split: their number is limited by the word list.
FEWER_THAN_500 = {"grade_word_size"}
NUMBER_NAME = re.compile(r"\b(two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)\b")


def examples_of(name: str) -> list[Example]:
    return [example for examples in COOKED[name].splits.values() for example in examples]


def integers(text: str) -> list[int]:
    return [int(found) for found in re.findall(r"-?\d+", text)]


def rises(numbers: list[int]) -> bool:
    return all(low < high for low, high in pairwise(numbers))


def first(text: str) -> str:
    return text.partition(", ")[0]


def second(text: str) -> str:
    return text.partition(", ")[2]


def sign(difference: int) -> int:
    return (difference > 0) - (difference < 0) + 1


HOLDS: dict[str, Callable[[str], bool]] = {
    "has_e": lambda t: first(t).count("e") > 0,
    "ends_in_vowel": lambda t: re.search("[aeiou]$", t) is not None,
    "over_five_letters": lambda t: re.match("[a-z]{6}", t) is not None,
    "starts_in_a_to_m": lambda t: re.search(", [abcdefghijklm]", t) is not None,
    "first_longer": lambda t: len(first(t)) > len(second(t)),
    "same_start": lambda t: re.match(r"(.).*, \1", t) is not None,
    "same_length": lambda t: t.index(",") * 2 + 2 == len(t),
    "even": lambda t: t[-1] in "02468",
    "over_500": lambda t: int(t) // 501 > 0,
    "multiple_of_5": lambda t: t[-1] in "05",
    "equal_numbers": lambda t: len(set(integers(t))) == 1,
    "ascending": lambda t: rises(integers(t)),
    "has_seven": lambda t: re.search(r"\b7\b", t) is not None,
    "repeated_word": lambda t: max(Counter(t.split(", ")).values()) == 2,
    "capitals_only": lambda t: t.isupper(),
    "has_digit": lambda t: re.search(r"\d", t) is not None,
    "is_question": lambda t: t.endswith("?"),
    "has_comma": lambda t: "," in t,
}
LABELS = {
    "yes_no": ("no", "yes"),
    "true_false": ("false", "true"),
    "a_b": ("B", "A"),
    "one_zero": ("0", "1"),
    "pass_fail": ("fail", "pass"),
    "left_right": ("right", "left"),
    "accept_reject": ("reject", "accept"),
}
GRADES: dict[str, Callable[[str], str]] = {
    "grade_score_sign": lambda t: ("negative", "zero", "positive")[sign(integers(t)[0])],
    "grade_number_order": lambda t: ("less", "equal", "greater")[sign(integers(t)[0] - integers(t)[1])],
    "grade_word_size": lambda t: {3: "short", 4: "short", 5: "medium"}.get(len(t), "long"),
    "grade_number_size": lambda t: ("low", "middle", "high")[(int(t) >= 300) + (int(t) >= 600)],
    "grade_list_size": lambda t: ("few", "some", "many")[t.count(",") // 2],
    "grade_line_size": lambda t: ("short", "medium", "long")[(t.count(" ") > 2) + (t.count(" ") > 4)],
}


def solve(name: str, question: str) -> str:
    rule, _, form = name.partition("_as_")
    return LABELS[form][HOLDS[rule](question)] if form else GRADES[name](question)


@EVERY
def test_answers_agree_with_independent_code(recipe: Recipe) -> None:
    for example in examples_of(recipe.name):
        assert (solve(recipe.name, example.input),) == tuple(example.targets), example


@EVERY
def test_labels_are_balanced(recipe: Recipe) -> None:
    counts = Counter(example.targets[0] for example in examples_of(recipe.name))
    assert len(counts) == (3 if recipe.family == "grade" else 2)
    for count in counts.values():
        assert count * len(counts) >= 0.8 * sum(counts.values()), counts


@EVERY
def test_there_are_enough_short_inputs(recipe: Recipe) -> None:
    inputs = {example.input for example in examples_of(recipe.name)}
    assert len(inputs) >= (400 if recipe.name in FEWER_THAN_500 else 500)
    assert max(len(text.split()) for text in inputs) <= 9


@EVERY
def test_wording_names_every_label(recipe: Recipe) -> None:
    assert len(set(recipe.wording.imperatives)) >= 8
    assert len(set(recipe.wording.nouns)) >= 4
    labels = {example.targets[0] for example in examples_of(recipe.name)}
    for phrase in (*recipe.wording.imperatives, *recipe.wording.nouns):
        assert labels <= set(re.findall(r"\w+", phrase)), phrase
        assert not re.search(r"[{}]", phrase), phrase
        assert not phrase[0].isupper(), phrase


def test_no_phrase_or_description_serves_two_tasks() -> None:
    owner: dict[str, str] = {}
    for recipe in RECIPES:
        task, wording = COOKED[recipe.name], recipe.wording
        texts = (*wording.imperatives, *wording.nouns, *task.descriptions, *task.unseen_descriptions)
        for text in texts:
            assert owner.setdefault(text, recipe.name) == recipe.name, text


def test_names_are_unique_and_forms_used() -> None:
    assert len(COOKED) == len(RECIPES)
    assert {part for recipe in RECIPES for part in recipe.parts[1:]} == set(FORMS) == set(LABELS)


@pytest.mark.parametrize("recipe", [r for r in RECIPES if r.split != "train"], ids=lambda recipe: recipe.name)
def test_held_out_tasks_are_new_in_one_way(recipe: Recipe) -> None:
    train = [other for other in RECIPES if other.split == "train"]
    siblings = [other for other in train if other.family == recipe.family]
    if recipe.family == HELD_OUT_FAMILY:
        assert not siblings
        return
    assert len(siblings) >= 2
    assert recipe.parts not in {other.parts for other in train if other.parts}
    for part in recipe.parts:
        assert sum(part in other.parts for other in train) >= 2


def test_digits_of_the_text_rule_are_spelled_out_where_it_fails() -> None:
    for example in examples_of("has_digit_as_pass_fail"):
        spelled = NUMBER_NAME.search(example.input) is not None
        assert spelled == (example.targets[0] == "fail"), example
