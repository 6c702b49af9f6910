"""Verb, noun and adjective lists in, recipes out: inflect and derive words with correct English spelling."""

import random
from collections.abc import Callable, Sequence
from functools import cache

from adaptlab.tasks.builtin import inflection_wordings as wordings
from adaptlab.tasks.builtin.lexicon import hash_split, rows, words
from adaptlab.tasks.builtin.recipe import DrawExample, Recipe
from adaptlab.tasks.builtin.spelling import (
    agent,
    past_tense,
    plural,
    present_participle,
    quality,
    third_person,
    with_vowel_suffix,
)

Pairs = Sequence[tuple[str, str]]
_TRAIN_VERB_PERCENT = 45
_AN_BEFORE = frozenset({"hour", "honest", "heir"})
_A_BEFORE = ("uni", "use", "one", "euro")
_CONSONANT_NOUNS = 120


@cache
def nouns() -> tuple[str, ...]:
    """All countable nouns, singular."""
    return words("nouns") + tuple(row[0] for row in rows("irregular_nouns"))


@cache
def verbs(split: str) -> tuple[str, ...]:
    """Verbs of `train` or `test`; what a train task uses in another way is never a test verb."""
    listed = dict.fromkeys(words("verbs") + tuple(row[0] for row in rows("irregular_verbs")))
    train_only = {*words("agents"), *nouns()}
    plurals = {plural(noun) for noun in nouns()}

    def pool(verb: str) -> str:
        return (
            "train" if verb in train_only or third_person(verb) in plurals else hash_split(verb, _TRAIN_VERB_PERCENT, 0)
        )

    return tuple(verb for verb in listed if pool(verb) == split)


@cache
def phrases() -> tuple[tuple[str, str], ...]:
    """Adjective and noun pairs."""
    return tuple((adjective, noun) for adjective, fitting in rows("degrees") for noun in fitting.split())


def with_article(phrase: str) -> str:
    """The phrase with a or an before it."""
    first = phrase.split(maxsplit=1)[0]
    vowel = first in _AN_BEFORE or (first[0] in "aeiou" and not first.startswith(_A_BEFORE))
    return f"{'an' if vowel else 'a'} {phrase}"


def _paired(listed: Sequence[str], inflect: Callable[[str], str]) -> Pairs:
    return tuple((word, inflect(word)) for word in listed)


def _reversed(pairs: Pairs) -> Pairs:
    return tuple((answer, question) for question, answer in pairs)


def _draw_one(pairs: Pairs) -> DrawExample:
    def draw(rng: random.Random) -> tuple[str, str]:
        return rng.choice(pairs)

    return draw


def _draw_two(pairs: Pairs) -> DrawExample:
    def draw(rng: random.Random) -> tuple[str, str]:
        (first, first_answer), (second, second_answer) = rng.sample(pairs, 2)
        return f"{first}, {second}", f"{first_answer}, {second_answer}"

    return draw


def _draw_article() -> DrawExample:
    """Draw `an` as often as `a`."""
    named = [*nouns(), *(f"{adjective} {noun}" for adjective, noun in phrases())]
    with_an = [phrase for phrase in named if with_article(phrase).startswith("an ")]
    with_a = [phrase for phrase in named if with_article(phrase).startswith("a ")]
    pools = (with_an, with_a[:: len(with_a) // _CONSONANT_NOUNS])

    def draw(rng: random.Random) -> tuple[str, str]:
        phrase = rng.choice(rng.choice(pools))
        return phrase, with_article(phrase)

    return draw


def _degree(suffix: str) -> Pairs:
    return tuple(
        (f"{adjective} {noun}", f"{with_vowel_suffix(adjective, suffix)} {noun}") for adjective, noun in phrases()
    )


def recipes() -> list[Recipe]:
    """All recipes about the forms of words."""
    plurals = _paired(nouns(), plural)
    pasts = _paired(verbs("train"), past_tense)
    participles = _paired(verbs("train"), present_participle)
    negatives = tuple((word, prefix + word) for prefix, listed in rows("negatives") for word in listed.split())
    qualities = _paired(words("ness"), quality)
    held_out_pasts = _paired(verbs("test"), past_tense)
    return [
        Recipe("plural", "plural", "train", wordings.PLURAL, _draw_one(plurals), parts=("plural",)),
        Recipe(
            "plural_of_two", "plural", "train", wordings.PLURAL_OF_TWO, _draw_two(plurals), parts=("plural", "of two")
        ),
        Recipe("singular", "plural", "train", wordings.SINGULAR, _draw_one(_reversed(plurals)), parts=("plural",)),
        Recipe("past_tense", "past_tense", "train", wordings.PAST, _draw_one(pasts), parts=("past tense",)),
        Recipe(
            "base_of_past", "past_tense", "train", wordings.BASE, _draw_one(_reversed(pasts)), parts=("past tense",)
        ),
        Recipe(
            "present_participle",
            "participle",
            "train",
            wordings.PARTICIPLE,
            _draw_one(participles),
            parts=("participle",),
        ),
        Recipe(
            "participle_of_two",
            "participle",
            "train",
            wordings.PARTICIPLE_OF_TWO,
            _draw_two(participles),
            parts=("participle", "of two"),
        ),
        Recipe("comparative", "degree", "train", wordings.COMPARATIVE, _draw_one(_degree("er"))),
        Recipe("agent_er", "agent", "train", wordings.AGENT, _draw_one(_paired(words("agents"), agent))),
        Recipe("negation_prefix", "negation", "train", wordings.NEGATION, _draw_one(negatives)),
        Recipe("remove_negation", "negation", "train", wordings.UNDO_NEGATION, _draw_one(_reversed(negatives))),
        Recipe("a_or_an", "article", "train", wordings.ARTICLE, _draw_article(), "exact_match_strict"),
        Recipe("noun_ness", "quality", "train", wordings.NESS, _draw_one(qualities)),
        Recipe("superlative", "degree", "train", wordings.SUPERLATIVE, _draw_one(_degree("est"))),
        Recipe(
            "past_tense_of_two",
            "past_tense",
            "test",
            wordings.PAST_OF_TWO,
            _draw_two(held_out_pasts),
            parts=("past tense", "of two"),
        ),
    ]
