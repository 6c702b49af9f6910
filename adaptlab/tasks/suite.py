"""Find a suite of tasks by name: `builtin`, a part of it, a folder or a YAML of hub datasets -> `TaskSuite`."""

import zlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from adaptlab.contracts import Task, TaskSuite
from adaptlab.errors import TaskError
from adaptlab.files import files_key
from adaptlab.tasks import builtin
from adaptlab.tasks.loaders import load_folder, load_hub
from adaptlab.tasks.loaders.hub import local_files
from adaptlab.tasks.store import cached_suite

SCALES = (16, 32, 64, 128, 256, 479)
"""Sizes of the nested train sets: each holds the smaller ones."""


def load_suite(name: str = "builtin", seed: int = 0, skip_broken: bool = False) -> TaskSuite:
    """The built-in suite or a part of it, the suite in a folder, or datasets that a YAML file names.

    Made once and kept memory-mapped in the cache folder, so that its size on disk is no matter to a process.

    Args:
        name: `builtin`; `builtin:family+task`, the tasks of some families and some by their names (`=task` takes the
            task alone where a family has the same name); `builtin@64`, its first 64 train tasks in the nested order of
            the scaling study (16, 32, 64, 128, 256, 479); a folder in a layout that `load_folder` knows, or
            `FOLDER@SPLIT` with one of its named splits; a YAML file as `load_hub` reads it.
        seed: draws the built-in suite's descriptions and examples.
        skip_broken: leave broken files of a folder out instead of stopping at the first; the suite lists them.

    Raises:
        TaskError: there is no such folder, family or split, or it holds no tasks.
    """
    place, _, split = name.partition("@")
    kind, _, families = place.partition(":")
    if kind == "builtin":
        suite = builtin_suite(seed)
        suite = restricted(suite, families.split("+")) if families else suite
        return scaled(suite, split) if split else suite
    path = Path(place)
    if path.is_file():
        states = ":".join(files_key(file) for file in (path, *local_files(path)))
        return cached_suite(f"hub:{path.resolve()}:{states}", lambda: load_hub(path))
    key = f"folder:{path.resolve()}:{files_key(path)}:{split}:{skip_broken}"
    return cached_suite(key, lambda: load_folder(path, split or None, skip_broken))


def builtin_suite(seed: int = 0) -> TaskSuite:
    """The offline suite: tasks split by task into train, validation and held-out, made from one seed."""
    code = files_key(Path(builtin.__file__).parent, content=True)
    return cached_suite(f"builtin:{code}:{seed}", lambda: builtin.make_suite(seed))


def nested_order(tasks: Sequence[Task]) -> list[Task]:
    """Tasks in an order that depends on their names alone: the first n are the train set of size n."""
    return sorted(tasks, key=lambda task: (zlib.crc32(task.name.encode()), task.name))


def scaled(suite: TaskSuite, size: str) -> TaskSuite:
    """The suite with the first `size` train tasks of the nested order; other tasks stay.

    Raises:
        TaskError: not a number, or more than there are.
    """
    if not size.isdecimal() or not 1 <= int(size) <= len(suite.train):
        sizes = ", ".join(str(scale) for scale in SCALES if scale <= len(suite.train))
        raise TaskError(
            f"{suite.name}@{size}: choose a number of train tasks from 1 to {len(suite.train)}, such as {sizes}"
        )
    chosen = {task.name for task in nested_order(suite.train)[: int(size)]}
    train = tuple(task for task in suite.train if task.name in chosen)
    return _part(suite, f"@{size}", train, suite.validation, suite.test)


def restricted(suite: TaskSuite, families: Sequence[str]) -> TaskSuite:
    """The tasks of some families, and some by their own names.

    Raises:
        TaskError: the suite has no such family or task; the message lists its families.
    """
    known = sorted({task.family for task in suite.all_tasks})
    names = {task.name for task in suite.all_tasks} | {f"={task.name}" for task in suite.all_tasks}
    unknown = sorted(set(families) - set(known) - names)
    if unknown:
        raise TaskError(
            f"suite {suite.name!r} has no family or task {', '.join(unknown)}; its families are {', '.join(known)}"
        )

    def keep(tasks: Sequence[Task]) -> tuple[Task, ...]:
        return tuple(task for task in tasks if {task.family, task.name, f"={task.name}"} & set(families))

    return _part(suite, f":{'+'.join(sorted(families))}", keep(suite.train), keep(suite.validation), keep(suite.test))


def _part(
    suite: TaskSuite, suffix: str, train: tuple[Task, ...], validation: tuple[Task, ...], test: tuple[Task, ...]
) -> TaskSuite:
    name, fingerprint = suite.name + suffix, suite.fingerprint + suffix
    return replace(suite, name=name, fingerprint=fingerprint, train=train, validation=validation, test=test)
