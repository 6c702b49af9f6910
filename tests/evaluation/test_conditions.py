"""Conditions: shuffling gives every task another task's words, random text keeps only lengths."""

from adaptlab.contracts import Example, Task
from adaptlab.embeddings import RandomVector
from adaptlab.evaluation.answering import ask
from adaptlab.evaluation.conditions import with_other_descriptions, with_random_text


def some_tasks() -> list[Task]:
    return [
        Task(
            f"task{i}",
            (f"train {i}",),
            {"test": tuple(Example(f"{i}-{j}", ("x",)) for j in range(5))},
            unseen_descriptions=(f"first {i}", f"second {i}"),
        )
        for i in range(4)
    ]


def test_questions_use_unseen_descriptions_in_turn() -> None:
    questions = ask(some_tasks()[0], 3)
    assert [question.description for question in questions] == ["first 0", "second 0", "first 0"]


def test_shuffling_gives_each_task_the_words_of_one_other_task() -> None:
    questions = [question for task in some_tasks() for question in ask(task, 5)]
    swapped = with_other_descriptions(questions, seed=3)
    for task in some_tasks():
        owners = {q.description.split()[1] for q in swapped if q.task.name == task.name}
        assert len(owners) == 1
        assert owners != {task.name.removeprefix("task")}
    assert [q.example for q in swapped] == [q.example for q in questions]


def test_derangements_differ_between_seeds() -> None:
    questions = [question for task in some_tasks() for question in ask(task, 1)]
    assert len({tuple(q.description for q in with_other_descriptions(questions, seed)) for seed in range(20)}) > 1


def test_random_text_keeps_word_lengths_only() -> None:
    questions = ask(some_tasks()[0], 2)
    scrambled = with_random_text(questions, RandomVector(4), seed=0)
    for before, after in zip(questions, scrambled, strict=True):
        assert before.description != after.description
        assert [len(w) for w in before.description.split()] == [len(w) for w in after.description.split()]
