"""Decide which examples form which batch: (seed, epoch) -> global batches, shared out over processes."""

import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
from jaxtyping import Int64

from adaptlab.errors import ConfigurationError, TaskError

Lengths = Sequence[Sequence[int] | npt.NDArray[np.int64]]
POOL_BATCHES = 16
"""Fewest batches that are sorted by length together: similar lengths inside, mixed tasks and random order outside."""


@dataclass(frozen=True)
class Pick:
    """One training example: indices of its task, of the example in the task's split, and of the description."""

    task: int
    example: int
    description: int


def numbers_to_train_on(
    name: str, count: int, held_back: int, wanted: int | None, seed: int, shown: int = 0
) -> Int64[np.ndarray, " examples"]:
    """Which of a task's examples are trained on; those of fewer are among those of more.

    Args:
        name: of the task.
        count: how many train examples it has.
        held_back: the last so many are kept from training.
        wanted: how many to draw; all in their order when None.
        seed: of the run.
        shown: the first so many stand in prompts as solved examples; trained on, they would be copied.

    Raises:
        TaskError: none are left, or fewer than wanted.
    """
    left = count - held_back - shown
    if left < max(1, wanted or 0):
        raise TaskError(
            f"task {name} has {count} train examples, of which {held_back} are held back and {shown} stand in prompts; "
            f"{wanted or 1} to train on are not left: hold back fewer, draw fewer, or choose another task"
        )
    numbers = np.arange(shown, shown + left)
    if wanted is None:
        return numbers
    return np.random.default_rng([seed, zlib.crc32(name.encode())]).permutation(numbers)[:wanted]


def global_batches(
    example_lengths: Lengths,
    description_lengths: Lengths,
    examples_per_task: int,
    batch_size: int,
    seed: int,
    epoch: int,
    sharing: int = 1,
) -> Int64[np.ndarray, "batches batch 3"]:
    """The batches of one epoch, a pure function of its arguments, whatever the number of processes.

    Every task gives the same number of examples, each with a description drawn at random, so tasks weigh the same.
    Batches hold examples of similar length from many tasks. What would make an incomplete batch is left out, drawn
    anew in each epoch.

    Args:
        example_lengths: per task and example, in tokens.
        description_lengths: per task and description, in tokens; zeros where descriptions are not in the prompt.
        examples_per_task: how many examples each task gives; with replacement only beyond what it has.
        batch_size: examples per global batch.
        seed: of the run.
        epoch: from 0.
        sharing: how many examples of a batch, in succession, share their task and description.

    Returns:
        The task, example and description of every `Pick`.
    """
    generator = np.random.default_rng([seed, epoch])
    shape = (len(example_lengths), examples_per_task // sharing)
    picks, lengths = np.empty((*shape, sharing, 3), dtype=np.int64), np.empty(shape, dtype=np.int64)
    for task, (of_examples, of_descriptions) in enumerate(zip(example_lengths, description_lengths, strict=True)):
        rounds = -(-examples_per_task // len(of_examples))
        examples = np.concatenate([generator.permutation(len(of_examples)) for _ in range(rounds)])[:examples_per_task]
        descriptions = generator.integers(len(of_descriptions), size=shape[1]).repeat(sharing)
        found = np.stack([np.full_like(examples, task), examples, descriptions], axis=1)
        both = np.asarray(of_examples)[examples] + np.asarray(of_descriptions)[descriptions]
        picks[task], lengths[task] = found.reshape(-1, sharing, 3), both.reshape(-1, sharing).max(axis=1)
    groups = batch_size // sharing
    full = lengths.size // groups
    order = generator.permutation(lengths.size)[: full * groups]
    pools = max(1, full // POOL_BATCHES)
    bounds = [full * pool // pools * groups for pool in range(pools)]
    for part in np.split(order, bounds[1:]):  # views, so that sorting one sorts the whole
        part[:] = part[np.argsort(lengths.flat[part], kind="stable")]
    batches = picks.reshape(-1, sharing, 3)[order].reshape(full, batch_size, 3)
    shuffled: npt.NDArray[np.int64] = batches[generator.permutation(full)]
    return shuffled


def as_picks(rows: Int64[np.ndarray, "batch 3"]) -> list[Pick]:
    """The rows of one batch, by name."""
    return [Pick(*row) for row in rows.tolist()]


def even_batches(picks: Sequence[Pick], batch_size: int, processes: int) -> list[list[Pick]]:
    """All picks in order, in equally many batches for each process, none above `batch_size` and none left out."""
    rounds = -(-len(picks) // (batch_size * processes))
    count = min(rounds * processes, len(picks))
    bounds = [len(picks) * index // count for index in range(count + 1)]
    return [list(picks[start:stop]) for start, stop in pairwise(bounds)]


class TaskBatchSampler:
    """Gives each process its share of every global batch.

    Args:
        example_lengths: per task and example, in tokens.
        description_lengths: per task and description, in tokens.
        examples_per_task: examples of each task in an epoch.
        batch_size: examples per global batch, over all processes; a multiple of their number.
        seed: of the run.
        rank: this process.
        processes: how many there are.
        sharing: how many examples of a batch, in succession, share their task and description.

    Raises:
        ConfigurationError: the batch cannot be shared out evenly, or an epoch would have no batch.
    """

    def __init__(
        self,
        example_lengths: Lengths,
        description_lengths: Lengths,
        examples_per_task: int,
        batch_size: int,
        seed: int,
        rank: int,
        processes: int,
        sharing: int = 1,
    ) -> None:
        if batch_size % processes:
            raise ConfigurationError(f"batch_size {batch_size} must be a multiple of the {processes} processes")
        if batch_size % (processes * sharing) or examples_per_task % sharing:
            raise ConfigurationError(
                f"examples_per_description {sharing} must divide each process's share of batch_size "
                f"({batch_size // processes}) and examples_per_task ({examples_per_task})"
            )
        if len(example_lengths) * examples_per_task < batch_size:
            raise ConfigurationError(
                f"{len(example_lengths)} tasks x {examples_per_task} examples_per_task give no batch of {batch_size}; "
                "raise examples_per_task or lower batch_size"
            )
        self.example_lengths, self.description_lengths = example_lengths, description_lengths
        self.examples_per_task, self.batch_size, self.seed = examples_per_task, batch_size, seed
        self.rank, self.processes, self.sharing = rank, processes, sharing
        self.epoch, self.done = 0, 0
        self._resumed = False

    @property
    def sampler(self) -> "TaskBatchSampler":
        """Itself: Lightning calls `set_epoch` on a batch sampler's `sampler`."""
        return self

    def set_epoch(self, epoch: int) -> None:
        """Choose the epoch that the next iteration gives."""
        self._resumed = self._resumed and epoch == self.epoch
        self.epoch = epoch

    @property
    def place(self) -> dict[str, Any]:
        """Where it is in the data: the epoch, and how many batches of it are done."""
        return {"epoch": self.epoch, "batches": self.done}

    def resume(self, place: Mapping[str, Any]) -> None:
        """Let the next iteration go on from a `place`."""
        self.epoch, self.done, self._resumed = place["epoch"], place["batches"], True

    def begin(self) -> None:
        """Begin an iteration: at the first batch of the epoch, unless it is resumed."""
        if not self._resumed:
            self.done = 0
        self._resumed = False

    def _batches(self) -> Sequence[Int64[np.ndarray, "batch 3"]]:
        return list(
            global_batches(
                self.example_lengths,
                self.description_lengths,
                self.examples_per_task,
                self.batch_size,
                self.seed,
                self.epoch,
                self.sharing,
            )
        )

    def __len__(self) -> int:
        total = len(self.example_lengths) * self.examples_per_task
        return total // self.batch_size

    def __iter__(self) -> Iterator[list[Pick]]:
        for batch in self._batches()[self.done :]:
            groups = batch.reshape(-1, self.sharing, 3)
            yield as_picks(groups[self.rank :: self.processes].reshape(-1, 3))
