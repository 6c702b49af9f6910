"""Make a task from what a file holds: rows and sentences -> `Task` with splits that never change by themselves."""

import zlib
from collections.abc import Iterable, Mapping, Sequence

from adaptlab.contracts import Example, Task
from adaptlab.errors import TaskError
from adaptlab.tasks.loaders.reading import Place, Row

TRAIN_TASKS, VALIDATION_TASKS, TEST_EXAMPLES = 0.6, 0.1, 0.25
MAX_DESCRIPTION_WORDS = 512


def make_task(
    place: Place,
    name: str,
    descriptions: Iterable[str],
    splits: Mapping[str, Sequence[Example]],
    source: str,
    unseen: Iterable[str] = (),
) -> Task:
    """Check and assemble; from four descriptions on, the last quarter by hash is kept as unseen if none is named."""
    kept_apart = _tidy(unseen)
    seen = tuple(text for text in _tidy(descriptions) if text not in kept_apart)
    if not seen:
        raise TaskError(f"task {name!r} has no description; add one to {place} or its file of descriptions")
    for text in (*seen, *kept_apart):
        words = len(text.split())
        if not text:
            raise TaskError(f"task {name!r} of {place} has an empty description; write one or remove it")
        if words > MAX_DESCRIPTION_WORDS:
            raise TaskError(
                f"a description of task {name!r} has {words} words, more than the {MAX_DESCRIPTION_WORDS} allowed; "
                f"shorten it in {place}"
            )
    if not any(splits.values()):
        raise TaskError(f"{place} holds no example; add some or remove the file")
    if not kept_apart and len(seen) > 3:
        chosen = set(by_hash(seen)[len(seen) - len(seen) // 4 :])
        seen, kept_apart = (
            tuple(text for text in seen if text not in chosen),
            tuple(text for text in seen if text in chosen),
        )
    return Task(
        name=name,
        descriptions=seen,
        unseen_descriptions=kept_apart,
        splits={split: tuple(examples) for split, examples in splits.items()},
        metric=_metric([example for examples in splits.values() for example in examples]),
        source=source,
    )


def _tidy(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(" ".join(text.split()) for text in texts))


def _metric(examples: Sequence[Example]) -> str:
    """Strict where nearly every answer is its input in another case, or one letter (which may be the article a)."""
    answers = [(example.input, example.targets[0]) for example in examples]
    recased = sum(given != answer and given.casefold() == answer.casefold() for given, answer in answers)
    letters = sum(len(answer) == 1 and answer.isalpha() for _, answer in answers)
    return "exact_match_strict" if max(recased, letters) > 0.8 * len(answers) else "exact_match"


def merged(rows: Iterable[Row]) -> tuple[Row, ...]:
    """Rows with equal inputs become one with all their answers."""
    found: dict[str, Row] = {}
    for row in rows:
        before = found.get(row.question)
        answers = (*before.answers, *row.answers) if before else row.answers
        found[row.question] = Row(row.question, tuple(dict.fromkeys(answers)), row.choices, row.split)
    return tuple(found.values())


def examples(rows: Iterable[Row], without: Iterable[Row] = ()) -> tuple[Example, ...]:
    """Rows as examples, leaving out the inputs of other rows."""
    excluded = {row.question for row in without}
    return tuple(Example(row.question, row.answers, row.choices) for row in rows if row.question not in excluded)


def split_examples(rows: Sequence[Row], shown: Sequence[Row] = ()) -> dict[str, tuple[Example, ...]]:
    """Rows that name no split are ordered by the CRC-32 of their input; the first quarter is the test split."""
    free = examples(merged(rows), without=shown)
    ordered = by_hash([example.input for example in free])
    kept = set(ordered[: round(len(ordered) * TEST_EXAMPLES)])
    return {
        "train": (*examples(merged(shown)), *(example for example in free if example.input not in kept)),
        "test": tuple(example for example in free if example.input in kept),
    }


def by_hash(texts: Sequence[str]) -> list[str]:
    """Texts in a fixed order that has nothing to do with where they stood."""
    return sorted(texts, key=lambda text: (zlib.crc32(text.encode()), text))


def split_by_name(names: Iterable[str]) -> dict[str, list[str]]:
    """Train, validation and test by the CRC-32 of each name alone: other tasks do not matter."""
    groups: dict[str, list[str]] = {"train": [], "validation": [], "test": []}
    for name in names:
        share = zlib.crc32(name.encode()) / 2**32
        held_out = "validation" if share < TRAIN_TASKS + VALIDATION_TASKS else "test"
        groups["train" if share < TRAIN_TASKS else held_out].append(name)
    return groups
