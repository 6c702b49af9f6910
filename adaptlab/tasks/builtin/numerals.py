"""Give the recipes about numerals: a number goes in, another way to write it or its length comes out."""

import random
from collections.abc import Callable

from adaptlab.tasks.builtin.numbers import in_words, ordinal
from adaptlab.tasks.builtin.recipe import DrawExample, Recipe, Wording

STRICT = "exact_match_strict"
_words = str.split
_TITLES = _words("Chapter Part Volume Book Scene Act Lesson Section Unit Table Figure Stage Level Phase Class Group")
_RANKED = _words("day week page row floor street chapter room house question letter visitor train song prize try")
_ROMAN_ONES = ("", "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX")
_IRREGULAR_ORDINALS = {
    "one": "first",
    "two": "second",
    "three": "third",
    "five": "fifth",
    "eight": "eighth",
    "nine": "ninth",
    "twelve": "twelfth",
}


def in_roman(number: int) -> str:
    """A number from 1 to 39 as a Roman numeral: `14` -> `XIV`."""
    tens, ones = divmod(number, 10)
    return "X" * tens + _ROMAN_ONES[ones]


def ordinal_in_words(number: int) -> str:
    """The ordinal of a number below 1000 in words: `21` -> `twenty-first`."""
    spelled = in_words(number)
    last = spelled.replace("-", " ").split()[-1]
    rank = _IRREGULAR_ORDINALS.get(last) or (f"{last[:-1]}ieth" if last.endswith("y") else f"{last}th")
    return spelled.removesuffix(last) + rank


# By direction: the numeral in the title, the one to write, and how both are made.
_DIRECTIONS: dict[str, tuple[str, str, Callable[[int], str], Callable[[int], str]]] = {
    "to_roman": ("ordinary number", "a Roman numeral", str, in_roman),
    "from_roman": ("Roman numeral", "an ordinary number in digits", in_roman, str),
}
# By scope: how much of the title is written, said in two ways.
_SCOPES = {
    "number": ("without the word in front of it", "the new number alone"),
    "title": ("together with the word in front of it", "the whole new title"),
}


def _roman_wording(old: str, new: str, extent: str, what: str) -> Wording:
    return Wording(
        (
            f"turn the {old} into {new} and write it {extent}",
            f"write the {old} in the title as {new}, {extent}",
            f"read the title, change its {old} to {new} and answer with {what}",
            f"replace the {old} by {new} and output {what}",
            f"show the {old} as {new}, {extent}",
            f"translate the {old} in the title into {new}, giving {what}",
            f"convert the {old} to {new} and return it {extent}",
            f"express the {old} of the title by {new} and write {what}",
        ),
        (
            f"the {old} rewritten as {new}, {extent}",
            f"the result of changing the {old} to {new}, {extent}",
            f"the answer that has {new} instead of the {old}, given {extent}",
            f"the {old} of the title in the form of {new}, {extent}",
        ),
        f"a title that ends with {'an' if old[0] in 'aeiou' else 'a'} {old}",
    )


def _roman(direction: str, scope: str, split: str) -> Recipe:
    old, new, show, answer = _DIRECTIONS[direction]
    wording = _roman_wording(old, new, *_SCOPES[scope])

    def draw(rng: random.Random) -> tuple[str, str]:
        title, number = rng.choice(_TITLES), rng.randint(1, 39)
        kept = f"{title} " if scope == "title" else ""
        return f"{title} {show(number)}", kept + answer(number)

    return Recipe(f"{direction}_{scope}", "roman", split, wording, draw, STRICT, (direction, scope))


def _draw_tenths(show: Callable[[int], str], answer: Callable[[int], str]) -> DrawExample:
    def draw(rng: random.Random) -> tuple[str, str]:
        tenths = rng.randint(10, 999)
        return show(tenths), answer(tenths)

    return draw


def _percent(tenths: int) -> str:
    return f"{tenths / 10:g}%"


def _decimal(tenths: int) -> str:
    return f"{tenths / 1000:g}"


def _percent_to_decimal(split: str) -> Recipe:
    wording = Wording(
        (
            "write the value as a decimal fraction, such as 0.25",
            "convert the input to a decimal fraction between 0 and 1",
            "divide by one hundred and write the decimal fraction that results",
            "move the decimal point two places to the left and leave out the sign",
            "express the input as a decimal fraction with a decimal point, like 0.07",
            "find the decimal fraction between 0 and 1 that has the same value",
            "give the decimal fraction below 1 that the input is equal to, like 0.5",
            "shift the decimal point to the left by two places, so that a plain fraction of one remains",
        ),
        (
            "the decimal fraction of the same value, such as 0.375",
            "the input divided by one hundred, as a decimal fraction",
            "the decimal fraction you get by moving the decimal point two places to the left",
            "the value as a decimal fraction with a decimal point, like 0.3",
        ),
        "a rate per hundred",
    )
    return Recipe("percent_to_decimal", "percent", split, wording, _draw_tenths(_percent, _decimal), STRICT)


def _decimal_to_percent(split: str) -> Recipe:
    wording = Wording(
        (
            "write this as a percentage, such as 25%",
            "convert the number to a percentage with a percent sign",
            "work out how many percent this is and add the percent sign",
            "multiply by 100 and put a percent sign after the result",
            "express the number in percent, like 7%",
            "tell me the percentage that the number stands for, with % at the end",
            "say how many percent the number makes, with the sign %",
            "state which percentage of the whole the number is, followed by a percent sign",
        ),
        (
            "the percentage with its percent sign, such as 62.5%",
            "the number in percent, followed by the percent sign",
            "the same quantity stated as a percentage with %",
            "the percentage for this number, written with a percent sign",
        ),
        "a number below one",
    )
    return Recipe("decimal_to_percent", "percent", split, wording, _draw_tenths(_decimal, _percent), STRICT)


def _by_length(first: int, last: int, show: Callable[[int], str], answer: Callable[[int], str]) -> DrawExample:
    """Draw numbers of `first` to `last` digits, each length equally often."""

    def draw(rng: random.Random) -> tuple[str, str]:
        length = rng.randint(first, last)
        number = rng.randrange(10 ** (length - 1), 10**length)
        return show(number), answer(number)

    return draw


def _add_commas(split: str) -> Recipe:
    wording = Wording(
        (
            "write the number with commas between groups of three digits, like 12,000",
            "insert thousands separators (commas) into the number",
            "separate the thousands of the number by commas",
            "counting from the right, put a comma after every three digits that have more digits before them",
            "format the number with commas as thousands separators",
            "make the large number readable: set commas between its groups of three digits",
            "group the digits of the number by threes from the right, using commas",
            "add the commas that mark thousands and millions in the number",
        ),
        (
            "the number with commas as thousands separators",
            "the number with a comma between groups of three digits, like 5,300",
            "the same number, its thousands separated by commas",
            "the number grouped by threes from the right with commas",
        ),
        "a large number without separators",
    )
    return Recipe("add_commas", "thousands", split, wording, _by_length(4, 7, str, "{:,}".format), STRICT)


def _remove_commas(split: str) -> Recipe:
    wording = Wording(
        (
            "write the number without commas",
            "remove the thousands separators (commas) from the number",
            "delete every comma from the number and keep all its digits",
            "close the gaps: write the digits of the number with no commas between them",
            "format the number as plain digits without commas, like 12000",
            "drop the commas that mark thousands and millions in the number",
            "undo the grouping of the number by leaving out its commas",
            "copy all digits of the number but none of its commas",
        ),
        (
            "the number without commas",
            "the plain digits of the number, with no thousands separators",
            "the same number with every comma removed",
            "the number as one block of digits, its commas left out",
        ),
        "a large number with commas",
    )
    return Recipe("remove_commas", "thousands", split, wording, _by_length(4, 7, "{:,}".format, str), STRICT)


def _pad(width: int, split: str) -> Recipe:
    word = in_words(width)
    wording = Wording(
        (
            f"fill the number up with leading zeros to {word} digits",
            f"write the number with {width} digits by putting zeros in front",
            f"add zeros on the left until the number is {word} digits long",
            f"pad the number on the left with zeros to a length of {width}",
            f"place as many zeros before the number as it needs to have {word} digits",
            f"turn the number into a code of exactly {width} digits by writing zeros first",
            f"write the number so that it fills {word} places, with zeros in the empty ones on the left",
            f"extend the number on the left with zeros so that it has {width} digits",
        ),
        (
            f"the number with leading zeros, {word} digits in all",
            f"the number padded on the left with zeros to {width} digits",
            f"the {word}-digit code made of zeros followed by the number",
            f"the number filled up on the left with zeros to a length of {word} digits",
        ),
        f"a number with fewer than {word} digits",
    )
    draw = _by_length(1, width - 1, str, lambda number: str(number).zfill(width))
    return Recipe(f"pad_to_{word}_digits", "zeros", split, wording, draw, STRICT)


def _strip_zeros(split: str) -> Recipe:
    wording = Wording(
        (
            "write the number without its leading zeros",
            "remove the zeros in front of the number",
            "drop all zeros on the left and keep the rest of the number",
            "cut off the zeros that the number starts with",
            "skip the zeros at the beginning and copy the remaining digits",
            "turn the code into an ordinary number by leaving out the zeros before it",
            "start the number at its first digit that is not zero",
            "delete every leading zero from the number",
        ),
        (
            "the number without leading zeros",
            "the digits that remain when the zeros in front are removed",
            "the ordinary number hidden behind the leading zeros",
            "the number from its first digit other than zero on",
        ),
        "a number with leading zeros",
    )
    draw = _by_length(1, 4, lambda number: str(number).zfill(6), str)
    return Recipe("strip_zeros", "zeros", split, wording, draw, STRICT)


def _count_digits(split: str) -> Recipe:
    wording = Wording(
        (
            "count the digits of the number",
            "write how many digits the number has",
            "say of how many digits the number is made up",
            "find the length of the number in digits",
            "tell me the number of digits as a single figure",
            "work out how many digits it takes to write the number",
            "determine how many digits long the number is",
            "count the figures that the number is written with",
        ),
        (
            "the number of digits",
            "the count of the digits that the number has",
            "the length of the number in digits",
            "the number of figures that the given number is written with",
        ),
        "a number of three to eight digits",
    )
    return Recipe("count_digits", "count_digits", split, wording, _by_length(3, 8, str, lambda n: str(len(str(n)))))


def _draw_rank(show: Callable[[int], str], answer: Callable[[int], str]) -> DrawExample:
    def draw(rng: random.Random) -> tuple[str, str]:
        number = rng.randint(1, 50)
        return f"the {show(number)} {rng.choice(_RANKED)}", answer(number)

    return draw


def _ordinal_to_words(split: str) -> Recipe:
    wording = Wording(
        (
            "spell out the rank as one English word, such as fourth",
            "write only the rank, fully spelled in letters, like ninth",
            "spell the rank the way it is read aloud and leave out the rest",
            "write only the English word for the rank, as it is pronounced",
            "spell out just the rank in letters, such as twelfth",
            "give the rank as a full word, spelled like third or seventh",
            "name the rank in a spelled-out word, like sixth, and nothing else",
            "show in letters how the rank is read, such as eighth",
        ),
        (
            "the rank spelled out as an English word",
            "the spelled-out rank alone, such as tenth",
            "the English word for the rank, as it is read aloud",
            "the rank as a word that is spelled out in letters",
        ),
        "a phrase that contains a rank",
    )
    return Recipe("ordinal_to_words", "ordinal_words", split, wording, _draw_rank(ordinal, ordinal_in_words))


def _ordinal_to_digits(split: str) -> Recipe:
    wording = Wording(
        (
            "abbreviate the position to digits with a two-letter suffix, such as 4th",
            "write only the numeral with its suffix st, nd, rd or th",
            "put the position in digits plus st, nd, rd or th and omit the rest",
            "shorten the ordinal to a figure with the right suffix, like 9th",
            "give only the digits of the position and the suffix, as in 3rd",
            "write just the position in numerals, adding st, nd, rd or th",
            "cut the ordinal down to its digits and suffix, like 6th",
            "write only the position, in digits followed by st, nd, rd or th",
        ),
        (
            "the position in digits with the suffix st, nd, rd or th",
            "the abbreviated ordinal in numerals, such as 10th",
            "the numeral of the position with its two-letter suffix",
            "the abbreviated position, digits followed by st, nd, rd or th",
        ),
        "a phrase that states a position",
    )
    return Recipe("ordinal_to_digits", "ordinal_words", split, wording, _draw_rank(ordinal_in_words, ordinal))


def recipes() -> list[Recipe]:
    """All recipes about numerals."""
    return [
        _roman("to_roman", "number", "train"),
        _roman("to_roman", "title", "train"),
        _roman("from_roman", "number", "train"),
        _roman("from_roman", "title", "validation"),
        _percent_to_decimal("train"),
        _decimal_to_percent("train"),
        _add_commas("train"),
        _remove_commas("train"),
        _pad(4, "train"),
        _pad(5, "train"),
        _strip_zeros("train"),
        _count_digits("train"),
        _ordinal_to_words("train"),
        _ordinal_to_digits("train"),
    ]
