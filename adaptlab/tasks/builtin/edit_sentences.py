"""Give the recipes that edit a short sentence: its closing mark, its names, its adjective or its opening changes."""

import random
from collections.abc import Callable
from dataclasses import dataclass

from adaptlab.tasks.builtin.lexicon import hash_split
from adaptlab.tasks.builtin.marks import STRICT
from adaptlab.tasks.builtin.people import FIRST_NAMES
from adaptlab.tasks.builtin.recipe import Recipe, Wording

_words = str.split
_SPLIT = "train"
_WOMEN = frozenset(_words("Anna Mary Lucy Nina Laura Sarah Helen Julia Rosa"))
_DEEDS = {
    "clean": "cleaned",
    "move": "moved",
    "sell": "sold",
    "carry": "carried",
    "paint": "painted",
    "find": "found",
    "buy": "bought",
    "take": "took",
    "hide": "hid",
    "describe": "described",
}
_MEETINGS = _words("called met helped thanked visited followed invited saw heard phoned")
_TIMES = ("yesterday", "again", "on Monday", "last week", "this morning")


def _own(text: str) -> list[str]:
    return [word for word in text.split() if hash_split(word) == _SPLIT]


_THINGS = _own(
    "box bag chair table lamp clock bike boat door fence bottle basket bucket carpet mirror bench shelf desk wagon "
    "piano ladder tent blanket plate jar spoon kettle drum guitar ring hat coat umbrella vase statue"
)
_ADJECTIVES = _own("old new big small red green heavy wooden cheap round tall little white black blue yellow pretty")


@dataclass(frozen=True)
class _Sentence:
    """The pieces of `Anna found the red box.` or, as a request, `Find the red box.`"""

    name: str
    deed: str
    adjective: str
    thing: str

    @property
    def statement(self) -> str:
        return f"{self.name} {_DEEDS[self.deed]} the {self.adjective} {self.thing}."

    @property
    def request(self) -> str:
        return f"{self.deed} the {self.adjective} {self.thing}."


Pair = tuple[str, str]


def _edited(name: str, family: str, wording: Wording, edit: Callable[[_Sentence], Pair], metric: str) -> Recipe:
    def draw(rng: random.Random) -> Pair:
        pools = (FIRST_NAMES[_SPLIT], list(_DEEDS), _ADJECTIVES, _THINGS)
        return edit(_Sentence(*(rng.choice(pool) for pool in pools)))

    return Recipe(name, family, _SPLIT, wording, draw, metric)


def _no_full_stop(sentence: _Sentence) -> Pair:
    return sentence.statement, sentence.statement[:-1]


def _question_mark(sentence: _Sentence) -> Pair:
    return sentence.statement, f"{sentence.statement[:-1]}?"


def _no_adjective(sentence: _Sentence) -> Pair:
    return sentence.statement, f"{sentence.name} {_DEEDS[sentence.deed]} the {sentence.thing}."


def _pronoun(sentence: _Sentence) -> Pair:
    pronoun = "She" if sentence.name in _WOMEN else "He"
    return sentence.statement, f"{pronoun} {_DEEDS[sentence.deed]} the {sentence.adjective} {sentence.thing}."


def _please(sentence: _Sentence) -> Pair:
    return sentence.request.capitalize(), f"Please {sentence.request}"


def _draw_swapped_names(rng: random.Random) -> Pair:
    one, other = rng.sample(FIRST_NAMES[_SPLIT], 2)
    deed, time = rng.choice(_MEETINGS), rng.choice(_TIMES)
    return f"{one} {deed} {other} {time}.", f"{other} {deed} {one} {time}."


_NO_FULL_STOP = Wording(
    (
        "remove the full stop from the end of the sentence",
        "write the sentence without its full stop",
        "copy the sentence but leave its final full stop out",
        "delete the full stop and keep all the words of the sentence",
        "drop the full stop that closes the sentence",
        "cut off the full stop after the last word of the sentence",
        "take the full stop away and write the rest of the sentence",
        "repeat the sentence word for word, with no full stop after it",
    ),
    (
        "the sentence without its full stop",
        "the same sentence with the final full stop removed",
        "the wording of the sentence, minus the full stop",
        "the sentence as it reads when no full stop follows",
    ),
    "a sentence that ends with a full stop",
)
_QUESTION_MARK = Wording(
    (
        "replace the full stop of the sentence by a question mark (?)",
        "end the sentence with a question mark (?) instead of its full stop",
        "change the final mark of the sentence to a question mark (?)",
        "write the sentence as a question by setting a question mark (?) at its end, in the same word order",
        "copy all the words of the sentence and close with a question mark (?)",
        "exchange the full stop at the end for a question mark (?)",
        "make the statement a question just by giving it a final question mark (?)",
        "put a question mark (?) after the last word, where the full stop was",
    ),
    (
        "the sentence with a question mark (?) instead of its full stop",
        "the same words in the same order, ending in a question mark (?)",
        "the sentence closed by a question mark (?)",
        "the statement rewritten with a question mark (?) as its last sign",
    ),
    "a sentence that ends with a full stop",
)
_NO_ADJECTIVE = Wording(
    (
        "leave the adjective out of the sentence",
        "write the sentence without its adjective",
        "delete the word that describes the thing and keep the rest of the sentence",
        "copy the sentence but skip the adjective before the noun",
        "drop the describing word from the sentence",
        "remove the adjective that stands between the article and the noun",
        "name the thing without describing it, in an otherwise unchanged sentence",
        "repeat the sentence with every word except the adjective",
    ),
    (
        "the sentence without its adjective",
        "the same sentence with the describing word removed",
        "the shorter sentence that has no adjective",
        "the sentence left over when the adjective is dropped",
    ),
    "a sentence with one adjective",
)
_PRONOUN = Wording(
    (
        "replace the name in the sentence by he or she, whichever fits",
        "start the sentence with He or She instead of the name",
        "use he for a man's name and she for a woman's name, and keep the rest of the sentence",
        "say he or she instead of naming the person, in an otherwise unchanged sentence",
        "change the name to the pronoun that fits it, he or she",
        "rewrite the sentence with he or she as its subject, depending on the name",
        "substitute the right pronoun (he or she) for the person's name",
        "decide whether the name is a man's or a woman's and put he or she in its place",
    ),
    (
        "the sentence with he or she instead of the name",
        "the same sentence, its name replaced by the fitting pronoun, he or she",
        "the sentence in which he or she stands for the person",
        "the sentence rewritten to begin with He or She rather than the name",
    ),
    "a sentence that begins with a person's name",
)
_PLEASE = Wording(
    (
        'make the request polite by starting it with "Please"',
        'put the word "Please" at the start of the request',
        'write the request with "Please" in front of it',
        'begin with "Please" and go on with the request in small letters',
        'turn the order into a polite one that opens with "Please"',
        'add "Please" before the first word of the request',
        'say the same thing more politely, with "Please" as the first word',
        'rewrite the command so that it begins with the word "Please"',
    ),
    (
        'the request with "Please" at its start',
        'the polite form of the order, beginning with "Please"',
        'the same request preceded by "Please"',
        'the command made polite by an initial "Please"',
    ),
    "a request",
)
_SWAP_NAMES = Wording(
    (
        "swap the two names in the sentence",
        "exchange the names of the two people and keep the other words",
        "write the sentence with the second name first and the first name second",
        "let the two people in the sentence change roles",
        "turn the sentence around so that its two names trade places",
        "put each name of the sentence where the other one was",
        "make the subject of the sentence its object and the object its subject",
        "rewrite the sentence so that each person takes the part of the other",
    ),
    (
        "the sentence with its two names swapped",
        "the same sentence after the two people have changed roles",
        "the sentence in which each name stands in the place of the other",
        "the sentence with subject and object exchanged",
    ),
    "a sentence with two names",
)


def recipes() -> list[Recipe]:
    """All recipes about sentences; all of them are train tasks."""
    lenient = "exact_match"
    return [
        _edited("sentence_without_full_stop", "sentence_end", _NO_FULL_STOP, _no_full_stop, STRICT),
        _edited("sentence_with_question_mark", "sentence_end", _QUESTION_MARK, _question_mark, STRICT),
        _edited("sentence_without_adjective", "sentence_words", _NO_ADJECTIVE, _no_adjective, lenient),
        _edited("sentence_with_pronoun", "sentence_words", _PRONOUN, _pronoun, lenient),
        _edited("sentence_with_please", "sentence_words", _PLEASE, _please, lenient),
        Recipe("sentence_names_swapped", "sentence_words", _SPLIT, _SWAP_NAMES, _draw_swapped_names),
    ]
