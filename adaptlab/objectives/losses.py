"""Cross-entropy of the answer: logits at target positions -> one loss per example."""

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn.functional import cross_entropy


def mean_loss_per_example(
    logits: Float[Tensor, "targets vocabulary"],
    target_ids: Int[Tensor, " targets"],
    rows: Int[Tensor, " targets"],
    batch: int,
) -> tuple[Float[Tensor, " batch"], Float[Tensor, " batch"]]:
    """Mean loss over each example's target tokens, in nats, and whether all of them are the likeliest token.

    A mean per example, not per token, so that a long answer weighs no more than a short one. The second value is
    the exact match of greedy decoding, found without decoding: the argmax of every target token, its end included.

    Args:
        logits: in any float type; the loss is computed in float32.
        target_ids: the right token at each position.
        rows: the example that each position belongs to.
        batch: number of examples.
    """
    losses = cross_entropy(logits.float(), target_ids, reduction="none")
    counts = torch.bincount(rows, minlength=batch).clamp(min=1)
    mean = torch.zeros(batch, device=losses.device).index_add(0, rows, losses) / counts
    right = (logits.argmax(-1) == target_ids).float()
    hits = torch.zeros(batch, device=losses.device).index_add(0, rows, right)
    return mean, (hits == counts).float()
