"""Laws of the loss: a mean per example, the cross-entropy it is, and exact match without decoding."""

import math

import torch
from torch.nn.functional import cross_entropy

from adaptlab.objectives import mean_loss_per_example

LENGTHS = [3, 1, 4]
ROWS = torch.repeat_interleave(torch.arange(3), torch.tensor(LENGTHS))


def test_each_loss_is_the_cross_entropy_of_its_example_alone() -> None:
    logits, targets = 3 * torch.randn(8, 11), torch.randint(0, 11, (8,))
    losses, _ = mean_loss_per_example(logits, targets, ROWS, 3)
    for row in range(3):
        own = row == ROWS
        torch.testing.assert_close(losses[row], cross_entropy(logits[own], targets[own]))


def test_loss_by_hand() -> None:
    logits = torch.log(torch.tensor([[0.5, 0.25, 0.25], [0.1, 0.8, 0.1], [0.2, 0.2, 0.6]]))
    losses, hits = mean_loss_per_example(logits, torch.tensor([0, 2, 2]), torch.tensor([0, 0, 1]), 2)
    expected = torch.tensor([(math.log(2) + math.log(10)) / 2, -math.log(0.6)])
    torch.testing.assert_close(losses, expected)
    assert hits.tolist() == [0.0, 1.0]


def test_long_answers_weigh_no_more_than_short_ones() -> None:
    logits, targets = torch.randn(8, 11), torch.randint(0, 11, (8,))
    longer = torch.cat([logits, logits[ROWS == 2]]), torch.cat([targets, targets[ROWS == 2]])
    rows = torch.cat([ROWS, torch.full((4,), 2)])
    torch.testing.assert_close(
        mean_loss_per_example(*longer, rows, 3)[0], mean_loss_per_example(logits, targets, ROWS, 3)[0]
    )


def test_an_example_is_right_when_all_of_its_tokens_are() -> None:
    logits = torch.randn(8, 11)
    likeliest = logits.argmax(-1)
    assert mean_loss_per_example(logits, likeliest, ROWS, 3)[1].tolist() == [1, 1, 1]
    for position in range(8):
        targets = likeliest.clone()
        targets[position] = (targets[position] + 1) % 11
        expected = [float(row != int(ROWS[position])) for row in range(3)]
        assert mean_loss_per_example(logits, targets, ROWS, 3)[1].tolist() == expected


def test_order_of_the_positions_makes_no_difference() -> None:
    logits, targets, order = torch.randn(8, 11), torch.randint(0, 11, (8,)), torch.randperm(8)
    first = mean_loss_per_example(logits, targets, ROWS, 3)[0]
    torch.testing.assert_close(mean_loss_per_example(logits[order], targets[order], ROWS[order], 3)[0], first)


def test_an_example_without_targets_is_neither_right_nor_a_loss() -> None:
    losses, hits = mean_loss_per_example(torch.randn(8, 11), torch.randint(0, 11, (8,)), ROWS, 4)
    assert (losses[3], hits[3]) == (0, 0)


def test_half_precision_logits_are_summed_in_float32() -> None:
    logits, targets = torch.randn(8, 11).bfloat16(), torch.randint(0, 11, (8,))
    losses, _ = mean_loss_per_example(logits, targets, ROWS, 3)
    assert losses.dtype == torch.float32
    torch.testing.assert_close(losses, mean_loss_per_example(logits.float(), targets, ROWS, 3)[0], rtol=0, atol=0)


def test_gradient_is_that_of_the_mean_over_examples() -> None:
    logits, targets = torch.randn(8, 11, requires_grad=True), torch.randint(0, 11, (8,))
    (found,) = torch.autograd.grad(mean_loss_per_example(logits, targets, ROWS, 3)[0].mean(), logits)
    weights = torch.tensor([1 / (3 * LENGTHS[int(row)]) for row in ROWS])
    expected = weights[:, None] * (logits.softmax(-1) - torch.nn.functional.one_hot(targets, 11))
    torch.testing.assert_close(found, expected)
