"""The built-in suite as a whole: its size, what splits share (nothing), parts of it, and what it depends on."""

import os
import subprocess
import sys
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest

from adaptlab.errors import TaskError
from adaptlab.evaluation.suite_commands import shared_between_splits, shared_between_tasks
from adaptlab.tasks import builtin, builtin_suite, load_suite
from adaptlab.tasks.decontamination import exact_overlaps, held_out_texts
from adaptlab.tasks.suite import SCALES

SUITE = builtin_suite()


def test_it_has_the_scale_of_the_literature() -> None:
    assert len(SUITE.all_tasks) >= 512
    assert len(SUITE.train) >= 479
    assert len(SUITE.validation) == 11
    assert len({task.family for task in SUITE.all_tasks}) >= 24


def test_held_out_tasks_are_of_three_kinds() -> None:
    counts = Counter(task.kind for task in SUITE.test)
    assert set(counts) == {"new argument", "new composition", "new family"}
    assert min(counts.values()) >= 8


def test_a_new_family_has_no_train_task_and_other_held_out_tasks_have_some() -> None:
    families = {task.family for task in SUITE.train}
    for task in SUITE.test:
        assert (task.family in families) == (task.kind != "new family"), task.name


def test_every_task_has_enough_descriptions_and_examples() -> None:
    for task in SUITE.all_tasks:
        assert len(set(task.descriptions)) >= 128, task.name
        assert len(set(task.unseen_descriptions)) >= 16, task.name
        assert not set(task.descriptions) & set(task.unseen_descriptions), task.name
        assert sum(len(examples) for examples in task.splits.values()) >= 200, task.name


def test_splits_and_tasks_share_nothing() -> None:
    assert shared_between_splits(SUITE) == 0
    assert shared_between_tasks(SUITE) == 0
    assert not list(exact_overlaps(SUITE, held_out_texts(SUITE)))


@pytest.mark.parametrize("version", ["0", "1", "random"])
def test_it_is_the_same_in_every_process(version: str, tmp_path: Path) -> None:
    code = "from adaptlab.tasks import builtin_suite; print(builtin_suite().fingerprint)"
    environment = {**os.environ, "PYTHONHASHSEED": version, "ADAPTLAB_CACHE": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True)
    assert done.stdout.strip() == SUITE.fingerprint


def test_another_seed_draws_other_examples() -> None:
    cooked = [builtin.cook(builtin.recipes()[0], seed) for seed in (0, 0, 1)]
    assert cooked[0] == cooked[1] != cooked[2]


def test_train_sets_of_the_scaling_study_are_nested() -> None:
    sets = [{task.name for task in load_suite(f"builtin@{scale}").train} for scale in SCALES]
    assert [len(names) for names in sets] == list(SCALES)
    assert all(smaller < larger for smaller, larger in pairwise(sets))
    assert load_suite("builtin@16").test == SUITE.test
    for wrong in ("0", "many", "99999"):
        with pytest.raises(TaskError, match="choose a number of train tasks from 1 to"):
            load_suite(f"builtin@{wrong}")


def test_families_can_be_picked_and_unknown_ones_are_named() -> None:
    assert {task.name for task in load_suite("builtin:=plural").all_tasks} == {"plural"}
    assert len(load_suite("builtin:plural").all_tasks) > 1  # a family of this name
    part = load_suite("builtin:letters+wrap")
    assert {task.family for task in part.all_tasks} == {"letters", "wrap"}
    with pytest.raises(TaskError, match=r"no family or task lettres; its families are .*letters"):
        load_suite("builtin:lettres")
