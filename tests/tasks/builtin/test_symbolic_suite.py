"""Laws of the character, list, number and format recipes: recipes go in, checks by independent code come out."""

import calendar
import json
import re
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adaptlab.contracts import Example, Task
from adaptlab.tasks.builtin import characters, compositions, formats, marks, numbers, ordering, records
from adaptlab.tasks.builtin.recipe import Recipe, cook

MODULES = (characters, compositions, formats, marks, numbers, ordering, records)
RECIPES: list[Recipe] = [recipe for module in MODULES for recipe in module.recipes()]
COOKED: dict[str, Task] = {recipe.name: cook(recipe, seed=0) for recipe in RECIPES}
EVERY = pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.name)
# Families whose answers come from a closed set (letters, digits, months) or are numbers.
CLOSED = {"letters", "add", "subtract", "digit", "calendar", "extreme", "money", "unit"}
CLOSED_TASKS = {"field_room_json"}
MONTHS = list(calendar.month_name)[1:]
DAYS = list(calendar.day_name)


def examples_of(name: str) -> list[Example]:
    return [example for examples in COOKED[name].splits.values() for example in examples]


def items(text: str) -> list[str]:
    return text.split(", ")


def integers(text: str) -> list[int]:
    return [int(found) for found in re.findall(r"\d+", text)]


def the_one(matches: list[str]) -> str:
    assert len(matches) == 1, f"not unique: {matches}"
    return matches[0]


def with_length(words: list[str], size: int) -> str:
    return the_one([word for word in words if len(word) == size])


def neighbour(text: str, names: list[str], step: int) -> str:
    place = names.index(the_one([name for name in names if re.search(rf"\b{name}\b", text)]))
    return names[(place + step) % len(names)]


def read_number(words: str) -> str:
    """An independent reading of English number words."""
    first = "one,two,three,four,five,six,seven,eight,nine,ten,eleven,twelve"
    small = {word: number for number, word in enumerate(re.split(",", first), start=1)}
    stems = {"twen": 2, "thir": 3, "for": 4, "four": 4, "fif": 5, "six": 6, "seven": 7, "eigh": 8, "nine": 9}
    total = 0
    for word in re.findall(r"[a-z]+", words.replace(" and ", " ")):
        if word == "hundred":
            total *= 100
        elif word in small:
            total += small[word]
        elif word.endswith("teen"):
            total += 10 + stems[word.removesuffix("teen")]
        else:
            total += 10 * stems[word.removesuffix("ty")]
    return str(total)


def to_24_hours(text: str) -> str:
    hour, minutes = integers(text)
    return f"{hour + (12 if 'pm' in text else 0)}:{minutes:02d}"


SOLVERS: dict[str, Callable[[str], str]] = {
    "first_letter": lambda t: t[0],
    "second_letter": lambda t: list(t)[1],
    "third_letter": lambda t: list(t)[2],
    "last_letter": lambda t: t[len(t) - 1],
    "first_two_letters": lambda t: t[0] + t[1],
    "first_three_letters": lambda t: t[0] + t[1] + t[2],
    "last_two_letters": lambda t: t[len(t) - 2] + t[len(t) - 1],
    "spell_with_space": lambda t: " ".join(list(t)),
    "spell_with_slash": lambda t: re.sub(r"(?<=.)(?=.)", "/", t),
    "spell_with_dot": lambda t: re.sub(r"(?<=.)(?=.)", ".", t),
    "join_with_dot": lambda t: t.replace(", ", "."),
    "join_with_slash": lambda t: t.replace(", ", "/"),
    "mark_before_plus_sign": lambda t: "+" + t,
    "mark_after_asterisk": lambda t: t + "*",
    "mark_before_opening_square_bracket": lambda t: "[" + t,
    "case_upper": lambda t: t.upper(),
    "case_capitalise": lambda t: t[0].upper() + t[1:],
    "case_lower": lambda t: t.lower(),
    "wrap_square_brackets": lambda t: "[" + t + "]",
    "wrap_plus_signs": lambda t: "+" + t + "+",
    "last_then_capitals": lambda t: items(t)[-1].upper(),
    "second_then_twice": lambda t: f"{items(t)[1]} {items(t)[1]}",
    "first_then_hyphens": lambda t: "-".join(list(items(t)[0])),
    "longest_then_brackets": lambda t: f"({with_length(items(t), max(map(len, items(t))))})",
    "only_then_quotes": lambda t: '"' + the_one([w for w in items(t) if not w.isdigit()]) + '"',
    **{
        f"starts_with_{letter}": lambda t, x=letter: the_one([w for w in items(t) if w[0] == x])  # type: ignore[misc]
        for letter in "bcdflmprstnw"
    },
    **{
        f"ends_with_{letter}": lambda t, x=letter: the_one([w for w in items(t) if w[-1] == x])  # type: ignore[misc]
        for letter in "dentywlr"
    },
    **{
        f"contains_{letter}": lambda t, x=letter: the_one([w for w in items(t) if x in w])  # type: ignore[misc]
        for letter in "mpnwrldt"
    },
    "repeat_three_times": lambda t: f"{t} {t} {t}",
    "remove_first_letter": lambda t: t.removeprefix(t[0]),
    "remove_last_letter": lambda t: t.removesuffix(t[-1]),
    "prefix_un": lambda t: f"un{t}",
    "suffix_ness": lambda t: f"{t}ness",
    "vowel_start": lambda t: "yes" if re.match("[aeiou]", t) else "no",
    "item_first": lambda t: t.partition(",")[0],
    "item_second": lambda t: items(t)[1],
    "item_fourth": lambda t: items(t)[3],
    "item_last": lambda t: t.rpartition(", ")[2],
    "word_longest": lambda t: with_length(items(t), max(map(len, items(t)))),
    "word_shortest": lambda t: with_length(items(t), min(map(len, items(t)))),
    "alphabetically_first": lambda t: min(items(t)),
    "alphabetically_last": lambda t: max(items(t)),
    "reverse_list": lambda t: ", ".join(items(t)[::-1]),
    "line_second_word": lambda t: t.split()[1],
    "line_last_word": lambda t: t.split()[-1],
    "last_two_items": lambda t: ", ".join(items(t)[-2:]),
    "join_then": lambda t: t.replace(",", " then"),
    "join_semicolon": lambda t: t.replace(",", ";"),
    "sort_ascending": lambda t: ", ".join(map(str, sorted(integers(t)))),
    "sort_descending": lambda t: ", ".join(map(str, sorted(integers(t))[::-1])),
    "number_largest": lambda t: str(max(integers(t))),
    "number_smallest": lambda t: str(min(integers(t))),
    "number_among_words": lambda t: the_one([w for w in items(t) if w.isdigit()]),
    "word_among_numbers": lambda t: the_one([w for w in items(t) if w.isalpha()]),
    "word_after_bar": lambda t: t.partition("| ")[2].split()[0],
    "word_before_bar": lambda t: t.partition(" |")[0].split()[-1],
    "marked_with_colon": lambda t: the_one(re.findall(r":(\w+)", t)),
    "marked_with_asterisk": lambda t: the_one(re.findall(r"\*(\w+)", t)),
    "count_items": lambda t: str(t.count(",") + 1),
    **{f"add_{k}": lambda t, x=k: str(int(t) + x) for k in (1, 2, 3, 4, 5, 7, 8, 10)},  # type: ignore[misc]
    **{f"subtract_{k}": lambda t, x=k: str(int(t) - x) for k in (1, 2, 3, 5, 7, 10)},  # type: ignore[misc]
    "double": lambda t: str(int(t) * 2),
    "half": lambda t: str(int(t) // 2),
    "sum_of_two": lambda t: str(sum(integers(t))),
    "larger_of_two": lambda t: str(max(integers(t))),
    "smaller_of_two": lambda t: str(min(integers(t))),
    "even_or_odd": lambda t: "even" if t[-1] in "02468" else "odd",
    "words_to_digits": read_number,
    "count_words": lambda t: str(t.count(" ") + 1),
    "second_digit": lambda t: str(int(t) // 100 % 10),
    "third_digit": lambda t: str(int(t) // 10 % 10),
    "day_after": lambda t: neighbour(t, DAYS, 1),
    "day_before": lambda t: neighbour(t, DAYS, -1),
    "month_after": lambda t: neighbour(t, MONTHS, 1),
    "field_color_colons": lambda t: the_one(re.findall(r"\bcolor: (\w+)", t)),
    "field_job_equals": lambda t: the_one(re.findall(r"\bjob=(\w+)", t)),
    "field_city_is": lambda t: the_one(re.findall(r"\bcity is (\w+)", t)),
    "field_country_is": lambda t: the_one(re.findall(r"\bcountry is (\w+)", t)),
    "field_room_json": lambda t: json.loads(t)["room"],
    "greeting_goodbye_full_name": lambda t: f"Goodbye, {t}",
    "greeting_welcome_first_name": lambda t: f"Welcome, {t.split()[0]}",
    "greeting_welcome_last_name": lambda t: f"Welcome, {t.split()[1]}",
    "date_day": lambda t: t.split()[0],
    "date_month": lambda t: the_one([month for month in MONTHS if month in t]),
    "date_year": lambda t: the_one(re.findall(r"\d{4}", t)),
    "date_month_first": lambda t: " ".join(reversed(t.split())),
    "time_24_hours": to_24_hours,
    "money_euros": lambda t: f"€{integers(t)[0]}",
    "initials": lambda t: "".join(re.findall("[A-Z]", t)),
    "email_domain": lambda t: t.partition("@")[2],
    "file_extension": lambda t: t.partition(".")[2],
    "slot_giver": lambda t: t.split()[0],
    "slot_receiver": lambda t: t.split()[2],
    "slot_thing": lambda t: t.rstrip(".").split()[-1],
}


@EVERY
def test_recipe_gives_enough_examples_and_descriptions(recipe: Recipe) -> None:
    task = COOKED[recipe.name]
    assert len(examples_of(recipe.name)) >= 200
    assert len(task.descriptions) >= 16
    assert len(task.unseen_descriptions) >= 4
    assert not set(task.descriptions) & set(task.unseen_descriptions)
    inputs = {split: {example.input for example in examples} for split, examples in task.splits.items()}
    assert not inputs["train"] & inputs["test"]


@EVERY
def test_recipe_is_short(recipe: Recipe) -> None:
    for example in examples_of(recipe.name):
        assert len(example.input.split()) <= 12
        assert len(example.targets[0].split()) <= 7


@EVERY
def test_wording_is_plain_and_varied(recipe: Recipe) -> None:
    assert len(recipe.wording.imperatives) >= 7
    assert len(recipe.wording.nouns) >= 4
    for phrase in (*recipe.wording.imperatives, *recipe.wording.nouns, recipe.wording.given):
        assert phrase == phrase.strip(" .?") or phrase.endswith('"'), phrase
        assert not re.search(r"{\w", phrase), phrase
        assert not phrase[0].isupper(), phrase


@pytest.mark.parametrize("name", sorted(SOLVERS))
def test_answers_agree_with_independent_code(name: str) -> None:
    for example in examples_of(name):
        assert SOLVERS[name](example.input) == example.targets[0], example


def test_cooking_twice_gives_the_same_task() -> None:
    assert [cook(recipe, seed=0) for recipe in RECIPES] == list(COOKED.values())


def test_names_are_unique_and_splits_known() -> None:
    assert len(COOKED) == len(RECIPES)
    assert {recipe.split for recipe in RECIPES} == {"train", "validation", "test"}


def test_wordings_tell_siblings_apart() -> None:
    owner: dict[str, str] = {}
    for name, task in COOKED.items():
        for description in (*task.descriptions, *task.unseen_descriptions):
            assert owner.setdefault(description, name) == name, description


@pytest.mark.parametrize("recipe", [r for r in RECIPES if r.split == "test"], ids=lambda recipe: recipe.name)
def test_heldout_task_has_train_siblings(recipe: Recipe) -> None:
    assert any(other.family == recipe.family and other.split == "train" for other in RECIPES)


@pytest.mark.parametrize(
    "recipe",
    [r for r in RECIPES if r.split != "train" and r.family not in CLOSED and r.name not in CLOSED_TASKS],
    ids=lambda recipe: recipe.name,
)
def test_heldout_word_answers_are_never_train_answers(recipe: Recipe) -> None:
    siblings = [r.name for r in RECIPES if r.family == recipe.family and r.split == "train"]
    train_answers = {example.targets[0] for name in siblings for example in examples_of(name)}
    assert not train_answers & {example.targets[0] for example in examples_of(recipe.name)}


@given(st.integers(min_value=1, max_value=999))
def test_number_words_read_back(number: int) -> None:
    assert read_number(numbers.in_words(number)) == str(number)


@pytest.mark.parametrize(("number", "expected"), [(1, "1st"), (2, "2nd"), (13, "13th"), (23, "23rd"), (111, "111th")])
def test_ordinal(number: int, expected: str) -> None:
    assert numbers.ordinal(number) == expected
