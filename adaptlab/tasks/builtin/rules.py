"""Give the recipes about explicit rules: a word, number, list or sentence goes in, one of a few stated labels out."""

import random
from collections.abc import Callable
from typing import TypeVar

from adaptlab.tasks.builtin.lexicon import common_words
from adaptlab.tasks.builtin.numbers import in_words
from adaptlab.tasks.builtin.people import CITIES, FIRST_NAMES, JOBS, LAST_NAMES
from adaptlab.tasks.builtin.recipe import DrawExample, Recipe
from adaptlab.tasks.builtin.rule_texts import GRADES, RULES
from adaptlab.tasks.builtin.rule_wordings import FORMS, grade_wording, rule_wording

# Draws an input for which the rule holds (True) or does not (False).
DrawCase = Callable[[random.Random, bool], str]
# Draws an input of the first, second or third grade.
DrawGrade = Callable[[random.Random, int], str]
Value = TypeVar("Value")

# By rule: the forms of answer of its train, validation and test tasks. Rules about text are a family held out whole.
GRID: dict[str, dict[str, tuple[str, ...]]] = {
    "has_e": {"train": ("yes_no", "a_b"), "validation": (), "test": ()},
    "ends_in_vowel": {"train": ("true_false", "left_right"), "validation": (), "test": ()},
    "over_five_letters": {"train": ("yes_no", "pass_fail"), "validation": (), "test": ("accept_reject",)},
    "starts_in_a_to_m": {"train": ("accept_reject", "one_zero"), "validation": (), "test": ()},
    "first_longer": {"train": ("true_false", "a_b"), "validation": (), "test": ()},
    "same_start": {"train": ("yes_no", "pass_fail"), "validation": (), "test": ()},
    "same_length": {"train": ("one_zero", "accept_reject", "left_right"), "validation": (), "test": ()},
    "even": {"train": ("pass_fail", "left_right"), "validation": (), "test": ()},
    "over_500": {"train": ("accept_reject", "a_b"), "validation": (), "test": ()},
    "multiple_of_5": {"train": ("one_zero", "yes_no"), "validation": (), "test": ("a_b",)},
    "equal_numbers": {"train": ("true_false", "left_right"), "validation": (), "test": ()},
    "ascending": {"train": ("true_false", "accept_reject"), "validation": (), "test": ()},
    "has_seven": {"train": ("yes_no", "a_b"), "validation": (), "test": ()},
    "repeated_word": {"train": ("pass_fail", "one_zero"), "validation": (), "test": ()},
    "capitals_only": {"train": (), "validation": (), "test": ("left_right",)},
    "has_digit": {"train": (), "validation": (), "test": ("pass_fail",)},
    "is_question": {"train": (), "validation": (), "test": ("a_b",)},
    "has_comma": {"train": (), "validation": (), "test": ("yes_no",)},
}
# By three-way grading: the split of its task.
GRADE_SPLITS = {
    "score_sign": "train",
    "number_order": "train",
    "word_size": "train",
    "number_size": "train",
    "list_size": "train",
    "line_size": "test",
}
_MEETINGS = (("meet", "met"), ("see", "saw"), ("visit", "visited"), ("help", "helped"), ("call", "called"))


def _case(
    draw: Callable[[random.Random], Value], judge: Callable[[Value], bool | None], show: Callable[[Value], str]
) -> DrawCase:
    """Draw until the rule holds or fails as wanted; `judge` gives None for what is left out as unclear."""

    def case(rng: random.Random, wanted: bool) -> str:
        while True:
            value = draw(rng)
            if judge(value) is wanted:
                return show(value)

    return case


def _about_words(judge: Callable[[str, str], bool | None]) -> Callable[[str], DrawCase]:
    """Make pairs of different words, judged by their letters."""

    def make(split: str) -> DrawCase:
        words = [word for word in common_words(split) if len(word) <= 8]
        return _case(lambda rng: rng.sample(words, 2), lambda pair: judge(pair[0], pair[1]), ", ".join)

    return make


def _about_number(last: int, judge: Callable[[int], bool]) -> Callable[[str], DrawCase]:
    return lambda _: _case(lambda rng: rng.randint(1, last), judge, str)


def _ends_in_vowel(word: str) -> bool | None:
    return None if word.endswith("y") else word[-1] in "aeiou"


def _longer(first: str, second: str) -> bool | None:
    gap = len(first) - len(second)
    return gap > 0 if abs(gap) > 1 else None


def _equally_long(first: str, second: str) -> bool | None:
    gap = len(first) - len(second)
    return gap == 0 if abs(gap) != 1 else None


def _equal_numbers(_: str) -> DrawCase:
    """Half of the different numbers differ in one digit only."""

    def case(rng: random.Random, wanted: bool) -> str:
        first = second = rng.randint(100, 999)
        close = rng.random() < 0.5
        while not wanted and second == first:
            second = first - first % 10 + rng.randrange(10) if close else rng.randint(100, 999)
        return f"{first} and {second}"

    return case


def _ascending(_: str) -> DrawCase:
    """Half of the lists out of order are sorted but for two numbers that changed places."""

    def draw(rng: random.Random) -> list[int]:
        numbers = rng.sample(range(1, 100), 4)
        if rng.random() < 0.7:
            numbers.sort()
        if rng.random() < 0.5:
            one, other = rng.sample(range(4), 2)
            numbers[one], numbers[other] = numbers[other], numbers[one]
        return numbers

    return _case(draw, lambda numbers: numbers == sorted(numbers), lambda numbers: ", ".join(map(str, numbers)))


def _has_seven(_: str) -> DrawCase:
    """Many lists hold a number that is written with the digit 7 but is not 7."""

    def draw(rng: random.Random) -> list[int]:
        numbers = [rng.choice((7, 17, 27, 70, 72)), *rng.sample(range(1, 100), 3)]
        rng.shuffle(numbers)
        return numbers

    return _case(draw, lambda numbers: 7 in numbers, lambda numbers: ", ".join(map(str, numbers)))


def _repeated_word(split: str) -> DrawCase:
    words = [word for word in common_words(split) if len(word) <= 7]

    def case(rng: random.Random, wanted: bool) -> str:
        listed = rng.sample(words, 4)
        if wanted:
            listed[0] = listed[1]
        rng.shuffle(listed)
        return ", ".join(listed)

    return case


def _meeting(split: str, rng: random.Random) -> tuple[str, str, str, str, str]:
    """A name, a verb in its base form and in the past, a job and a city."""
    base, past = rng.choice(_MEETINGS)
    return rng.choice(FIRST_NAMES[split]), base, past, rng.choice(JOBS[split]), rng.choice(CITIES[split])


def _capitals_only(split: str) -> DrawCase:
    def case(rng: random.Random, wanted: bool) -> str:
        name, _, past, job, city = _meeting(split, rng)
        text = f"{name} {past} the {job} in {city}."
        return text.upper() if wanted else text

    return case


def _has_digit(split: str) -> DrawCase:
    def case(rng: random.Random, wanted: bool) -> str:
        name, _, past, job, city = _meeting(split, rng)
        number = rng.randint(2, 12)
        shown = str(number) if wanted else in_words(number)
        return rng.choice((f"{name} {past} {shown} {job}s in {city}.", f"{name} {past} the {job} in room {shown}."))

    return case


def _is_question(split: str) -> DrawCase:
    def case(rng: random.Random, wanted: bool) -> str:
        name, base, past, job, city = _meeting(split, rng)
        questions = (f"Did {name} {base} the {job} in {city}?", f"Why did {name} {base} the {job} in {city}?")
        statements = (f"{name} {past} the {job} in {city}.", f"The {job} {past} {name} in {city}.")
        return rng.choice(questions if wanted else statements)

    return case


def _has_comma(split: str) -> DrawCase:
    def case(rng: random.Random, wanted: bool) -> str:
        name, _, past, job, city = _meeting(split, rng)
        second, third = rng.sample([other for other in FIRST_NAMES[split] if other != name], 2)
        with_comma = (f"In {city}, {name} {past} the {job}.", f"{name}, {second} and {third} {past} the {job}.")
        without = (f"{name} {past} the {job} in {city}.", f"{name} and {second} {past} the {job}.")
        return rng.choice(with_comma if wanted else without)

    return case


_CASES: dict[str, Callable[[str], DrawCase]] = {
    "has_e": _about_words(lambda first, _: "e" in first),
    "ends_in_vowel": _about_words(lambda _, second: _ends_in_vowel(second)),
    "over_five_letters": _about_words(lambda first, _: len(first) > 5),
    "starts_in_a_to_m": _about_words(lambda _, second: second[0] <= "m"),
    "first_longer": _about_words(_longer),
    "same_start": _about_words(lambda first, second: first[0] == second[0]),
    "same_length": _about_words(_equally_long),
    "even": _about_number(999, lambda number: number % 2 == 0),
    "over_500": _about_number(1000, lambda number: number > 500),
    "multiple_of_5": _about_number(2500, lambda number: number % 5 == 0),
    "equal_numbers": _equal_numbers,
    "ascending": _ascending,
    "has_seven": _has_seven,
    "repeated_word": _repeated_word,
    "capitals_only": _capitals_only,
    "has_digit": _has_digit,
    "is_question": _is_question,
    "has_comma": _has_comma,
}


def _score_sign(split: str) -> DrawGrade:
    def grade(rng: random.Random, place: int) -> str:
        first, last, city = (rng.choice(names[split]) for names in (FIRST_NAMES, LAST_NAMES, CITIES))
        return f"{first} {last} from {city}: {(place - 1) * rng.randint(1, 50)}"

    return grade


def _number_order(_: str) -> DrawGrade:
    def grade(rng: random.Random, place: int) -> str:
        low, high = sorted(rng.sample(range(1, 1000), 2))
        return " and ".join(map(str, ((low, high), (low, low), (high, low))[place]))

    return grade


def _word_size(split: str) -> DrawGrade:
    groups: tuple[list[str], ...] = ([], [], [])
    for word in common_words(split):
        groups[min(max(len(word) - 4, 0), 2)].append(word)
    return lambda rng, place: rng.choice(groups[place])


def _number_size(_: str) -> DrawGrade:
    ranges = (range(1, 300), range(300, 600), range(600, 1000))
    return lambda rng, place: str(rng.choice(ranges[place]))


def _row_size(counts: tuple[tuple[int, ...], ...], separator: str) -> Callable[[str], DrawGrade]:
    """Make rows of words; `counts` gives the numbers of words by grade."""

    def make(split: str) -> DrawGrade:
        words = [word for word in common_words(split) if len(word) <= 7]
        return lambda rng, place: separator.join(rng.sample(words, rng.choice(counts[place])))

    return make


_GRADE_DRAWS: dict[str, Callable[[str], DrawGrade]] = {
    "score_sign": _score_sign,
    "number_order": _number_order,
    "word_size": _word_size,
    "number_size": _number_size,
    "list_size": _row_size(((1, 2), (3, 4), (5, 6)), ", "),
    "line_size": _row_size(((1, 2, 3), (4, 5), (6, 7, 8)), " "),
}


def _rule(key: str, form: str, split: str) -> Recipe:
    rule, labels = RULES[key], FORMS[form].labels
    case = _CASES[key](split)

    def draw(rng: random.Random) -> tuple[str, str]:
        holds = rng.random() < 0.5
        return case(rng, holds), labels[0 if holds else 1]

    family = rule.subject.family
    parts = () if family == "text_rule" else (key, form)
    return Recipe(f"{key}_as_{form}", family, split, rule_wording(rule, FORMS[form]), draw, parts=parts)


def _draw_grade(key: str, split: str) -> DrawExample:
    labels, grade = GRADES[key].labels, _GRADE_DRAWS[key](split)

    def draw(rng: random.Random) -> tuple[str, str]:
        place = rng.randrange(3)
        return grade(rng, place), labels[place]

    return draw


def recipes() -> list[Recipe]:
    """All recipes that classify by a stated rule."""
    made = [
        _rule(key, form, split) for key, splits in GRID.items() for split, forms in splits.items() for form in forms
    ]
    made += [
        Recipe(f"grade_{key}", "grade", split, grade_wording(GRADES[key]), _draw_grade(key, split))
        for key, split in GRADE_SPLITS.items()
    ]
    return made
