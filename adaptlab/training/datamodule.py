"""Serve batches of mixed, described tasks: `TaskSuite` -> `AdaptationBatch`es for training and validation."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any, Literal, cast

import torch
from lightning import LightningDataModule
from lightning.pytorch.utilities import rank_zero_warn
from torch import Tensor
from torch.utils.data import DataLoader

from adaptlab.contracts import Task
from adaptlab.embeddings import Condition, KnownTasks, SentenceEncoder, TaskEncoder, condition_width
from adaptlab.errors import ConfigurationError, TaskError
from adaptlab.tasks import PromptFormat, load_suite
from adaptlab.tasks.decontamination import refuse_contaminated
from adaptlab.training.adaptation import SupervisedAdaptation
from adaptlab.training.batches import AdaptationBatch, TokenizedExample, collate
from adaptlab.training.examples import DescribedExamples, SomeExamples
from adaptlab.training.rounds import TaskRoundSampler
from adaptlab.training.sampling import Pick, TaskBatchSampler, even_batches, numbers_to_train_on
from adaptlab.training.tokens import TokenSource


class ResumableLoader(DataLoader[AdaptationBatch]):
    """A loader that knows how many batches of the epoch it has given, and can go on from there."""

    batch_sampler: TaskBatchSampler

    def state_dict(self) -> dict[str, Any]:
        """The place in the data."""
        return self.batch_sampler.place

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from a place; the next iteration gives the rest of that epoch."""
        self.batch_sampler.resume(state)

    def __iter__(self) -> Any:
        self.batch_sampler.begin()
        for batch in super().__iter__():
            self.batch_sampler.done += 1
            yield batch


@dataclass(frozen=True)
class Measured:
    """What a validation measures.

    Args:
        examples: of some tasks.
        tasks: those tasks.
        limit: how many of each.
        last: whether these are the last ones of their split, not the first.
    """

    examples: DescribedExamples
    tasks: Sequence[Task]
    limit: int
    last: bool = False

    def picks(self) -> list[Pick]:
        """The examples, task by task; descriptions take turns."""
        source, found = self.examples.source, []
        for index, task in enumerate(self.tasks):
            count = len(task.splits[source.split])
            numbers = range(max(0, count - self.limit), count) if self.last else range(min(self.limit, count))
            found += [Pick(index, number, number % len(source.descriptions[index])) for number in numbers]
        return found


class TaskDataModule(LightningDataModule):
    """Described tasks for `SupervisedAdaptation`.

    Args:
        suite: as for `load_suite`: `builtin`, a part of it (`builtin:family+family`, `builtin@64`), a folder of tasks,
            or a YAML file of hub datasets.
        encoder: what embeds descriptions; the packaged MiniLM by default.
        prompt: how prompts are laid out; without the description by default, since the adapter carries it.
        batch_size: examples per forward and backward pass, over all processes; an optimiser step takes
            `trainer.accumulate_grad_batches` times as many.
        examples_per_task: examples that each task gives to an epoch.
        train_examples: train on so many examples of each task only, drawn by the seed; on all when None.
        examples_per_description: how many examples of a batch share a description, and so an adapter; more make a step
            faster and its batch less varied. In rounds, the batch of one task's step.
        order: `mixed` draws batches from all tasks at random; in `rounds` every task takes its turn with a batch of its
            own, the same whatever other tasks there are, which is how a `TaskTable` trains.
        condition: what generators are conditioned on: the `description`, the `input` (HyperDecoder), or `both`.
        max_length_tokens: the longest prompt and answer; a longer example is an error.
        validation_examples: test examples per validation task.
        seen_examples: test examples per train task, for the learning curve on seen tasks.
        held_back_examples: train examples per task that are kept from training and measured by each validation.
        heldout_oracles: train on the held-out tasks' own train examples, for ceilings; only a `TaskTable` may.
        seed: decides the order of examples and the choice of descriptions.
        num_workers: processes that prepare batches ahead; 0 does it in the training process.
        skip_broken: leave broken files of a folder of tasks out, saying so, instead of stopping at the first.
        allow_contaminated: train although train tasks hold material that held-out tasks are measured with.
    """

    def __init__(
        self,
        suite: str = "builtin",
        encoder: TaskEncoder | None = None,
        prompt: PromptFormat | None = None,
        batch_size: int = 32,
        examples_per_task: int = 64,
        train_examples: int | None = None,
        examples_per_description: int = 1,
        order: Literal["mixed", "rounds"] = "mixed",
        condition: Condition = "description",
        max_length_tokens: int = 512,
        validation_examples: int = 32,
        seen_examples: int = 2,
        held_back_examples: int = 0,
        heldout_oracles: bool = False,
        seed: int = 0,
        num_workers: int = 0,
        skip_broken: bool = False,
        allow_contaminated: bool = False,
    ) -> None:
        super().__init__()
        self.encoder, self.prompt = encoder or SentenceEncoder(), prompt or PromptFormat()
        self.batch_size, self.examples_per_task = batch_size, examples_per_task
        self.train_examples, self.examples_per_description = train_examples, examples_per_description
        if train_examples is not None and train_examples < 1:
            raise ConfigurationError(f"train_examples must be at least 1, got {train_examples}")
        self.max_length_tokens, self.seed, self.num_workers = max_length_tokens, seed, num_workers
        self.order, self.condition = order, condition
        if condition != "description" and examples_per_description > 1:
            raise ConfigurationError(
                "examples share no adapter where each input has its own; set examples_per_description: 1"
            )
        self.validation_examples, self.seen_examples = validation_examples, seen_examples
        self.held_back_examples, self.heldout_oracles = held_back_examples, heldout_oracles
        self.suite = load_suite(suite, skip_broken=skip_broken)
        trained = self.suite.test if heldout_oracles else self.suite.train
        self.train_tasks = tuple(sorted(trained, key=lambda task: task.name))  # as one-hot codes count them
        self.validation_tasks = self.suite.validation
        if not self.train_tasks or (validation_examples and not self.validation_tasks):
            raise TaskError(f"suite {suite!r} needs at least one train and one validation task")
        if not allow_contaminated:
            refuse_contaminated(self.suite)
        self.encoder.fit([task.name for task in self.train_tasks])

    @property
    def condition_width(self) -> int:
        """Width of the vectors that generators are conditioned on."""
        return condition_width(self.condition, self.encoder)

    def prepare_data(self) -> None:
        """Tokenise and embed in one process per machine; the others then find both in the caches."""
        self.setup("fit")

    def setup(self, stage: str) -> None:
        """Open the token ids and embeddings of all splits; the first call does it."""
        if hasattr(self, "training"):
            return
        assert self.trainer is not None
        module = self._module()
        self.tokenizer = module.tokenizer
        if not module.shard_base_model:  # else it may fit on no device; encoders that use it do so where it is
            module.frozen_model.to(self.trainer.strategy.root_device)  # type: ignore[arg-type]
        self.encoder.use_base_model(module.frozen_model, module.tokenizer)
        self.training = self._described(self.train_tasks, "train", [t.descriptions for t in self.train_tasks])
        self.measured: dict[str, Measured] = {}
        for split, tasks, limit in (
            ("validation", self.validation_tasks, self.validation_examples),
            ("seen", self.train_tasks, self.seen_examples),
        ):
            if limit:
                descriptions = [task.evaluation_descriptions for task in tasks]
                self.measured[split] = Measured(self._described(tasks, "test", descriptions), tasks, limit)
        if self.held_back_examples:
            self.measured["held_back"] = Measured(self.training, self.train_tasks, self.held_back_examples, last=True)
        for line in self.suite.skipped:
            rank_zero_warn(f"left out: {line}")

    def _module(self) -> SupervisedAdaptation:
        assert self.trainer is not None
        return cast(SupervisedAdaptation, self.trainer.lightning_module)

    def tasks_of(self, split: str) -> Sequence[Task]:
        """The tasks that a validation measures as `validation`, `seen` or `held_back`."""
        return self.measured[split].tasks

    @cached_property
    def known_tasks(self) -> dict[str, Any] | None:
        """Where the train tasks lie in the space of embeddings, where generators read descriptions and no codes."""
        table = self.training.descriptions
        if self.condition != "description" or self.encoder.known_tasks is not None or table is None:
            return None
        names = [task.name for task in self.train_tasks]
        return KnownTasks.of(names, [table.vectors(index) for index in range(len(names))]).state()

    def _described(self, tasks: Sequence[Task], split: str, descriptions: Sequence[Sequence[str]]) -> DescribedExamples:
        source = TokenSource(self.suite.fingerprint, tasks, split, descriptions, self.prompt)
        return DescribedExamples(source, self.encoder, self.tokenizer, self.max_length_tokens, self.condition)

    def _collate(self, rows: Sequence[tuple[TokenizedExample, Tensor]], sharing: int = 1) -> AdaptationBatch:
        pad = self.tokenizer.pad_token_id
        return collate([tokens for tokens, _ in rows], torch.stack([vector for _, vector in rows[::sharing]]), pad)

    def _loading(self, sharing: int = 1) -> dict[str, Any]:
        return {
            "collate_fn": partial(self._collate, sharing=sharing),
            "num_workers": self.num_workers,
            "persistent_workers": self.num_workers > 0,
            "pin_memory": torch.cuda.is_available(),
        }

    def train_dataloader(self) -> ResumableLoader:
        """Every task equally often, in the same global batches whatever the number of processes."""
        assert self.trainer is not None
        all_lengths = self.training.tokens.example_lengths()
        kept, wanted, shown = self.held_back_examples, self.train_examples, self.prompt.shots
        numbers = [
            numbers_to_train_on(task.name, len(of_task), kept, wanted, self.seed, shown)
            for task, of_task in zip(self.train_tasks, all_lengths, strict=True)
        ]
        options: dict[str, Any] = {
            "example_lengths": [of_task[chosen] for of_task, chosen in zip(all_lengths, numbers, strict=True)],
            "description_lengths": self.training.tokens.description_lengths(),
            "examples_per_task": self.examples_per_task,
            "batch_size": self.batch_size,
            "seed": self.seed,
            "rank": self.trainer.global_rank,
            "processes": self.trainer.world_size,
            "sharing": self.examples_per_description,
        }
        if self.order == "rounds":
            names, stopped = [task.name for task in self.train_tasks], self._module().generator.stopped_tasks
            sampler: TaskBatchSampler = TaskRoundSampler(names, stopped=stopped, **options)
        else:
            sampler = TaskBatchSampler(**options)
        examples = SomeExamples(self.training, numbers)
        return ResumableLoader(examples, batch_sampler=sampler, **self._loading(self.examples_per_description))

    def val_dataloader(self) -> list[DataLoader[AdaptationBatch]]:
        """Held-out validation tasks first, then seen tasks; both with unseen examples and descriptions."""
        assert self.trainer is not None
        loaders = []
        for measured in self.measured.values():
            dataset, lengths = measured.examples, measured.examples.tokens.example_lengths()
            picks = measured.picks()
            if len(picks) < self.trainer.world_size:
                raise ConfigurationError(
                    f"{len(picks)} validation examples for {self.trainer.world_size} processes; raise "
                    "validation_examples and seen_examples"
                )
            picks.sort(key=lambda pick: lengths[pick.task][pick.example])
            processes = self.trainer.world_size
            batches = even_batches(picks, max(2, 2 * self.batch_size // processes), processes)
            share: Any = batches[self.trainer.global_rank :: processes]
            loaders.append(DataLoader(dataset, batch_sampler=share, **self._loading()))
        return loaders
