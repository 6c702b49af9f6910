"""Read files that others wrote: a path -> checked values, or one error that names the file, the place and the field."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from adaptlab.errors import TaskError

MAX_TEXT_CHARACTERS = 100_000
"""The longest input, answer or description; a longer one is a broken file rather than a prompt."""


@dataclass(frozen=True)
class Row:
    """One example as it stands in a file.

    Args:
        question: what the model reads.
        answers: accepted answers, at least one.
        choices: the closed set of answers, where the file gives one.
        split: `train` or `test`, where the file says so.
    """

    question: str
    answers: tuple[str, ...]
    choices: tuple[str, ...] = ()
    split: str = ""


@dataclass(frozen=True)
class Place:
    """Where something stands: the subject of every error message."""

    file: Path
    what: str = ""

    def __str__(self) -> str:
        return f"{self.what} of {self.file}" if self.what else str(self.file)

    def text(self, row: Any, name: str) -> str:
        """A field that must be text or a number, and not empty."""
        value = self.value(row, name)
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise TaskError(f'field "{name}" in {self} must be text, it is {_kind(value)}; repair or remove it')
        return self._checked(str(value), name)

    def texts(self, row: Any, name: str) -> tuple[str, ...]:
        """A field that may be one text or a list of them; at least one, each once, in order."""
        value = self.value(row, name)
        listed = value if isinstance(value, list) else [value]
        found = dict.fromkeys(self.text({name: item}, name) for item in listed)
        if not found:
            raise TaskError(f'field "{name}" in {self} is empty; fill it in or remove the entry')
        return tuple(found)

    def listed(self, row: Any, name: str) -> list[Any]:
        """A field that must be a list with at least one entry."""
        value = self.value(row, name)
        if not isinstance(value, list) or not value:
            kind = "an empty list" if isinstance(value, list) else _kind(value)
            raise TaskError(f'field "{name}" in {self} must be a non-empty list, it is {kind}')
        return value

    def value(self, row: Any, name: str) -> Any:
        """A field that must be there."""
        if not isinstance(row, Mapping):
            raise TaskError(f'{self} must be an object with a field "{name}", it is {_kind(row)}')
        if name not in row:
            raise TaskError(f'{self} has no field "{name}"; it has {", ".join(map(str, row)) or "none"}')
        return row[name]

    def _checked(self, text: str, name: str) -> str:
        if not text.strip():
            raise TaskError(f'field "{name}" in {self} is empty; fill it in or remove the entry')
        if len(text) > MAX_TEXT_CHARACTERS:
            raise TaskError(
                f'field "{name}" in {self} has {len(text):,} characters, more than the {MAX_TEXT_CHARACTERS:,} allowed'
            )
        return text


def _kind(value: Any) -> str:
    names = {dict: "an object", list: "a list", str: "text", bool: "true or false", int: "a number", float: "a number"}
    return "null" if value is None else names.get(type(value), type(value).__name__)


def read_text(file: Path) -> str:
    """The text of a UTF-8 file."""
    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise TaskError(f"{file} is not UTF-8 text (byte {error.start}); save it as UTF-8 or remove it") from error
    except OSError as error:
        raise TaskError(f"{file} cannot be read: {error.strerror}") from error


def read_json(file: Path) -> Any:
    """The value of a JSON file."""
    try:
        return json.loads(read_text(file))
    except (json.JSONDecodeError, RecursionError) as error:
        raise TaskError(f"{file} is not valid JSON ({error}); repair or remove the file") from error


def read_json_lines(file: Path) -> Iterator[tuple[Place, Any]]:
    """The value of each line that is not blank, with its place; only a line feed ends a line, texts may hold others."""
    for number, line in enumerate(read_text(file).split("\n"), start=1):
        place = Place(file, f"line {number}")
        if len(line) > 4 * MAX_TEXT_CHARACTERS:
            raise TaskError(f"{place} has {len(line):,} characters, more than the {4 * MAX_TEXT_CHARACTERS:,} allowed")
        if line.strip():
            try:
                yield place, json.loads(line)
            except (json.JSONDecodeError, RecursionError) as error:
                raise TaskError(f"{place} is not valid JSON ({error}); repair or remove the line") from error


def read_yaml(file: Path) -> dict[str, Any]:
    """The mapping that a YAML file holds."""
    try:
        content = yaml.safe_load(read_text(file))
    except yaml.YAMLError as error:
        raise TaskError(f"{file} is not valid YAML ({error}); repair or remove it") from error
    if not isinstance(content, dict):
        raise TaskError(f"{file} must map names to values, it is {_kind(content)}")
    return content


def numbered(file: Path, rows: list[Any]) -> Iterator[tuple[Place, Any]]:
    """Entries of a list with their places, from 0; entries that carry an `id` must carry different ones."""
    seen: set[str] = set()
    for position, row in enumerate(rows):
        place = Place(file, f"example {position}")
        if isinstance(row, Mapping) and "id" in row:
            name = str(row["id"])
            if name in seen:
                raise TaskError(f'field "id" in {place} repeats {name!r}; ids must be unique')
            seen.add(name)
        yield place, row
