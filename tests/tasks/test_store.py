"""Laws of the store: what is opened equals what was written, is read lazily, and is never half there."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adaptlab.contracts import Example, Task, TaskSuite
from adaptlab.files import files_key
from adaptlab.tasks import load_suite
from adaptlab.tasks.store import cached, cached_suite, open_suite, write_suite

texts = st.text(alphabet="abc äß中,.'\"{}", max_size=10).map("x{}".format)
examples = st.builds(
    Example,
    texts,
    st.lists(texts, min_size=1, max_size=3).map(tuple),
    st.lists(texts, max_size=2).map(tuple),
)
tasks = st.builds(
    Task,
    name=texts,
    descriptions=st.lists(texts, min_size=1, max_size=3).map(tuple),
    splits=st.dictionaries(st.sampled_from(["train", "test"]), st.lists(examples, max_size=4).map(tuple)),
    unseen_descriptions=st.lists(texts, max_size=2).map(tuple),
    family=texts,
    overlaps=st.lists(texts, max_size=2).map(tuple),
)
suites = st.lists(tasks, min_size=1, max_size=5, unique_by=lambda task: task.name).map(
    lambda found: TaskSuite("drawn", tuple(found[:2]), tuple(found[2:3]), tuple(found[3:]), ("a broken file",))
)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(suite=suites)
def test_what_is_opened_equals_what_was_written(suite: TaskSuite, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("store") / "suite"
    write_suite(suite, folder)
    opened = open_suite(folder)
    assert (opened.name, opened.skipped) == (suite.name, suite.skipped)
    for before, after in zip(suite.all_tasks, opened.all_tasks, strict=True):
        assert after == before
        assert [tuple(rows) for rows in after.splits.values()] == [tuple(rows) for rows in before.splits.values()]


def test_rows_are_a_sequence(small_suite: Path) -> None:
    rows = load_suite(str(small_suite)).all_tasks[0].splits["train"]
    listed = list(rows)
    assert rows[-1] == listed[-1]
    assert tuple(rows[1:4]) == tuple(listed[1:4])
    assert rows[3:] == tuple(listed[3:])
    assert rows != listed[1:]
    with pytest.raises(IndexError):
        rows[len(rows)]


def test_the_fingerprint_follows_the_content(tmp_path: Path) -> None:
    def stored(answer: str, folder: str) -> str:
        task = Task("a", ("b",), {"train": (Example("c", (answer,)),)})
        write_suite(TaskSuite("s", (task,)), tmp_path / folder)
        return open_suite(tmp_path / folder).fingerprint

    assert stored("d", "one") == stored("d", "two") != stored("e", "three")


def test_what_fails_half_way_leaves_nothing(fresh_cache: Path) -> None:
    def broken(folder: Path) -> None:
        folder.mkdir()
        (folder / "half").write_text("")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        cached("things", "key", broken)
    assert not list((fresh_cache / "things").iterdir())


def test_a_suite_is_made_once(fresh_cache: Path) -> None:
    made = []

    def make() -> TaskSuite:
        made.append(1)
        return TaskSuite("s", (Task("a", ("b",), {"train": (Example("c", ("d",)),)}),))

    assert cached_suite("key", make) == cached_suite("key", make)
    assert len(made) == 1


def test_a_changed_folder_is_read_again(tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    file.write_text("[]")
    before = files_key(tmp_path)
    assert before == files_key(tmp_path)
    file.write_text("[1]")
    assert files_key(tmp_path) != before
