"""The built-in suite as a whole: enough tasks, none in two splits, siblings' answers kept apart, restricted by name."""

import pytest

from adaptlab.errors import TaskError
from adaptlab.tasks import builtin_suite, load_suite

SUITE = builtin_suite()


def test_it_is_as_large_as_it_says() -> None:
    assert len(SUITE.all_tasks) >= 60
    assert len(SUITE.test) >= 20
    assert len(SUITE.validation) >= 8


def test_every_task_has_enough_wordings_and_examples() -> None:
    for task in SUITE.all_tasks:
        assert len(set(task.descriptions)) >= 16
        assert len(task.unseen_descriptions) >= 4
        assert not set(task.descriptions) & set(task.unseen_descriptions)
        assert sum(len(examples) for examples in task.splits.values()) >= 200


def test_no_input_is_in_two_splits_of_a_task() -> None:
    for task in SUITE.all_tasks:
        assert not {e.input for e in task.splits["train"]} & {e.input for e in task.splits["test"]}


def test_no_description_serves_two_tasks() -> None:
    seen: dict[str, str] = {}
    for task in SUITE.all_tasks:
        for text in (*task.descriptions, *task.unseen_descriptions):
            assert seen.setdefault(text, task.name) == task.name


def test_the_suite_depends_on_its_seed_alone() -> None:
    again = builtin_suite.__wrapped__(0)
    assert again == SUITE
    assert builtin_suite(1).train[0].splits["train"] != SUITE.train[0].splits["train"]


def test_families_can_be_picked_and_unknown_ones_are_named() -> None:
    part = load_suite("builtin:letters+wrap")
    assert {task.family for task in part.all_tasks} == {"letters", "wrap"}
    with pytest.raises(TaskError, match=r"no family lettres; it has .*letters"):
        load_suite("builtin:lettres")
