"""A short list of numbers in; the recipes that filter, count, change, edit or sum up its numbers out."""

import random
from collections.abc import Callable, Iterator, Sequence

from adaptlab.tasks.builtin import number_list_wordings as wordings
from adaptlab.tasks.builtin.number_list_wordings import Change, Kind
from adaptlab.tasks.builtin.recipe import DrawExample, Recipe, Wording

Holds = Callable[[int], bool]
Edit = Callable[[list[int]], list[int]]


def _above(bound: int, largest: int) -> tuple[Kind, Holds, int]:
    words = Kind(f"numbers above {bound}", f"is greater than {bound}", f"are larger than {bound}")
    return words, lambda number: number > bound, largest


def _below(bound: int, largest: int) -> tuple[Kind, Holds, int]:
    words = Kind(f"numbers below {bound}", f"is less than {bound}", f"are smaller than {bound}")
    return words, lambda number: number < bound, largest


def _multiple(factor: int, largest: int) -> tuple[Kind, Holds, int]:
    words = Kind(f"multiples of {factor}", f"is divisible by {factor}", f"are multiples of {factor}")
    return words, lambda number: number % factor == 0, largest


# The words for a kind of number, its test, and the largest number that is shown with it.
KINDS: dict[str, tuple[Kind, Holds, int]] = {
    "even": (Kind("even numbers", "is even", "are even"), lambda number: number % 2 == 0, 50),
    "odd": (Kind("odd numbers", "is odd", "are odd"), lambda number: number % 2 == 1, 50),
    "above 10": _above(10, 25),
    "above 50": _above(50, 99),
    "below 20": _below(20, 40),
    "multiple of 3": _multiple(3, 30),
    "multiple of 5": _multiple(5, 50),
    "two-digit": (
        Kind("two-digit numbers", "has two digits", "are written with two digits"),
        lambda number: 9 < number < 100,
        125,
    ),
}
_Change = tuple[Change, Callable[[int], int]]


def _add(amount: int) -> _Change:
    words = Change(
        f"add {amount} to {{}}",
        f"adding {amount} to {{}}",
        f"increase {{}} by {amount}",
        f"increased by {amount}",
        f"n + {amount}",
    )
    return words, lambda number: number + amount


def _subtract(amount: int) -> _Change:
    words = Change(
        f"subtract {amount} from {{}}",
        f"subtracting {amount} from {{}}",
        f"decrease {{}} by {amount}",
        f"decreased by {amount}",
        f"n - {amount}",
    )
    return words, lambda number: number - amount


_DOUBLE: _Change = (
    Change("double {}", "doubling {}", "multiply {} by two", "made twice as large", "2 * n"),
    lambda number: 2 * number,
)
CHANGES: dict[str, _Change] = {
    **{f"add {amount}": _add(amount) for amount in (1, 2, 3, 10)},
    **{f"subtract {amount}": _subtract(amount) for amount in (1, 2)},
    "double": _DOUBLE,
}

# By operation: the kinds and changes of its train, validation and test tasks.
GRID: dict[str, dict[str, tuple[str, ...]]] = {
    "keep": {
        "train": ("even", "above 10", "below 20", "multiple of 5"),
        "validation": (),
        "test": ("odd",),
    },
    "remove": {
        "train": ("odd", "multiple of 3", "above 50", "two-digit"),
        "validation": (),
        "test": ("above 10",),
    },
    "count": {
        "train": ("even", "odd", "above 10", "multiple of 5"),
        "validation": ("multiple of 3",),
        "test": (),
    },
    "change": {
        "train": ("add 1", "add 2", "add 10", "subtract 1", "subtract 2", "double"),
        "validation": (),
        "test": ("add 3",),
    },
}
_WORDINGS = {"keep": wordings.keep, "remove": wordings.remove, "count": wordings.count}


def _shown(numbers: Sequence[int]) -> str:
    return ", ".join(map(str, numbers))


def _distinct(answer: Callable[[list[int]], str], sizes: tuple[int, ...], smallest: int, largest: int) -> DrawExample:
    """Show different numbers in a random order."""

    def draw(rng: random.Random) -> tuple[str, str]:
        numbers = rng.sample(range(smallest, largest + 1), rng.choice(sizes))
        return _shown(numbers), answer(numbers)

    return draw


def _mixed(rng: random.Random, key: str, size: int, hits: int) -> list[int]:
    """Different numbers of which `hits` are of the kind."""
    _, holds, largest = KINDS[key]
    pool = range(1, largest + 1)
    numbers = rng.sample([n for n in pool if holds(n)], hits)
    numbers += rng.sample([n for n in pool if not holds(n)], size - hits)
    rng.shuffle(numbers)
    return numbers


def _filter(key: str, kept: bool) -> DrawExample:
    """Leave the numbers whose test gives `kept`; at least one stays and at least one goes."""
    holds = KINDS[key][1]

    def draw(rng: random.Random) -> tuple[str, str]:
        size = rng.choice((3, 4, 5))
        numbers = _mixed(rng, key, size, rng.randrange(1, size))
        return _shown(numbers), _shown([number for number in numbers if holds(number) == kept])

    return draw


def _count(key: str) -> DrawExample:
    """Count the numbers of a kind; 0 to 4 are equally frequent, whatever the length of the list."""

    def draw(rng: random.Random) -> tuple[str, str]:
        hits = rng.randrange(5)
        return _shown(_mixed(rng, key, rng.choice((4, 5)), hits)), str(hits)

    return draw


def _by_kind(operation: str, key: str, split: str) -> Recipe:
    words = KINDS[key][0]
    draw = _count(key) if operation == "count" else _filter(key, kept=operation == "keep")
    name = f"{operation}_{words.many}".replace(" ", "_").replace("-", "_")
    parts = (f"{operation} numbers", key)
    return Recipe(name, f"{operation}_numbers", split, _WORDINGS[operation](words), draw, parts=parts)


def _by_change(key: str, split: str) -> Recipe:
    words, change = CHANGES[key]
    draw = _distinct(lambda numbers: _shown([change(number) for number in numbers]), (3, 4), 3, 60)
    return Recipe(f"change_{key.replace(' ', '_')}", "change_numbers", split, wordings.change(words), draw)


def _edited(name: str, family: str, split: str, wording: Wording, edit: Edit, sizes: tuple[int, ...]) -> Recipe:
    return Recipe(name, family, split, wording, _distinct(lambda numbers: _shown(edit(numbers)), sizes, 1, 60))


def _extended(front: tuple[int, ...] = (), back: tuple[int, ...] = ()) -> Edit:
    return lambda row: [*front, *row, *back]


def _ends() -> Iterator[Recipe]:
    edits: dict[str, tuple[Wording, Edit, tuple[int, ...]]] = {
        "append_0": (wordings.append("0"), _extended(back=(0,)), (3, 4)),
        "append_7": (wordings.append("7"), _extended(back=(7,)), (3, 4)),
        "prepend_0": (wordings.prepend("0"), _extended(front=(0,)), (3, 4)),
        "prepend_7": (wordings.prepend("7"), _extended(front=(7,)), (3, 4)),
        "drop_first_number": (wordings.drop("first"), lambda row: row[1:], (3, 4, 5)),
        "drop_last_number": (wordings.drop("last"), lambda row: row[:-1], (3, 4, 5)),
        "repeat_last_number": (wordings.REPEAT_LAST, lambda row: [*row, row[-1]], (3, 4)),
    }
    for name, (wording, edit, sizes) in edits.items():
        yield _edited(name, "list_end", "train", wording, edit, sizes)


def _moves() -> Iterator[Recipe]:
    """The family that is held out whole; from four numbers on, swapping the ends does not reverse the list."""
    moves: dict[str, tuple[Wording, Edit]] = {
        "first_number_to_end": (wordings.FIRST_TO_END, lambda row: [*row[1:], row[0]]),
        "last_number_to_front": (wordings.LAST_TO_FRONT, lambda row: [row[-1], *row[:-1]]),
        "swap_first_and_last": (wordings.SWAP_ENDS, lambda row: [row[-1], *row[1:-1], row[0]]),
        "swap_first_and_second": (wordings.SWAP_FIRST_TWO, lambda row: [row[1], row[0], *row[2:]]),
    }
    for name, (wording, edit) in moves.items():
        yield _edited(name, "move_number", "test", wording, edit, (4, 5))


def _with_repeats(rng: random.Random) -> tuple[str, str]:
    """Show four or five numbers, some of them equal, and answer with how many differ."""
    size, different = rng.choice((4, 5)), rng.choice((1, 2, 3, 4))
    values = rng.sample(range(1, 100), different)
    numbers = values + rng.choices(values, k=size - different)
    rng.shuffle(numbers)
    return _shown(numbers), str(different)


def _values() -> Iterator[Recipe]:
    largest = wordings.second("largest", "larger", "highest")
    smallest = wordings.second("smallest", "smaller", "lowest")
    values: dict[str, tuple[Wording, DrawExample]] = {
        "list_sum": (wordings.SUM, _distinct(lambda row: str(sum(row)), (3, 4), 1, 15)),
        "list_range": (wordings.RANGE, _distinct(lambda row: str(max(row) - min(row)), (3, 4), 1, 30)),
        "second_largest_number": (largest, _distinct(lambda row: str(sorted(row)[-2]), (4, 5), 1, 60)),
        "second_smallest_number": (smallest, _distinct(lambda row: str(sorted(row)[1]), (4, 5), 1, 60)),
        "count_different_numbers": (wordings.DISTINCT, _with_repeats),
    }
    for name, (wording, draw) in values.items():
        yield Recipe(name, "list_value", "train", wording, draw)


def recipes() -> list[Recipe]:
    """All recipes about lists of numbers."""
    grid = [
        _by_change(key, split) if operation == "change" else _by_kind(operation, key, split)
        for operation, splits in GRID.items()
        for split, keys in splits.items()
        for key in keys
    ]
    return [*grid, *_ends(), *_moves(), *_values()]
