"""A split in, the words and clauses that reading tasks put together out; no noun or verb is in two splits."""

import random
from dataclasses import dataclass
from functools import cache

from adaptlab.tasks.builtin.lexicon import hash_split, rows, words
from adaptlab.tasks.builtin.people import FIRST_NAMES
from adaptlab.tasks.builtin.spelling import past_tense, third_person

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MEN = frozenset(
    (
        *("Tom", "Paul", "Mark", "Peter", "James", "David", "Simon", "Frank"),
        *("Jack", "Oscar", "Henry", "Victor", "Bruno", "Leo", "Ralph"),
        *("Hugo", "Felix", "Ivan", "Louis", "Edgar", "Carl", "Max", "Adam"),
    )
)
# Things that fit into a cup.
SMALL_THINGS = ("key", "ring", "spoon", "ticket", "brush", "comb", "fork", "candle")
_PLACES = (
    *("on the shelf", "under the bed", "on the floor", "in the cupboard", "in the kitchen", "in the garage"),
    *("in the car", "in the hall", "in the box", "on the counter", "in the wardrobe", "in the attic"),
    *("behind the stove", "in the fridge", "in the barn", "on the balcony", "on the porch", "on the terrace"),
    *("on the table", "under the chair", "behind the sofa", "in the cellar", "near the window", "in the suitcase"),
    *("on the desk", "under the bench", "in the drawer", "in the garden", "in the office", "on the tray"),
)
_PRONOUNS = ("He", "She", "We", "They")
_TAILS = ("", " every week", " on Sundays")


def men(split: str) -> list[str]:
    """The men's first names of a split."""
    return [name for name in FIRST_NAMES[split] if name in _MEN]


def women(split: str) -> list[str]:
    """The women's first names of a split."""
    return [name for name in FIRST_NAMES[split] if name not in _MEN]


@cache
def things(split: str) -> tuple[str, ...]:
    """Things that can be owned and sold, in the singular."""
    return tuple(thing for thing in words("reading_things") if hash_split(thing) == split)


def places(split: str) -> list[str]:
    """Prepositional phrases such as `on the shelf`."""
    return [place for place in _PLACES if hash_split(place.split()[-1]) == split]


def tastes(split: str) -> list[str]:
    """What people like or do not like, without an article."""
    return [taste for taste in words("reading_tastes") if hash_split(taste) == split]


@dataclass(frozen=True)
class Clause:
    """Who does what: `She`, `play`, `chess on Sundays`."""

    subject: str
    verb: str
    rest: str

    @property
    def inner_subject(self) -> str:
        """The subject as it is written inside a sentence."""
        return self.subject.lower() if self.subject in _PRONOUNS else self.subject

    def helper(self, tense: str) -> str:
        """The helping verb of negations and questions."""
        if tense == "present":
            return "do" if self.subject in ("We", "They") else "does"
        return {"past": "did", "future": "will"}[tense]

    def statement(self, tense: str) -> str:
        """The clause as a statement."""
        if tense == "future":
            return f"{self.subject} will {self.verb} {self.rest}."
        if tense == "past":
            return f"{self.subject} {past_tense(self.verb)} {self.rest}."
        verb = third_person(self.verb) if self.helper(tense) == "does" else self.verb
        return f"{self.subject} {verb} {self.rest}."

    def negative(self, tense: str) -> str:
        """The clause denied."""
        return f"{self.subject} {self.helper(tense)} not {self.verb} {self.rest}."

    def question(self, tense: str) -> str:
        """The clause as a yes/no question."""
        return f"{self.helper(tense).capitalize()} {self.inner_subject} {self.verb} {self.rest}?"


@cache
def deeds(split: str) -> tuple[tuple[str, str], ...]:
    """Verbs with what follows them, such as `play` and `chess`; the splits share no verb."""
    return tuple((verb, rest) for verb, rest in rows("reading_deeds") if hash_split(verb) == split)


def draw_clause(rng: random.Random, split: str) -> Clause:
    """Draw who does what, as one of the split's people or a pronoun."""
    verb, rest = rng.choice(deeds(split))
    subject = rng.choice(_PRONOUNS) if rng.random() < 0.4 else rng.choice(FIRST_NAMES[split])
    tail = rng.choice(_TAILS) if len(rest.split()) <= 2 else ""
    return Clause(subject, verb, rest + tail)
