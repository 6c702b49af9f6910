"""Give the recipes about records and greetings: a field of a record in one of four forms, a line for a person."""

import json
import random
from collections.abc import Callable

from adaptlab.tasks.builtin.lexicon import common_words
from adaptlab.tasks.builtin.people import CITIES, COLORS, COUNTRIES, FIRST_NAMES, JOBS, draw_person
from adaptlab.tasks.builtin.recipe import Recipe, Wording

Fields = list[tuple[str, str]]
# The forms of a record: how descriptions name it and how it is written.
FORMS: dict[str, tuple[str, Callable[[Fields], str]]] = {
    "colons": ("record with colons", lambda fields: "; ".join(f"{key}: {value}" for key, value in fields)),
    "equals": ("record with equals signs", lambda fields: ", ".join(f"{key}={value}" for key, value in fields)),
    "is": ('record written with "is"', lambda fields: " and ".join(f"{key} is {value}" for key, value in fields)),
    "json": ("record in JSON", lambda fields: json.dumps(dict(fields))),
}
# By form: the fields of its train, validation and test tasks.
FIELDS: dict[str, dict[str, tuple[str, ...]]] = {
    "colons": {"train": ("name", "city", "room", "job"), "validation": ("team",), "test": ("color",)},
    "equals": {"train": ("age", "color", "country", "team"), "validation": (), "test": ("job",)},
    "is": {"train": ("name", "color", "room", "job", "country"), "validation": (), "test": ("city",)},
    "json": {"train": ("age", "city", "team", "country"), "validation": (), "test": ("room",)},
}
_GREETINGS = {
    "hello": "Hello",
    "thank_you": "Thank you",
    "welcome": "Welcome",
    "goodbye": "Goodbye",
    "good_morning": "Good morning",
}
_NAME_FORMS: dict[str, Callable[[str, str], str]] = {
    "full name": lambda first, last: f"{first} {last}",
    "first name": lambda first, _: first,
    "last name": lambda _, last: last,
}
# By name form: the greetings of its train, validation and test tasks.
GREETINGS: dict[str, dict[str, tuple[str, ...]]] = {
    "full name": {"train": ("hello", "thank_you", "welcome"), "validation": (), "test": ("goodbye",)},
    "first name": {"train": ("hello", "good_morning", "goodbye"), "validation": (), "test": ("welcome",)},
    "last name": {"train": ("welcome", "goodbye"), "validation": (), "test": ()},
}


def _values(split: str) -> dict[str, list[str]]:
    return {
        "name": FIRST_NAMES[split],
        "city": CITIES[split],
        "age": [str(age) for age in range(18, 80)],
        "team": [word for word in common_words(split) if len(word) <= 6],
        "color": COLORS[split],
        "room": [str(room) for room in range(101, 140)],
        "country": COUNTRIES[split],
        "job": JOBS[split],
    }


def _field(key: str, form: str, split: str) -> Recipe:
    record, write = FORMS[form]
    wording = Wording(
        (
            f"write the {key} from the {record}",
            f"look up the {key} in the {record}",
            f"find the value of {key} in the {record}",
            f"extract the {key} from the {record}",
            f"copy the {key} out of the {record}, without its label",
            f"tell me the {key} that the {record} gives",
            f'return only what belongs to "{key}" in the {record}',
            f"answer with the {key} of the {record} and ignore the other fields",
        ),
        (
            f"the {key} in the {record}",
            f'the value of "{key}" in the {record}',
            f"the {key} given by the {record}",
            f"the {key} that is listed in the {record}",
        ),
        "a short record",
    )
    values = _values(split)
    others = [other for other in values if other != key]

    def draw(rng: random.Random) -> tuple[str, str]:
        fields = [(field, rng.choice(values[field])) for field in (key, *rng.sample(others, 2))]
        answer = fields[0][1]
        rng.shuffle(fields)
        return write(fields), answer

    return Recipe(f"field_{key}_{form}", "field", split, wording, draw, parts=(f"record with {form}", key))


def _greeting(argument: str, form: str, split: str) -> Recipe:
    phrase = _GREETINGS[argument]
    wording = Wording(
        (
            f'write "{phrase}", a comma and the {form} of the person',
            f'put "{phrase}" and a comma before the {form}',
            f'say "{phrase}" to the person by {form}',
            f'make a greeting line out of "{phrase}" and the {form}',
            f'begin with "{phrase}," and end with the {form}',
            f'speak to the person, using "{phrase}" and their {form}',
            f'start with "{phrase}" and, after a comma, add the {form}',
        ),
        (
            f'"{phrase}" followed by a comma and the {form}',
            f'the {form} with "{phrase}" and a comma before it',
            f'a line that says "{phrase}" to the person by {form}',
            f'the phrase "{phrase}", then a comma and the {form}',
        ),
        "the full name of a person",
    )
    name_in = _NAME_FORMS[form]
    draw = draw_person(split, lambda first, last: f"{phrase}, {name_in(first, last)}")
    name = f"greeting_{argument}_{form.replace(' ', '_')}"
    return Recipe(name, "greeting", split, wording, draw, parts=(f"greeting {argument}", form))


def recipes() -> list[Recipe]:
    """All recipes about records and greetings."""
    made = [
        _field(key, form, split) for form, splits in FIELDS.items() for split, keys in splits.items() for key in keys
    ]
    made += [
        _greeting(greeting, form, split)
        for form, splits in GREETINGS.items()
        for split, greetings in splits.items()
        for greeting in greetings
    ]
    return made
