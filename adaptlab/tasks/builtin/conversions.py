"""Give the recipes about units: an amount goes in, the same amount in a smaller or larger unit comes out."""

import random
from dataclasses import dataclass

from adaptlab.tasks.builtin.people import FIRST_NAMES
from adaptlab.tasks.builtin.recipe import Recipe, Wording

_words = str.split
_LASTING = ("waited", "worked", "stayed", "travelled", "practised", "rested")
_HANDLING = ("bought", "sold", "packed", "ordered", "counted", "found")
_DOZENS = _words("eggs cups plates pens cards candles")


@dataclass(frozen=True)
class Units:
    """Two units of one quantity, the number of small ones in `one` big one, and the largest number of big ones."""

    big: str
    small: str
    factor: int
    one: str
    quantity: str
    largest: int = 900


_TIME = "length of time"
_MONEY = "amount of money"
UNITS = {
    units.big: units
    for units in (
        Units("metres", "centimetres", 100, "a metre", "length"),
        Units("kilometres", "metres", 1000, "a kilometre", "distance"),
        Units("litres", "millilitres", 1000, "a litre", "volume"),
        Units("dollars", "cents", 100, "a dollar", _MONEY),
        Units("euros", "cents", 100, "a euro", _MONEY),
        Units("minutes", "seconds", 60, "a minute", _TIME, 12),
        Units("hours", "minutes", 60, "an hour", _TIME, 12),
        Units("weeks", "days", 7, "a week", _TIME, 12),
        Units("years", "months", 12, "a year", _TIME, 12),
        Units("dozens", "single items", 12, "a dozen", "quantity", 12),
    )
}

# By operation: the bigger units of its train, validation and test tasks.
GRID: dict[str, dict[str, tuple[str, ...]]] = {
    "to_smaller_unit": {
        "train": ("metres", "kilometres", "dollars", "hours", "weeks", "dozens"),
        "validation": (),
        "test": ("litres",),
    },
    "to_larger_unit": {"train": ("metres", "hours", "years"), "validation": (), "test": ("weeks",)},
    "with_unit": {"train": ("minutes", "euros"), "validation": (), "test": ()},
}
_TRAINED = {key for splits in GRID.values() for key in splits["train"]}


def _number_only(units: Units, source: str, target: str) -> Wording:
    quantity, factor = units.quantity, units.factor
    action = f"multiply the number of {source} by" if source == units.big else f"divide the number of {source} by"
    return Wording(
        (
            f"convert the {quantity} from {source} to {target} and write only the number",
            f"work out how many {target} the given number of {source} equals",
            f"{action} {factor} to get the number of {target}",
            f"express the {quantity} in {target} instead of {source}, without naming the unit",
            f"change {source} into {target} and answer with a bare number",
            f"calculate the number of {target} from the {source}; there are {factor} {units.small} in {units.one}",
            f"say how many {target} there are in the given number of {source}",
            f"give the {quantity} in {target}, not in {source}, as a number with no word after it",
        ),
        (
            f"the number of {target} that equals the given number of {source}",
            f"the {quantity} converted from {source} to {target}, without the unit",
            f"the bare number you get when you change the {source} into {target}",
            f"the {quantity} in {target} rather than {source}, as a number only",
        ),
        _given(units, source),
    )


def _number_and_unit(units: Units, source: str, target: str) -> Wording:
    quantity, factor = units.quantity, units.factor
    return Wording(
        (
            f"convert the {source} into {target} and write the number followed by the word {target}",
            f"replace the {quantity} in {source} by the same {quantity} in {target}, including the unit",
            f"multiply the number of {source} by {factor} and write {target} after the result",
            f"state the {quantity} in {target} instead of {source}, with the unit after the number",
            f"turn the {source} into {target}; answer with both a number and its unit",
            f"exchange the unit {source} for {target}, adjust the number and write the two together",
            f"give the number of {target} that the {source} amount to and add the word {target}",
            f"express the {source} as an amount of {target}, naming the unit in the answer",
        ),
        (
            f"the {quantity} in {target} rather than {source}, with the unit",
            f"the number of {target} equal to the given {source}, followed by the word {target}",
            f"the amount converted from {source} to {target}, number and unit",
            f"the same {quantity} with {target} as the unit in place of {source}",
        ),
        _given(units, source),
    )


def _given(units: Units, source: str) -> str:
    if units.one == "a dozen":
        return "a sentence with a number of dozens"
    article = "an" if units.quantity[0] in "aeiou" else "a"
    amount = f"{article} {units.quantity} in {source}"
    return f"a sentence with {amount}" if units.quantity == _TIME else amount


def _show(units: Units, unit: str, split: str, rng: random.Random, number: int) -> str:
    name = rng.choice(FIRST_NAMES[split])
    if units.one == "a dozen":
        return f"{name} {rng.choice(_HANDLING)} {number} dozen {rng.choice(_DOZENS)}."
    if units.quantity == _TIME:
        return f"{name} {rng.choice(_LASTING)} for {number} {unit}."
    return f"{number} {unit}"


def _convert(operation: str, key: str, split: str) -> Recipe:
    units = UNITS[key]
    source, target = (units.small, units.big) if operation == "to_larger_unit" else (units.big, units.small)
    named = operation == "with_unit"
    wording = (_number_and_unit if named else _number_only)(units, source, target)

    def draw(rng: random.Random) -> tuple[str, str]:
        counts = {units.big: rng.randint(2, units.largest)}
        counts[units.small] = counts[units.big] * units.factor
        answer = f"{counts[target]} {target}" if named else str(counts[target])
        return _show(units, source, split, rng, counts[source]), answer

    name = f"convert_{source}_to_{target}{'_with_unit' if named else ''}".replace(" ", "_")
    parts = (operation, key) if key in _TRAINED else ()
    return Recipe(name, operation, split, wording, draw, parts=parts)


def recipes() -> list[Recipe]:
    """All recipes about units."""
    return [
        _convert(operation, key, split)
        for operation, splits in GRID.items()
        for split, keys in splits.items()
        for key in keys
    ]
