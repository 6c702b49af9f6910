"""Laws of the reading recipes: sentences go in, checks by code that parses them come out."""

import re
from collections import Counter
from collections.abc import Callable

import pytest

from adaptlab.contracts import Example, Task
from adaptlab.tasks.builtin import reading
from adaptlab.tasks.builtin.people import FIRST_NAMES
from adaptlab.tasks.builtin.recipe import Recipe, cook

RECIPES: list[Recipe] = reading.recipes()
COOKED: dict[str, Task] = {recipe.name: cook(recipe, seed=0) for recipe in RECIPES}
EVERY = pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.name)
HELD_OUT = {"colour_of_cup", "question_past", "expand_will"}
LABELS = {"sentence_tense": 3, "sentence_type": 3, "sentence_voice": 2}
# Tasks whose answer is one of two things that are named in a random order.
EITHER = (
    *("compare_things_cheaper", "compare_things_dearer", "compare_things_more", "compare_people_older"),
    *("compare_people_younger", "compare_people_taller", "pronoun_he", "pronoun_she"),
    *("liked_thing", "disliked_thing", "person_who_likes", "person_who_dislikes"),
)
words = str.split
WOMEN = set(words("Anna Mary Lucy Nina Laura Sarah Helen Julia Rosa"))
OPPOSITES = {"older": "younger", "younger": "older", "taller": "shorter", "shorter": "taller"}
_FORMS = words(
    "eat ate ride rode sing sang draw drew feed fed buy bought sell sold build built wear wore swim swam run ran "
    "teach taught grow grew lend lent fly flew throw threw meet met win won take took tell told bring brought "
    "choose chose break broke hide hid shake shook sleep slept fight fought hold held keep kept ring rang "
    "drink drank write wrote drive drove catch caught sweep swept find found make made pay paid forget forgot "
    "hear heard see saw leave left dig dug"
)
IRREGULAR = dict(zip(_FORMS[::2], _FORMS[1::2], strict=True))
PRESENT = {past: base for base, past in IRREGULAR.items()}
REGULAR = set(
    words(
        "play cook wash clean visit help bake pick repair climb talk listen look use wait count brush borrow answer "
        "save push kick melt fry roast pour fold iron mend pack lock walk paint call learn carry collect jump work "
        "plant water fix study rent order print pull mix boil peel knock shout laugh smile"
    )
)


def examples_of(name: str) -> list[Example]:
    return [example for examples in COOKED[name].splits.values() for example in examples]


def the_one(matches: list[str]) -> str:
    assert len(set(matches)) == 1, f"not unique: {matches}"
    return matches[0]


def found(*patterns: str) -> Callable[[str], str]:
    """A solver that collects what any of the patterns captures."""
    return lambda text: the_one([match for pattern in patterns for match in re.findall(pattern, text)])


def colour_of(thing: str) -> Callable[[str], str]:
    def solve(text: str) -> str:
        after = re.findall(rf"\b{thing} is (\w+)", text)
        return the_one(after or re.findall(rf"(\w+) {thing}\b", text))

    return solve


def owner_of(thing: str) -> Callable[[str], str]:
    return found(
        rf"\b{thing} belongs to (\w+)",
        rf"(\w+) owns the {thing}\b",
        rf"(\w+)'s {thing}\b",
        rf"(\w+) is the owner of the {thing}\b",
        rf"\b{thing} is (\w+)'s",
    )


def place_of(thing: str) -> Callable[[str], str]:
    return found(rf"\b{thing}(?: is)? ((?:on|in|under|behind|near) the \w+)")


def priced(pick: Callable[[list[int]], int]) -> Callable[[str], str]:
    def solve(text: str) -> str:
        named = [thing for thing in re.findall(r"[Tt]he (\w+)", text) if thing != "price"]
        prices = [int(price) for price in re.findall(r"\d+", text)]
        assert len(named) == len(prices) == len(set(prices)) == 2
        return dict(zip(prices, named, strict=True))[pick(prices)]

    return solve


def more_numerous(text: str) -> str:
    counted = {int(amount): thing for amount, thing in re.findall(r"(\d+) (\w+)", text)}
    assert len(counted) == 2
    return counted[max(counted)]


def comparisons(text: str) -> list[tuple[str, str, str]]:
    """Who is what (`older`) than whom."""
    plain = re.findall(r"(\w+) is (\w+) than (\w+)", text)
    against = [(who, more, whom) for whom, who, more in re.findall(r"with (\w+), (\w+) is (\w+)\.", text)]
    denied = [
        (whom, f"{base.removesuffix('e')}er", who)
        for who, base, whom in re.findall(r"(\w+) is not as (\w+) as (\w+)", text)
    ]
    return plain + against + denied


def extreme(more: str) -> Callable[[str], str]:
    """The person whom nobody outdoes."""

    def solve(text: str) -> str:
        facts = [(a, b) if word == more else (b, a) for a, word, b in comparisons(text)]
        assert {word for _, word, _ in comparisons(text)} <= {more, OPPOSITES[more]}
        return the_one([top for top, _ in facts if top not in {low for _, low in facts}])

    return solve


def pronoun(women: bool) -> Callable[[str], str]:
    return lambda text: the_one([name for name in re.findall(r"[A-Z]\w+", text) if (name in WOMEN) == women])


def base_of(verb: str) -> tuple[str, str]:
    """A finite verb's base form and tense."""
    if verb in PRESENT:
        return PRESENT[verb], "past"
    for base in (*REGULAR, *IRREGULAR):
        if verb in (base, f"{base}s", f"{base}es", f"{base[:-1]}ies"):
            return base, "present"
        if base in REGULAR and verb == past_of(base):
            return base, "past"
    raise AssertionError(verb)


def past_of(base: str) -> str:
    if base in IRREGULAR:
        return IRREGULAR[base]
    if base.endswith("e"):
        return f"{base}d"
    return re.sub(r"(?<=[^aeiou])y$", "i", base) + "ed"


def pieces(text: str) -> tuple[str, str, str, str]:
    """Subject, base verb, the rest without its full stop, and the fitting form of `do`."""
    subject, verb, rest = text.removesuffix(".").split(" ", 2)
    base, tense = base_of(verb)
    present = "do" if subject in ("We", "They") else "does"
    if tense == "present":
        assert (verb == base) == (present == "do"), text
    return subject, base, rest, "did" if tense == "past" else present


def negative(text: str) -> str:
    subject, base, rest, helper = pieces(text)
    return f"{subject} {helper} not {base} {rest}."


def inside(subject: str) -> str:
    return subject.lower() if subject in ("He", "She", "We", "They") else subject


def question(text: str) -> str:
    subject, base, rest, helper = pieces(text)
    return f"{helper.title()} {inside(subject)} {base} {rest}?"


def future_question(text: str) -> str:
    subject, will, rest = text.split(" ", 2)
    assert will == "will"
    return f"Will {inside(subject)} {rest[:-1]}?"


def into_past(text: str) -> str:
    subject, base, rest, _ = pieces(text)
    return f"{subject} {past_of(base)} {rest}."


def tense(text: str) -> str:
    verb = text.split()[1]
    return "future" if verb == "will" else base_of(verb)[1]


def sentence_type(text: str) -> str:
    if text.endswith("?"):
        return "question"
    first = text.split(maxsplit=1)[0].lower()
    return "command" if first in {"please", "do", "never"} | REGULAR | set(IRREGULAR) else "statement"


def voice(text: str) -> str:
    return "passive" if re.match(r"The \w+ (was|were) \w+ed\b", text) else "active"


DAY = found(r"\b(\w+day)\b")
SOLVERS: dict[str, Callable[[str], str]] = {
    "visit_who": found(r"(\w+)(?<!was) visited \w+ ", r"by (\w+)"),
    "visit_whom": found(r" visited (?!by)(\w+)", r"(\w+) was visited"),
    "visit_city": found(r"\b[Ii]n (\w+)"),
    "visit_day": DAY,
    "purchase_thing": found(r"\b[Tt]he (\w+)"),
    "purchase_day": DAY,
    "trip_start": found(r"\b(?:from|left) (\w+)"),
    "trip_goal": found(r"\b(?:to|for|reached) (\w+)"),
    **{f"colour_of_{thing}": colour_of(thing) for thing in ("hat", "bag", "cup")},
    **{f"owner_of_{thing}": owner_of(thing) for thing in ("hat", "cup")},
    **{f"place_of_{thing}": place_of(thing) for thing in ("bag", "cup")},
    "number_of_hat": found(r"(\d+) hats"),
    "price_of_bag": found(r"bag (?:costs|sells for|for|is) (\d+)", r"(\d+) euros for the bag"),
    "compare_things_cheaper": priced(min),
    "compare_things_dearer": priced(max),
    "compare_things_more": more_numerous,
    **{f"compare_people_{more}": extreme(more) for more in ("older", "younger", "taller")},
    "rank_people_oldest": extreme("older"),
    "rank_people_shortest": extreme("shorter"),
    "pronoun_he": pronoun(women=False),
    "pronoun_she": pronoun(women=True),
    "pronoun_it": found(r"\bthe (\w+)"),
    "liked_thing": found(r"\blikes (\w+)", r"It is (\w+)"),
    "disliked_thing": found(r"\bnot like (\w+)", r"dislikes (\w+)", r"\bnot (?!like)(\w+)"),
    "person_who_likes": found(r"(\w+) likes", r"(\w+) does\.", r"Unlike (\w+), \w+ does not"),
    "person_who_dislikes": found(r"(\w+) does not", r"(\w+) dislikes", r"Unlike (\w+), \w+ likes"),
    "sentence_tense": tense,
    "sentence_type": sentence_type,
    "sentence_voice": voice,
    "negative_present": negative,
    "negative_past": negative,
    "question_present": question,
    "question_past": question,
    "question_future": future_question,
    "past_of_present": into_past,
    "contract_not": lambda t: t.replace(" not", "n't"),
    "contract_will": lambda t: t.replace(" will", "'ll"),
    "expand_not": lambda t: t.replace("n't", " not"),
    "expand_will": lambda t: t.replace("'ll", " will"),
}


@EVERY
def test_answers_agree_with_independent_code(recipe: Recipe) -> None:
    for example in examples_of(recipe.name):
        assert SOLVERS[recipe.name](example.input) == example.targets[0], example


@EVERY
def test_examples_are_many_and_short(recipe: Recipe) -> None:
    examples = examples_of(recipe.name)
    assert len({example.input for example in examples}) >= 500
    assert max(len(example.input.split()) for example in examples) <= 20
    assert max(len(example.targets[0].split()) for example in examples) <= 8


@EVERY
def test_wording_is_plain_and_varied(recipe: Recipe) -> None:
    assert len(recipe.wording.imperatives) >= 8
    assert len(recipe.wording.nouns) >= 4
    for phrase in (*recipe.wording.imperatives, *recipe.wording.nouns, recipe.wording.given):
        assert phrase == phrase.strip(" .?"), phrase
        assert not re.search(r"[{}]", phrase), phrase
        assert not phrase[0].isupper(), phrase


def test_no_two_tasks_share_a_phrase() -> None:
    owner: dict[str, str] = {}
    for recipe in RECIPES:
        for phrase in (*recipe.wording.imperatives, *recipe.wording.nouns):
            assert owner.setdefault(phrase, recipe.name) == recipe.name, phrase


def test_names_are_unique_and_all_are_solved() -> None:
    assert len(COOKED) == len(RECIPES)
    assert set(SOLVERS) == set(COOKED)


def test_held_out_tasks_are_the_planned_ones() -> None:
    test = {recipe.name for recipe in RECIPES if recipe.split == "test" and recipe.family != "opinion"}
    assert test == HELD_OUT
    assert {recipe.split for recipe in RECIPES if recipe.family == "opinion"} == {"test"}


@pytest.mark.parametrize("name", sorted(HELD_OUT))
def test_new_compositions_have_known_parts_and_train_siblings(name: str) -> None:
    recipe = next(recipe for recipe in RECIPES if recipe.name == name)
    train = [other for other in RECIPES if other.split == "train"]
    assert sum(other.family == recipe.family for other in train) >= 2
    for part in recipe.parts:
        assert any(part in other.parts for other in train), part


@pytest.mark.parametrize(("name", "count"), LABELS.items())
def test_labels_are_balanced(name: str, count: int) -> None:
    labels = Counter(example.targets[0] for example in examples_of(name))
    assert len(labels) == count
    assert min(labels.values()) >= 0.7 * max(labels.values())


@pytest.mark.parametrize("name", EITHER)
def test_the_answer_stands_first_about_as_often_as_second(name: str) -> None:
    examples = examples_of(name)
    names = FIRST_NAMES["train"] if name.startswith("pronoun") else []
    candidates = "|".join({*names, *(example.targets[0] for example in examples)})
    first = 0
    for example in examples:
        answer = example.targets[0]
        rival = re.search(rf"\b(?!{answer}\b)(?:{candidates})\b", example.input)
        assert rival, example
        first += example.input.index(answer) < rival.start()
    assert 0.25 <= first / len(examples) <= 0.75


@pytest.mark.parametrize("name", ["colour_of_cup", "question_past", "expand_will"])
def test_held_out_answers_are_never_train_answers(name: str) -> None:
    family = COOKED[name].family
    siblings = [recipe.name for recipe in RECIPES if recipe.family == family and recipe.split == "train"]
    train = {example.targets[0] for sibling in siblings for example in examples_of(sibling)}
    assert not train & {example.targets[0] for example in examples_of(name)}
