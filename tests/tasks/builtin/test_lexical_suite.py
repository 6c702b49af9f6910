"""The category, inflection and lexical recipes in, the laws of their word lists and answers checked."""

import random
from collections.abc import Callable

import pytest

from adaptlab.contracts import Task
from adaptlab.errors import TaskError
from adaptlab.tasks.builtin import categories, inflection, lexical
from adaptlab.tasks.builtin.lexicon import SPLITS, category_words, common_words, hash_split, rows
from adaptlab.tasks.builtin.recipe import Recipe, cook
from adaptlab.tasks.builtin.spelling import (
    agent,
    past_tense,
    plural,
    present_participle,
    quality,
    third_person,
    with_vowel_suffix,
)

RECIPES = (*categories.recipes(), *inflection.recipes(), *lexical.recipes())
COOKED: dict[str, Task] = {recipe.name: cook(recipe, seed=0) for recipe in RECIPES}
CLOSED = frozenset({"yes", "no", "same", "opposite", *"0123456789"})
NEW_CATEGORIES = tuple(category for category in categories.CATEGORIES if category.split != "train")
HELD_OUT_WORDS = frozenset(
    word for category in categories.CATEGORIES for split in ("validation", "test") for word in category.pool(split)
)


def _pairs(recipe: Recipe) -> set[tuple[str, str]]:
    examples = (example for split in COOKED[recipe.name].splits.values() for example in split)
    return {(example.input, example.targets[0]) for example in examples}


def _answers(recipe: Recipe) -> set[str]:
    """Every answer and, for answers that list two words, every word."""
    return {word for _, answer in _pairs(recipe) for word in answer.split(", ")} - CLOSED


def _words(text: str) -> set[str]:
    return {word.strip(",:") for word in text.split()}


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.name)
def test_recipe_cooks_enough_and_repeatably(recipe: Recipe) -> None:
    task = COOKED[recipe.name]
    assert sum(len(examples) for examples in task.splits.values()) >= 200
    assert len(task.descriptions) >= 16
    assert not set(task.descriptions) & set(task.unseen_descriptions)
    assert cook(recipe, seed=0) == task
    wording = recipe.wording
    assert len(set(wording.imperatives)) == len(wording.imperatives) >= 7
    assert len(set(wording.nouns)) == len(wording.nouns) >= 4


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.name)
def test_inputs_are_short_and_have_one_answer(recipe: Recipe) -> None:
    given: dict[str, str] = {}
    rng = random.Random(7)
    for _ in range(150):
        question, answer = recipe.draw(rng)
        assert given.setdefault(question, answer) == answer
        assert len(question.split()) <= 12
        assert 1 <= len(answer.split()) <= 3


def test_names_are_unique_and_splits_known() -> None:
    assert len(COOKED) == len(RECIPES)
    assert {recipe.split for recipe in RECIPES} == set(SPLITS)


def test_descriptions_tell_tasks_apart() -> None:
    owner: dict[str, str] = {}
    for task in COOKED.values():
        for description in (*task.descriptions, *task.unseen_descriptions):
            assert owner.setdefault(description, task.name) == task.name, description


def test_held_out_answers_are_never_train_answers_of_their_family() -> None:
    for held_out in (recipe for recipe in RECIPES if recipe.split != "train"):
        for other in (recipe for recipe in RECIPES if recipe.split == "train" and recipe.family == held_out.family):
            assert not _answers(held_out) & _answers(other), (held_out.name, other.name)


def test_held_out_verbs_are_unknown_to_train_inflections() -> None:
    known = {
        word
        for recipe in inflection.recipes()
        if recipe.split == "train" and recipe.family in ("past_tense", "participle", "plural", "agent")
        for question, answer in _pairs(recipe)
        for word in _words(question) | _words(answer)
    }
    for recipe in inflection.recipes():
        if recipe.name == "past_tense_of_two":
            held_out = {word for question, answer in _pairs(recipe) for word in _words(question) | _words(answer)}
            assert not held_out & known, recipe.name


def test_held_out_category_words_are_in_no_train_category_task() -> None:
    for recipe in categories.recipes():
        if recipe.split == "train":
            for question, answer in _pairs(recipe):
                assert not HELD_OUT_WORDS & (_words(question) | _words(answer)), (recipe.name, question)


def test_pools_of_a_category_share_no_word_and_are_large_enough() -> None:
    for category in categories.CATEGORIES:
        pools = [set(category.pool(split)) for split in SPLITS]
        assert sum(map(len, pools)) == len(set.union(*pools)) == len(category.members)
        assert all(len(pool) >= 4 for pool in pools if pool)
        assert len(category.pool(category.split)) >= 9


def test_words_belong_to_one_category() -> None:
    owner: dict[str, str] = {}
    for category in categories.CATEGORIES:
        assert len(category.members) >= 20
        for word in category.members:
            assert owner.setdefault(word, category.key) == category.key
            assert word.isascii() and word.isalpha()
    assert len(category_words("bird")) >= 20
    with pytest.raises(TaskError):
        category_words("dragons")


def test_common_words_are_plain_and_disjoint() -> None:
    by_split = [set(common_words(split)) for split in SPLITS]
    assert [len(words) >= least for words, least in zip(by_split, (400, 85, 220), strict=True)] == [True] * 3
    assert sum(map(len, by_split)) == len(set.union(*by_split))
    held_out = {word for category in NEW_CATEGORIES for word in category.members}
    for word in set.union(*by_split):
        assert word.isascii() and word.isalpha() and word.islower() and 3 <= len(word) <= 9
        assert word not in held_out
    assert hash_split("zebra") == hash_split("zebra") in SPLITS
    with pytest.raises(TaskError):
        common_words("dev")


def test_pair_lists_have_no_conflicts() -> None:
    antonyms = [word for row in rows("antonyms") for word in row]
    assert len(antonyms) == len(set(antonyms))
    opposite = dict(lexical.antonyms("train") + lexical.antonyms("test"))
    keys = [key for key, _ in rows("synonyms")]
    assert len(keys) == len(set(keys))
    assert all(opposite.get(key) != value != key for key, value in rows("synonyms"))
    assert not {word for pair in lexical.antonyms("train") for word in pair} & {
        word for pair in lexical.antonyms("test") for word in pair
    }
    for table, columns in (("countries", 4), ("relations", 3), ("irregular_verbs", 2), ("irregular_nouns", 2)):
        assert all(len(row) == columns and all(row) for row in rows(table)), table
    facts = [row[:2] for row in rows("relations")]
    assert len(facts) == len(set(facts))
    for column in (0, 1, 2):
        cells = [row[column] for row in rows("countries")]
        assert len(cells) == len(set(cells))


def test_inverse_tasks_are_functions() -> None:
    for forward, listed in (
        (plural, inflection.nouns()),
        (past_tense, inflection.verbs("train")),
        (past_tense, inflection.verbs("test")),
    ):
        assert len(set(listed)) == len(listed) == len({forward(word) for word in listed})


@pytest.mark.parametrize(
    ("inflect", "given", "expected"),
    [
        (plural, "city box hero mouse toy", "cities boxes heroes mice toys"),
        (past_tense, "stop go play prefer visit", "stopped went played preferred visited"),
        (past_tense, "control fix cry rain", "controlled fixed cried rained"),
        (present_participle, "die make sit see ski", "dying making sitting seeing skiing"),
        (third_person, "watch go fly enjoy", "watches goes flies enjoys"),
        (agent, "run bake teach fly", "runner baker teacher flier"),
        (quality, "happy shy kind", "happiness shyness kindness"),
    ],
)
def test_spelling(inflect: Callable[[str], str], given: str, expected: str) -> None:
    assert [inflect(word) for word in given.split()] == expected.split()


def test_degrees() -> None:
    got = [with_vowel_suffix(word, "est") for word in ("big", "happy", "large", "slow")]
    assert got == ["biggest", "happiest", "largest", "slowest"]


def test_articles_and_facts() -> None:
    assert inflection.with_article("hour") == "an hour"
    assert inflection.with_article("uniform") == "a uniform"
    assert inflection.with_article("ugly face") == "an ugly face"
    assert inflection.with_article("useful umbrella") == "a useful umbrella"
    countries = {row[0]: row[1:] for row in rows("countries")}
    assert countries["France"] == ("Paris", "French", "Europe")
    assert ("hot", "cold") in rows("antonyms")
