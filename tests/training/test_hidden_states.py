"""The cache of hidden states: the same training with and without it, and nothing computed twice."""

from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from lightning import Callback, LightningModule, Trainer

from adaptlab.adapters import LoReFT
from adaptlab.embeddings import RandomVector
from adaptlab.errors import ConfigurationError
from adaptlab.hypernetworks import SharedAdapter
from adaptlab.tasks import PromptFormat
from adaptlab.training import hidden_states
from adaptlab.training.adaptation import SupervisedAdaptation
from adaptlab.training.datamodule import TaskDataModule

STEPS = 16
"""More than an epoch: ten train tasks of twelve examples give fifteen batches of eight."""


class Losses(Callback):
    def __init__(self) -> None:
        self.values: list[float] = []

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        assert isinstance(pl_module, SupervisedAdaptation)
        self.values.append(float(pl_module.latest_loss))


def losses(suite: Path, kept: bool, layers: tuple[int, ...] = (2,), description: bool = False) -> list[float]:
    torch.manual_seed(0)
    seen = Losses()
    prompt = PromptFormat(description=description)
    data = TaskDataModule(str(suite), RandomVector(8), prompt, batch_size=8, examples_per_task=12)
    module = SupervisedAdaptation(
        "tiny-random:gemma2",
        [partial(LoReFT, rank=2, layers=list(layers))],
        SharedAdapter,
        optimizer=partial(torch.optim.SGD, lr=0.5),
        cache_hidden_states=kept,
    )
    trainer = Trainer(
        max_steps=STEPS,
        accelerator="cpu",
        callbacks=[seen],
        use_distributed_sampler=False,
        limit_val_batches=0,
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
    )
    trainer.fit(module, datamodule=data)
    return seen.values


def test_training_is_the_same_and_nothing_is_computed_twice(
    small_suite: Path, fresh_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    computed = []
    real = hidden_states.states_below

    def counted(model: Any, layer: int, input_ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        computed.append(len(input_ids))
        return real(model, layer, input_ids, mask)

    monkeypatch.setattr(hidden_states, "states_below", counted)
    plain = losses(small_suite, kept=False)
    assert not computed
    first = losses(small_suite, kept=True)
    distinct = sum(computed)
    assert 0 < distinct <= 10 * 24
    second = losses(small_suite, kept=True)
    assert sum(computed) == distinct
    assert first == pytest.approx(plain, abs=1e-5)
    assert second == pytest.approx(plain, abs=1e-5)


@pytest.mark.parametrize("changes", [{"layers": (0, 2)}, {"description": True}])
def test_where_there_is_nothing_to_keep_it_is_said(changes: dict[str, Any], small_suite: Path) -> None:
    with pytest.raises(ConfigurationError, match="cache_hidden_states needs"):
        losses(small_suite, kept=True, **changes)


def test_a_disk_without_room_is_named(small_suite: Path, fresh_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = hidden_states.shutil.disk_usage(fresh_cache)
    monkeypatch.setattr(hidden_states.shutil, "disk_usage", lambda _path: usage._replace(free=10))
    with pytest.raises(ConfigurationError, match=r"hidden states would take .* set ADAPTLAB_CACHE"):
        losses(small_suite, kept=True)
