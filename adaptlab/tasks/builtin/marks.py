"""Give the recipes about marks: a mark stands between letters or words, beside or around a word, or labels it."""

import random
from collections.abc import Callable
from dataclasses import dataclass

from adaptlab.tasks.builtin.lexicon import common_words
from adaptlab.tasks.builtin.recipe import DrawExample, Recipe, Wording

STRICT = "exact_match_strict"


@dataclass(frozen=True)
class Mark:
    """A sign and the words that name it: `slash`, `a slash (/)`, `slashes`."""

    key: str
    sign: str
    one: str
    many: str


def _mark(key: str, sign: str, many: str) -> Mark:
    return Mark(key, sign, f"{'an' if key[0] in 'aeiou' else 'a'} {key} ({sign})", many)


SPACE = Mark("space", " ", "a space", "spaces")
MARKS = {
    "space": SPACE,
    **{
        key: _mark(key, sign, many)
        for key, sign, many in (
            ("hyphen", "-", "hyphens"),
            ("comma", ",", "commas"),
            ("dot", ".", "dots"),
            ("slash", "/", "slashes"),
            ("plus sign", "+", "plus signs"),
            ("asterisk", "*", "asterisks"),
            ("underscore", "_", "underscores"),
            ("colon", ":", "colons"),
            ("equals sign", "=", "equals signs"),
            ("hash sign", "#", "hash signs"),
            ("at sign", "@", "at signs"),
        )
    },
}
_OPENING = _mark("opening square bracket", "[", "opening square brackets")
_CLOSING = _mark("closing square bracket", "]", "closing square brackets")
_ROW_MARKS = tuple(mark.sign for mark in MARKS.values() if mark.key not in ("space", "comma", "dot"))

# By operation: the marks of its train, validation and test tasks.
GRID: dict[str, dict[str, tuple[str, ...]]] = {
    "spell_with": {
        "train": ("space", "hyphen", "comma", "dot", "asterisk", "plus sign"),
        "validation": (),
        "test": ("slash",),
    },
    "join_with": {
        "train": ("hyphen", "slash", "asterisk", "plus sign", "equals sign"),
        "validation": ("colon",),
        "test": ("dot",),
    },
    "mark_before": {
        "train": ("slash", "dot", "asterisk", "colon"),
        "validation": (),
        "test": ("plus sign",),
    },
    "mark_after": {
        "train": ("comma", "dot", "slash", "plus sign", "colon"),
        "validation": (),
        "test": ("asterisk",),
    },
    "marked_with": {
        "train": ("plus sign", "asterisk", "slash", "equals sign", "hash sign", "hyphen"),
        "validation": (),
        "test": ("colon",),
    },
}


def edit_word(split: str, edit: Callable[[str], str], longest: int = 9) -> DrawExample:
    """Show a word of the split's list and answer with the edited word."""
    words = [word for word in common_words(split) if len(word) <= longest]

    def draw(rng: random.Random) -> tuple[str, str]:
        word = rng.choice(words)
        return word, edit(word)

    return draw


def _spell(mark: Mark, split: str) -> tuple[Wording, DrawExample]:
    one, many = mark.one, mark.many
    wording = Wording(
        (
            f"spell the word with {one} between the letters",
            f"write the word letter by letter, separated by {many}",
            f"split the word into its letters and join them with {many}",
            f"insert {one} between every two neighbouring letters",
            f"take the word apart so that {many} stand between its letters",
            f"rewrite the word, placing {one} after each letter except the last",
            f"separate all the letters of the word with {many}",
            f"list the letters of the word in order, using {many} as separators",
        ),
        (
            f"the word spelled with {one} between the letters",
            f"the sequence of the word's letters separated by {many}",
            f"the same word with {many} inserted between the letters",
            f"the spelling of the word, with {one} after every letter but the last",
        ),
        "a word",
    )
    return wording, edit_word(split, mark.sign.join, longest=7)


def _join(mark: Mark, split: str) -> tuple[Wording, DrawExample]:
    one = mark.one
    wording = Wording(
        (
            f"join the two words with {one}",
            f"write both words with {one} between them",
            f"replace the comma and the space by {one}",
            f"connect the first word to the second with {one}",
            f"put {one} where the comma is and leave no space",
            f"combine the pair into one string with {one} in the middle",
            f"link the two words by means of {one}",
            f"write the first word, then {one}, then the second word, without spaces",
        ),
        (
            f"the pair of words joined by {one}",
            f"the pair of words with {one} in the middle",
            f"the string in which {one} connects the two words",
            f"the first word followed by {one} and the second word",
        ),
        "a pair of words separated by a comma",
    )
    words = [word for word in common_words(split) if len(word) <= 7]

    def draw(rng: random.Random) -> tuple[str, str]:
        pair = rng.sample(words, 2)
        return ", ".join(pair), mark.sign.join(pair)

    return wording, draw


def _before(mark: Mark, split: str) -> tuple[Wording, DrawExample]:
    one = mark.one
    wording = Wording(
        (
            f"put {one} before the word",
            f"write {one} in front of the word",
            f"start with {one} and add the word right behind it",
            f"place {one} directly before the word, without a space",
            f"add {one} to the front of the word",
            f"begin with {one}, followed at once by the word",
            f"attach {one} to the beginning of the word",
            f"write the word with {one} just before its first letter",
        ),
        (
            f"the word with {one} before it",
            f"the given word with {one} in front",
            f"the result of putting {one} before the word",
            f"the word with {one} attached to its beginning",
        ),
        "a word",
    )
    return wording, edit_word(split, lambda word: mark.sign + word)


def _after(mark: Mark, split: str) -> tuple[Wording, DrawExample]:
    one = mark.one
    wording = Wording(
        (
            f"put {one} after the word",
            f"write {one} behind the word",
            f"start with the word and add {one} right behind it",
            f"place {one} directly after the word, without a space",
            f"add {one} to the end of the word",
            f"begin with the word, followed at once by {one}",
            f"attach {one} to the end of the word",
            f"write the word with {one} just after its last letter",
        ),
        (
            f"the word with {one} after it",
            f"the given word with {one} behind it",
            f"the result of putting {one} after the word",
            f"the word with {one} attached to its end",
        ),
        "a word",
    )
    return wording, edit_word(split, lambda word: word + mark.sign)


def _marked(mark: Mark, split: str) -> tuple[Wording, DrawExample]:
    one = mark.one
    wording = Wording(
        (
            f"pick the word marked with {one}",
            f"find the word with {one} in front of it",
            f"write the word that follows {one}, without the mark",
            f"choose the word that carries {one}",
            f"ignore every word except the one behind {one}",
            f"tell me which word has {one} attached to it",
            f"select the word labelled with {one} and write it without the label",
            f"output the word that has {one} before it",
        ),
        (
            f"the word marked with {one}",
            f"the word with {one} in front, written without the mark",
            f"the word that has {one} attached to it",
            f"the word right after {one}",
        ),
        "a row of words with different marks",
    )
    words = [word for word in common_words(split) if len(word) <= 7]

    def draw(rng: random.Random) -> tuple[str, str]:
        signs = [mark.sign, *rng.sample([sign for sign in _ROW_MARKS if sign != mark.sign], 2)]
        row = rng.sample(words, 3)
        pairs = [sign + word for sign, word in zip(signs, row, strict=True)]
        rng.shuffle(pairs)
        return " ".join(pairs), row[0]

    return wording, draw


_OPERATIONS: dict[str, tuple[str, Callable[[Mark, str], tuple[Wording, DrawExample]]]] = {
    "spell_with": (STRICT, _spell),
    "join_with": (STRICT, _join),
    "mark_before": (STRICT, _before),
    "mark_after": (STRICT, _after),
    "marked_with": ("exact_match", _marked),
}


def _combine(operation: str, mark: Mark, split: str, part: str = "") -> Recipe:
    metric, make = _OPERATIONS[operation]
    wording, draw = make(mark, split)
    name = f"{operation}_{mark.key.replace(' ', '_')}"
    return Recipe(name, operation, split, wording, draw, metric, parts=(operation, part or mark.key))


def _wrap(argument: str, split: str, opening: str, closing: str, part: str) -> Recipe:
    sign = f"{opening} {closing}"
    wording = Wording(
        (
            f"put {argument} around the word",
            f"wrap the word in {argument}",
            f"write the word between {argument}",
            f"enclose the input in {argument}: {sign}",
            f"add {opening} before the word and {closing} after it ({argument})",
            f"return the word surrounded by {argument}",
            f"place the word inside {argument}",
            f"write {opening}, then the word, then {closing}, so that it stands in {argument}",
        ),
        (
            f"the word in {argument}",
            f"the input with {argument} on both sides",
            f"the same word enclosed in {argument}, as in {sign}",
            f"the word with {argument} around it",
        ),
        "a word",
    )
    draw = edit_word(split, lambda word: f"{opening}{word}{closing}")
    return Recipe(f"wrap_{argument.replace(' ', '_')}", "wrap", split, wording, draw, STRICT, ("wrap", part))


def recipes() -> list[Recipe]:
    """All recipes about marks."""
    return [
        *(
            _combine(operation, MARKS[key], split)
            for operation, splits in GRID.items()
            for split, keys in splits.items()
            for key in keys
        ),
        _combine("mark_before", _OPENING, "train", "square bracket"),
        _combine("mark_after", _CLOSING, "train", "square bracket"),
        _wrap("round brackets", "train", "(", ")", "round bracket"),
        _wrap("curly brackets", "train", "{", "}", "curly bracket"),
        _wrap("angle brackets", "train", "<", ">", "angle bracket"),
        _wrap("double quotation marks", "train", '"', '"', "double quotation mark"),
        _wrap("single quotation marks", "train", "'", "'", "single quotation mark"),
        _wrap("asterisks", "train", "*", "*", "asterisk"),
        _wrap("slashes", "train", "/", "/", "slash"),
        _wrap("square brackets", "test", "[", "]", "square bracket"),
        _wrap("plus signs", "test", "+", "+", "plus sign"),
    ]
