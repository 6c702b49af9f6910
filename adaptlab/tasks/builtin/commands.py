"""Give the recipes about short commands and statements: an English line goes in, a formal line or a slot comes out."""

import random
from collections.abc import Callable
from dataclasses import dataclass

from adaptlab.tasks.builtin.command_wordings import form_wording
from adaptlab.tasks.builtin.numbers import in_words
from adaptlab.tasks.builtin.people import FIRST_NAMES
from adaptlab.tasks.builtin.recipe import DrawExample, Recipe
from adaptlab.tasks.builtin.spelling import plural

STRICT = "exact_match_strict"
Slots = dict[str, str]
_words = str.split
_SHARED_FORMS = frozenset(("call", "arrow", "pipe", "dotted", "json", "key_value"))

_DEVICES = {
    "train": _words("lamp heater fan radio printer camera speaker dryer"),
    "test": _words("boiler toaster freezer cooler telephone kettle alarm"),
}
_ROOMS = {
    "train": _words("kitchen bedroom office garage hall attic library"),
    "test": _words("bathroom cellar studio nursery lobby pantry"),
}
_SWITCHING = {
    state: (
        f"turn {state} the {{device}} in the {{room}}",
        f"switch the {{device}} in the {{room}} {state}",
        f"turn the {{room}} {{device}} {state}",
        f"in the {{room}}, switch {state} the {{device}}",
        f"please turn {state} the {{room}} {{device}}",
        f"the {{device}} in the {{room}} should be {state}",
        f"{start} the {{device}} in the {{room}}",
        f"please {power} the {{room}} {{device}}",
    )
    for state, start, power in (("on", "activate", "power up"), ("off", "deactivate", "power down"))
}
_WAYS = {"left": "to the left", "right": "to the right", "forward": "forward", "back": "back"}
_MOVING = (
    "{verb} {direction} {number} steps",
    "{verb} {number} steps {way}",
    "please {verb} {number} steps {direction}",
    "take {number} steps {way}",
    "now {verb} {direction} {number} steps",
)
_DAYS = _words("Monday Tuesday Wednesday Thursday Friday Saturday Sunday")
_REMINDING = (
    "{verb} {person} on {day} at {hour}",
    "on {day} at {hour}, {verb} {person}",
    "{verb} {person} at {hour} on {day}",
    "remember to {verb} {person} on {day} at {hour}",
    "at {hour} on {day} I must {verb} {person}",
)
_GOODS = _words("apple melon pear banana egg lemon onion carrot potato tomato pepper cake bun cookie orange plum")
_ORDERING = (
    "{} and {}",
    "I would like {} and {}",
    "please bring {} and {}",
    "can I have {} and {}",
    "we need {} and {}",
)
# Devices and the settings that they have.
_SETTINGS = {
    "train": (
        ("radio stereo speaker", "volume bass"),
        ("laptop tablet screen", "brightness contrast"),
        ("heater oven fridge", "temperature"),
        ("fan mixer drill", "speed power"),
    ),
    "validation": (
        ("headset jukebox amplifier", "loudness treble"),
        ("television projector monitor", "sharpness saturation"),
        ("shower pump sprinkler", "pressure flow"),
    ),
}
_CHANGING = {
    sign: (
        *(f"{verb} the {{setting}} of the {{device}} by {{number}}" for verb in verbs),
        *(f"please {verb} the {{device}} {{setting}} by {{number}}" for verb in verbs),
        f"make the {{setting}} of the {{device}} {{number}} points {degree}",
    )
    for sign, verbs, degree in (
        ("+", ("raise", "increase", "turn up"), "higher"),
        ("-", ("lower", "reduce", "turn down"), "lower"),
    )
}
# By sign: the name of its function and the ways to say it.
_OPERATIONS = {
    "+": ("add", ("{a} plus {b}", "the sum of {a} and {b}", "add {a} and {b}")),
    "-": ("sub", ("{a} minus {b}", "{a} less {b}", "{a} take away {b}")),
    "*": ("mul", ("{a} times {b}", "{a} multiplied by {b}", "the product of {a} and {b}")),
    "/": ("div", ("{a} divided by {b}", "{a} over {b}", "the quotient of {a} and {b}")),
}
# By sign: the sign that means the same with the sides swapped, a word for it and the ways to say it.
_COMPARISONS = {
    ">": ("<", "above", ("is greater than {}", "is more than {}", "is above {}", "exceeds {}")),
    "<": (">", "below", ("is smaller than {}", "is less than {}", "is below {}", "is under {}")),
    "=": ("=", "equal", ("is equal to {}", "equals {}", "is exactly {}", "is the same as {}")),
    ">=": ("<=", "at_least", ("is at least {}", "is no less than {}", "is {} or more", "is not below {}")),
    "<=": (">=", "at_most", ("is at most {}", "is no more than {}", "is {} or less", "is not above {}")),
}
_LETTERS = _words("x y z n k m")
_QUANTITIES = _words("speed price age weight height width score length depth cost")
_WOMEN = frozenset(_words("Diana Grace Marta Olga Nora Ruth Jane Elena"))
_WOMENS_RELATIONS = _words("mother sister aunt daughter niece grandmother")
_MENS_RELATIONS = _words("father brother uncle son nephew grandfather")
_RELATING = ("{x} is the {relation} of {y}", "{x} is {y}'s {relation}", "{y}'s {relation} is {x}")


def _device(rng: random.Random, split: str) -> tuple[str, Slots]:
    slots = {"device": rng.choice(_DEVICES[split]), "room": rng.choice(_ROOMS[split])}
    state = rng.choice(("on", "off"))
    return rng.choice(_SWITCHING[state]).format(**slots), {**slots, "state": state, "label": state.upper()}


def _robot(rng: random.Random, _: str) -> tuple[str, Slots]:
    direction, number, verb = rng.choice(tuple(_WAYS)), rng.randint(2, 20), rng.choice(("go", "walk", "move"))
    text = rng.choice(_MOVING).format(verb=verb, direction=direction, way=_WAYS[direction], number=in_words(number))
    return text, {"direction": direction, "number": str(number), "letter": direction[0].upper()}


def _meeting(rng: random.Random, split: str) -> tuple[str, Slots]:
    slots = {
        "verb": rng.choice(("meet", "call", "visit", "email", "invite")),
        "person": rng.choice(FIRST_NAMES[split]),
        "day": rng.choice(_DAYS),
        "hour": str(rng.randint(1, 12)),
    }
    return rng.choice(_REMINDING).format(**slots), slots


def _ordered(item: str, number: int) -> tuple[str, str]:
    if number > 1:
        return plural(item), f"{in_words(number)} {plural(item)}"
    return item, f"{'an' if item[0] in 'aeiou' else 'a'} {item}"


def _shopping(rng: random.Random, _: str) -> tuple[str, Slots]:
    numbers = [rng.randint(1, 12), rng.randint(1, 12)]
    (one, first), (other, second) = map(_ordered, rng.sample(_GOODS, 2), numbers)
    slots = {"one": one, "n": str(numbers[0]), "other": other, "m": str(numbers[1]), "total": str(sum(numbers))}
    return rng.choice(_ORDERING).format(first, second), slots


def _setting(rng: random.Random, split: str) -> tuple[str, Slots]:
    devices, settings = rng.choice(_SETTINGS[split])
    sign = rng.choice(tuple(_CHANGING))
    slots = {
        "device": rng.choice(devices.split()),
        "setting": rng.choice(settings.split()),
        "number": str(rng.randint(2, 60)),
    }
    way = "up" if sign == "+" else "down"
    return rng.choice(_CHANGING[sign]).format(**slots), {**slots, "sign": sign, "way": way, "label": way.upper()}


def _formula(rng: random.Random, _: str) -> tuple[str, Slots]:
    sign, a, b = rng.choice(tuple(_OPERATIONS)), rng.randint(2, 20), rng.randint(2, 20)
    name, ways = _OPERATIONS[sign]
    return rng.choice(ways).format(a=in_words(a), b=in_words(b)), {"sign": sign, "name": name, "a": str(a), "b": str(b)}


def _condition(rng: random.Random, _: str) -> tuple[str, Slots]:
    sign, number = rng.choice(tuple(_COMPARISONS)), str(rng.randint(2, 99))
    turned, word, ways = _COMPARISONS[sign]
    quantity = rng.choice((rng.choice(_LETTERS), rng.choice(_QUANTITIES)))
    subject = quantity if quantity in _LETTERS else f"the {quantity}"
    slots = {"quantity": quantity, "sign": sign, "turned": turned, "word": word, "number": number}
    return f"{subject} {rng.choice(ways).format(number)}", slots


def _kinship(rng: random.Random, split: str) -> tuple[str, Slots]:
    x, y = rng.sample(FIRST_NAMES[split], 2)
    slots = {"x": x, "y": y, "relation": rng.choice(_WOMENS_RELATIONS if x in _WOMEN else _MENS_RELATIONS)}
    return rng.choice(_RELATING).format(**slots), slots


@dataclass(frozen=True)
class _Domain:
    """What lines of a family are called and how they are drawn, with all that answers can be made from."""

    said: str
    given: str
    draw: Callable[[random.Random, str], tuple[str, Slots]]


@dataclass(frozen=True)
class _Task:
    """A task of a domain: how the slots make the answer, and what fills the blanks of its form's wording."""

    key: str
    split: str
    form: str
    answer: str
    fields: dict[str, str]
    metric: str = STRICT


def _as(form: str, pattern: str, answer: str, split: str = "train") -> _Task:
    return _Task(form, split, form, answer, {"pattern": pattern})


def _signs(key: str, pattern: str, order: str, answer: str, split: str = "train") -> _Task:
    return _Task(key, split, "signs", answer, {"pattern": pattern, "order": order})


def _label(labels: tuple[str, str], conditions: tuple[str, str]) -> _Task:
    names = ("one", "other", "when_one", "when_other")
    return _Task("label", "train", "label", "{label}", dict(zip(names, (*labels, *conditions), strict=True)))


def _slot(key: str, what: str, clue: str, split: str = "train", metric: str = "exact_match") -> _Task:
    return _Task(key, split, "slot", f"{{{key}}}", {"what": what, "clue": clue}, metric)


_DOMAINS = {
    "device": _Domain("command", "a command for a device in a room", _device),
    "robot": _Domain("instruction", "an instruction to a robot", _robot),
    "meeting": _Domain("reminder", "a reminder with a person, a day and an hour", _meeting),
    "shopping": _Domain("order", "an order for two kinds of food", _shopping),
    "setting": _Domain("request", "a request to change a setting of a device", _setting),
    "formula": _Domain("calculation", "a calculation in words", _formula),
    "condition": _Domain("statement", "a statement that compares a quantity with a number", _condition),
    "kinship": _Domain("sentence", "a sentence about two relatives", _kinship),
}
_DIGITS = "with the number in digits"
_ALL_DIGITS = "with the numbers in digits"
_AS_ORDERED = "with items as in the order and numbers in digits"
_X_OF_Y = "where X is the relation of Y"
_CHANGE = "where change is +number or -number"
# By family: its tasks; kinship is new as a whole.
GRID: dict[str, tuple[_Task, ...]] = {
    "device": (
        _as("call", "on(device, room) or off(device, room)", "{state}({device}, {room})"),
        _as("dotted", "room.device=on or room.device=off", "{room}.{device}={state}"),
        _as("json", '{"device": "...", "room": "..."}', '{{"device": "{device}", "room": "{room}"}}'),
        _as("arrow", "room -> device -> on or room -> device -> off", "{room} -> {device} -> {state}", "test"),
        _slot("room", "the name of the room", "which room the command is about"),
        _label(("ON", "OFF"), ("switches the device on", "switches the device off")),
    ),
    "robot": (
        _as("call", f"direction(number) {_DIGITS}", "{direction}({number})"),
        _as("arrow", f"direction -> number {_DIGITS}", "{direction} -> {number}"),
        _as("code", "L, R, F or B and the number in digits, as in R5", "{letter}{number}"),
        _slot(
            "direction",
            "the direction (left, right, forward or back)",
            "if the robot goes left, right, forward or back",
        ),
        _slot("number", "the number of steps (in digits)", "how many steps the robot takes, in digits"),
    ),
    "meeting": (
        _as("call", "verb(person, day, hour)", "{verb}({person}, {day}, {hour})"),
        _as("pipe", "day | hour | person", "{day} | {hour} | {person}"),
        _as("key_value", "day=weekday; person=name", "day={day}; person={person}"),
        _as("json", '{"person": "...", "day": "..."}', '{{"person": "{person}", "day": "{day}"}}', "test"),
        _slot("person", "the name of the person", "whose name the reminder mentions"),
    ),
    "shopping": (
        _as("key_value", f"item=number; item=number {_AS_ORDERED}", "{one}={n}; {other}={m}"),
        _as("json", '{"item as ordered": number, "item as ordered": number}', '{{"{one}": {n}, "{other}": {m}}}'),
        _as("arrow", f"item -> number, item -> number {_AS_ORDERED}", "{one} -> {n}, {other} -> {m}"),
        _slot("total", "the total number of pieces (in digits)", "how many pieces are ordered in all, in digits"),
    ),
    "setting": (
        _as("dotted", f"device.setting=change {_CHANGE}", "{device}.{setting}={sign}{number}"),
        _as("call", "up(setting, number) or down(setting, number)", "{way}({setting}, {number})"),
        _as("pipe", f"device | setting | change {_CHANGE}", "{device} | {setting} | {sign}{number}", "validation"),
        _slot("setting", "the name of the setting", "which setting the request would change"),
        _label(("UP", "DOWN"), ("asks for more", "asks for less")),
    ),
    "formula": (
        _as("call", f"add(a, b), sub(a, b), mul(a, b) or div(a, b) {_ALL_DIGITS}", "{name}({a}, {b})"),
        _signs("infix", "a + b, a - b, a * b or a / b", "the sign in the middle", "{a} {sign} {b}"),
        _signs("prefix", "+ a b, - a b, * a b or / a b", "the sign in front", "{sign} {a} {b}"),
        _signs("postfix", "a b +, a b -, a b * or a b /", "the sign at the end", "{a} {b} {sign}", "test"),
        _slot(
            "sign", "the sign (+, -, * or /)", "which of the signs +, -, * and / the calculation needs", metric=STRICT
        ),
    ),
    "condition": (
        _as("call", "above(name, number) (or below, equal, at_least, at_most)", "{word}({quantity}, {number})"),
        _signs("infix", "name > number (or <, =, >=, <=)", "the name first", "{quantity} {sign} {number}"),
        _signs(
            "turned",
            "number < name (or >, =, <=, >=)",
            "the number first and the sign turned to fit",
            "{number} {turned} {quantity}",
        ),
        _slot(
            "sign",
            "the sign (>, <, =, >= or <=)",
            "which of >, <, =, >= and <= expresses the comparison",
            metric=STRICT,
        ),
    ),
    "kinship": (
        _as("call", f"relation(X, Y) {_X_OF_Y}", "{relation}({x}, {y})", "test"),
        _as("arrow", f"X -> relation -> Y {_X_OF_Y}", "{x} -> {relation} -> {y}", "test"),
        _as("key_value", f"relation=X; of=Y {_X_OF_Y}", "{relation}={x}; of={y}", "test"),
        _slot("relation", "the word for the family relation", "which family relation is named, in one word", "test"),
    ),
}


def _draw(domain: _Domain, task: _Task) -> DrawExample:
    def draw(rng: random.Random) -> tuple[str, str]:
        text, slots = domain.draw(rng, task.split)
        return text, task.answer.format(**slots)

    return draw


def _recipe(family: str, task: _Task) -> Recipe:
    domain = _DOMAINS[family]
    wording = form_wording(task.form, domain.said, domain.given, task.fields)
    parts = (family, task.form) if task.form in _SHARED_FORMS and family != "kinship" else ()
    return Recipe(f"{family}_{task.key}", family, task.split, wording, _draw(domain, task), task.metric, parts)


def recipes() -> list[Recipe]:
    """All recipes about commands and statements."""
    return [_recipe(family, task) for family, tasks in GRID.items() for task in tasks]
