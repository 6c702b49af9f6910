"""Pair lists in, recipes out: antonyms, synonyms and facts by selection."""

import random
from collections.abc import Sequence
from functools import cache

from adaptlab.tasks.builtin import lexical_wordings as wordings
from adaptlab.tasks.builtin.lexical_relations import RELATIONS, Relation
from adaptlab.tasks.builtin.lexicon import common_words, hash_split, rows
from adaptlab.tasks.builtin.recipe import DrawExample, Recipe

Pairs = Sequence[tuple[str, str]]
_TRAIN_PERCENT = 60


@cache
def antonyms(split: str) -> tuple[tuple[str, str], ...]:
    """Opposite pairs of `train` or `test`, in both directions; the two share no word."""
    chosen = [(row[0], row[1]) for row in rows("antonyms") if hash_split(row[0], _TRAIN_PERCENT, 0) == split]
    return tuple(chosen + [(second, first) for first, second in chosen])


@cache
def synonyms() -> dict[str, str]:
    """A near synonym of each word that has one."""
    return {row[0]: row[1] for row in rows("synonyms")}


@cache
def train_synonyms() -> tuple[tuple[str, str], ...]:
    """Synonym pairs without any word of the held-out antonyms."""
    held_out = {word for pair in antonyms("test") for word in pair}
    return tuple(pair for pair in synonyms().items() if not held_out.intersection(pair))


@cache
def related(relation: str) -> tuple[tuple[str, str], ...]:
    """The (key, value) pairs of a relation."""
    column = {"capital": 1, "nationality": 2, "continent": 3}.get(relation)
    if column is None:
        pairs = [(row[1], row[2]) for row in rows("relations") if row[0] == relation]
    else:
        pairs = [(row[0], row[column]) for row in rows("countries")]
    return tuple(pairs)


def _listed(key: str, options: list[str], rng: random.Random) -> str:
    rng.shuffle(options)
    return f"{key}: {', '.join(options)}"


def _draw_related(relation: Relation) -> DrawExample:
    pairs = related(relation.name)
    values = tuple(sorted({value for _, value in pairs}))

    def draw(rng: random.Random) -> tuple[str, str]:
        key, answer = rng.choice(pairs)
        right = {value for other, value in pairs if other == key}
        alike = {word for group in relation.alike if answer in group for word in group}
        wrong = [value for value in values if value not in right and value not in alike]
        return _listed(key, [answer, *rng.sample(wrong, 2)], rng), answer

    return draw


def _draw_synonym() -> DrawExample:
    """The opposite is among the options where the word has one."""
    pairs, opposites = train_synonyms(), dict(antonyms("train"))

    def draw(rng: random.Random) -> tuple[str, str]:
        key, answer = rng.choice(pairs)
        options = [answer, *([opposites[key]] if key in opposites else [])]
        fillers = [word for word in common_words("train") if word not in (key, *options)]
        return _listed(key, options + rng.sample(fillers, 4 - len(options)), rng), answer

    return draw


def _draw_opposite() -> DrawExample:
    """A synonym is always among the options, so that the relation must be known."""
    taken = {answer for _, answer in train_synonyms()}
    taken |= {value for relation in RELATIONS if relation.split == "train" for _, value in related(relation.name)}
    pairs = [(key, answer) for key, answer in antonyms("test") if key in synonyms() and answer not in taken]

    def draw(rng: random.Random) -> tuple[str, str]:
        key, answer = rng.choice(pairs)
        options = [answer, synonyms()[key]]
        fillers = [word for word in common_words("test") if word not in (key, *options)]
        return _listed(key, options + rng.sample(fillers, 2), rng), answer

    return draw


def _draw_antonym(rng: random.Random) -> tuple[str, str]:
    return rng.choice(antonyms("train"))


def _draw_same_or_opposite(rng: random.Random) -> tuple[str, str]:
    if rng.random() < 0.5:
        return ", ".join(rng.choice(antonyms("train"))), "opposite"
    pair = list(rng.choice(train_synonyms()))
    rng.shuffle(pair)
    return ", ".join(pair), "same"


def recipes() -> list[Recipe]:
    """All recipes about relations between words."""
    made = [
        Recipe(
            f"pick_{relation.name}",
            "pick_related",
            relation.split,
            wordings.select_wording(relation),
            _draw_related(relation),
            parts=("pick_related", relation.name) if relation.split == "train" else (),
        )
        for relation in RELATIONS
    ]
    made += [
        Recipe(
            "pick_synonym",
            "pick_related",
            "train",
            wordings.SELECT_SYNONYM,
            _draw_synonym(),
            parts=("pick_related", "synonym"),
        ),
        Recipe(
            "pick_antonym",
            "pick_related",
            "test",
            wordings.SELECT_ANTONYM,
            _draw_opposite(),
            parts=("pick_related", "antonym"),
        ),
        Recipe("antonym", "antonym", "train", wordings.ANTONYM, _draw_antonym, parts=("antonym",)),
        Recipe(
            "same_or_opposite",
            "same_or_opposite",
            "train",
            wordings.SAME_OR_OPPOSITE,
            _draw_same_or_opposite,
            parts=("antonym",),
        ),
    ]
    return made
