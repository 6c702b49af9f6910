"""Laws of the edit recipes: every cooked answer agrees with a solver written apart from the recipes."""

import re
from collections.abc import Callable

import pytest

from adaptlab.contracts import Example, Task
from adaptlab.tasks.builtin import edits
from adaptlab.tasks.builtin.lexicon import hash_split
from adaptlab.tasks.builtin.recipe import Recipe, cook

RECIPES: list[Recipe] = edits.recipes()
COOKED: dict[str, Task] = {recipe.name: cook(recipe, seed=0) for recipe in RECIPES}
EVERY = pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.name)
HELD_OUT = pytest.mark.parametrize("recipe", [r for r in RECIPES if r.split != "train"], ids=lambda recipe: recipe.name)
NEW_FAMILY = "move_word"
# Tasks on single words: a split of the word list has fewer than 500.
SINGLE_WORDS = {"letter_at"}
HE = ["Tom", "Paul", "Mark", "Peter", "James", "David", "Simon", "Frank"]
SHE = ["Anna", "Mary", "Lucy", "Nina", "Laura", "Sarah", "Helen", "Julia", "Rosa"]


def examples_of(name: str) -> list[Example]:
    return [example for examples in COOKED[name].splits.values() for example in examples]


def items(text: str) -> list[str]:
    return text.split(", ")


def pronoun(text: str) -> str:
    name, rest = text.split(" ", 1)
    assert (name in HE) != (name in SHE)
    return f"{'He' if name in HE else 'She'} {rest}"


def swap_names(text: str) -> str:
    match = re.fullmatch(r"([A-Z]\w+) (\w+) ([A-Z]\w+) (.+)", text)
    assert match is not None
    return "{2} {1} {0} {3}".format(*match.groups())


SOLVERS: dict[str, Callable[[str], str]] = {
    "delete_every_a": lambda t: t.replace("a", ""),
    "delete_every_o": lambda t: t.replace("o", ""),
    "delete_every_vowel": lambda t: re.sub("[aeiou]", "", t),
    "star_every_e": lambda t: "*".join(t.split("e")),
    "star_every_o": lambda t: "*".join(t.split("o")),
    "star_every_vowel": lambda t: re.sub("[aeiou]", "*", t),
    "a_for_every_e": lambda t: t.replace("e", "a"),
    "u_for_every_o": lambda t: t.replace("o", "u"),
    "capital_second_letter": lambda t: t[0] + t[1].upper() + t[2:],
    "capital_last_letter": lambda t: t[:-1] + t[-1].upper(),
    "double_first_letter": lambda t: t[0] + t,
    "double_last_letter": lambda t: t + t[-1],
    "star_last_letter": lambda t: t[:-1] + "*",
    "star_second_letter": lambda t: t[0] + "*" + t[2:],
    "drop_first_word": lambda t: t.partition(", ")[2],
    "drop_second_word": lambda t: re.sub(r"^(\w+), \w+", r"\1", t),
    "drop_last_word": lambda t: t.rpartition(", ")[0],
    "capital_first_word": lambda t: re.sub(r"^\w+", lambda m: m[0].upper(), t),
    "capital_second_word": lambda t: re.sub(r"(?<=, )\w+", lambda m: m[0].upper(), t, count=1),
    "capital_last_word": lambda t: re.sub(r"\w+$", lambda m: m[0].upper(), t),
    "none_for_second_word": lambda t: re.sub(r"(?<=, )\w+", "none", t, count=1),
    "none_for_last_word": lambda t: re.sub(r"\w+$", "none", t),
    **{
        f"{word}_before_each_word": lambda t, w=word: f"{w} " + t.replace(", ", f", {w} ")  # type: ignore[misc]
        for word in ("new", "old", "big")
    },
    **{
        f"{ending}_after_both_words": lambda t, e=ending: t.replace(",", f"{e},") + e  # type: ignore[misc]
        for ending in ("er", "ed", "s")
    },
    "relink_slash": lambda t: t.replace(", ", " / "),
    "relink_vertical_bar": lambda t: t.replace(", ", " | "),
    "number_each_word": lambda t: " ".join(f"{items(t).index(word) + 1}. {word}" for word in items(t)),
    "capital_for_each_word": lambda t: re.sub(r"\b[a-z]", lambda m: m[0].upper(), t),
    "first_letter_of_each": lambda t: re.sub(r"(\w)\w*", r"\1", t),
    "acronym": lambda t: "".join(re.findall(r"\b\w", t.upper())),
    "move_last_word_to_front": lambda t: re.sub(r"(.+), (\w+)$", r"\2, \1", t),
    "move_first_word_to_end": lambda t: re.sub(r"^(\w+), (.+)", r"\2, \1", t),
    "swap_first_and_second_word": lambda t: re.sub(r"^(\w+), (\w+)", r"\2, \1", t),
    "swap_first_and_last_word": lambda t: re.sub(r"^(\w+), (.*), (\w+)$", r"\3, \2, \1", t),
    "sentence_without_full_stop": lambda t: t.rstrip("."),
    "sentence_with_question_mark": lambda t: t.replace(".", "?"),
    "sentence_without_adjective": lambda t: re.sub(r" the \w+", " the", t),
    "sentence_with_pronoun": pronoun,
    "sentence_with_please": lambda t: "Please " + t[0].lower() + t[1:],
    "sentence_names_swapped": swap_names,
}


@EVERY
def test_answers_agree_with_independent_code(recipe: Recipe) -> None:
    for example in examples_of(recipe.name):
        assert SOLVERS[recipe.name](example.input) == example.targets[0], example
        assert example.input != example.targets[0], example


@EVERY
def test_recipe_gives_enough_short_examples(recipe: Recipe) -> None:
    found = examples_of(recipe.name)
    assert len(found) >= (220 if recipe.family in SINGLE_WORDS else 400)
    for example in found:
        assert len(example.input.split()) <= 12
        assert 1 <= len(example.targets[0].split()) <= 7
        assert all(items(example.targets[0])), example


@EVERY
def test_wording_is_plain_and_varied(recipe: Recipe) -> None:
    wording = recipe.wording
    assert len(wording.imperatives) >= 8
    assert len(wording.nouns) >= 4
    for phrase in (*wording.imperatives, *wording.nouns, wording.given):
        assert phrase == phrase.strip(" .?"), phrase
        assert not re.search(r"{\w", phrase), phrase
        assert phrase[0].islower(), phrase
    assert all(noun.startswith("the ") for noun in wording.nouns)


def test_names_and_phrases_are_unique() -> None:
    phrases = [phrase for r in RECIPES for phrase in (*r.wording.imperatives, *r.wording.nouns)]
    assert len(phrases) == len(set(phrases))
    assert len(COOKED) == len(RECIPES) == len(SOLVERS)


@HELD_OUT
def test_heldout_task_has_train_siblings_unless_its_family_is_new(recipe: Recipe) -> None:
    siblings = [r for r in RECIPES if r.family == recipe.family and r.split == "train"]
    assert (len(siblings) == 0) if recipe.family == NEW_FAMILY else (len(siblings) >= 2)
    known = {part for r in RECIPES if r.split == "train" for part in r.parts}
    assert recipe.parts == () or set(recipe.parts) <= known


@EVERY
def test_input_words_belong_to_the_split_of_the_task(recipe: Recipe) -> None:
    if not recipe.name.startswith("sentence"):
        words = {word for example in examples_of(recipe.name) for word in items(example.input)}
        assert {hash_split(word) for word in words} == {recipe.split}


def test_pronouns_are_balanced() -> None:
    answers = [example.targets[0] for example in examples_of("sentence_with_pronoun")]
    assert 0.4 < sum(answer.startswith("He ") for answer in answers) / len(answers) < 0.6
