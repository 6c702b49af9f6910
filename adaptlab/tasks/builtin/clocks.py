"""Give the recipes about clock times: a time goes in, another form, a part or the time some minutes away comes out."""

import random
from collections.abc import Callable

from adaptlab.tasks.builtin.people import FIRST_NAMES
from adaptlab.tasks.builtin.recipe import DrawExample, Recipe, Wording

STRICT = "exact_match_strict"
_EVENTS = ("called", "arrived", "left", "woke up", "came back", "wrote")
_SPOKEN = {5: "five", 10: "ten", 15: "quarter", 20: "twenty", 25: "twenty-five", 30: "half"}
# Hours from which one hour more or less means the same on the 12-hour and the 24-hour clock.
_SHIFTED_HOURS = (*range(2, 12), *range(13, 22))


def _draw_time(answer: Callable[[int, int], str], hours: tuple[int, ...] = tuple(range(24))) -> DrawExample:
    def draw(rng: random.Random) -> tuple[str, str]:
        hour, minute = rng.choice(hours), rng.randrange(60)
        return f"{hour}:{minute:02}", answer(hour, minute)

    return draw


def _to_12_hours(split: str) -> Recipe:
    wording = Wording(
        (
            "convert the time to the 12-hour clock with am or pm",
            "write the time in 12-hour form, like 5:30 pm for 17:30",
            "rewrite the time with am or pm, taking 12 off the hours after noon",
            "give the time as a 12-hour clock shows it, followed by am or pm",
            "turn the 24-hour time into 12-hour notation and say am or pm",
            "express the time in hours from 1 to 12 and minutes, and add am or pm",
            "change the time from the 24-hour clock to the form with am or pm",
            "show the time in 12-hour notation with am or pm, the way 9:05 pm is written",
        ),
        (
            "the time on the 12-hour clock, with am or pm",
            "the same time in 12-hour form, like 8:15 pm",
            "the 12-hour version of the time, ending in am or pm",
            "the 24-hour time rewritten with am or pm",
        ),
        "a time on the 24-hour clock",
    )
    draw = _draw_time(
        lambda hour, minute: f"{hour % 12}:{minute:02} {'am' if hour < 12 else 'pm'}",
        tuple(hour for hour in range(24) if hour % 12),
    )
    return Recipe("time_12_hours", "clock_form", split, wording, draw, STRICT)


def _spoken(hour: int, minute: int) -> str:
    if minute <= 30:
        return f"{_SPOKEN[minute]} past {hour}"
    return f"{_SPOKEN[60 - minute]} to {hour % 12 + 1}"


def _draw_event(split: str, show: Callable[[int, int], str], answer: Callable[[int, int], str]) -> DrawExample:
    """Tell what happened at a time of the 12-hour clock, in steps of five minutes but never on the hour."""

    def draw(rng: random.Random) -> tuple[str, str]:
        time = rng.randint(1, 12), rng.randrange(5, 60, 5)
        return f"{rng.choice(FIRST_NAMES[split])} {rng.choice(_EVENTS)} at {show(*time)}.", answer(*time)

    return draw


def _digital(hour: int, minute: int) -> str:
    return f"{hour}:{minute:02}"


def _to_digital(split: str) -> Recipe:
    wording = Wording(
        (
            "write the time as on a digital clock, like 3:15",
            "convert the time to digits with a colon, in the form hour:minutes",
            "write what a digital clock displays at that time, such as 6:40",
            "find the time and put it in digital hour:minutes format",
            "give the digits of the time with a colon after the hour, as in 8:30",
            "write the time in numeric form, with a colon between the digits of hour and minutes",
            "show the time the way a digital watch displays it, with a colon",
            "put the time in digital format, hour:minutes, such as 4:55",
        ),
        (
            "the time in digits with a colon, as on a digital clock",
            "the time in hour:minutes format, such as 9:25",
            "the digital clock display for the time, in digits",
            "the digital form of the time, with a colon after the digits of the hour",
        ),
        "a sentence that contains a time of day",
    )
    return Recipe("time_to_digital", "clock_form", split, wording, _draw_event(split, _spoken, _digital), STRICT)


def _to_spoken(split: str) -> Recipe:
    wording = Wording(
        (
            "say the time aloud with past or to, like quarter past 3",
            "tell the time in spoken English, using past or to, with the hour as a figure",
            "phrase the time the way people say it, such as twenty to 7",
            "say when it happened in everyday speech, like half past 2 or quarter to 3",
            "say the minutes in words, then past or to, then the hour as a figure",
            "tell the time as in a conversation, for example half past 8",
            "tell the time as you would say it to a friend, such as five to 5",
            "say when it happened in spoken English with past or to, like twenty past 2",
        ),
        (
            "the time as people say it, with past or to",
            "the spoken phrase for the time, such as ten past 9",
            "the minutes in words, past or to, and the hour as a figure",
            "the time as it is said aloud with past or to, like quarter to 6",
        ),
        "a sentence that tells when something happened",
    )
    return Recipe("time_to_spoken", "clock_form", split, wording, _draw_event(split, _digital, _spoken))


def _hour(split: str) -> Recipe:
    wording = Wording(
        (
            "write the hour of the time without the minutes",
            "give only the hour, the number before the colon",
            "copy the hour and drop the minutes",
            "shorten the clock time to its hour",
            "tell me the hour that the time begins with",
            "cut the time at the colon and keep the hour",
            "leave the minutes out of the time, so that only the hour remains",
            "find the hour, which stands in front of the colon",
        ),
        (
            "the hour of the time",
            "the number in front of the colon, the hour",
            "the hour alone, without the minutes",
            "the hour that stands before the colon",
        ),
        "a clock time in hours and minutes",
    )
    return Recipe("time_hour", "clock_part", split, wording, _draw_time(lambda hour, _: str(hour)))


def _am_or_pm(split: str) -> Recipe:
    wording = Wording(
        (
            "say whether the time is am or pm",
            "write am if the time is before noon and pm if it is not",
            "decide if the 24-hour time belongs to the am or the pm half of the day",
            "classify the time as am or pm",
            "check if the hour is 12 or more: answer pm if so, otherwise am",
            "give the label am for hours 0 to 11 and pm for hours 12 to 23",
            "choose between am and pm for the given time",
            "find out in which half of the day the time lies and answer am or pm",
        ),
        (
            "the half of the day that the time lies in, am or pm",
            "the right label for the time: am or pm",
            "the abbreviation am or pm that fits the time",
            "the correct choice of am or pm for the 24-hour time",
        ),
        "a time on the 24-hour clock",
    )
    return Recipe("time_am_or_pm", "clock_part", split, wording, _draw_time(lambda h, _: "am" if h < 12 else "pm"))


def _minutes_after_midnight(split: str) -> Recipe:
    wording = Wording(
        (
            "write how many minutes after midnight it happened",
            "count the minutes from midnight to the time in the sentence",
            "work out the number of minutes that have passed since midnight",
            "convert the time of night to minutes after midnight",
            "express the time in the sentence as a number of minutes past midnight",
            "add the minutes to 60 for each full hour since midnight and write the total",
            "give the minutes between midnight and the event as one number",
            "calculate how many minutes of the day were over at that time",
        ),
        (
            "the number of minutes after midnight",
            "the time in the sentence as minutes past midnight, in digits",
            "the total of minutes from midnight to the event",
            "the count of minutes that the day had lasted at that time",
        ),
        "a sentence with a time soon after midnight",
    )

    def draw(rng: random.Random) -> tuple[str, str]:
        hour, minute = rng.randint(1, 3), rng.randrange(0, 60, 5)
        name, event = rng.choice(FIRST_NAMES[split]), rng.choice(_EVENTS)
        return f"{name} {event} at {_digital(hour, minute)} am.", str(60 * hour + minute)

    return Recipe("minutes_after_midnight", "clock_part", split, wording, draw)


def _shift(amount: str, minutes: int, split: str) -> Recipe:
    later = minutes > 0
    side, way, place = ("later", "forward", "after") if later else ("earlier", "back", "before")
    action = f"add {amount} to" if later else f"take {amount} off"
    wording = Wording(
        (
            f"write the time {amount} {side}",
            f"move the clock {way} by {amount} and write the new time",
            f"{action} the clock time and write the result",
            f"work out which time comes {amount} {place} the given one",
            f"say what the clock {'will show' if later else 'showed'} {amount} {side}",
            f"change the clock time to {amount} {side}, keeping the form hour:minutes",
            f"calculate the time of day that lies {amount} {place} the given time",
            f"set the time {way} by {amount} and give the result as hour:minutes",
        ),
        (
            f"the time {amount} {side}",
            f"the given time moved {way} by {amount}",
            f"the clock time that comes {amount} {place} the one in the input",
            f"the time of day {amount} {place} the given time",
        ),
        "a time in hours and minutes",
    )

    def draw(rng: random.Random) -> tuple[str, str]:
        time = 60 * rng.choice(_SHIFTED_HOURS) + rng.randrange(60)
        return _digital(*divmod(time, 60)), _digital(*divmod(time + minutes, 60))

    return Recipe(f"clock_{amount.replace(' ', '_')}_{side}", "clock_shift", split, wording, draw, STRICT)


def recipes() -> list[Recipe]:
    """All recipes about clock times; the family `clock_shift` is held out whole."""
    return [
        _to_12_hours("train"),
        _to_digital("train"),
        _to_spoken("train"),
        _hour("train"),
        _am_or_pm("train"),
        _minutes_after_midnight("train"),
        _shift("one hour", 60, "test"),
        _shift("one hour", -60, "test"),
        _shift("ten minutes", 10, "test"),
    ]
