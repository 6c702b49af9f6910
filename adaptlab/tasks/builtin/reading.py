"""Give the recipes about reading: facts found in short sentences, people and things compared, pronouns resolved."""

import random
from collections.abc import Callable, Mapping, Sequence

from adaptlab.tasks.builtin import reading_wordings as wordings
from adaptlab.tasks.builtin.people import CITIES, COLORS, FIRST_NAMES
from adaptlab.tasks.builtin.reading_material import DAYS, SMALL_THINGS, men, places, tastes, things, women
from adaptlab.tasks.builtin.reading_sentences import sentence_recipes
from adaptlab.tasks.builtin.recipe import DrawExample, Recipe
from adaptlab.tasks.builtin.spelling import plural

Pair = tuple[str, str]

_EVENT_FORMS: dict[str, tuple[str, ...]] = {
    "visit": (
        "On {day}, {who} visited {whom} in {city}.",
        "{who} visited {whom} in {city} on {day}.",
        "In {city}, {who} visited {whom} on {day}.",
        "{whom} was visited by {who} in {city} on {day}.",
    ),
    "purchase": (
        "On {day}, {who} bought the {thing} in {city}.",
        "{who} bought the {thing} in {city} on {day}.",
        "In {city}, {who} bought the {thing} on {day}.",
        "The {thing} was bought by {who} in {city} on {day}.",
    ),
    "trip": (
        "On {day}, {who} went from {start} to {goal}.",
        "{who} travelled to {goal} from {start} on {day}.",
        "{who} left {start} for {goal} on {day}.",
        "{who} reached {goal} on {day}, coming from {start}.",
    ),
}
# By event: the roles of its train, validation and test tasks.
EVENTS: dict[str, dict[str, tuple[str, ...]]] = {
    "visit": {"train": ("who", "whom", "city", "day"), "validation": (), "test": ()},
    "purchase": {"train": ("thing", "day"), "validation": (), "test": ()},
    "trip": {"train": ("start", "goal"), "validation": (), "test": ()},
}
# By property: the things of its train, validation and test tasks.
PROPERTIES: dict[str, dict[str, tuple[str, ...]]] = {
    "colour": {"train": ("hat", "bag"), "validation": (), "test": ("cup",)},
    "owner": {"train": ("cup", "hat"), "validation": (), "test": ()},
    "place": {"train": ("cup", "bag"), "validation": (), "test": ()},
    "number": {"train": ("hat",), "validation": (), "test": ()},
    "price": {"train": ("bag",), "validation": (), "test": ()},
}
_PRICE_FORMS = (
    "The {x} costs {v} euros and the {y} costs {w} euros.",
    "You pay {v} euros for the {x} and {w} euros for the {y}.",
    "The {x} sells for {v} euros, the {y} for {w}.",
    "The price of the {x} is {v} euros; the {y} costs {w} euros.",
)
_NUMBER_FORMS = (
    "There are {v} {x} and {w} {y}.",
    "We need {v} {x} and {w} {y}.",
    "The shop has {v} {x} and {w} {y}.",
    "I counted {v} {x}, and then {w} {y}.",
)
_PROPERTY_FORMS: dict[str, tuple[str, ...]] = {
    "colour": (
        "The {x} is {v} and the {y} is {w}.",
        "We saw the {v} {x} and the {w} {y}.",
        "The {x} is {v}, but the {y} is {w}.",
        "The {v} {x} lies next to the {w} {y}.",
    ),
    "owner": (
        "The {x} belongs to {v} and the {y} belongs to {w}.",
        "{v} owns the {x} and {w} owns the {y}.",
        "This is {v}'s {x} and that is {w}'s {y}.",
        "{v} is the owner of the {x}; the {y} is {w}'s.",
    ),
    "place": (
        "The {x} is {v}. The {y} is {w}.",
        "The {x} is {v} and the {y} is {w}.",
        "You will find the {x} {v} and the {y} {w}.",
    ),
    "number": _NUMBER_FORMS,
    "price": _PRICE_FORMS,
}
_AMOUNTS = [str(amount) for amount in range(2, 21)]
# By the comparative of the task: its opposite and the plain adjective.
_DEGREES = {"older": ("younger", "old"), "younger": ("older", "young"), "taller": ("shorter", "tall")}
_COMPARISONS = (
    "{a} is {more} than {b}.",
    "{b} is {less} than {a}.",
    "{b} is not as {base} as {a}.",
    "Compared with {b}, {a} is {more}.",
    "Compared with {a}, {b} is {less}.",
)
_RANKS = {"oldest": ("older", "younger"), "shortest": ("shorter", "taller")}
_PERSON_CLAUSES = (
    "{a} called {b} because {p} was late.",
    "{a} thanked {b} before {p} left.",
    "{a} smiled at {b} when {p} came in.",
    "{a} met {b} after {p} finished work.",
    "{a} lives near {b}, and {p} is a teacher.",
    "{a} asked {b} if {p} was hungry.",
    "{a} told {b} that {p} looked tired.",
    "{a} knew {b} before {p} became famous.",
)
_THING_CLAUSES = (
    "{a} sold the {x} because it was old.",
    "{a} showed {b} the {x} before it broke.",
    "{a} likes the {x}, but {b} says it is ugly.",
    "{a} lost the {x} and {b} found it.",
    "{a} gave {b} the {x} because it was too big.",
    "Because {a} wanted the {x}, {b} bought it.",
)
_TASTE_FORMS = (
    "{a} likes {x} but not {y}.",
    "{a} does not like {y}, but {a} likes {x}.",
    "{a} likes {x}. {a} does not like {y}.",
    "{a} dislikes {y} but likes {x}.",
    "It is {x} that {a} likes, not {y}.",
)
_FAN_FORMS = (
    "{a} likes {x}, but {b} does not.",
    "{b} does not like {x}, but {a} does.",
    "Unlike {b}, {a} likes {x}.",
    "Unlike {a}, {b} does not like {x}.",
    "{a} likes {x}. {b} dislikes {x}.",
)


def _event(event: str, role: str, split: str) -> Recipe:
    def draw(rng: random.Random) -> Pair:
        who, whom = rng.sample(FIRST_NAMES[split], 2)
        start, goal = rng.sample(CITIES[split], 2)
        day, thing = rng.choice(DAYS), rng.choice(things(split))
        roles = {"who": who, "whom": whom, "city": start, "start": start, "goal": goal, "day": day, "thing": thing}
        return rng.choice(_EVENT_FORMS[event]).format(**roles), roles[role]

    return Recipe(f"{event}_{role}", "event", split, wordings.event(event, role), draw, parts=(event, role))


def _two_facts(rng: random.Random, forms: Sequence[str], facts: list[Pair]) -> str:
    (x, v), (y, w) = rng.sample(facts, 2)
    return rng.choice(forms).format(x=x, v=v, y=y, w=w)


def _values(split: str) -> Mapping[str, Sequence[str]]:
    return {
        "colour": COLORS[split],
        "owner": FIRST_NAMES[split],
        "place": places(split),
        "number": _AMOUNTS,
        "price": _AMOUNTS,
    }


def _property(kind: str, thing: str, split: str) -> Recipe:
    values = _values(split)[kind]
    write = plural if kind == "number" else str

    def draw(rng: random.Random) -> Pair:
        mine, other = rng.sample(values, 2)
        neighbour = rng.choice(things(split))
        if kind == "place" and rng.random() < 0.4:
            neighbour, other = rng.choice(SMALL_THINGS), f"in the {thing}"
        facts = [(write(thing), mine), (write(neighbour), other)]
        return _two_facts(rng, _PROPERTY_FORMS[kind], facts), mine

    wording = wordings.PROPERTIES[kind](write(thing))
    return Recipe(f"{kind}_of_{thing}", "property_of", split, wording, draw, parts=(kind, thing))


def _draw_amounts(forms: Sequence[str], pick: Callable[[int, int], int], write: Callable[[str], str]) -> DrawExample:
    """Show two things with different amounts and answer with the thing whose amount is picked."""

    def draw(rng: random.Random) -> Pair:
        amounts = rng.sample(_AMOUNTS, 2)
        named = [write(thing) for thing in rng.sample(things("train"), 2)]
        answer = named[amounts.index(str(pick(*map(int, amounts))))]
        return _two_facts(rng, forms, list(zip(named, amounts, strict=True))), answer

    return draw


def _compare(more: str) -> Recipe:
    less, base = _DEGREES[more]

    def draw(rng: random.Random) -> Pair:
        a, b = rng.sample(FIRST_NAMES["train"], 2)
        return rng.choice(_COMPARISONS).format(a=a, b=b, more=more, less=less, base=base), a

    return Recipe(f"compare_people_{more}", "compare_people", "train", wordings.compare(more), draw)


def _rank(most: str) -> Recipe:
    more, less = _RANKS[most]

    def draw(rng: random.Random) -> Pair:
        a, b, c = rng.sample(FIRST_NAMES["train"], 3)
        facts = [f"{a} is {more} than {b}.", f"{b} is {more} than {c}."]
        if rng.random() < 0.5:
            facts = [f"{b} is {less} than {a}.", f"{c} is {less} than {b}."]
        return " ".join(rng.sample(facts, 2)), a

    return Recipe(f"rank_people_{most}", "rank_people", "train", wordings.rank(most), draw)


def _pronoun(pronoun: str) -> Recipe:
    meant, others = (men, women) if pronoun == "he" else (women, men)

    def draw(rng: random.Random) -> Pair:
        answer = rng.choice(meant("train"))
        a, b = rng.sample([answer, rng.choice(others("train"))], 2)
        return rng.choice(_PERSON_CLAUSES).format(a=a, b=b, p=pronoun), answer

    return Recipe(f"pronoun_{pronoun}", "pronoun", "train", wordings.pronoun(pronoun, "person"), draw)


def _draw_it(rng: random.Random) -> Pair:
    a, b = rng.sample(FIRST_NAMES["train"], 2)
    thing = rng.choice(things("train"))
    return rng.choice(_THING_CLAUSES).format(a=a, b=b, x=thing), thing


def _draw_taste(forms: Sequence[str], answer: str) -> DrawExample:
    """Show who likes what (`a` likes `x`; `b` and `y` are the opposites) and answer with one of the four."""

    def draw(rng: random.Random) -> Pair:
        a, b = rng.sample(FIRST_NAMES["test"], 2)
        x, y = rng.sample(tastes("test"), 2)
        roles = {"a": a, "b": b, "x": x, "y": y}
        return rng.choice(forms).format(**roles), roles[answer]

    return draw


def _opinions() -> list[Recipe]:
    thing, person = wordings.taste, wordings.fan
    tasks = [
        ("liked_thing", thing("likes"), _draw_taste(_TASTE_FORMS, "x")),
        ("disliked_thing", thing("does not like"), _draw_taste(_TASTE_FORMS, "y")),
        ("person_who_likes", person("likes"), _draw_taste(_FAN_FORMS, "a")),
        ("person_who_dislikes", person("does not like"), _draw_taste(_FAN_FORMS, "b")),
    ]
    return [Recipe(name, "opinion", "test", wording, draw) for name, wording, draw in tasks]


def recipes() -> list[Recipe]:
    """All recipes about reading."""
    amounts = [
        ("cheaper", wordings.priced("cheaper"), _draw_amounts(_PRICE_FORMS, min, str)),
        ("dearer", wordings.priced("more expensive"), _draw_amounts(_PRICE_FORMS, max, str)),
        ("more", wordings.MORE, _draw_amounts(_NUMBER_FORMS, max, plural)),
    ]
    return [
        *(_event(e, role, split) for e, splits in EVENTS.items() for split, roles in splits.items() for role in roles),
        *(
            _property(kind, thing, split)
            for kind, splits in PROPERTIES.items()
            for split, named in splits.items()
            for thing in named
        ),
        *(Recipe(f"compare_things_{name}", "compare_things", "train", wording, d) for name, wording, d in amounts),
        *(_compare(more) for more in _DEGREES),
        *(_rank(most) for most in _RANKS),
        *(_pronoun(pronoun) for pronoun in ("he", "she")),
        Recipe("pronoun_it", "pronoun", "train", wordings.pronoun("it", "thing"), _draw_it),
        *_opinions(),
        *sentence_recipes(),
    ]
