"""Give the recipes about words of other languages: translate them, pick or name them, read their number words."""

import random
from functools import cache

from adaptlab.tasks.builtin import translation_wordings as wordings
from adaptlab.tasks.builtin.lexicon import hash_split, rows
from adaptlab.tasks.builtin.recipe import DrawExample, Recipe

ENGLISH = "English"
# The columns of `wordlists/translations.tsv` and, after the number, of `wordlists/foreign_numbers.tsv`.
LANGUAGES = (ENGLISH, "French", "Spanish", "German", "Italian", "Portuguese")
NUMBER_LANGUAGES = ("French", "Spanish", "German")

# By operation: the language, or the source and the target, of its train, validation and test tasks.
GRID: dict[str, dict[str, tuple[tuple[str, ...], ...]]] = {
    "translate_word": {
        "train": (
            *((ENGLISH, target) for target in ("French", "Spanish", "German", "Italian")),
            *((source, ENGLISH) for source in ("French", "Spanish", "German", "Italian", "Portuguese")),
            ("French", "Spanish"),
            ("Spanish", "German"),
            ("German", "French"),
        ),
        "validation": (),
        "test": ((ENGLISH, "Portuguese"), ("German", "Spanish")),
    },
    "translate_pair": {
        "train": (("French",), ("German",), ("Portuguese",), ("Spanish",)),
        "validation": (),
        "test": (),
    },
    "pick_translation": {
        "train": (("French",), ("Spanish",), ("Portuguese",)),
        "validation": (),
        "test": (("Italian",),),
    },
    "name_language": {
        "train": (
            ("French", "German"),
            ("Spanish", "German"),
            ("French", "Italian"),
            ("French", "Spanish", "German", "Italian"),
        ),
        "validation": (),
        "test": (),
    },
    "foreign_digits": {
        "train": (),
        "validation": (),
        "test": tuple((language,) for language in NUMBER_LANGUAGES),
    },
}


@cache
def _column(language: str, split: str = "") -> tuple[str, ...]:
    """The words of a language in file order: those of one split by their English word, or all."""
    place = LANGUAGES.index(language)
    return tuple(row[place] for row in rows("translations") if split in ("", hash_split(row[0])))


def _word_pairs(source: str, target: str, split: str) -> list[tuple[str, str]]:
    """Words and their translations, without those that both languages spell alike."""
    pairs = zip(_column(source, split), _column(target, split), strict=True)
    return [(word, translation) for word, translation in pairs if word.casefold() != translation.casefold()]


def _draw_word(source: str, target: str, split: str) -> DrawExample:
    pairs = _word_pairs(source, target, split)
    return lambda rng: rng.choice(pairs)


def _draw_pair(target: str, split: str) -> DrawExample:
    pairs = _word_pairs(ENGLISH, target, split)

    def draw(rng: random.Random) -> tuple[str, str]:
        (first, first_answer), (second, second_answer) = rng.sample(pairs, 2)
        return f"{first}, {second}", f"{first_answer}, {second_answer}"

    return draw


def _draw_pick(language: str, split: str) -> DrawExample:
    pairs = _word_pairs(ENGLISH, language, split)

    def draw(rng: random.Random) -> tuple[str, str]:
        options = rng.sample(pairs, 3)
        word, answer = rng.choice(options)
        return f"{word}: {', '.join(option for _, option in options)}", answer

    return draw


def _draw_language(languages: tuple[str, ...], split: str) -> DrawExample:
    words: dict[str, list[str]] = {}
    for language in languages:
        others = {word.casefold() for other in languages if other != language for word in _column(other)}
        words[language] = [word.lower() for word in _column(language, split) if word.casefold() not in others]

    def draw(rng: random.Random) -> tuple[str, str]:
        language = rng.choice(languages)
        return ", ".join(rng.sample(words[language], 3)), language

    return draw


def _draw_digits(language: str) -> DrawExample:
    place = 1 + NUMBER_LANGUAGES.index(language)
    numbers = [(row[place], row[0]) for row in rows("foreign_numbers")]

    def draw(rng: random.Random) -> tuple[str, str]:
        (first, first_digits), (second, second_digits) = rng.sample(numbers, 2)
        return f"{first}, {second}", f"{first_digits}, {second_digits}"

    return draw


def _recipe(operation: str, languages: tuple[str, ...], split: str) -> Recipe:
    first = languages[0]
    if operation == "translate_word":
        source, target = languages
        wording, draw = wordings.translate_word(source, target), _draw_word(source, target, split)
    elif operation == "translate_pair":
        wording, draw = wordings.translate_pair(first), _draw_pair(first, split)
    elif operation == "pick_translation":
        wording, draw = wordings.pick_translation(first), _draw_pick(first, split)
    elif operation == "name_language":
        wording, draw = wordings.name_language(languages), _draw_language(languages, split)
    else:
        wording, draw = wordings.foreign_digits(first), _draw_digits(first)
    name = "_".join((operation, *languages)).lower()
    parts = () if operation == "foreign_digits" else (operation, *languages)
    return Recipe(name, operation, split, wording, draw, parts=parts)


def recipes() -> list[Recipe]:
    """All recipes about words of other languages."""
    return [
        _recipe(operation, languages, split)
        for operation, splits in GRID.items()
        for split, arguments in splits.items()
        for languages in arguments
    ]
