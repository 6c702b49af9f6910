"""The law of the taskwise optimiser: whatever company a task has, it goes where AdamW takes it alone."""

import copy
import random

import pytest
import torch
from torch import Tensor, nn

from adaptlab.training.taskwise import TaskwiseAdamW

TASKS, STEPS = 5, 12
SHAPES = ((3, 4), (2, 6))


def target(task: int, step: int, shape: tuple[int, ...]) -> Tensor:
    """What a task is pulled to at one of its own steps; another thing each time, as batches are."""
    generator = torch.Generator().manual_seed(1000 * task + step)
    return 3 * torch.randn(shape, generator=generator)


def loss(rows: list[Tensor], task: int, step: int) -> Tensor:
    return torch.stack([((row - target(task, step, tuple(row.shape))) ** 2).mean() for row in rows]).sum()


def alone(task: int, start: list[Tensor], weight_decay: float, clip: float | None) -> list[Tensor]:
    rows = [nn.Parameter(value.clone()) for value in start]
    optimizer = torch.optim.AdamW(rows, 0.05, weight_decay=weight_decay)
    for step in range(STEPS):
        optimizer.zero_grad()
        loss(rows, task, step).backward()
        if clip is not None:
            nn.utils.clip_grad_norm_(rows, clip)
        optimizer.step()
    return [row.detach() for row in rows]


@pytest.mark.parametrize("weight_decay", [0.0, 0.1])
@pytest.mark.parametrize("clip", [None, 0.5])
@pytest.mark.parametrize("together", [1, 2, 5])
def test_every_task_goes_where_it_goes_alone(weight_decay: float, clip: float | None, together: int) -> None:
    start = [torch.randn(shape) for shape in SHAPES]
    tables = [nn.Parameter(value.expand(TASKS, *value.shape).clone()) for value in start]
    optimizer = TaskwiseAdamW(tables, 0.05, weight_decay=weight_decay, clip=clip)
    done = dict.fromkeys(range(TASKS), 0)
    order = random.Random(3)
    while any(steps < STEPS for steps in done.values()):
        left = [task for task, steps in done.items() if steps < STEPS]
        chosen = order.sample(left, min(together, len(left)))
        optimizer.zero_grad()
        losses = [loss([table[task] for table in tables], task, done[task]) for task in chosen]
        torch.stack(losses).sum().backward()
        optimizer.step()
        for task in chosen:
            done[task] += 1
    for task in range(TASKS):
        for table, expected in zip(tables, alone(task, start, weight_decay, clip), strict=True):
            torch.testing.assert_close(table[task].detach(), expected, atol=1e-5, rtol=1e-5)


def test_a_task_that_is_not_in_the_batch_stays_where_it_is() -> None:
    table = nn.Parameter(torch.randn(3, 4))
    optimizer = TaskwiseAdamW([table], 0.1, weight_decay=0.5)
    before = table.detach().clone()
    (table[1] ** 2).sum().backward()
    optimizer.step()
    assert torch.equal(table[[0, 2]], before[[0, 2]])
    assert not torch.equal(table[1], before[1])
    optimizer.zero_grad()
    (table * 0).sum().backward()
    after = table.detach().clone()
    optimizer.step()
    assert torch.equal(table, after)


def test_its_state_can_be_saved_and_loaded() -> None:
    tables = [nn.Parameter(torch.zeros(3, 4)) for _ in range(2)]
    optimizers = [TaskwiseAdamW([table], 0.1) for table in tables]

    def step(index: int, task: int) -> None:
        optimizers[index].zero_grad()
        ((tables[index][task] - 1) ** 2).sum().backward()
        optimizers[index].step()

    step(0, 1)
    optimizers[1].load_state_dict(copy.deepcopy(optimizers[0].state_dict()))
    with torch.no_grad():
        tables[1].copy_(tables[0])
    for index in range(2):
        step(index, 1)
        step(index, 2)
    assert torch.equal(tables[0], tables[1])
