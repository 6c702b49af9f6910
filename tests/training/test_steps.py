"""What changes how a step is computed changes no result: accumulation, precision, recomputation, compilation."""

from functools import partial
from pathlib import Path
from typing import Any

import torch
from lightning import Callback, LightningModule, Trainer
from lightning.pytorch.plugins import MixedPrecision
from torch import Tensor
from torch.optim import Optimizer

from adaptlab.adapters import LoRA, LoReFT
from adaptlab.embeddings import RandomVector
from adaptlab.hypernetworks import Hypernetwork
from adaptlab.training.adaptation import SupervisedAdaptation
from adaptlab.training.batches import AdaptationBatch
from adaptlab.training.datamodule import TaskDataModule
from adaptlab.training.guards import Guards


class Seen(Callback):
    """Keeps batches, losses, and the gradient of every optimiser step."""

    def __init__(self) -> None:
        self.batches: list[AdaptationBatch] = []
        self.losses: list[float] = []
        self.gradients: list[Tensor] = []

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: AdaptationBatch, batch_idx: int
    ) -> None:
        assert isinstance(pl_module, SupervisedAdaptation)
        self.batches.append(batch)
        self.losses.append(float(pl_module.latest_loss))

    def on_before_optimizer_step(self, trainer: Trainer, pl_module: LightningModule, optimizer: Optimizer) -> None:
        self.gradients.append(flat(pl_module))


def flat(module: LightningModule) -> Tensor:
    return torch.cat([p.grad.flatten() for p in module.parameters() if p.grad is not None])


def module(**settings: Any) -> SupervisedAdaptation:
    torch.manual_seed(0)
    families = [partial(LoRA, rank=2), partial(LoReFT, rank=2)]
    generator = partial(Hypernetwork, latent_width=16, head_width=32, dropout=0.0)
    return SupervisedAdaptation(
        "tiny-random:llama",
        families,
        generator,
        optimizer=settings.pop("optimizer", partial(torch.optim.SGD, lr=0.5)),
        schedule="constant",
        warmup_share=0.0,
        **settings,
    )


def train(trained: SupervisedAdaptation, suite: Path, steps: int, batch_size: int = 8, **options: Any) -> Seen:
    seen = Seen()
    data = TaskDataModule(str(suite), RandomVector(8), batch_size=batch_size, validation_examples=2)
    trainer = Trainer(
        max_steps=steps,
        accelerator="cpu",
        callbacks=[seen, *options.pop("callbacks", [])],
        use_distributed_sampler=False,
        limit_val_batches=0,
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        **options,
    )
    trainer.fit(trained, datamodule=data)
    return seen


def test_accumulated_batches_make_one_step_with_their_mean_gradient(small_suite: Path) -> None:
    still = module(optimizer=partial(torch.optim.SGD, lr=0.0))
    seen = train(still, small_suite, 2, batch_size=4, accumulate_grad_batches=3)
    assert (len(seen.gradients), len(seen.batches)) == (2, 6)
    for step, accumulated in enumerate(seen.gradients):
        still.zero_grad()
        losses = [still.losses(batch)[0].mean() for batch in seen.batches[3 * step : 3 * step + 3]]
        torch.stack(losses).mean().backward()
        torch.testing.assert_close(accumulated, flat(still), atol=1e-6, rtol=1e-5)


def test_recomputing_changes_no_step(small_suite: Path) -> None:
    plain = train(module(), small_suite, 5)
    again = train(module(gradient_checkpointing=True), small_suite, 5)
    for one, other in zip(plain.gradients, again.gradients, strict=True):
        torch.testing.assert_close(one, other, atol=1e-6, rtol=1e-4)


def test_bfloat16_autocast_trains_alike_and_keeps_parameters_in_float32(small_suite: Path) -> None:
    exact = train(module(), small_suite, 5)
    mixed_module = module()
    mixed = train(mixed_module, small_suite, 5, precision="bf16-mixed")
    assert max(abs(one - other) for one, other in zip(exact.losses, mixed.losses, strict=True)) < 0.05
    assert {p.dtype for p in mixed_module.generator.parameters()} == {torch.float32}


def test_subspaces_stay_orthonormal_under_autocast(small_suite: Path) -> None:
    trained = module()
    train(trained, small_suite, 1)
    family = trained.adapter_families[1]
    assert isinstance(family, LoReFT)
    free = torch.randn(3, len(family.groups[0].sites), 2, family.anchors.shape[1])
    with torch.autocast("cpu", torch.bfloat16):
        rotations = family.subspaces(free)
    unit = rotations.transpose(-1, -2) @ rotations
    assert float((unit - torch.eye(2)).abs().max()) < 1e-5


class Overflowing(Callback):
    """Makes the gradient infinite at some steps, as fp16 does when its scale is too high."""

    def __init__(self, steps: set[int]) -> None:
        self.steps = steps
        self.batch = -1

    def on_after_backward(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self.batch += 1
        if self.batch in self.steps:
            for parameter in pl_module.parameters():
                if parameter.grad is not None:
                    parameter.grad.fill_(torch.inf)


def test_a_gradient_scaler_skips_its_overflows_without_stopping_the_run(small_suite: Path) -> None:
    scaler = torch.amp.GradScaler("cpu", init_scale=2.0**10)
    plugin = MixedPrecision("16-mixed", "cpu", scaler)
    trained = module()
    guards = Guards(skipped_steps=1)
    seen = train(trained, small_suite, 8, callbacks=[Overflowing({1, 2, 3}), guards], plugins=[plugin])
    assert scaler.get_scale() == 2.0**7
    assert guards.skipped == 0
    assert seen.losses[-1] < seen.losses[0]
    assert all(bool(torch.isfinite(p).all()) for p in trained.generator.parameters())
