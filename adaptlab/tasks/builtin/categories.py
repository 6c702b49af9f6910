"""Category word lists in, recipes out: pick, reject, count and name words by the category they belong to."""

import random
from collections.abc import Callable
from functools import cache

from adaptlab.tasks.builtin.category_wordings import (
    COMMON_WORDING,
    NAME_WORDING,
    ODD_WORDING,
    SAME_WORDING,
    Category,
    both_wording,
    contains_wording,
    count_wording,
    first_wording,
    last_wording,
    reject_wording,
    select_wording,
)
from adaptlab.tasks.builtin.recipe import DrawExample, Recipe, Wording

CATEGORIES = (
    Category("fruit", "train", "fruit", "fruits", ("vegetable",), held="test"),
    Category("vegetable", "train", "vegetable", "vegetables", ("fruit",), held="test"),
    Category("animal", "train", "animal", "animals", ("bird", "fish", "insect"), held="test"),
    Category("fish", "train", "fish", "fish", ("colour",)),
    Category("insect", "train", "insect", "insects", held="test"),
    Category("colour", "train", "colour", "colours", ("fruit", "metal", "fish"), held="test"),
    Category("furniture", "train", "piece of furniture", "pieces of furniture", ("kitchen item",)),
    Category("vehicle", "train", "vehicle", "vehicles", held="test"),
    Category("metal", "train", "metal", "metals"),
    Category("instrument", "train", "musical instrument", "musical instruments", ("shape",)),
    Category("body part", "train", "body part", "body parts", held="validation"),
    Category("country", "train", "country", "countries"),
    Category("city", "train", "city", "cities", held="test"),
    Category("kitchen item", "train", "kitchen item", "kitchen items", ("furniture",)),
    Category("shape", "train", "shape", "shapes"),
    Category("family member", "train", "family member", "family members"),
    Category("number", "train", "number", "numbers"),
    Category("building", "train", "building", "buildings", held="validation"),
    Category("flower", "train", "flower", "flowers", ("colour",)),
    Category("drink", "train", "drink", "drinks"),
    Category("emotion", "validation", "emotion", "emotions", ("colour",)),
    Category("sport", "validation", "sport", "sports", ("insect",)),
    Category("bird", "test", "bird", "birds"),
    Category("profession", "test", "profession", "professions"),
    Category("clothing", "test", "item of clothing", "items of clothing"),
    Category("tool", "test", "tool", "tools", ("kitchen item", "vehicle", "metal")),
)
_BY_KEY = {category.key: category for category in CATEGORIES}
_TRAIN = tuple(category for category in CATEGORIES if category.split == "train")
_NAMED = tuple(category for category in _TRAIN if category.key not in ("kitchen item", "instrument", "vegetable"))
# By operation: the categories of its train, validation and test tasks. Selecting is trained on every train category.
GRID: dict[str, dict[str, tuple[str, ...]]] = {
    "first": {
        "train": ("fruit", "vehicle", "country", "fish", "flower", "metal"),
        "validation": (),
        "test": ("insect", "colour"),
    },
    "last": {
        "train": ("insect", "vegetable", "metal", "number", "drink", "country"),
        "validation": (),
        "test": ("fruit", "city"),
    },
    "both": {
        "train": ("fish", "body part", "city", "fruit", "colour", "furniture"),
        "validation": (),
        "test": ("animal",),
    },
    "all_but": {
        "train": ("vegetable", "insect", "metal", "animal", "flower"),
        "validation": ("body part",),
        "test": ("colour",),
    },
    "count": {
        "train": ("animal", "building", "colour", "city", "furniture"),
        "validation": (),
        "test": ("vehicle",),
    },
    "contains": {
        "train": ("fruit", "animal", "vehicle", "colour", "furniture", "country"),
        "validation": ("building",),
        "test": ("city",),
    },
}


def _clear(first: Category, second: Category) -> bool:
    return first != second and second.key not in first.avoid and first.key not in second.avoid


@cache
def _others(category: Category, split: str) -> tuple[tuple[str, ...], ...]:
    """The split's words of categories whose words are surely not members."""
    return tuple(other.pool(split) for other in CATEGORIES if other.pool(split) and _clear(category, other))


def _strangers(category: Category, split: str, count: int, rng: random.Random) -> list[str]:
    return [rng.choice(pool) for pool in rng.sample(_others(category, split), count)]


def _mixed(chosen: list[str], strangers: list[str], rng: random.Random) -> list[str]:
    listed = chosen + strangers
    rng.shuffle(listed)
    return listed


def _draw_select(category: Category, split: str) -> DrawExample:
    def draw(rng: random.Random) -> tuple[str, str]:
        member = rng.choice(category.pool(split))
        return ", ".join(_mixed([member], _strangers(category, split, 3, rng), rng)), member

    return draw


def _draw_contains(category: Category, split: str) -> DrawExample:
    def draw(rng: random.Random) -> tuple[str, str]:
        present = rng.random() < 0.5
        chosen = [rng.choice(category.pool(split))] if present else []
        listed = _mixed(chosen, _strangers(category, split, 3 - len(chosen), rng), rng)
        return ", ".join(listed), "yes" if present else "no"

    return draw


def _draw_reject(category: Category, split: str) -> DrawExample:
    def draw(rng: random.Random) -> tuple[str, str]:
        stranger = _strangers(category, split, 1, rng)
        return ", ".join(_mixed(rng.sample(category.pool(split), 3), stranger, rng)), stranger[0]

    return draw


def _draw_kept(keep: slice) -> Callable[[Category, str], DrawExample]:
    """Two members among four words; the answer lists the kept ones."""

    def make(category: Category, split: str) -> DrawExample:
        def draw(rng: random.Random) -> tuple[str, str]:
            listed = _mixed(rng.sample(category.pool(split), 2), _strangers(category, split, 2, rng), rng)
            return ", ".join(listed), ", ".join([word for word in listed if word in category.members][keep])

        return draw

    return make


def _draw_count(category: Category, split: str) -> DrawExample:
    def draw(rng: random.Random) -> tuple[str, str]:
        count = rng.randrange(5)
        chosen = rng.sample(category.pool(split), count)
        return ", ".join(_mixed(chosen, _strangers(category, split, 4 - count, rng), rng)), str(count)

    return draw


_OPERATIONS: dict[str, tuple[str, Callable[[Category], Wording], Callable[[Category, str], DrawExample]]] = {
    "contains": ("contains_category", contains_wording, _draw_contains),
    "all_but": ("reject_category", reject_wording, _draw_reject),
    "first": ("first_of_category", first_wording, _draw_kept(slice(0, 1))),
    "last": ("last_of_category", last_wording, _draw_kept(slice(1, 2))),
    "both": ("both_of_category", both_wording, _draw_kept(slice(0, 2))),
    "count": ("count_category", count_wording, _draw_count),
}


def _label(category: Category) -> str:
    return "furniture" if category.key == "furniture" else category.singular


def _draw_name(rng: random.Random) -> tuple[str, str]:
    category = rng.choice(_NAMED)
    return rng.choice(category.pool("train")), _label(category)


def _draw_common(rng: random.Random) -> tuple[str, str]:
    category = rng.choice(_NAMED)
    return ", ".join(rng.sample(category.pool("train"), 2)), _label(category)


def _draw_same(rng: random.Random) -> tuple[str, str]:
    category = rng.choice(_TRAIN)
    if rng.random() < 0.5:
        return ", ".join(rng.sample(category.pool("train"), 2)), "yes"
    return ", ".join(_mixed([rng.choice(category.pool("train"))], _strangers(category, "train", 1, rng), rng)), "no"


def _draw_odd(rng: random.Random) -> tuple[str, str]:
    category = rng.choice(_TRAIN)
    stranger = _strangers(category, "train", 1, rng)
    return ", ".join(_mixed(rng.sample(category.pool("train"), 3), stranger, rng)), stranger[0]


def _select(category: Category) -> Recipe:
    parts = ("select", category.key) if category.split == "train" else ()
    return Recipe(
        f"select_{category.name}",
        "select_category",
        category.split,
        select_wording(category),
        _draw_select(category, category.split),
        parts=parts,
    )


def _combine(operation: str, category: Category, split: str) -> Recipe:
    family, wording, draw = _OPERATIONS[operation]
    name, parts = f"{operation}_{category.name}", (f"{operation} of category", category.key)
    return Recipe(name, family, split, wording(category), draw(category, split), parts=parts)


def recipes() -> list[Recipe]:
    """All recipes about category membership."""
    return [
        *(_select(category) for category in CATEGORIES),
        *(
            _combine(operation, _BY_KEY[key], split)
            for operation, splits in GRID.items()
            for split, keys in splits.items()
            for key in keys
        ),
        Recipe("name_category", "name_category", "train", NAME_WORDING, _draw_name),
        Recipe("common_category", "name_category", "train", COMMON_WORDING, _draw_common),
        Recipe("same_category", "same_category", "train", SAME_WORDING, _draw_same),
        Recipe("odd_one_out", "odd_one_out", "train", ODD_WORDING, _draw_odd),
    ]
