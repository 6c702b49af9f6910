"""Find held-out material among what is trained on: a suite, and benchmark texts -> overlaps.

Three tests, from strict to loose, on lower-cased texts, the last two without punctuation:

- `exact`: question and answer are those of a held-out example; or a description is that of a held-out task;
- `n-gram`: 13 words in a row are shared with a held-out text (the length that Brown et al. 2020 use);
- `near duplicate`: the Jaccard similarity of the sets of 3-word shingles is at least 0.8 (candidates by MinHash, Broder
  1997), for texts of at least 8 words.

The words of one question may well occur in another task (`cat` can be spelled or translated), so a question counts only
together with its answer, and short texts are compared as wholes.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from adaptlab.contracts import Task, TaskSuite
from adaptlab.errors import TaskError
from adaptlab.tasks.store import cached

if TYPE_CHECKING:
    from datasketch import MinHash

NGRAM_WORDS, SHINGLE_WORDS, SHORTEST_WORDS = 13, 3, 8
NEAR_DUPLICATE, CANDIDATE, PERMUTATIONS = 0.8, 0.6, 128
_WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class Overlap:
    """One piece of held-out material among the train tasks.

    Args:
        test: `exact`, `n-gram` or `near duplicate`.
        what: `example` or `description`.
        train_task: where it is trained on.
        heldout: the held-out task, or the benchmark file.
        text: the train text.
    """

    test: str
    what: str
    train_task: str
    heldout: str
    text: str


@dataclass(frozen=True)
class Text:
    """A text to compare, with where it is from."""

    owner: str
    what: str
    text: str

    @property
    def words(self) -> tuple[str, ...]:
        """Its words, lower case; signs alone do not make a text different, unless there is nothing else."""
        folded = self.text.casefold()
        return tuple(_WORD.findall(folded)) or tuple(folded.split())


def task_texts(task: Task, split: str, sentences: Sequence[str]) -> Iterator[Text]:
    """The examples of one split, each question with its answers, and the descriptions of a task."""
    for example in task.splits.get(split, ()):
        for target in example.targets:
            yield Text(task.name, "example", f"{example.input} => {target}")
    for sentence in sentences:
        yield Text(task.name, "description", sentence)


def overlaps(suite: TaskSuite, others: Iterable[Text] = (), near: bool = True) -> list[Overlap]:
    """Everything in the train tasks that is also in the held-out tasks, or in other texts such as benchmarks.

    Args:
        suite: its train tasks' train examples and descriptions are compared with the examples and descriptions that
            its held-out tasks are measured with.
        others: more held-out texts; `owner` says where they are from.
        near: also look for shared n-grams and near duplicates; without it only the exact test is made.
    """
    heldout = [*held_out_texts(suite), *others]
    found = list(exact_overlaps(suite, heldout))
    if not near:
        return found
    known = {overlap.text for overlap in found}
    trained = [text for text in train_texts(suite) if text.text not in known]
    return found + _loose(trained, heldout)


def held_out_texts(suite: TaskSuite) -> Iterator[Text]:
    """What validation and held-out tasks are measured with, and how they are described."""
    for task in (*suite.validation, *suite.test):
        yield from task_texts(task, "test", (*task.descriptions, *task.unseen_descriptions))


def train_texts(suite: TaskSuite) -> Iterator[Text]:
    """What is trained on."""
    for task in suite.train:
        yield from task_texts(task, "train", task.descriptions)


def exact_overlaps(suite: TaskSuite, heldout: Iterable[Text]) -> Iterator[Overlap]:
    """The exact test alone, one train text at a time."""
    owners = {(text.what, text.text.casefold()): text.owner for text in heldout}
    for text in train_texts(suite):
        owner = owners.get((text.what, text.text.casefold()))
        if owner is not None:
            yield Overlap("exact", text.what, text.owner, owner, text.text)


def _loose(trained: Sequence[Text], heldout: Sequence[Text]) -> list[Overlap]:
    grams = {gram: text.owner for text in heldout for gram in _runs(text.words, NGRAM_WORDS)}
    found = []
    left = []
    for text in trained:
        owner = next((grams[gram] for gram in _runs(text.words, NGRAM_WORDS) if gram in grams), None)
        if owner is not None:
            found.append(Overlap("n-gram", text.what, text.owner, owner, text.text))
        elif len(text.words) >= SHORTEST_WORDS:
            left.append(text)
    return found + _near_duplicates(left, [text for text in heldout if len(text.words) >= SHORTEST_WORDS])


def _runs(words: Sequence[str], length: int) -> Iterator[tuple[str, ...]]:
    return (tuple(words[start : start + length]) for start in range(len(words) - length + 1))


def _near_duplicates(trained: Sequence[Text], heldout: Sequence[Text]) -> list[Overlap]:
    from datasketch import MinHashLSH

    index = MinHashLSH(threshold=CANDIDATE, num_perm=PERMUTATIONS)
    with index.insertion_session() as session:
        for position, signature in enumerate(_signatures(heldout)):
            session.insert(position, signature)
    found = []
    for text, signature in zip(trained, _signatures(trained), strict=True):
        candidates = (heldout[position] for position in sorted(index.query(signature)))
        near = (other for other in candidates if other.what == text.what and _jaccard(text, other) >= NEAR_DUPLICATE)
        first = next(near, None)
        if first is not None:
            found.append(Overlap("near duplicate", text.what, text.owner, first.owner, text.text))
    return found


def _jaccard(one: Text, other: Text) -> float:
    first, second = set(_runs(one.words, SHINGLE_WORDS)), set(_runs(other.words, SHINGLE_WORDS))
    return len(first & second) / len(first | second)


def _signatures(texts: Sequence[Text]) -> list["MinHash"]:
    from datasketch import MinHash

    shingles = ([" ".join(run).encode() for run in _runs(text.words, SHINGLE_WORDS)] for text in texts)
    return list(MinHash.generator(shingles, num_perm=PERMUTATIONS))


def refuse_contaminated(suite: TaskSuite) -> None:
    """Stop where a train task holds an example or a description that a held-out task is measured with.

    A suite that has passed is remembered by its fingerprint.

    Raises:
        TaskError: naming the first ones.
    """

    def check(folder: Path) -> None:
        found = list(exact_overlaps(suite, held_out_texts(suite)))
        if found:
            shown = "; ".join(f"{o.train_task} has {o.what} {o.text[:60]!r} of {o.heldout}" for o in found[:3])
            raise TaskError(
                f"suite {suite.name!r} trains on held-out material in {len(found)} places ({shown}); look at "
                "`adaptlab tasks decontaminate`, remove them, or set data.allow_contaminated to train all the same"
            )
        folder.mkdir()

    cached("uncontaminated", suite.fingerprint, check)
