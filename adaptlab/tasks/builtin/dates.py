"""Give the recipes about written dates: a date goes in, another form or a short part of it comes out."""

import random
from collections.abc import Callable
from dataclasses import dataclass

from adaptlab.tasks.builtin.numbers import MONTHS
from adaptlab.tasks.builtin.recipe import DrawExample, Recipe, Wording

STRICT = "exact_match_strict"
WriteDate = Callable[[int, int, int], str]


def _in_words(day: int, month: int, year: int) -> str:
    return f"{day} {MONTHS[month - 1]} {year}"


def _in_slashes(day: int, month: int, year: int) -> str:
    return f"{day:02}/{month:02}/{year}"


@dataclass(frozen=True)
class Source:
    """A form in which a date is given: what descriptions call it and what the input is."""

    date: str
    given: str
    write: WriteDate


@dataclass(frozen=True)
class Target:
    """A form in which a date is to be written: its name, a sample and what it consists of."""

    form: str
    sample: str
    detail: str
    write: WriteDate


SOURCES = {
    "month_first": Source(
        "the date that begins with a month name",
        "a date that begins with the name of the month",
        lambda day, month, year: f"{MONTHS[month - 1]} {day}, {year}",
    ),
    "slashes": Source("the day-first date with slashes", "a date with slashes (day, month, year)", _in_slashes),
    "iso": Source(
        "the ISO date",
        "an ISO date (year, month, day)",
        lambda day, month, year: f"{year}-{month:02}-{day:02}",
    ),
}
TARGETS = {
    "iso": Target(
        "ISO form",
        "2021-03-05",
        "year, month and day joined by hyphens, with two digits for month and day",
        SOURCES["iso"].write,
    ),
    "dots": Target(
        "dotted form",
        "5.3.2021",
        "day, month and year joined by dots, all in digits without leading zeros",
        lambda day, month, year: f"{day}.{month}.{year}",
    ),
    "words": Target(
        "written-out form",
        "5 March 2021",
        "day, name of the month and year, separated by spaces",
        _in_words,
    ),
}
# By source form: the target forms of train and test tasks.
GRID: dict[str, dict[str, tuple[str, ...]]] = {
    "month_first": {"train": ("iso",), "test": ("dots",)},
    "slashes": {"train": ("iso", "words"), "test": ()},
    "iso": {"train": ("dots", "words"), "test": ()},
}


def _draw_date(show: WriteDate, answer: WriteDate) -> DrawExample:
    def draw(rng: random.Random) -> tuple[str, str]:
        date = rng.randint(1, 28), rng.randint(1, 12), rng.randint(1950, 2024)
        return show(*date), answer(*date)

    return draw


def _date_format(source: str, target: str, split: str) -> Recipe:
    date, to = SOURCES[source].date, TARGETS[target]
    wording = Wording(
        (
            f"convert {date} to {to.form}, like {to.sample}",
            f"rewrite {date} as {to.detail}",
            f"change the format of {date} so that it looks like {to.sample}",
            f"turn {date} into {to.form}: {to.detail}",
            f"put {date} into the pattern of {to.sample}",
            f"give {date} in {to.form} ({to.detail})",
            f"reformat {date} the way {to.sample} is written",
            f"write {date} anew, this time as {to.detail}",
        ),
        (
            f"the {to.form} of {date}, such as {to.sample}",
            f"the result of rewriting {date} as {to.detail}",
            f"the date you get when {date} is put into the pattern of {to.sample}",
            f"the version of {date} that is in {to.form}, like {to.sample}",
        ),
        SOURCES[source].given,
    )
    draw = _draw_date(SOURCES[source].write, to.write)
    parts = (f"date from {source}", f"date to {target}")
    return Recipe(f"date_{source}_to_{target}", "date_format", split, wording, draw, STRICT, parts)


def _month_number(split: str) -> Recipe:
    wording = Wording(
        (
            "write the month of the date as a number from 1 to 12",
            "give the number of the month in the date, such as 3 for March",
            "say which number the month named in the date has in the year",
            "replace the name of the month by its number and leave out day and year",
            "find the month in the date and write its place in the year as a number",
            "turn the month name in the date into its number and write only that",
            "tell me how the month of the date is numbered, January being 1",
            "number the month that the date names, where December is 12",
        ),
        (
            "the number of the month in the date",
            "the month of the date as a number from 1 to 12",
            "the place that the month in the date has in the year, in digits",
            "the numeric month of the date, such as 5 for May",
        ),
        "a date with the name of the month",
    )
    draw = _draw_date(_in_words, lambda day, month, year: str(month))
    return Recipe("date_month_number", "date_short", split, wording, draw)


def _month_name(split: str) -> Recipe:
    wording = Wording(
        (
            "write the name of the month in the day-first date",
            "turn the number between the two slashes into the name of a month",
            "say in which month the date lies, giving the name of the month",
            "name the month that the middle number stands for",
            "look at the second number of the date and answer with the name of the month it means",
            "find the month of the date, which is written after the day, and give its name",
            "translate the month number in the middle of the date into a month name",
            "read the date as day/month/year and write the month as a word",
        ),
        (
            "the name of the month in the day-first date",
            "the month that the number between the slashes stands for, as a word",
            "the month name for the middle number of the date",
            "the English name of the month that the second number means",
        ),
        SOURCES["slashes"].given,
    )
    draw = _draw_date(_in_slashes, lambda day, month, year: MONTHS[month - 1])
    return Recipe("date_month_name", "date_short", split, wording, draw)


def _short_year(split: str) -> Recipe:
    wording = Wording(
        (
            "write the year of the date with two digits only",
            "give the last two digits of the year",
            "shorten the year in the date to two digits, such as 99 for 1999",
            "copy the final two digits of the date, which belong to the year",
            "drop the first two digits of the year and write the other two",
            "keep the last two of the four digits of the year and nothing else of the date",
            "reduce the date to the last two digits of its year",
            "answer with the two-digit form of the year, the way 2015 becomes 15",
        ),
        (
            "the year of the date in two digits",
            "the last two digits of the year",
            "the short, two-digit form of the year in the date",
            "the year without its first two digits",
        ),
        "a date that ends with a four-digit year",
    )
    draw = _draw_date(_in_words, lambda day, month, year: f"{year % 100:02}")
    return Recipe("date_short_year", "date_short", split, wording, draw)


def recipes() -> list[Recipe]:
    """All recipes about written dates."""
    return [
        *(
            _date_format(source, target, split)
            for source, splits in GRID.items()
            for split, targets in splits.items()
            for target in targets
        ),
        _month_number("train"),
        _month_name("train"),
        _short_year("train"),
    ]
