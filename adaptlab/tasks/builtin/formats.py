"""Give the recipes of format tasks: a record, date, amount, name or sentence goes in, a part or new form comes out."""

import random
from collections.abc import Callable

from adaptlab.tasks.builtin.lexicon import common_words
from adaptlab.tasks.builtin.numbers import MONTHS
from adaptlab.tasks.builtin.people import FIRST_NAMES, draw_person
from adaptlab.tasks.builtin.recipe import DrawExample, Recipe, Wording

STRICT = "exact_match_strict"
_words = str.split
_THINGS = {
    "train": _words("book pen lamp map key cup coat ball ring hat box plant cake letter watch"),
    "validation": _words("drum shirt ticket towel magnet"),
    "test": _words("guitar candle mirror pillow scarf basket"),
}
_EXTENSIONS = _words("txt pdf jpg png mp3 csv doc zip html")
_GIVING = ("gave", "sent", "brought", "handed", "lent", "sold")


def _draw_date(answer: Callable[[str, str, str], str], with_year: bool = True) -> DrawExample:
    def draw(rng: random.Random) -> tuple[str, str]:
        day, month, year = str(rng.randint(1, 28)), rng.choice(MONTHS), str(rng.randint(1950, 2024))
        return f"{day} {month} {year}" if with_year else f"{day} {month}", answer(day, month, year)

    return draw


def _date_part(part: str, split: str, place: str, answer: Callable[[str, str, str], str]) -> Recipe:
    wording = Wording(
        (
            f"write the {part} of the date",
            f"give only the {part}",
            f"copy the {place} part of the date, which is the {part}",
            f"tell me which {part} the date names",
            f"shorten the date to its {part}",
            f"leave everything but the {part} out of the date",
            f"find out the {part} that the date refers to",
        ),
        (
            f"the {part} of the date",
            f"the {part} on its own",
            f"the {place} part of the date, the {part}",
            f"the {part} that the date contains",
        ),
        "a date with day, month and year",
    )
    return Recipe(f"date_{part}", "date_part", split, wording, _draw_date(answer))


def _date_month_first(split: str) -> Recipe:
    wording = Wording(
        (
            "write the date with the month before the day",
            "swap the day and the month",
            "rewrite the date in the American order, month first",
            "put the name of the month in front of the number",
            "move the day behind the month",
            "change the date so that the month comes first",
            "turn the date around: first the month, then the day",
        ),
        (
            "the date with the month first",
            "the same date, month before day",
            "the month followed by the day",
            "the date rewritten so that it starts with the month",
        ),
        "a date with the day first",
    )
    draw = _draw_date(lambda day, month, _: f"{month} {day}", with_year=False)
    return Recipe("date_month_first", "date_order", split, wording, draw)


def _time_24(split: str) -> Recipe:
    wording = Wording(
        (
            "convert the time to the 24-hour clock",
            "write the time in 24-hour form, like 17:30",
            "rewrite the time without am or pm, adding 12 hours for pm",
            "give the time the way a digital 24-hour clock shows it",
            "turn the 12-hour time into 24-hour notation",
            "express the time in hours from 0 to 23 and minutes",
            "write the same time as a 24-hour clock would show it",
        ),
        (
            "the time on the 24-hour clock",
            "the same time in 24-hour form",
            "the 24-hour version of the time",
            "the time written without am or pm, in 24-hour notation",
        ),
        "a time with am or pm",
    )

    def draw(rng: random.Random) -> tuple[str, str]:
        hour, minutes, half = rng.randint(1, 11), rng.randrange(0, 60, 5), rng.choice(("am", "pm"))
        return f"{hour}:{minutes:02} {half}", f"{hour + 12 * (half == 'pm')}:{minutes:02}"

    return Recipe("time_24_hours", "time", split, wording, draw)


def _amount_wording(unit: str, symbol: str, given: str, side: str) -> Wording:
    return Wording(
        (
            f'replace the word "{unit}" by the symbol {symbol}',
            f"write the amount with the sign {symbol}",
            f"abbreviate {unit} to {symbol}",
            f"shorten the amount by using {symbol}, which goes {side} the number",
            f"use {symbol} instead of the word {unit}",
            f"rewrite the amount with {symbol} {side} the number",
            f"put {symbol} {side} the number and drop the word {unit}",
            f"give the amount in short form, with {symbol} for {unit}",
        ),
        (
            f"the amount with the symbol {symbol}",
            f"the number with {symbol} {side} it",
            f"the short form of the amount, {symbol} instead of {unit}",
            f"the same amount written with {symbol} {side} the number",
        ),
        given,
    )


def _draw_amount(unit: str, form: str) -> DrawExample:
    def draw(rng: random.Random) -> tuple[str, str]:
        amount = rng.randint(2, 400)
        return f"{amount} {unit}", form.format(amount)

    return draw


def _money(currency: str, split: str, symbol: str) -> Recipe:
    wording = _amount_wording(currency, symbol, f"an amount of money in {currency}", "before")
    return Recipe(f"money_{currency}", "money", split, wording, _draw_amount(currency, symbol + "{}"), STRICT)


def _unit(unit: str, split: str, symbol: str, given: str, form: str) -> Recipe:
    wording = _amount_wording(unit, symbol, given, "after")
    return Recipe(f"unit_{unit}", "unit", split, wording, _draw_amount(unit, form), STRICT)


def _name_part(argument: str, split: str, other: str, answer: Callable[[str, str], str]) -> Recipe:
    wording = Wording(
        (
            f"write the person's {argument} name",
            f"give only the {argument} name",
            f"leave out the {other} name and copy the {argument} name",
            f"extract the {argument} name from the full name",
            f"tell me the {argument} name of this person",
            f"keep the {argument} name and drop the rest",
            f"say what the {argument} name of the person is",
        ),
        (
            f"the person's {argument} name",
            f"the {argument} name on its own",
            f"the full name without the {other} name",
            f"the {argument} name of the person",
        ),
        "the full name of a person",
    )
    return Recipe(f"{argument}_name", "name_part", split, wording, draw_person(split, answer))


def _initials(split: str) -> Recipe:
    wording = Wording(
        (
            "write the initials of the person",
            "shorten the name to its initials",
            "give the first letter of the first name and the first letter of the last name",
            "abbreviate the full name to two capital letters",
            "take the first letter of each of the two names and write them together",
            "turn the name into initials without dots",
            "reduce both names to their first letters, with no space between them",
        ),
        (
            "the person's initials",
            "the pair of capital letters that the two names start with",
            "the abbreviation made of the first letters of both names",
            "the two-letter form of the name, its initials",
        ),
        "the full name of a person",
    )
    return Recipe(
        "initials", "name_part", split, wording, draw_person(split, lambda first, last: first[0] + last[0]), STRICT
    )


def _address_part(name: str, split: str, part: str, where: str, *, user: bool) -> Recipe:
    """`part` names the answer (`domain`), `where` says where it stands (`after the @ sign`)."""
    wording = Wording(
        (
            f"write the {part} of the address",
            f"give the part {where}",
            f"copy everything {where}",
            f"tell me the {part} in the address",
            f"cut the address at the @ sign and keep the {part}",
            f"find the {part}, which stands {where}",
            f"keep only what is written {where}, the {part}",
        ),
        (
            f"the {part} of the address",
            f"the part of the address {where}",
            f"the text {where}",
            f"the {part} that stands {where}",
        ),
        "an e-mail address",
    )
    words = [word for word in common_words(split) if len(word) <= 6]

    def draw(rng: random.Random) -> tuple[str, str]:
        name, host = rng.sample(words, 2)
        domain = f"{host}.{rng.choice(('com', 'org', 'net'))}"
        return f"{name}@{domain}", name if user else domain

    return Recipe(name, "address_part", split, wording, draw, STRICT)


def _file_extension(split: str) -> Recipe:
    wording = Wording(
        (
            "write the file extension",
            "give the extension of the file name",
            "copy what comes after the dot",
            "tell me the ending of the file name, without the dot",
            "extract the letters behind the dot of the file name",
            "find the file type that the name ends in",
            "keep only the part of the file name after the dot",
        ),
        (
            "the file extension",
            "the part of the file name after the dot",
            "the ending of the file name without the dot",
            "the extension that the file name has",
        ),
        "a file name",
    )
    words = common_words(split)

    def draw(rng: random.Random) -> tuple[str, str]:
        extension = rng.choice(_EXTENSIONS)
        return f"{rng.choice(words)}.{extension}", extension

    return Recipe("file_extension", "file_part", split, wording, draw)


def _slot(argument: str, split: str, what: str, clue: str) -> Recipe:
    """`what` is a noun phrase (`the person who gets something`), `clue` finishes `say ...` (`who gets it`)."""
    wording = Wording(
        (
            f"give {what}",
            f"say {clue}",
            f"find {what} in the sentence",
            f"copy from the sentence only {what}",
            f"look at who does what and tell me {clue}",
            f"work out from the sentence {clue}",
            f"pick {what} out of the sentence",
        ),
        (
            what,
            f"{what}, as given in the sentence",
            f"the part of the sentence that says {clue}",
            f'the answer to "{clue}"',
        ),
        "a sentence about somebody handing something over",
    )
    names, things = FIRST_NAMES[split], _THINGS[split]

    def draw(rng: random.Random) -> tuple[str, str]:
        giver, receiver = rng.sample(names, 2)
        thing = rng.choice(things)
        answers = {"giver": giver, "receiver": receiver, "thing": thing}
        return f"{giver} {rng.choice(_GIVING)} {receiver} a {thing}.", answers[argument]

    return Recipe(f"slot_{argument}", "slot", split, wording, draw)


def recipes() -> list[Recipe]:
    """All format recipes; names, cities, colours and things of different splits never overlap."""
    person = "the name of the person who"
    return [
        _date_part("day", "train", "first", lambda day, month, year: day),
        _date_part("month", "train", "middle", lambda day, month, year: month),
        _date_part("year", "train", "last", lambda day, month, year: year),
        _date_month_first("train"),
        _time_24("train"),
        _money("dollars", "train", "$"),
        _money("pounds", "train", "£"),
        _money("yen", "train", "¥"),
        _money("euros", "test", "€"),
        _unit("percent", "train", "%", "a share in percent", "{}%"),
        _unit("kilometres", "train", "km", "a distance in kilometres", "{} km"),
        _unit("kilograms", "train", "kg", "a weight in kilograms", "{} kg"),
        _unit("litres", "train", "l", "a volume in litres", "{} l"),
        _unit("centimetres", "train", "cm", "a length in centimetres", "{} cm"),
        _name_part("first", "train", "last", lambda first, last: first),
        _name_part("last", "train", "first", lambda first, last: last),
        _initials("train"),
        _address_part("email_user", "train", "user name", "before the @ sign", user=True),
        _address_part("email_domain", "train", "domain", "after the @ sign", user=False),
        _file_extension("train"),
        _slot("giver", "train", f"{person} hands something over", "who hands something over"),
        _slot("thing", "train", "the thing that changes hands", "what is handed over"),
        _slot("receiver", "train", f"{person} gets something", "who gets something"),
    ]
