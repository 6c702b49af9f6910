"""A base word in, its regularly spelt inflected form out; irregular words come from the tables in `wordlists/`."""

import re
from functools import cache

from adaptlab.tasks.builtin.lexicon import rows

_DOUBLING = re.compile(r"(?!.*qu)[^aeiou]*[aeiou][^aeiouwxy]")
_STRESSED_LAST = frozenset(
    ("admit", "begin", "commit", "control", "forbid", "forget", "occur", "permit", "prefer", "refer", "regret")
)
_HISSING = ("s", "x", "z", "ch", "sh")
_PLURAL_OES = frozenset(["potato", "tomato", "hero", "echo"])


@cache
def _irregular(name: str) -> dict[str, str]:
    return {row[0]: row[1] for row in rows(name)}


def _doubles(word: str) -> bool:
    return word in _STRESSED_LAST or (_DOUBLING.fullmatch(word) is not None)


def _consonant_y(word: str) -> bool:
    return word.endswith("y") and word[-2] not in "aeiou"


def with_vowel_suffix(word: str, suffix: str) -> str:
    """Add a suffix that begins with `e`: hope-hoped, stop-stopped, cry-cried, happy-happier."""
    if word.endswith("e"):
        return word + suffix[1:]
    if _consonant_y(word):
        return f"{word[:-1]}i{suffix}"
    return word + word[-1] + suffix if _doubles(word) else word + suffix


def with_s(word: str) -> str:
    """Add the regular plural or third-person ending."""
    if word.endswith(_HISSING):
        return f"{word}es"
    return f"{word[:-1]}ies" if _consonant_y(word) else f"{word}s"


def plural(noun: str) -> str:
    """The plural of a noun."""
    if noun in _PLURAL_OES:
        return f"{noun}es"
    return _irregular("irregular_nouns").get(noun) or with_s(noun)


def third_person(verb: str) -> str:
    """The form that goes with he, she or it."""
    return f"{verb}es" if verb in ("do", "go", "echo") else with_s(verb)


def past_tense(verb: str) -> str:
    """The simple past of a verb."""
    return _irregular("irregular_verbs").get(verb) or with_vowel_suffix(verb, "ed")


def present_participle(verb: str) -> str:
    """The -ing form of a verb."""
    if verb.endswith("ie"):
        return f"{verb[:-2]}ying"
    if verb.endswith("e") and not verb.endswith(("ee", "oe", "ye")):
        return f"{verb[:-1]}ing"
    return f"{verb}{verb[-1]}ing" if _doubles(verb) else f"{verb}ing"


def agent(verb: str) -> str:
    """The -er noun for who or what does it."""
    return with_vowel_suffix(verb, "er")


def quality(adjective: str) -> str:
    """The -ness noun of an adjective."""
    if _consonant_y(adjective) and adjective not in ("shy", "sly", "dry", "wry"):
        return f"{adjective[:-1]}iness"
    return f"{adjective}ness"
