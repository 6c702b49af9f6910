"""Let independent tasks take turns: (seed, task name, epoch) -> rounds in which every task has a batch of its own."""

import zlib
from collections.abc import Collection, Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from jaxtyping import Int64

from adaptlab.errors import ConfigurationError
from adaptlab.training.sampling import Lengths, TaskBatchSampler


def task_rounds(
    names: Sequence[str],
    example_lengths: Lengths,
    description_counts: Sequence[int],
    rounds: int,
    own_batch: int,
    seed: int,
    epoch: int,
) -> Int64[np.ndarray, "tasks rounds own 3"]:
    """The examples of every task in every round of an epoch; those of one task do not depend on which others there are.

    Args:
        names: of the tasks.
        example_lengths: per task and example, in tokens.
        description_counts: how many descriptions each task has; one is drawn for each of its batches.
        rounds: how often each task takes a step.
        own_batch: examples of a task's step.
        seed: of the run.
        epoch: from 0.
    """
    picks = np.empty((len(names), rounds, own_batch, 3), dtype=np.int64)
    for task, (name, lengths, count) in enumerate(zip(names, example_lengths, description_counts, strict=True)):
        generator = np.random.default_rng([seed, zlib.crc32(name.encode()), epoch])
        repeats = -(-rounds * own_batch // len(lengths))
        examples = np.concatenate([generator.permutation(len(lengths)) for _ in range(repeats)])[: rounds * own_batch]
        picks[task, ..., 0] = task
        picks[task, ..., 1] = examples.reshape(rounds, own_batch)
        picks[task, ..., 2] = generator.integers(count, size=(rounds, 1))
    return picks


class TaskRoundSampler(TaskBatchSampler):
    """Gives every task that still trains one batch of its own per round; several tasks share a global batch.

    Tasks whose examples are of similar length come together. Where the processes are more than the tasks that are left
    in the last place, stopped tasks fill up; they give no gradient.

    Args:
        names: of the tasks.
        example_lengths: per task and example, in tokens.
        description_lengths: per task and description, in tokens.
        examples_per_task: examples of each task in an epoch.
        batch_size: most examples in a global batch, over all processes.
        seed: of the run.
        rank: this process.
        processes: how many there are.
        sharing: examples of one task's step.
        stopped: tasks that train no more.

    Raises:
        ConfigurationError: the batch or the tasks cannot be shared out evenly.
    """

    def __init__(
        self,
        names: Sequence[str],
        example_lengths: Lengths,
        description_lengths: Lengths,
        examples_per_task: int,
        batch_size: int,
        seed: int,
        rank: int,
        processes: int,
        sharing: int,
        stopped: Collection[int] = (),
    ) -> None:
        if len(names) % processes:
            raise ConfigurationError(
                f"{len(names)} independent tasks cannot be shared out evenly over {processes} processes; choose a "
                "number of tasks that the number of processes divides"
            )
        batch_size = min(batch_size, len(names) * sharing)
        super().__init__(
            example_lengths, description_lengths, examples_per_task, batch_size, seed, rank, processes, sharing
        )
        self.names = names
        active = [task for task in range(len(names)) if task not in stopped]
        spare = [task for task in range(len(names)) if task in stopped]
        self.taking_part = [*active, *spare[: -len(active) % processes]]

    @property
    def place(self) -> dict[str, Any]:
        """Where it is in the data; which tasks take part decides what the batches of this epoch are."""
        return {**super().place, "taking_part": self.taking_part}

    def resume(self, place: Mapping[str, Any]) -> None:
        """Let the next iteration go on from a `place`, with the tasks that took part in that epoch.

        Raises:
            ConfigurationError: the processes are others than before, and cannot share these tasks evenly.
        """
        super().resume(place)
        self.taking_part = list(place.get("taking_part", self.taking_part))
        if len(self.taking_part) % self.processes:
            raise ConfigurationError(
                f"{len(self.taking_part)} tasks take part in this epoch, which {self.processes} processes cannot share "
                "evenly; go on with as many processes as before"
            )

    @property
    def rounds(self) -> int:
        """How many steps each task takes in an epoch."""
        return self.examples_per_task // self.sharing

    def _bounds(self) -> list[int]:
        """Where the tasks of a round, in their order, are cut into batches of nearly equal size."""
        columns = len(self.taking_part) // self.processes
        count = -(-len(self.taking_part) // (self.batch_size // self.sharing)) if columns else 0
        return [columns * turn // count * self.processes for turn in range(count + 1)] if count else []

    def _batches(self) -> list[Int64[np.ndarray, "batch 3"]]:
        counts = [len(lengths) for lengths in self.description_lengths]
        picks = task_rounds(self.names, self.example_lengths, counts, self.rounds, self.sharing, self.seed, self.epoch)
        found, cuts = [], list(pairwise(self._bounds()))
        for turn in range(self.rounds):
            longest = [
                max(self.example_lengths[task][example] for example in picks[task, turn, :, 1])
                for task in self.taking_part
            ]
            order = np.array(self.taking_part)[np.argsort(longest, kind="stable")]
            found += [picks[order[start:stop], turn].reshape(-1, 3) for start, stop in cuts]
        return found

    def __len__(self) -> int:
        return self.rounds * max(0, len(self._bounds()) - 1)
