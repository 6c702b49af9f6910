"""Laws of decontamination: planted overlaps of each kind are found, and nothing else is."""

from collections.abc import Sequence

import pytest

from adaptlab.contracts import Example, Task, TaskSuite
from adaptlab.errors import TaskError
from adaptlab.tasks.decontamination import Text, overlaps, refuse_contaminated

LONG = "the old harbour master walks along the quiet pier every evening and counts the boats before dark"
EDITED = LONG.replace("boats", "ships")
SENTENCE = "please write the name of each animal that is in the"


def task(name: str, pairs: Sequence[tuple[str, str]], sentence: str) -> Task:
    rows = tuple(Example(question, (answer,)) for question, answer in pairs)
    return Task(name, (sentence,), {"train": rows, "test": rows})


def suite(train: Task, test: Task) -> TaskSuite:
    return TaskSuite("s", (train,), (), (test,), fingerprint=f"{train}{test}")


def found(train: Task, test: Task) -> set[tuple[str, str]]:
    return {(overlap.test, overlap.what) for overlap in overlaps(suite(train, test))}


def test_the_same_word_in_another_task_is_no_overlap() -> None:
    assert not found(task("spell", [("cat", "c a t")], "Spell it."), task("upper", [("cat", "CAT")], "Shout it."))


def test_the_same_question_and_answer_is_exact() -> None:
    assert found(task("a", [("Cat", "feline")], "One."), task("b", [("cat", "Feline")], "Two.")) == {
        ("exact", "example")
    }


def test_the_same_description_is_exact() -> None:
    assert found(task("a", [("x", "y")], "Say it."), task("b", [("z", "w")], "say it.")) == {("exact", "description")}


def test_a_long_common_run_of_words_is_an_n_gram() -> None:
    train = task("a", [("Story: " + LONG, "yes")], "One.")
    assert found(train, task("b", [(LONG + " and leaves", "no")], "Two.")) == {("n-gram", "example")}


def test_a_sentence_with_its_last_word_changed_is_a_near_duplicate() -> None:
    train, test = task("a", [("x", "y")], SENTENCE + " list"), task("b", [("z", "w")], SENTENCE + " row")
    assert len(SENTENCE.split()) == 11
    assert found(train, test) == {("near duplicate", "description")}
    assert not found(task("a", [("x", "y")], "Pick the animal."), task("b", [("z", "w")], "Pick the plant."))


def test_other_texts_such_as_benchmarks_count() -> None:
    train, test = task("a", [("x", "y")], "One."), task("b", [("z", "w")], LONG)
    assert not overlaps(suite(train, test))
    spoiled = task("a", [(EDITED, "y")], "One.")
    (overlap,) = overlaps(suite(spoiled, task("b", [("z", "w")], "Two.")), [Text("arc/test.jsonl", "example", EDITED)])
    assert (overlap.test, overlap.heldout) == ("n-gram", "arc/test.jsonl")


def test_training_refuses_a_contaminated_suite(fresh_cache: object) -> None:
    clean = suite(task("a", [("x", "y")], "One."), task("b", [("z", "w")], "Two."))
    refuse_contaminated(clean)
    spoiled = suite(task("a", [("x", "y")], "One."), task("b", [("x", "y")], "Two."))
    with pytest.raises(TaskError, match=r"held-out material in 1 places \(a has example 'x => y' of b\)"):
        refuse_contaminated(spoiled)
    with pytest.raises(TaskError):
        refuse_contaminated(spoiled)
