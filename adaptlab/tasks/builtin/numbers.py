"""Give the recipes of number tasks: small numbers or number words go in, results, digits or counts come out."""

import random
from collections.abc import Callable

from adaptlab.tasks.builtin.lexicon import common_words
from adaptlab.tasks.builtin.recipe import DrawExample, Recipe, Wording

_words = str.split
_ONES = _words(
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen"
)
_TENS = _words("twenty thirty forty fifty sixty seventy eighty ninety")
_DAYS = _words("Monday Tuesday Wednesday Thursday Friday Saturday Sunday")
MONTHS = _words("January February March April May June July August September October November December")
_PEOPLE = _words("Anna Tom Mary Paul Lucy Mark Nina Peter Laura James")
_EVENTS = ("called", "arrived", "moved house", "started work", "came back")


def in_words(number: int) -> str:
    """A number from 0 to 999 as English words: `342` -> `three hundred and forty-two`."""
    if number < 20:
        return _ONES[number]
    if number < 100:
        tens, ones = divmod(number, 10)
        return _TENS[tens - 2] + (f"-{_ONES[ones]}" if ones else "")
    hundreds, rest = divmod(number, 100)
    return f"{_ONES[hundreds]} hundred" + (f" and {in_words(rest)}" if rest else "")


def ordinal(number: int) -> str:
    """A number with its English ordinal ending: `21` -> `21st`."""
    ending = {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{'th' if number % 100 in (11, 12, 13) else ending}"


def _number(first: int, last: int, answer: Callable[[int], str], shown: Callable[[int], str] = str) -> DrawExample:
    def draw(rng: random.Random) -> tuple[str, str]:
        number = rng.randint(first, last)
        return shown(number), answer(number)

    return draw


def _pair(last: int, answer: Callable[[int, int], int]) -> DrawExample:
    def draw(rng: random.Random) -> tuple[str, str]:
        one, other = rng.sample(range(1, last + 1), 2)
        return f"{one} and {other}", str(answer(one, other))

    return draw


def _add(amount: int, split: str) -> Recipe:
    word = in_words(amount)
    wording = Wording(
        (
            f"add {amount} to the number",
            f"increase the number by {amount}",
            f"write the number that is {amount} greater",
            f"count up {word} from the given number",
            f"work out the sum of the number and {amount}",
            f"raise the number by {word} and write the result",
            f"calculate the input plus {amount}",
            f"find the number that lies {word} above the given one",
        ),
        (
            f"the number plus {amount}",
            f"the sum of the input and {amount}",
            f"the result of adding {word} to the number",
            f"the number that is larger than the input by {amount}",
        ),
        "a number",
    )
    return Recipe(f"add_{amount}", "add", split, wording, _number(1, 400, lambda number: str(number + amount)))


def _subtract(amount: int, split: str) -> Recipe:
    word = in_words(amount)
    wording = Wording(
        (
            f"subtract {amount} from the number",
            f"decrease the number by {amount}",
            f"write the number that is {amount} less",
            f"count down {word} from the given number",
            f"take {amount} away from the number",
            f"lower the number by {word} and write the result",
            f"calculate the input minus {amount}",
            f"find the number that lies {word} below the given one",
        ),
        (
            f"the number minus {amount}",
            f"the difference between the input and {amount}",
            f"the result of taking {word} away from the number",
            f"the number that is smaller than the input by {amount}",
        ),
        "a number",
    )
    draw = _number(amount + 1, amount + 400, lambda number: str(number - amount))
    return Recipe(f"subtract_{amount}", "subtract", split, wording, draw)


def _double(split: str) -> Recipe:
    wording = Wording(
        (
            "double the number",
            "multiply the number by two",
            "write twice the given number",
            "add the number to itself",
            "give the number that is two times as large",
            "work out 2 times the input",
            "calculate the double of the number",
            "write what you get if you take the number twice",
        ),
        (
            "the double of the number",
            "twice the number",
            "the number multiplied by 2",
            "the number that is two times as large as the input",
        ),
        "a number",
    )
    return Recipe("double", "scale", split, wording, _number(2, 300, lambda number: str(2 * number)))


def _halve(split: str) -> Recipe:
    wording = Wording(
        (
            "halve the number",
            "divide the number by two",
            "write half of the given number",
            "split the number into two equal parts and write one of them",
            "give the number that is half as large",
            "work out the input divided by 2",
            "calculate one half of the number",
            "write the number which, taken twice, gives the input",
        ),
        (
            "half of the number",
            "the number divided by 2",
            "one half of the input",
            "the number that is half as large as the input",
        ),
        "an even number",
    )
    draw = _number(1, 300, str, lambda number: str(2 * number))
    return Recipe("half", "scale", split, wording, draw)


def _sum(split: str) -> Recipe:
    wording = Wording(
        (
            "add the two numbers",
            "write the sum of both numbers",
            "calculate the total of the two numbers",
            "work out what the numbers make together",
            "add the second number to the first",
            "sum up the given numbers",
            "find the number you get by adding both numbers",
            "put the two numbers together and write their total",
        ),
        (
            "the sum of the two numbers",
            "the total of both numbers",
            "the result of adding the two numbers",
            "the number that both numbers add up to",
        ),
        "a pair of numbers",
    )
    return Recipe("sum_of_two", "sum", split, wording, _pair(40, lambda one, other: one + other))


def _compare(argument: str, split: str, opposite: str, pick: Callable[[int, int], int]) -> Recipe:
    wording = Wording(
        (
            f"write the {argument} of the two numbers",
            f"pick the {argument} number",
            f"compare both numbers and keep the {argument} one",
            f"leave out the {opposite} number and copy the other",
            f"decide which of the two numbers is {argument}",
            f"tell me the {argument} number of the pair",
            f"choose the number that is {argument} than the other",
            f"find out which number is {argument} and write it",
        ),
        (
            f"the {argument} of the two numbers",
            f"the {argument} number",
            f"the number that is {argument} than the other one",
            f"the {argument} number of the pair",
        ),
        "a pair of numbers",
    )
    return Recipe(f"{argument}_of_two", "compare", split, wording, _pair(200, pick))


def _parity(split: str) -> Recipe:
    wording = Wording(
        (
            "say whether the number is even or odd",
            "decide if the number is odd or even",
            "write even if the number can be divided by two, otherwise odd",
            "classify the number as even or odd",
            "check the last digit and answer even or odd",
            "tell me if this is an odd or an even number",
            "determine the parity of the number: even or odd",
            "label the number with one word, odd or even",
        ),
        (
            "the word even or odd that fits the number",
            "the class of the number, odd or even",
            "the parity of the number, even or odd",
            "the right one of the words even and odd for the number",
        ),
        "a number",
    )
    draw = _number(1, 500, lambda number: "odd" if number % 2 else "even")
    return Recipe("even_or_odd", "parity", split, wording, draw)


def _words_to_digits(split: str) -> Recipe:
    wording = Wording(
        (
            "write the number in digits",
            "convert the phrase to a numeral",
            "put the number in figures, like 215",
            "change the phrase to digits, such as 48",
            "give the numeral, made of the digits 0 to 9",
            "write the value with digits only",
            "show the same number with digits, such as 307",
            "give the numeral that the phrase stands for, digits only",
        ),
        (
            "the number in digits",
            "the numeral for the phrase, made of the digits 0 to 9",
            "the number in figures, such as 164",
            "the numeral in digits, like 92",
        ),
        "a number phrase",
    )
    return Recipe("words_to_digits", "number_words", split, wording, _number(1, 400, str, in_words))


def _digits_to_words(split: str) -> Recipe:
    wording = Wording(
        (
            "spell out the number in English words",
            "write out the number in words, the way it is read aloud",
            "spell the number in letters, such as forty-eight",
            "say the number in English words, like two hundred and fifteen",
            "write in words how the number is pronounced",
            "give the spelled-out English name of the number",
            "show how the number is spelled in English",
            "write the English words for the number, such as ninety-two",
        ),
        (
            "the number in words",
            "the same number spelled out",
            "the English words for the number, as it is read aloud",
            "the number spelled out in English words, such as ninety-three",
        ),
        "a whole number",
    )
    return Recipe("digits_to_words", "number_words", split, wording, _number(1, 300, in_words))


def _ordinal(split: str) -> Recipe:
    wording = Wording(
        (
            "turn the number into its ordinal, such as 4th",
            "write the ordinal number with st, nd, rd or th",
            "add the right ordinal ending to the number",
            "convert the number to the form used for ranks, like 2nd",
            "attach the ending st, nd, rd or th that fits the number",
            "write the number as a position in a row, such as 5th",
            "give the ordinal form of the number in digits",
            "change the counting number to an ordinal number, as in 3rd",
        ),
        (
            "the ordinal form of the number",
            "the number with its ordinal ending",
            "the number followed by st, nd, rd or th",
            "the ordinal number in digits, such as 6th",
        ),
        "a number",
    )
    return Recipe("ordinal", "ordinal", split, wording, _number(1, 400, ordinal))


def _count_words(split: str) -> Recipe:
    wording = Wording(
        (
            "count the words",
            "write how many words there are",
            "tell me the number of words in the input",
            "find out how many words the line has",
            "give the word count as a digit",
            "work out the number of words in the line",
            "say how many words stand in the line",
            "count the words of the line and write the result as a number",
        ),
        (
            "the number of words",
            "the word count of the line",
            "the number of words in the line as a digit",
            "the total number of words that the line contains",
        ),
        "a line of words",
    )
    words = common_words(split)

    def draw(rng: random.Random) -> tuple[str, str]:
        count = rng.randint(1, 6)
        return " ".join(rng.sample(words, count)), str(count)

    return Recipe("count_words", "count_words", split, wording, draw)


def _digit(argument: str, split: str, index: int) -> Recipe:
    wording = Wording(
        (
            f"write the {argument} digit of the number",
            f"give only the {argument} digit",
            f"pick out the digit in {argument} position",
            f"copy the {argument} digit and leave out the others",
            f"reduce the number to its {argument} digit",
            f"tell me which digit comes {argument} in the number",
            f"extract the {argument} digit from the number",
            f"output nothing but the {argument} of the four digits",
        ),
        (
            f"the {argument} digit of the number",
            f"the digit in {argument} position",
            f"the number's {argument} digit",
            f"the digit that comes {argument} in the number",
        ),
        "a number with four digits",
    )
    draw = _number(1000, 9999, lambda number: str(number)[index])
    return Recipe(f"{argument}_digit", "digit", split, wording, draw, parts=("digit", argument))


def _calendar(kind: str, relation: str, split: str) -> Recipe:
    names, preposition = (_DAYS, "on") if kind == "day" else (MONTHS, "in")
    step = 1 if relation == "after" else -1
    wording = Wording(
        (
            f"name the {kind} {relation} the one in the sentence",
            f"write the {kind} that comes right {relation} the {kind} mentioned",
            f"find the {kind} in the sentence and give the one {relation} it",
            f"tell me which {kind} comes directly {relation} the {kind} in the text",
            f"say what the {'next' if step > 0 else 'previous'} {kind} is, seen from the {kind} in the sentence",
            f"move one {kind} {'forward' if step > 0 else 'back'} from the {kind} mentioned and write its name",
            f"give the name of the {kind} immediately {relation} the one you read",
            f"look for the {kind} and answer with the one just {relation} it",
        ),
        (
            f"the {kind} {relation} the one in the sentence",
            f"the {kind} that comes directly {relation} the {kind} mentioned",
            f"the {'next' if step > 0 else 'previous'} {kind}, counted from the one mentioned",
            f"the name of the {kind} right {relation} the {kind} in the sentence",
        ),
        f"a sentence with a {kind} in it",
    )

    def draw(rng: random.Random) -> tuple[str, str]:
        place = rng.randrange(len(names))
        sentence = f"{rng.choice(_PEOPLE)} {rng.choice(_EVENTS)} {preposition} {names[place]}."
        return sentence, names[(place + step) % len(names)]

    return Recipe(f"{kind}_{relation}", "calendar", split, wording, draw)


def recipes() -> list[Recipe]:
    """All number recipes; `add_3` and `subtract_3` undo each other and are held out together."""
    return [
        *(_add(amount, "train") for amount in (1, 2, 4, 5, 8, 10)),
        *(_subtract(amount, "train") for amount in (1, 2, 5, 10)),
        _add(7, "validation"),
        _subtract(7, "validation"),
        _add(3, "test"),
        _subtract(3, "test"),
        _double("train"),
        _halve("train"),
        _sum("train"),
        _compare("larger", "train", "smaller", max),
        _compare("smaller", "train", "larger", min),
        _parity("train"),
        _words_to_digits("train"),
        _digits_to_words("train"),
        _ordinal("train"),
        _count_words("train"),
        _digit("first", "train", 0),
        _digit("last", "train", -1),
        _digit("second", "train", 1),
        _digit("third", "test", 2),
        _calendar("day", "after", "train"),
        _calendar("day", "before", "train"),
        _calendar("month", "after", "train"),
    ]
