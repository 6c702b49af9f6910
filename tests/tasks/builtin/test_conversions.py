"""Laws of the unit, numeral, date and clock recipes: recipes go in, checks by independent code come out."""

import datetime
import re
from collections import Counter
from collections.abc import Callable
from fractions import Fraction

import pytest

from adaptlab.contracts import Example, Task
from adaptlab.tasks.builtin import clocks, conversions, dates, numerals
from adaptlab.tasks.builtin.recipe import Recipe, cook

MODULES = (clocks, conversions, dates, numerals)
RECIPES: list[Recipe] = [recipe for module in MODULES for recipe in module.recipes()]
COOKED: dict[str, Task] = {recipe.name: cook(recipe, seed=0) for recipe in RECIPES}
EVERY = pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.name)
NEW_FAMILY = "clock_shift"
ROMAN_VALUES = {"I": 1, "V": 5, "X": 10}
ROMAN_SPELLINGS = (("X", 10), ("IX", 9), ("V", 5), ("IV", 4), ("I", 1))
_words = str.split
ORDINAL_UNITS = _words("first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth")
ORDINAL_TEENS = _words("thirteenth fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth")
ORDINALS = dict(enumerate(ORDINAL_UNITS + ORDINAL_TEENS, start=1)) | {
    20: "twentieth",
    30: "thirtieth",
    40: "fortieth",
    50: "fiftieth",
}
SPOKEN = _words("five ten quarter twenty twenty-five half")


def examples_of(name: str) -> list[Example]:
    return [example for examples in COOKED[name].splits.values() for example in examples]


def integer(text: str) -> int:
    return int(re.sub(r"\D", "", text))


def times(factor: int) -> Callable[[str], str]:
    return lambda text: str(sum([integer(text)] * factor))


def over(factor: int) -> Callable[[str], str]:
    def solve(text: str) -> str:
        whole = Fraction(integer(text), factor)
        assert whole.denominator == 1
        return str(whole)

    return solve


def read_date(pattern: str, text: str) -> datetime.date:
    return datetime.datetime.strptime(text, pattern).replace(tzinfo=datetime.UTC).date()


def from_date(pattern: str, write: Callable[[datetime.date], str]) -> Callable[[str], str]:
    return lambda text: write(read_date(pattern, text))


def dotted(date: datetime.date) -> str:
    return ".".join(piece.lstrip("0") for piece in date.strftime("%d %m %Y").split())


def read_roman(numeral: str) -> int:
    values = [ROMAN_VALUES[letter] for letter in numeral]
    return sum(-v if v < max(values[place:]) else v for place, v in enumerate(values))


def write_roman(number: int) -> str:
    numeral = ""
    for sign, value in ROMAN_SPELLINGS:
        while number >= value:
            numeral, number = numeral + sign, number - value
    return numeral


def last(text: str) -> str:
    return text.rpartition(" ")[2]


def ordinal_words(text: str) -> str:
    number = integer(text)
    tens = {20: "twenty", 30: "thirty", 40: "forty"}
    return ORDINALS.get(number) or f"{tens[number // 10 * 10]}-{ORDINALS[number % 10]}"


def ordinal_digits(text: str) -> str:
    word = text.split()[1]
    number = next(n for n in range(1, 51) if ordinal_words(str(n)) == word)
    if word.endswith(("first", "second", "third")):
        return f"{number}{word[-2:]}"
    return f"{number}th"


def clock(text: str) -> datetime.datetime:
    found = re.search(r"\d+:\d\d", text)
    assert found
    return datetime.datetime.strptime(found[0], "%H:%M").replace(tzinfo=datetime.UTC)


def shown(time: datetime.datetime) -> str:
    return time.strftime("%H:%M").removeprefix("0")


def shifted(minutes: int) -> Callable[[str], str]:
    return lambda text: shown(clock(text) + datetime.timedelta(minutes=minutes))


def to_digital(text: str) -> str:
    found = re.search(r" at (\S+) (past|to) (\d+)\.$", text)
    assert found
    minutes = 5 * (1 + SPOKEN.index(found[1]))
    if found[2] == "past":
        return f"{found[3]}:{minutes:02d}"
    return f"{(int(found[3]) - 2) % 12 + 1}:{60 - minutes}"


def _spoken_times() -> dict[str, str]:
    forms = [f"{word} {side} {hour}" for word in SPOKEN for side in ("past", "to") for hour in range(1, 13)]
    return {to_digital(f"It was at {form}."): form for form in forms if not form.startswith("half to")}


SPOKEN_TIMES = _spoken_times()


SOLVERS: dict[str, Callable[[str], str]] = {
    "convert_metres_to_centimetres": lambda t: f"{integer(t)}00",
    "convert_kilometres_to_metres": lambda t: f"{integer(t)}000",
    "convert_litres_to_millilitres": lambda t: f"{integer(t)}000",
    "convert_dollars_to_cents": lambda t: f"{integer(t)}00",
    "convert_hours_to_minutes": times(60),
    "convert_weeks_to_days": times(7),
    "convert_dozens_to_single_items": times(12),
    "convert_centimetres_to_metres": over(100),
    "convert_minutes_to_hours": over(60),
    "convert_months_to_years": over(12),
    "convert_days_to_weeks": over(7),
    "convert_minutes_to_seconds_with_unit": lambda t: f"{times(60)(t)} seconds",
    "convert_euros_to_cents_with_unit": lambda t: f"{integer(t)}00 cents",
    "to_roman_number": lambda t: write_roman(integer(t)),
    "to_roman_title": lambda t: f"{t.split()[0]} {write_roman(integer(t))}",
    "from_roman_number": lambda t: str(read_roman(last(t))),
    "from_roman_title": lambda t: f"{t.split()[0]} {read_roman(last(t))}",
    "percent_to_decimal": lambda t: str(float(Fraction(t.rstrip("%")) / 100)),
    "decimal_to_percent": lambda t: f"{float(Fraction(t) * 100)}%".replace(".0%", "%"),
    "add_commas": lambda t: re.sub(r"(?<=\d)(?=(\d{3})+$)", ",", t),
    "remove_commas": lambda t: "".join(t.split(",")),
    "pad_to_four_digits": lambda t: ("000" + t)[-4:],
    "pad_to_five_digits": lambda t: ("0000" + t)[-5:],
    "strip_zeros": lambda t: str(int(t)),
    "count_digits": lambda t: str(len(re.findall(r"\d", t))),
    "ordinal_to_words": ordinal_words,
    "ordinal_to_digits": ordinal_digits,
    "date_month_first_to_iso": from_date("%B %d, %Y", datetime.date.isoformat),
    "date_month_first_to_dots": from_date("%B %d, %Y", dotted),
    "date_slashes_to_iso": from_date("%d/%m/%Y", datetime.date.isoformat),
    "date_slashes_to_words": from_date("%d/%m/%Y", lambda d: d.strftime("%d %B %Y").removeprefix("0")),
    "date_iso_to_dots": from_date("%Y-%m-%d", dotted),
    "date_iso_to_words": from_date("%Y-%m-%d", lambda d: d.strftime("%d %B %Y").removeprefix("0")),
    "date_month_number": from_date("%d %B %Y", lambda d: str(d.month)),
    "date_month_name": from_date("%d/%m/%Y", lambda d: d.strftime("%B")),
    "date_short_year": lambda t: t[-2:],
    "time_12_hours": lambda t: clock(t).strftime("%I:%M %p").removeprefix("0").lower(),
    "time_to_digital": to_digital,
    "time_to_spoken": lambda t: SPOKEN_TIMES[last(t).rstrip(".")],
    "time_hour": lambda t: t.split(":")[0],
    "time_am_or_pm": lambda t: clock(t).strftime("%p").lower(),
    "minutes_after_midnight": lambda t: str((clock(t) - clock("0:00")).seconds // 60),
    "clock_one_hour_later": shifted(60),
    "clock_one_hour_earlier": shifted(-60),
    "clock_ten_minutes_later": shifted(10),
}


def test_every_task_has_a_solver_and_a_unique_name() -> None:
    assert len(COOKED) == len(RECIPES)
    assert set(SOLVERS) == set(COOKED)


@EVERY
def test_answers_agree_with_independent_code(recipe: Recipe) -> None:
    for example in examples_of(recipe.name):
        assert SOLVERS[recipe.name](example.input) == example.targets[0], example


@EVERY
def test_recipe_gives_500_short_examples(recipe: Recipe) -> None:
    examples = examples_of(recipe.name)
    assert len({example.input for example in examples}) >= 500
    for example in examples:
        assert len(example.input.split()) <= 8
        assert len(example.targets[0].split()) <= 4


@EVERY
def test_wording_is_plain_and_varied(recipe: Recipe) -> None:
    wording = recipe.wording
    assert len(set(wording.imperatives)) >= 8
    assert len(set(wording.nouns)) >= 4
    for phrase in (*wording.imperatives, *wording.nouns, wording.given):
        assert phrase == phrase.strip(" .?"), phrase
        assert not phrase[0].isupper(), phrase
    assert all(noun.startswith("the ") for noun in wording.nouns)


def test_no_two_tasks_share_a_phrase() -> None:
    phrases = Counter(phrase for r in RECIPES for phrase in (*r.wording.imperatives, *r.wording.nouns))
    assert [phrase for phrase, count in phrases.items() if count > 1] == []


@pytest.mark.parametrize(("name", "labels"), [("time_am_or_pm", 2), ("count_digits", 6)])
def test_labels_are_balanced(name: str, labels: int) -> None:
    counts = Counter(example.targets[0] for example in examples_of(name))
    assert len(counts) == labels
    assert min(counts.values()) > 0.6 * max(counts.values())


@pytest.mark.parametrize("recipe", [r for r in RECIPES if r.split != "train"], ids=lambda recipe: recipe.name)
def test_heldout_tasks_have_two_train_siblings_or_are_a_new_family(recipe: Recipe) -> None:
    siblings = [r for r in RECIPES if r.family == recipe.family and r is not recipe]
    trained = [r for r in siblings if r.split == "train"]
    assert (not trained and recipe.parts == ()) if recipe.family == NEW_FAMILY else len(trained) >= 2


def test_parts_of_new_compositions_are_trained() -> None:
    trained = {part for r in RECIPES if r.split == "train" for part in r.parts}
    assert all(set(r.parts) <= trained for r in RECIPES if r.split != "train")
