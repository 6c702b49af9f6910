"""Serve a library's adapters with the conditions of their tasks: `AdapterLibrary` -> `ReconstructionBatch`es."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import torch
from lightning import LightningDataModule
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from adaptlab.adapters import AdapterLibrary
from adaptlab.contracts import AdapterParameters, Task
from adaptlab.embeddings import EmbeddingTable, OneHot, TaskEncoder
from adaptlab.errors import ConfigurationError, LibraryError
from adaptlab.tasks import PromptFormat, load_suite
from adaptlab.training.datamodule import ResumableLoader
from adaptlab.training.reconstruction import SAMPLE, ReconstructionBatch
from adaptlab.training.sampling import Pick, TaskBatchSampler, even_batches


class Picks(Dataset[Any]):
    """Gives back what it is asked for; batches read their adapters together."""

    def __getitem__(self, pick: Pick) -> Pick:
        return pick


def prompt_of(library: AdapterLibrary) -> PromptFormat:
    """The prompt form that a library's adapters were trained with; the plain one where that was not kept.

    Raises:
        LibraryError: there are several.
    """
    kept = [entry["provenance"].get("prompt") for entry in library.entries.values()]
    forms = {PromptFormat(**settings) if settings else PromptFormat() for settings in kept}
    if len(forms) > 1:
        raise LibraryError(f"{library.folder} mixes adapters that were trained with different prompt forms")
    return forms.pop() if forms else PromptFormat()


class LibraryDataModule(LightningDataModule):
    """Entries of a library, each under a code or a description of its task, for `ReconstructionAdaptation`.

    Args:
        library: its folder.
        suite: where the tasks' descriptions are, as for `load_suite`.
        encoder: what makes conditions: `OneHot` (the default), a text encoder, or both with `Concatenated`.
        tasks: how many entries are learned, the first in the library's order; all when None.
        batch_size: tasks per step, over all processes.
        seed: decides the order of tasks and the choice of descriptions.
    """

    def __init__(
        self,
        library: str,
        suite: str = "builtin",
        encoder: TaskEncoder | None = None,
        tasks: int | None = None,
        batch_size: int = 4,
        seed: int = 0,
    ) -> None:
        super().__init__()
        self.encoder, self.batch_size, self.seed = encoder or OneHot(), batch_size, seed
        self.adapters = AdapterLibrary.open(Path(library))
        if tasks is not None and tasks > len(self.adapters):
            raise ConfigurationError(f"{library} has {len(self.adapters)} adapters, not {tasks}; lower data.tasks")
        self.names = list(self.adapters.entries)[:tasks]
        self._known_to_act: set[str] = set()
        if len(self.names) < batch_size:
            raise ConfigurationError(f"{library} has {len(self.names)} adapters, batch_size is {batch_size}; lower it")
        known = {task.name: task for task in load_suite(suite).train}
        unknown = [name for name in self.names if name not in known]
        if unknown:
            raise LibraryError(
                f"{library} has an adapter of {unknown[0]!r}, which is no train task of the suite {suite!r}"
            )
        self.prompt = prompt_of(self.adapters)
        self.train_tasks: list[Task] = [known[name] for name in self.names]
        self.encoder.fit(self.names)

    @property
    def condition_width(self) -> int:
        """Width of the vectors that generators are conditioned on."""
        return self.encoder.width

    def setup(self, stage: str) -> None:
        """Embed all descriptions, and find the gauge that all adapters are brought to; the first call does it."""
        if hasattr(self, "conditions"):
            return
        self.reference = self._reference()
        self.conditions = {
            "train": EmbeddingTable(self.encoder, [task.descriptions for task in self.train_tasks], self.names),
            "test": EmbeddingTable(
                self.encoder, [task.evaluation_descriptions for task in self.train_tasks], self.names
            ),
        }

    def _reference(self) -> AdapterParameters:
        """The mean effect of the first entries: it does not depend on any entry's gauge."""
        sample = self.adapters.load(self.names[:SAMPLE], canonical=False)
        factors = {}
        for family in self.adapters.families:
            for group in family.groups:
                factors[group.key] = family.effect_mean(group, sample.factors[group.key])
        return AdapterParameters(sample.groups, factors)

    def targets(self, names: Sequence[str], reference: AdapterParameters | None) -> AdapterParameters:
        """Some entries, in the gauge nearest to a reference where one is given."""
        found = self.adapters.load(names, canonical=False)  # no loss depends on it
        self._refuse_idle(names, found)
        if reference is None:
            return found
        factors = {}
        for family in self.adapters.families:
            for group in family.groups:
                one = reference.factors[group.key]
                factors[group.key] = family.aligned(group, found.factors[group.key], one)
        return AdapterParameters(found.groups, factors)

    def _refuse_idle(self, names: Sequence[str], found: AdapterParameters) -> None:
        """Stop at an adapter that does nothing, of which no share can be taken; each is looked at once."""
        if self._known_to_act.issuperset(names):
            return
        sizes = [
            family.effect_size(group, found.factors[group.key]).sum(1)
            for family in self.adapters.families
            for group in family.groups
        ]
        idle = [name for name, size in zip(names, torch.stack(sizes).sum(0).tolist(), strict=True) if not size]
        if idle:
            raise LibraryError(f"{idle[0]} does nothing; remove it from {self.adapters.folder}")
        self._known_to_act.update(names)

    def _collate(self, picks: Sequence[Pick], split: str) -> ReconstructionBatch:
        assert self.trainer is not None
        reference = self.trainer.lightning_module.reference
        vectors: list[Tensor] = [self.conditions[split].vector(pick.task, pick.description) for pick in picks]
        return ReconstructionBatch(
            torch.tensor([pick.task for pick in picks]),
            torch.stack(vectors),
            self.targets([self.names[pick.task] for pick in picks], reference),  # type: ignore[arg-type]
        )

    def train_dataloader(self) -> ResumableLoader:
        """Tasks once in an epoch, each with a description drawn at random; an incomplete last batch is left out."""
        assert self.trainer is not None
        sampler = TaskBatchSampler(
            [[1]] * len(self.names),
            [[0] * len(task.descriptions) for task in self.train_tasks],
            examples_per_task=1,
            batch_size=self.batch_size,
            seed=self.seed,
            rank=self.trainer.global_rank,
            processes=self.trainer.world_size,
        )
        return ResumableLoader(Picks(), batch_sampler=sampler, collate_fn=partial(self._collate, split="train"))

    def val_dataloader(self) -> DataLoader[Any]:
        """Every task once, with its first unseen description."""
        assert self.trainer is not None
        picks = [Pick(index, 0, 0) for index in range(len(self.names))]
        batches: Any = even_batches(picks, self.batch_size, self.trainer.world_size)[
            self.trainer.global_rank :: self.trainer.world_size
        ]
        return DataLoader(Picks(), batch_sampler=batches, collate_fn=partial(self._collate, split="test"))
