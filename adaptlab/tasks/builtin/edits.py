"""Give the recipes of edits: words and lists come out with letters or words changed, dropped, marked or moved."""

import random
from collections.abc import Callable, Sequence

from adaptlab.tasks.builtin import edit_sentences
from adaptlab.tasks.builtin import edit_wordings as say
from adaptlab.tasks.builtin.lexicon import common_words
from adaptlab.tasks.builtin.marks import STRICT, edit_word
from adaptlab.tasks.builtin.recipe import DrawExample, Recipe, Wording

Grid = dict[str, dict[str, tuple[str, ...]]]
LENIENT = "exact_match"
_INDEX = {"first": 0, "second": 1, "last": -1}

# By edit: the letters or places of its train and test tasks.
EVERY_LETTER: Grid = {
    "delete": {"train": ("a", "o", "vowel")},
    "star": {"train": ("e", "o"), "test": ("vowel",)},
    "a_for": {"train": ("e",)},
    "u_for": {"train": ("o",)},
}
LETTER_AT: Grid = {
    "capital": {"train": ("second", "last")},
    "double": {"train": ("first", "last")},
    "star": {"train": ("last",), "test": ("second",)},
}
WORD_AT: Grid = {
    "drop": {"train": ("first", "second", "last")},
    "capital": {"train": ("first", "second"), "test": ("last",)},
    "none_for": {"train": ("second", "last")},
}
BEFORE_EACH = {"train": ("new", "old", "big")}
ENDINGS = ("er", "ed", "s")
_LIST = "a list of words separated by commas"

# By edit: what stands for each letter, and the wording for a letter.
_EVERY_LETTER_EDITS: dict[str, tuple[str, Callable[[str], Wording]]] = {
    "delete": ("", say.deletion),
    "star": ("*", lambda letter: say.substitution(letter, "an asterisk (*)")),
    "a_for": ("a", lambda letter: say.substitution(letter, 'the letter "a"')),
    "u_for": ("u", lambda letter: say.substitution(letter, 'the letter "u"')),
}
_LETTER_EDITS: dict[str, tuple[Callable[[str], Wording], Callable[[str], str]]] = {
    "capital": (say.capital_letter, str.upper),
    "double": (say.double_letter, lambda letter: letter * 2),
    "star": (say.star_letter, lambda _: "*"),
}
_WORD_EDITS: dict[str, tuple[str, Callable[[str], Wording], Callable[[str], str]]] = {
    "drop": (LENIENT, say.drop_word, lambda _: ""),
    "capital": (STRICT, say.capital_word, str.upper),
    "none_for": (LENIENT, say.none_for_word, lambda _: "none"),
}
# The wordings of moves share few words, so that a sentence encoder can tell a move from its inverse.
_LAST_TO_FRONT = Wording(
    (
        "move the last word of the list to the front",
        "take the last word and let it head the list",
        "bring the last item forward to the front of the list",
        "fetch the last word of the list and write it ahead of all the others",
        "rotate the list by one place, so that the last word comes to the front",
        "begin with the last word and copy the others after it in the same order",
        "bring the last word forward, so that it heads the list",
        "fetch the last item of the list and write it at the front, ahead of all the others",
    ),
    (
        "the list with its last word brought to the front",
        "the list headed by its last word, the others staying in order",
        "the list that begins with the old last word and is otherwise in the same order",
        "the list after its last word has been brought forward to the front",
    ),
    _LIST,
)
_FIRST_TO_END = Wording(
    (
        "send the first word of the list to the end",
        "take the first word off and attach it to the end of the list",
        "shift the first item back to the end of the list, behind all the others",
        "skip the first word and add it at the very end instead",
        "let the first word go to the end of the line, behind all the others",
        "finish the list with its first word, which is left out at the start",
        "send the first item back to the end of the line, behind all the others",
        "take the first word off and add it at the very end of the list",
    ),
    (
        "the list with its first word sent to the end",
        "the list in which the first word has gone behind all the others",
        "the list that ends with the word that was first and is otherwise in the same order",
        "the list after its first word has been sent back to the end",
    ),
    _LIST,
)
_SWAP_FIRST_TWO = Wording(
    (
        "swap the first and the second word of the list",
        "let the first two words switch places and copy the rest",
        "write the second word before the first and leave the rest as it is",
        "turn round the pair of words that opens the list and copy the rest",
        "switch the second word of the list with the first",
        "swap the two neighbours that open the list, the first and second word",
        "switch the first two words, so that the second stands before the first",
        "swap the opening pair, the first and second word, and copy the rest",
    ),
    (
        "the list with its first and second words swapped",
        "the list in which the first two words have switched places",
        "the list that has the second word before the first and the rest as it is",
        "the list after its first two words, the opening pair, have been swapped",
    ),
    _LIST,
)
_SWAP_ENDS = Wording(
    (
        "exchange the first and the last word of the list",
        "let the words at the two ends of the list trade positions",
        "interchange the outer words, first and last, and leave those in between alone",
        "trade the positions of the two outermost words in the list",
        "exchange the words at both ends of the list and leave the middle alone",
        "rewrite the list so that its first and last words are interchanged",
        "interchange the two outermost words, first and last, and leave the middle alone",
        "exchange the first word and the last word, which stand at the two ends of the list",
    ),
    (
        "the list with its first and last words exchanged",
        "the list after the words at its two ends have traded positions",
        "the list in which the outer words are interchanged and those in between left alone",
        "the list whose two outermost words, first and last, have been exchanged",
    ),
    _LIST,
)


def _change_at(place: str, items: Sequence[str], change: Callable[[str], str]) -> list[str]:
    chosen = range(len(items))[_INDEX[place]]
    return [change(item) if index == chosen else item for index, item in enumerate(items)]


def _listed(items: Sequence[str]) -> str:
    return ", ".join(items)


def _edit_list(split: str, edit: Callable[[list[str]], str], lengths: tuple[int, ...] = (3, 4)) -> DrawExample:
    words = [word for word in common_words(split) if len(word) <= 7]

    def draw(rng: random.Random) -> tuple[str, str]:
        listed = rng.sample(words, rng.choice(lengths))
        return _listed(listed), edit(listed)

    return draw


def _every_letter(edit: str, letter: str, split: str) -> Recipe:
    vowels = letter == "vowel"
    sign, phrase = _EVERY_LETTER_EDITS[edit]
    wording = phrase("vowel (a, e, i, o, u)" if vowels else f'letter "{letter}"')
    table = str.maketrans(dict.fromkeys("aeiou" if vowels else letter, sign))
    words = [word for word in common_words(split) if len(word) <= 7]
    affected = [word for word in words if word.translate(table) != word]

    def draw(rng: random.Random) -> tuple[str, str]:
        one = rng.choice(affected)
        pair = [one, rng.choice([word for word in words if word != one])]
        rng.shuffle(pair)
        return _listed(pair), _listed(pair).translate(table)

    parts = (edit, f"every {letter}")
    return Recipe(f"{edit}_every_{letter}", "every_letter", split, wording, draw, STRICT, parts)


def _letter_at(edit: str, place: str, split: str) -> Recipe:
    phrase, change = _LETTER_EDITS[edit]
    draw = edit_word(split, lambda word: "".join(_change_at(place, word, change)))
    parts = (edit, f"{place} letter")
    return Recipe(f"{edit}_{place}_letter", "letter_at", split, phrase(place), draw, STRICT, parts)


def _word_at(edit: str, place: str, split: str) -> Recipe:
    metric, phrase, change = _WORD_EDITS[edit]
    draw = _edit_list(split, lambda words: _listed([word for word in _change_at(place, words, change) if word]))
    return Recipe(f"{edit}_{place}_word", "word_at", split, phrase(place), draw, metric, (edit, f"{place} word"))


def _before_each(word: str, split: str) -> Recipe:
    draw = _edit_list(split, lambda words: _listed([f"{word} {each}" for each in words]), (2, 3))
    return Recipe(f"{word}_before_each_word", "before_each", split, say.before_each(word), draw)


def _ending(ending: str) -> Recipe:
    draw = _edit_list("train", lambda words: _listed([word + ending for word in words]), (2,))
    return Recipe(f"{ending}_after_both_words", "ending_for_each", "train", say.ending_for_each(ending), draw, STRICT)


def _relink(name: str, sign: str, many: str) -> Recipe:
    wording = say.relink(f"a spaced {name} ( {sign} )", f"spaced {many} ( {sign} )")
    return Recipe(
        f"relink_{name.replace(' ', '_')}", "relink", "train", wording, _edit_list("train", f" {sign} ".join), STRICT
    )


def _number(words: Sequence[str]) -> str:
    return " ".join(f"{number}. {word}" for number, word in enumerate(words, start=1))


def _initials(words: Sequence[str]) -> list[str]:
    return [word[0] for word in words]


def _list_forms() -> list[Recipe]:
    def form(name: str, family: str, wording: Wording, edit: Callable[[list[str]], str]) -> Recipe:
        return Recipe(name, family, "train", wording, _edit_list("train", edit, (2, 3)), STRICT)

    return [
        form("number_each_word", "list_labels", say.NUMBERED, _number),
        form("capital_for_each_word", "list_labels", say.CAPITAL_EACH, lambda words: _listed(words).title()),
        form("first_letter_of_each", "list_initials", say.FIRST_LETTERS, lambda words: _listed(_initials(words))),
        form("acronym", "list_initials", say.ACRONYM, lambda words: "".join(_initials(words)).upper()),
    ]


def _moves() -> list[Recipe]:
    """The new family: no train task moves a word."""

    def move(name: str, wording: Wording, edit: Callable[[list[str]], list[str]]) -> Recipe:
        return Recipe(name, "move_word", "test", wording, _edit_list("test", lambda words: _listed(edit(words))))

    return [
        move("move_last_word_to_front", _LAST_TO_FRONT, lambda words: [words[-1], *words[:-1]]),
        move("move_first_word_to_end", _FIRST_TO_END, lambda words: [*words[1:], words[0]]),
        move("swap_first_and_second_word", _SWAP_FIRST_TWO, lambda words: [*words[1::-1], *words[2:]]),
        move(
            "swap_first_and_last_word",
            _SWAP_ENDS,
            lambda words: [words[-1], *words[1:-1], words[0]],
        ),
    ]


def _from_grid(grid: Grid, make: Callable[[str, str, str], Recipe]) -> list[Recipe]:
    return [
        make(edit, argument, split)
        for edit, splits in grid.items()
        for split, arguments in splits.items()
        for argument in arguments
    ]


def recipes() -> list[Recipe]:
    """All recipes that edit words, lists and sentences."""
    return [
        *_from_grid(EVERY_LETTER, _every_letter),
        *_from_grid(LETTER_AT, _letter_at),
        *_from_grid(WORD_AT, _word_at),
        *(_before_each(word, split) for split, words in BEFORE_EACH.items() for word in words),
        *(_ending(ending) for ending in ENDINGS),
        _relink("slash", "/", "slashes"),
        _relink("vertical bar", "|", "vertical bars"),
        *_list_forms(),
        *_moves(),
        *edit_sentences.recipes(),
    ]
