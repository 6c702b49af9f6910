"""Give the recipes of two steps: pick a word from a list, then write it in another form."""

import random
from collections.abc import Callable, Sequence

from adaptlab.tasks.builtin.lexicon import common_words
from adaptlab.tasks.builtin.recipe import DrawExample, Recipe, Wording

STRICT = "exact_match_strict"
_PICKS: dict[str, str] = {
    "first": "the first word of the list",
    "second": "the second word of the list",
    "last": "the last word of the list",
    "longest": "the longest word of the list",
    "only": "the one word in the list of numbers",
}
_FORMS: dict[str, tuple[str, Callable[[str], str]]] = {
    "capitals": ("in capital letters only", str.upper),
    "twice": ("twice", lambda word: f"{word} {word}"),
    "hyphens": ("with hyphens (-) between its letters", "-".join),
    "brackets": ("in round brackets", lambda word: f"({word})"),
    "quotes": ("in double quotation marks", lambda word: f'"{word}"'),
}
# By form: the picks of its train, validation and test tasks.
GRID: dict[str, dict[str, tuple[str, ...]]] = {
    "capitals": {"train": ("first", "second", "longest"), "validation": (), "test": ("last",)},
    "twice": {"train": ("first", "longest", "only"), "validation": (), "test": ("second",)},
    "hyphens": {"train": ("second", "only", "longest", "last"), "validation": (), "test": ("first",)},
    "brackets": {"train": ("first", "last"), "validation": (), "test": ("longest",)},
    "quotes": {"train": ("last", "second", "only"), "validation": (), "test": ()},
}


def _wording(pick: str, form: str) -> Wording:
    return Wording(
        (
            f"write {pick} {form}",
            f"find {pick} and write it {form}",
            f"pick {pick}, then show that word {form}",
            f"copy only {pick}, written {form}",
            f"take {pick} and rewrite it {form}",
            f"look for {pick}, then give this word {form}",
            f"select {pick} and output it {form}",
            f"ignore all but {pick}, which you write {form}",
        ),
        (
            f"{pick}, written {form}",
            f"{pick} {form}",
            f"the result of writing {pick} {form}",
            f"{pick}, shown {form}",
        ),
        "a list of words" if "numbers" not in pick else "a list of numbers with one word in it",
    )


def _draw(pick: str, split: str, form: Callable[[str], str]) -> DrawExample:
    words = [word for word in common_words(split) if len(word) <= 7]
    places = {"first": 0, "second": 1, "last": -1}

    def chosen(listed: Sequence[str]) -> str:
        if pick in places:
            return listed[places[pick]]
        return max(listed, key=len) if pick == "longest" else next(word for word in listed if word.isalpha())

    def draw(rng: random.Random) -> tuple[str, str]:
        while True:
            listed = rng.sample(words, 3)
            if pick == "only":
                listed = [listed[0], *map(str, rng.sample(range(1, 100), 2))]
                rng.shuffle(listed)
            answer = chosen(listed)
            if pick != "longest" or sum(len(word) == len(answer) for word in listed) == 1:
                return ", ".join(listed), form(answer)

    return draw


def _two_steps(pick: str, form: str, split: str) -> Recipe:
    phrase, edit = _FORMS[form]
    wording = _wording(_PICKS[pick], phrase)
    parts = (f"{pick} of list", form)
    return Recipe(f"{pick}_then_{form}", "two_steps", split, wording, _draw(pick, split, edit), STRICT, parts)


def recipes() -> list[Recipe]:
    """All recipes that combine picking with writing."""
    return [
        _two_steps(pick, form, split)
        for form, splits in GRID.items()
        for split, picks in splits.items()
        for pick in picks
    ]
