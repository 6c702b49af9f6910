"""Laws of the command recipes: recipes go in, checks by an independent reading of the lines come out."""

import calendar
import json
import re
from collections import Counter
from collections.abc import Callable

import pytest

from adaptlab.contracts import Example, Task
from adaptlab.tasks.builtin import commands
from adaptlab.tasks.builtin.recipe import Recipe, cook

RECIPES: list[Recipe] = commands.recipes()
COOKED: dict[str, Task] = {recipe.name: cook(recipe, seed=0) for recipe in RECIPES}
EVERY = pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.name)
NEW_FAMILY = "kinship"
DAYS = list(calendar.day_name)
# Tasks whose answers are labels or signs, and how many there are.
LABELS = {
    "device_label": 2,
    "setting_label": 2,
    "formula_sign": 4,
    "condition_sign": 5,
    "robot_direction": 4,
}
_split = str.split
WORDS = [
    *_split("zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen"),
    *_split("sixteen seventeen eighteen nineteen twenty"),
]
Parts = dict[str, str]


def examples_of(name: str) -> list[Example]:
    return [example for examples in COOKED[name].splits.values() for example in examples]


def last(text: str, pattern: str) -> str:
    return re.findall(pattern, text)[-1]


def digits(word: str) -> str:
    return "1" if word in ("a", "an") else str(WORDS.index(word))


def device(text: str) -> Parts:
    state = "off" if re.search(r"\boff\b|deactivate|power down", text) else "on"
    content = re.sub(r"\b(turn|switch|on|off|in|the|please|should|be|activate|deactivate|power|up|down)\b|,", " ", text)
    first, second = content.split()
    room_first = text.startswith("in the") or f"{first} {second}" in text
    return {
        "state": state,
        "room": first if room_first else second,
        "device": second if room_first else first,
    }


def robot(text: str) -> Parts:
    number = next(word for word in text.split() if word in WORDS)
    return {"direction": last(text, "left|right|forward|back"), "number": digits(number)}


def meeting(text: str) -> Parts:
    day = last(text, r"\w+day")
    person = next(found for found in re.findall(r"\b[A-Z]\w+", text) if found != day)
    return {"day": day, "person": person, "hour": last(text, r"\d+"), "verb": last(text, rf"(\w+) {person}")}


def shopping(text: str) -> Parts:
    left, right = text.split(" and ")
    (n, one), (m, other) = left.split()[-2:], right.split()
    return {"one": one, "n": digits(n), "other": other, "m": digits(m)}


def setting(text: str) -> Parts:
    found = re.search(r"the (\w+) of the (\w+)", text)
    thing, name = (found[2], found[1]) if found else re.findall(r"the (\w+) (\w+) by", text)[0]
    more = re.search(r"raise|increase|turn up|higher", text) is not None
    assert more != (re.search(r"\blower\b|reduce|turn down", text) is not None)
    return {"device": thing, "setting": name, "number": last(text, r"\d+"), "sign": "+" if more else "-"}


def formula(text: str) -> Parts:
    signs = {"plus|sum|add": "+", "minus|less|away": "-", "times|multiplied|product": "*", "divided|over|quotient": "/"}
    (sign,) = [sign for words, sign in signs.items() if re.search(words, text)]
    a, b = [digits(word) for word in text.split() if word in WORDS]
    return {"a": a, "b": b, "sign": sign}


def condition(text: str) -> Parts:
    name = re.sub("^the ", "", text).split()[0]
    if re.search("at least|no less|or more|not below", text):
        sign = ">="
    elif re.search("at most|no more|or less|not above", text):
        sign = "<="
    elif re.search("equal|exactly|same", text):
        sign = "="
    else:
        sign = ">" if re.search("greater|more|above|exceeds", text) else "<"
    return {"name": name, "sign": sign, "number": last(text, r"\d+")}


def kinship(text: str) -> Parts:
    relation = last(text, r"\b(?!is\b|of\b|the\b)[a-z]{3,}")
    first, second = re.findall(r"\b[A-Z]\w+", text)
    if re.match(rf"{first}'s", text):
        first, second = second, first
    return {"x": first, "y": second, "relation": relation}


NAMES = {"+": "add", "-": "sub", "*": "mul", "/": "div"}
COMPARED = {">": "above", "<": "below", "=": "equal", ">=": "at_least", "<=": "at_most"}
TURNED = str.maketrans("<>", "><")

SOLVERS: dict[str, Callable[[Parts], str]] = {
    "device_call": lambda p: p["state"] + "(" + p["device"] + ", " + p["room"] + ")",
    "device_dotted": lambda p: ".".join((p["room"], p["device"])) + "=" + p["state"],
    "device_json": lambda p: json.dumps({key: p[key] for key in ("device", "room")}),
    "device_arrow": lambda p: " -> ".join((p["room"], p["device"], p["state"])),
    "device_room": lambda p: p["room"],
    "device_label": lambda p: p["state"].upper(),
    "robot_call": lambda p: p["direction"] + "(" + p["number"] + ")",
    "robot_arrow": lambda p: " -> ".join((p["direction"], p["number"])),
    "robot_code": lambda p: {"left": "L", "right": "R", "forward": "F", "back": "B"}[p["direction"]] + p["number"],
    "robot_direction": lambda p: p["direction"],
    "robot_number": lambda p: p["number"],
    "meeting_call": lambda p: p["verb"] + "(" + ", ".join((p["person"], p["day"], p["hour"])) + ")",
    "meeting_pipe": lambda p: " | ".join((p["day"], p["hour"], p["person"])),
    "meeting_key_value": lambda p: "; ".join("=".join((key, p[key])) for key in ("day", "person")),
    "meeting_json": lambda p: json.dumps({key: p[key] for key in ("person", "day")}),
    "meeting_person": lambda p: p["person"],
    "shopping_key_value": lambda p: "; ".join((p["one"] + "=" + p["n"], p["other"] + "=" + p["m"])),
    "shopping_json": lambda p: json.dumps({p["one"]: int(p["n"]), p["other"]: int(p["m"])}),
    "shopping_arrow": lambda p: ", ".join((p["one"] + " -> " + p["n"], p["other"] + " -> " + p["m"])),
    "shopping_total": lambda p: str(int(p["n"]) + int(p["m"])),
    "setting_dotted": lambda p: ".".join((p["device"], p["setting"])) + "=" + p["sign"] + p["number"],
    "setting_call": lambda p: {"+": "up", "-": "down"}[p["sign"]] + "(" + p["setting"] + ", " + p["number"] + ")",
    "setting_pipe": lambda p: " | ".join((p["device"], p["setting"], p["sign"] + p["number"])),
    "setting_setting": lambda p: p["setting"],
    "setting_label": lambda p: {"+": "UP", "-": "DOWN"}[p["sign"]],
    "formula_call": lambda p: NAMES[p["sign"]] + "(" + p["a"] + ", " + p["b"] + ")",
    "formula_infix": lambda p: " ".join((p["a"], p["sign"], p["b"])),
    "formula_prefix": lambda p: " ".join((p["sign"], p["a"], p["b"])),
    "formula_postfix": lambda p: " ".join((p["a"], p["b"], p["sign"])),
    "formula_sign": lambda p: p["sign"],
    "condition_call": lambda p: COMPARED[p["sign"]] + "(" + p["name"] + ", " + p["number"] + ")",
    "condition_infix": lambda p: " ".join((p["name"], p["sign"], p["number"])),
    "condition_turned": lambda p: " ".join((p["number"], p["sign"].translate(TURNED), p["name"])),
    "condition_sign": lambda p: p["sign"],
    "kinship_call": lambda p: p["relation"] + "(" + p["x"] + ", " + p["y"] + ")",
    "kinship_arrow": lambda p: " -> ".join((p["x"], p["relation"], p["y"])),
    "kinship_key_value": lambda p: p["relation"] + "=" + p["x"] + "; of=" + p["y"],
    "kinship_relation": lambda p: p["relation"],
}
READERS: dict[str, Callable[[str], Parts]] = {
    "device": device,
    "robot": robot,
    "meeting": meeting,
    "shopping": shopping,
    "setting": setting,
    "formula": formula,
    "condition": condition,
    "kinship": kinship,
}


def content_words(name: str) -> set[str]:
    return {word for example in examples_of(name) for word in re.findall(r"[A-Za-z]{3,}", example.targets[0])}


def test_every_task_has_a_solver_and_its_own_name() -> None:
    assert len(COOKED) == len(RECIPES)
    assert set(SOLVERS) == set(COOKED)


@EVERY
def test_answers_agree_with_an_independent_reading(recipe: Recipe) -> None:
    for example in examples_of(recipe.name):
        assert SOLVERS[recipe.name](READERS[recipe.family](example.input)) == example.targets[0], example


@EVERY
def test_there_are_many_distinct_short_examples(recipe: Recipe) -> None:
    drawn = examples_of(recipe.name)
    assert len({example.input for example in drawn}) >= 500
    for example in drawn:
        assert len(example.input.split()) <= 12
        assert len(example.targets[0].split()) <= 7


@EVERY
def test_wording_is_plain_and_varied(recipe: Recipe) -> None:
    imperatives, nouns = recipe.wording.imperatives, recipe.wording.nouns
    assert len(set(imperatives)) >= 8
    assert len(set(nouns)) >= 4
    assert all(noun.startswith("the ") for noun in nouns)
    for phrase in (*imperatives, *nouns, recipe.wording.given):
        assert phrase == phrase.strip(" .?"), phrase
        assert not re.search(r"{\w", phrase), phrase
        assert phrase[0].islower(), phrase


def test_no_two_tasks_share_a_phrase() -> None:
    phrases = Counter(phrase for recipe in RECIPES for phrase in (*recipe.wording.imperatives, *recipe.wording.nouns))
    assert max(phrases.values()) == 1


@pytest.mark.parametrize(("name", "count"), LABELS.items())
def test_labels_are_balanced(name: str, count: int) -> None:
    counts = Counter(example.targets[0] for example in examples_of(name))
    assert len(counts) == count
    assert min(counts.values()) >= 0.7 * sum(counts.values()) / count, counts


@pytest.mark.parametrize("recipe", [r for r in RECIPES if r.split != "train"], ids=lambda recipe: recipe.name)
def test_heldout_tasks_have_train_siblings_and_known_parts(recipe: Recipe) -> None:
    train = [other for other in RECIPES if other.split == "train"]
    siblings = [other for other in train if other.family == recipe.family]
    if recipe.family == NEW_FAMILY:
        assert not siblings
        return
    assert len(siblings) >= 2
    assert all(any(part in other.parts for other in train) for part in recipe.parts)


@pytest.mark.parametrize(
    "name", ["device_arrow", "meeting_json", "setting_pipe", *(f"kinship_{k}" for k in ("call", "arrow", "key_value"))]
)
def test_heldout_tasks_use_words_of_their_own(name: str) -> None:
    known = set().union(*(content_words(recipe.name) for recipe in RECIPES if recipe.split == "train"))
    closed = {"off", "device", "room", "person", "day", *DAYS}
    assert not content_words(name) & known - closed
