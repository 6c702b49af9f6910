"""Laws of sampling: one order of examples for a seed and an epoch, equal shares for tasks and for processes."""

from collections import Counter
from statistics import mean

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adaptlab.errors import ConfigurationError, TaskError
from adaptlab.training.sampling import Pick, TaskBatchSampler, as_picks, global_batches, numbers_to_train_on

TASKS = 12
EXAMPLE_LENGTHS = [[5 + (7 * example + 3 * task) % 61 for example in range(40)] for task in range(TASKS)]
DESCRIPTION_LENGTHS = [[4 + task, 9, 20] for task in range(TASKS)]
PER_TASK, SIZE = 32, 8


def batches(seed: int = 0, epoch: int = 0) -> list[list[Pick]]:
    return [
        as_picks(batch) for batch in global_batches(EXAMPLE_LENGTHS, DESCRIPTION_LENGTHS, PER_TASK, SIZE, seed, epoch)
    ]


def sampler(rank: int, processes: int, batch_size: int = SIZE, per_task: int = PER_TASK) -> TaskBatchSampler:
    return TaskBatchSampler(EXAMPLE_LENGTHS, DESCRIPTION_LENGTHS, per_task, batch_size, 0, rank, processes)


@pytest.mark.parametrize("processes", [1, 2, 4])
@pytest.mark.parametrize("epoch", [0, 3])
def test_shares_of_the_processes_make_up_the_global_batches(processes: int, epoch: int) -> None:
    samplers = [sampler(rank, processes) for rank in range(processes)]
    for one in samplers:
        one.sampler.set_epoch(epoch)
    shares = [list(one) for one in samplers]
    expected = batches(epoch=epoch)
    assert all(len(share) == len(one) == len(expected) for share, one in zip(shares, samplers, strict=True))
    for index, batch in enumerate(expected):
        parts = [share[index] for share in shares]
        assert {len(part) for part in parts} == {SIZE // processes}
        assert [pick for turn in zip(*parts, strict=True) for pick in turn] == batch


def test_order_is_a_pure_function_of_seed_and_epoch() -> None:
    assert batches(1, 2) == batches(1, 2)
    orders = [batches(seed, epoch) for seed in range(3) for epoch in range(3)]
    assert all(one != other for index, one in enumerate(orders) for other in orders[:index])
    resumed = sampler(0, 1)
    resumed.set_epoch(2)
    assert list(resumed) == list(resumed) == batches(0, 2)


def test_every_task_gives_equally_many_examples() -> None:
    counts = Counter(pick.task for batch in batches() for pick in batch)
    assert counts == dict.fromkeys(range(TASKS), PER_TASK)


def test_examples_are_distinct_where_the_task_has_enough() -> None:
    picked = Counter((pick.task, pick.example) for batch in batches() for pick in batch)
    assert set(picked.values()) == {1}


def test_small_tasks_repeat_their_examples_evenly() -> None:
    found = global_batches([[3, 4, 5], [6] * 20], [[1], [1]], 10, 4, 0, 0)
    times = Counter(pick.example for batch in found for pick in as_picks(batch) if pick.task == 0)
    assert sorted(times.values()) == [3, 3, 4]


def test_every_description_is_used() -> None:
    used = {(pick.task, pick.description) for batch in batches() for pick in batch}
    assert used == {(task, description) for task in range(TASKS) for description in range(3)}


def test_batches_mix_tasks() -> None:
    assert mean(len({pick.task for pick in batch}) for batch in batches()) > SIZE / 2
    assert min(len({pick.task for pick in batch}) for batch in batches()) > 1


def test_lengths_inside_a_batch_are_similar() -> None:
    lengths = [
        [EXAMPLE_LENGTHS[pick.task][pick.example] + DESCRIPTION_LENGTHS[pick.task][pick.description] for pick in batch]
        for batch in batches()
    ]
    everything = [length for batch in lengths for length in batch]
    assert mean(max(batch) - min(batch) for batch in lengths) < (max(everything) - min(everything)) / 4
    padded = sum(max(batch) * len(batch) for batch in lengths)
    assert padded < 1.1 * sum(everything)


def test_short_and_long_batches_take_turns() -> None:
    means = [mean(EXAMPLE_LENGTHS[pick.task][pick.example] for pick in batch) for batch in batches()]
    assert means != sorted(means)
    half = len(means) // 2
    assert abs(mean(means[:half]) - mean(means[half:])) < 15


@settings(deadline=None)
@given(
    st.lists(st.lists(st.integers(1, 50), min_size=1, max_size=8), min_size=1, max_size=5),
    st.integers(1, 12),
    st.integers(1, 6),
    st.integers(0, 5),
)
def test_picks_exist_and_batches_are_full(lengths: list[list[int]], per_task: int, size: int, seed: int) -> None:
    found = global_batches(lengths, [[1, 2]] * len(lengths), per_task, size, seed, 0)
    assert len(found) == len(lengths) * per_task // size
    assert all(len(batch) == size for batch in found)
    assert all(
        pick.example < len(lengths[pick.task]) and pick.description < 2 for batch in found for pick in as_picks(batch)
    )


def test_what_makes_no_whole_batch_is_another_in_each_epoch() -> None:
    lengths = [[1] * 7 + [50]] * 5  # 40 examples; eight are left out of each epoch
    seen = {
        (pick.task, pick.example)
        for epoch in range(10)
        for batch in global_batches(lengths, [[0]] * 5, 8, 16, 0, epoch)
        for pick in as_picks(batch)
    }
    assert len(seen) == 40


def test_batches_that_cannot_be_shared_out_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="batch_size 8 must be a multiple of the 3 processes"):
        sampler(0, 3)


def test_epoch_without_a_batch_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="12 tasks x 1 examples_per_task give no batch of 16"):
        sampler(0, 1, batch_size=16, per_task=1)
    assert len(list(sampler(0, 1, batch_size=12, per_task=1))) == 1


@given(done=st.integers(0, 47), epoch=st.integers(0, 3), processes=st.sampled_from([1, 2, 4]))
@settings(max_examples=20, deadline=None)
def test_a_resumed_epoch_gives_exactly_the_rest(done: int, epoch: int, processes: int) -> None:
    for rank in range(processes):
        whole, rest = sampler(rank, processes), sampler(rank, processes)
        for one in (whole, rest):
            one.set_epoch(epoch)
        rest.resume({"epoch": epoch, "batches": done})
        rest.set_epoch(epoch)
        rest.begin()
        expected = list(whole)
        assert list(rest) == expected[done:]
        rest.begin()
        assert list(rest) == expected


def test_a_place_at_the_end_of_an_epoch_leads_into_the_next() -> None:
    one = sampler(0, 1)
    one.resume({"epoch": 0, "batches": len(one)})
    one.set_epoch(1)
    one.begin()
    assert list(one) == batches(epoch=1)


@pytest.mark.parametrize("sharing", [2, 4])
@pytest.mark.parametrize("processes", [1, 2])
def test_examples_in_succession_share_task_and_description(sharing: int, processes: int) -> None:
    samplers = [
        TaskBatchSampler(EXAMPLE_LENGTHS, DESCRIPTION_LENGTHS, PER_TASK, SIZE, 0, rank, processes, sharing)
        for rank in range(processes)
    ]
    counts: Counter[int] = Counter()
    for parts in zip(*samplers, strict=True):
        for part in parts:
            assert len(part) == SIZE // processes
            counts.update(pick.task for pick in part)
            for start in range(0, len(part), sharing):
                group = part[start : start + sharing]
                assert len({(pick.task, pick.description) for pick in group}) == 1
                assert len({pick.example for pick in group}) == sharing
    assert counts == dict.fromkeys(range(TASKS), PER_TASK)


def test_sharing_that_does_not_fit_the_batch_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="examples_per_description 4 must divide"):
        TaskBatchSampler(EXAMPLE_LENGTHS, DESCRIPTION_LENGTHS, PER_TASK, SIZE, 0, 0, 4, 4)


@given(seed=st.integers(0, 99), few=st.integers(1, 20), more=st.integers(0, 12))
def test_few_examples_are_drawn_by_the_seed_and_more_keep_them(seed: int, few: int, more: int) -> None:
    drawn = numbers_to_train_on("a", 40, 8, few, seed).tolist()
    assert numbers_to_train_on("a", 40, 8, few + more, seed).tolist()[:few] == drawn
    assert len(set(drawn)) == few
    assert max(drawn) < 32  # the last ones are held back
    whole = numbers_to_train_on("a", 40, 8, 32, seed).tolist()
    assert sorted(whole) == numbers_to_train_on("a", 40, 8, None, seed).tolist() == list(range(32))
    assert whole != numbers_to_train_on("b", 40, 8, 32, seed).tolist()
    assert whole != numbers_to_train_on("a", 40, 8, 32, seed + 1).tolist()
    assert sorted(numbers_to_train_on("a", 40, 8, 29, seed, shown=3)) == list(range(3, 32))  # none that a prompt shows


def test_more_examples_than_there_are_is_an_error() -> None:
    with pytest.raises(TaskError, match=r"8 are held back and 0 stand in prompts; 33 to train on are not left"):
        numbers_to_train_on("a", 40, 8, 33, 0)
