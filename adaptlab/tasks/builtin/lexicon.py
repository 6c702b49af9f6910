"""The data files under `wordlists/` in, tuples of words or rows out; words are split by their hash."""

import zlib
from functools import cache
from importlib.resources import files

from adaptlab.errors import TaskError

SPLITS = ("train", "validation", "test")
_TRAIN_PERCENT = 56
_VALIDATION_PERCENT = 12


def _lines(name: str) -> list[str]:
    text = (files("adaptlab.tasks.builtin") / "wordlists" / name).read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line.strip() and not line.startswith("#")]


@cache
def words(name: str) -> tuple[str, ...]:
    """All words of a text file, in file order, each once."""
    return tuple(dict.fromkeys(word for line in _lines(f"{name}.txt") for word in line.split()))


@cache
def rows(name: str) -> tuple[tuple[str, ...], ...]:
    """The tab-separated rows of a table, in file order."""
    return tuple(tuple(cell.strip() for cell in line.split("\t")) for line in _lines(f"{name}.tsv"))


def hash_split(word: str, train: int = _TRAIN_PERCENT, validation: int = _VALIDATION_PERCENT) -> str:
    """The split of a word: a fixed function of its letters, so that lists can grow without moving words."""
    percent = zlib.crc32(word.encode()) % 100
    if percent < train:
        return "train"
    return "validation" if percent < train + validation else "test"


@cache
def common_words(split: str) -> tuple[str, ...]:
    """Common lower-case English words of 3-9 letters, sorted; the splits share no word.

    Raises:
        TaskError: no such split.
    """
    if split not in SPLITS:
        raise TaskError(f"there is no word list for split {split!r}; choose one of {', '.join(SPLITS)}")
    return tuple(sorted(word for word in words("common") if hash_split(word) == split))


@cache
def _categories() -> dict[str, tuple[str, ...]]:
    return {name: tuple(members.split()) for name, members in rows("categories")}


def category_words(category: str) -> tuple[str, ...]:
    """The single-word members of a category, in file order.

    Raises:
        TaskError: no such category.
    """
    members = _categories().get(category)
    if members is None:
        raise TaskError(f"there is no category {category!r}; choose one of {', '.join(_categories())}")
    return members
