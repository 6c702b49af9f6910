"""Laws of rounds: a task's batches depend on nothing but itself, and each task that trains comes once in a round."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adaptlab.errors import ConfigurationError
from adaptlab.training.rounds import TaskRoundSampler, task_rounds
from adaptlab.training.sampling import Pick

NAMES = [f"task_{index}" for index in range(12)]
LENGTHS = [[5 + (7 * example + 3 * task) % 61 for example in range(30 + task)] for task in range(12)]
DESCRIPTIONS = [[0] * (2 + task % 3) for task in range(12)]
OWN, PER_TASK = 4, 20


def sampler(rank: int = 0, processes: int = 1, stopped: tuple[int, ...] = (), batch_size: int = 16) -> TaskRoundSampler:
    return TaskRoundSampler(
        NAMES,
        LENGTHS,
        DESCRIPTIONS,
        examples_per_task=PER_TASK,
        batch_size=batch_size,
        seed=0,
        rank=rank,
        processes=processes,
        sharing=OWN,
        stopped=stopped,
    )


@settings(max_examples=30, deadline=None)
@given(
    chosen=st.sets(st.integers(0, 11), min_size=1), seed=st.integers(0, 9), epoch=st.integers(0, 9), rounds=st.just(5)
)
def test_a_tasks_batches_do_not_depend_on_its_company(chosen: set[int], seed: int, epoch: int, rounds: int) -> None:
    counts = [len(descriptions) for descriptions in DESCRIPTIONS]
    everything = task_rounds(NAMES, LENGTHS, counts, rounds, OWN, seed, epoch)
    kept = sorted(chosen)
    part = task_rounds(
        [NAMES[i] for i in kept], [LENGTHS[i] for i in kept], [counts[i] for i in kept], rounds, OWN, seed, epoch
    )
    assert np.array_equal(part[..., 1:], everything[kept][..., 1:])


@pytest.mark.parametrize("processes", [1, 2, 4])
@pytest.mark.parametrize("stopped", [(), (3,), (0, 5, 6), tuple(range(1, 12))])
def test_every_task_that_trains_comes_once_in_a_round(processes: int, stopped: tuple[int, ...]) -> None:
    shares = [list(sampler(rank, processes, stopped)) for rank in range(processes)]
    assert len({len(share) for share in shares}) == 1
    assert len(shares[0]) == len(sampler(0, processes, stopped))
    counts: Counter[int] = Counter()
    for batch in zip(*shares, strict=True):
        assert len({len(part) for part in batch}) == 1
        assert len(batch[0]) % OWN == 0 and batch[0]
        for part in batch:
            groups = [part[start : start + OWN] for start in range(0, len(part), OWN)]
            assert all(len({pick.task for pick in group}) == 1 for group in groups)
            assert all(len({pick.description for pick in group}) == 1 for group in groups)
            counts.update(group[0].task for group in groups)
    training = set(range(12)) - set(stopped)
    assert all(counts[task] == PER_TASK // OWN for task in training)
    assert len(counts) - len(training) == -len(training) % processes


def test_when_all_have_stopped_nothing_is_left() -> None:
    assert list(sampler(stopped=tuple(range(12)))) == []


def test_examples_of_a_task_are_distinct_where_it_has_enough() -> None:
    picked: Counter[tuple[int, int]] = Counter((p.task, p.example) for batch in sampler() for p in batch)
    assert set(picked.values()) == {1}


def test_it_goes_on_where_it_was() -> None:
    whole: list[list[Pick]] = list(sampler())
    before = sampler()
    before.done = 4
    resumed = sampler(stopped=(1, 2, 3, 4, 5))  # tasks that stopped within the epoch take part until its end
    resumed.resume(before.place)
    resumed.begin()
    assert list(resumed) == whole[4:]
    with pytest.raises(ConfigurationError, match="5 tasks take part in this epoch, which 2 processes"):
        sampler(processes=2).resume({**before.place, "taking_part": [0, 1, 2, 3, 4]})


def test_tasks_that_cannot_be_shared_out_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="12 independent tasks cannot be shared out evenly over 5 processes"):
        sampler(processes=5, batch_size=20)
