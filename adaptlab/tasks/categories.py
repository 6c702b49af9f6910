"""Category word lists in, recipes out: pick, reject, count and name words by the category they belong to."""

import random
from collections.abc import Callable
from functools import cache

from adaptlab.tasks.category_wordings import (
    COMMON_WORDING,
    NAME_WORDING,
    ODD_WORDING,
    SAME_WORDING,
    Category,
    both_wording,
    contains_wording,
    count_wording,
    last_wording,
    reject_wording,
    select_wording,
)
from adaptlab.tasks.recipe import DrawExample, Recipe, Wording

CATEGORIES = (
    Category("fruit", "train", "fruit", "fruits", ("vegetable",)),
    Category("vegetable", "train", "vegetable", "vegetables", ("fruit",)),
    Category("animal", "train", "animal", "animals", ("bird", "fish", "insect")),
    Category("fish", "train", "fish", "fish", ("colour",)),
    Category("insect", "train", "insect", "insects"),
    Category("colour", "train", "colour", "colours", ("fruit", "metal", "fish")),
    Category("furniture", "train", "piece of furniture", "pieces of furniture", ("kitchen item",)),
    Category("vehicle", "train", "vehicle", "vehicles"),
    Category("metal", "train", "metal", "metals"),
    Category("instrument", "train", "musical instrument", "musical instruments", ("shape",)),
    Category("body part", "train", "body part", "body parts"),
    Category("country", "train", "country", "countries"),
    Category("city", "train", "city", "cities"),
    Category("kitchen item", "train", "kitchen item", "kitchen items", ("furniture",)),
    Category("shape", "train", "shape", "shapes"),
    Category("family member", "train", "family member", "family members"),
    Category("number", "train", "number", "numbers"),
    Category("building", "train", "building", "buildings"),
    Category("emotion", "validation", "emotion", "emotions", ("colour",)),
    Category("sport", "validation", "sport", "sports", ("insect",)),
    Category("science", "validation", "field of science", "fields of science"),
    Category("bird", "test", "bird", "birds"),
    Category("flower", "test", "flower", "flowers", ("colour",)),
    Category("profession", "test", "profession", "professions"),
    Category("clothing", "test", "item of clothing", "items of clothing"),
    Category("drink", "test", "drink", "drinks"),
    Category("tool", "test", "tool", "tools", ("kitchen item", "vehicle")),
    Category("weather", "test", "kind of weather", "kinds of weather"),
)
_BY_KEY = {category.key: category for category in CATEGORIES}
_TRAIN = tuple(category for category in CATEGORIES if category.split == "train")
_NAMED = tuple(category for category in _TRAIN if category.key not in ("kitchen item", "instrument", "vegetable"))


def _clear(first: Category, second: Category) -> bool:
    return first != second and second.key not in first.avoid and first.key not in second.avoid


@cache
def _others(category: Category) -> tuple[Category, ...]:
    """Train categories whose words are surely not members."""
    return tuple(other for other in _TRAIN if _clear(category, other))


def _strangers(category: Category, count: int, rng: random.Random) -> list[str]:
    return [rng.choice(other.members) for other in rng.sample(_others(category), count)]


def _mixed(chosen: list[str], strangers: list[str], rng: random.Random) -> list[str]:
    listed = chosen + strangers
    rng.shuffle(listed)
    return listed


def _draw_select(category: Category) -> DrawExample:
    def draw(rng: random.Random) -> tuple[str, str]:
        member = rng.choice(category.members)
        return ", ".join(_mixed([member], _strangers(category, 3, rng), rng)), member

    return draw


def _draw_contains(category: Category) -> DrawExample:
    def draw(rng: random.Random) -> tuple[str, str]:
        present = rng.random() < 0.5
        chosen = [rng.choice(category.members)] if present else []
        listed = _mixed(chosen, _strangers(category, 3 - len(chosen), rng), rng)
        return ", ".join(listed), "yes" if present else "no"

    return draw


def _draw_reject(category: Category) -> DrawExample:
    sources = _others(category)
    if category.split == "test":
        sources = tuple(other for other in CATEGORIES if other.split == "test" and _clear(category, other))

    def draw(rng: random.Random) -> tuple[str, str]:
        stranger = rng.choice(rng.choice(sources).members)
        return ", ".join(_mixed(rng.sample(category.members, 3), [stranger], rng)), stranger

    return draw


def _draw_last(category: Category) -> DrawExample:
    def draw(rng: random.Random) -> tuple[str, str]:
        listed = _mixed(rng.sample(category.members, 2), _strangers(category, 2, rng), rng)
        return ", ".join(listed), [word for word in listed if word in category.members][-1]

    return draw


def _draw_both(category: Category) -> DrawExample:
    def draw(rng: random.Random) -> tuple[str, str]:
        listed = _mixed(rng.sample(category.members, 2), _strangers(category, 2, rng), rng)
        return ", ".join(listed), ", ".join(word for word in listed if word in category.members)

    return draw


def _draw_count(category: Category) -> DrawExample:
    def draw(rng: random.Random) -> tuple[str, str]:
        count = rng.randrange(5)
        listed = _mixed(rng.sample(category.members, count), _strangers(category, 4 - count, rng), rng)
        return ", ".join(listed), str(count)

    return draw


def _label(category: Category) -> str:
    return "furniture" if category.key == "furniture" else category.singular


def _draw_name(rng: random.Random) -> tuple[str, str]:
    category = rng.choice(_NAMED)
    return rng.choice(category.members), _label(category)


def _draw_common(rng: random.Random) -> tuple[str, str]:
    category = rng.choice(_NAMED)
    return ", ".join(rng.sample(category.members, 2)), _label(category)


def _draw_same(rng: random.Random) -> tuple[str, str]:
    category = rng.choice(_TRAIN)
    if rng.random() < 0.5:
        return ", ".join(rng.sample(category.members, 2)), "yes"
    return ", ".join(_mixed([rng.choice(category.members)], _strangers(category, 1, rng), rng)), "no"


def _draw_odd(rng: random.Random) -> tuple[str, str]:
    category = rng.choice(_TRAIN)
    stranger = _strangers(category, 1, rng)
    return ", ".join(_mixed(rng.sample(category.members, 3), stranger, rng)), stranger[0]


def recipes() -> list[Recipe]:
    """All recipes about category membership."""
    made = [
        Recipe(
            f"select_{category.name}",
            "select_category",
            category.split,
            select_wording(category),
            _draw_select(category),
        )
        for category in CATEGORIES
    ]
    operations: tuple[
        tuple[str, str, tuple[str, ...], Callable[[Category], Wording], Callable[[Category], DrawExample]], ...
    ] = (
        (
            "contains",
            "contains_category",
            ("fruit", "animal", "vehicle", "colour", "furniture", "country", "emotion", "bird", "profession"),
            contains_wording,
            _draw_contains,
        ),
        ("all_but", "reject_category", ("vegetable", "insect", "metal", "flower"), reject_wording, _draw_reject),
        ("last", "last_of_category", ("number", "city", "drink"), last_wording, _draw_last),
        ("both", "both_of_category", ("fish", "body part"), both_wording, _draw_both),
        ("count", "count_category", ("animal", "building"), count_wording, _draw_count),
    )
    for prefix, family, keys, wording, draw in operations:
        for category in (_BY_KEY[key] for key in keys):
            name = f"{prefix}_{category.name}"
            made.append(Recipe(name, family, category.split, wording(category), draw(category)))
    made.append(Recipe("name_category", "name_category", "train", NAME_WORDING, _draw_name))
    made.append(Recipe("common_category", "name_category", "train", COMMON_WORDING, _draw_common))
    made.append(Recipe("same_category", "same_category", "train", SAME_WORDING, _draw_same))
    made.append(Recipe("odd_one_out", "odd_one_out", "train", ODD_WORDING, _draw_odd))
    return made
