"""Serve batches of mixed, described tasks: `TaskSuite` -> `AdaptationBatch`es for training and validation."""

from collections.abc import Sequence
from typing import Any, cast

import torch
from lightning import LightningDataModule
from torch import Tensor
from torch.utils.data import DataLoader, Dataset
from transformers import PreTrainedTokenizerBase

from adaptlab.contracts import Task
from adaptlab.embeddings import SentenceEncoder, TaskEncoder
from adaptlab.errors import TaskError
from adaptlab.tasks import PromptFormat, load_suite
from adaptlab.training.adaptation import SupervisedAdaptation
from adaptlab.training.batches import AdaptationBatch, TokenizedExample, collate, tokenize
from adaptlab.training.sampling import Pick, TaskBatchSampler


class DescribedExamples(Dataset[Any]):
    """Examples of some tasks with the embedding of a description: `Pick` -> tokens and vector."""

    def __init__(
        self,
        tasks: Sequence[Task],
        example_split: str,
        descriptions: Sequence[Sequence[str]],
        encoder: TaskEncoder,
        tokenizer: PreTrainedTokenizerBase,
        prompt: PromptFormat,
        max_length_tokens: int,
    ) -> None:
        self.examples = [task.splits[example_split] for task in tasks]
        self.shots = [task.splits.get("train", ())[: prompt.shots] for task in tasks]
        self.descriptions, self.tokenizer = descriptions, tokenizer
        self.prompt, self.max_length_tokens = prompt, max_length_tokens
        self.start = prompt.prompt_start(tokenizer)
        flat = [text for texts in descriptions for text in texts]
        names = [task.name for task, texts in zip(tasks, descriptions, strict=True) for _ in texts]
        vectors = encoder.encode(flat, names).vectors
        self.embeddings = torch.split(vectors, [len(texts) for texts in descriptions])

    def __getitem__(self, pick: Pick) -> tuple[TokenizedExample, Tensor]:
        example = self.examples[pick.task][pick.example]
        description = self.descriptions[pick.task][pick.description]
        prompt = self.prompt.render(example.input, self.tokenizer, description, self.shots[pick.task])
        answer = self.tokenizer(self.prompt.answer_text(example.targets[0]), add_special_tokens=False)["input_ids"]
        tokens = tokenize(
            self.prompt.token_ids(prompt, self.tokenizer),
            [*answer, self.tokenizer.eos_token_id],
            self.start,
            self.max_length_tokens,
            prompt,
        )
        return tokens, self.embeddings[pick.task][pick.description]

    def lengths(self) -> tuple[list[list[int]], list[list[int]]]:
        """Length in tokens of every example, and of every description where it stands in the prompt."""
        examples = [
            self._count([f"{example.input} {example.targets[0]}" for example in examples]) for examples in self.examples
        ]
        if not self.prompt.description:
            return examples, [[0] * len(texts) for texts in self.descriptions]
        return examples, [self._count(texts) for texts in self.descriptions]

    def _count(self, texts: Sequence[str]) -> list[int]:
        return [len(ids) for ids in self.tokenizer(list(texts), add_special_tokens=False)["input_ids"]]


def evaluation_picks(tasks: Sequence[Task], descriptions: Sequence[Sequence[str]], limit: int) -> list[Pick]:
    """The first `limit` test examples of each task; descriptions take turns."""
    return [
        Pick(index, example, example % len(descriptions[index]))
        for index, task in enumerate(tasks)
        for example in range(min(limit, len(task.splits["test"])))
    ]


class TaskDataModule(LightningDataModule):
    """Described tasks for `SupervisedAdaptation`.

    Args:
        suite: `builtin`, some families of it as `builtin:family+family`, or a folder of tasks.
        encoder: what embeds descriptions; the packaged MiniLM by default.
        prompt: how prompts are laid out; without the description by default, since the adapter carries it.
        batch_size: examples per optimiser step, over all processes.
        examples_per_task: examples that each task gives to an epoch.
        max_length_tokens: the longest prompt and answer; a longer example is an error.
        validation_examples: test examples per validation task.
        seen_examples: test examples per train task, for the learning curve on seen tasks.
        seed: decides the order of examples and the choice of descriptions.
        num_workers: processes that tokenise ahead; 0 does it in the training process.
    """

    def __init__(
        self,
        suite: str = "builtin",
        encoder: TaskEncoder | None = None,
        prompt: PromptFormat | None = None,
        batch_size: int = 32,
        examples_per_task: int = 64,
        max_length_tokens: int = 512,
        validation_examples: int = 32,
        seen_examples: int = 2,
        seed: int = 0,
        num_workers: int = 0,
    ) -> None:
        super().__init__()
        self.suite_name, self.encoder, self.prompt = suite, encoder or SentenceEncoder(), prompt or PromptFormat()
        self.batch_size, self.examples_per_task = batch_size, examples_per_task
        self.max_length_tokens, self.seed, self.num_workers = max_length_tokens, seed, num_workers
        self.validation_examples, self.seen_examples = validation_examples, seen_examples
        suite_tasks = load_suite(suite)
        self.train_tasks = suite_tasks.train
        self.validation_tasks = suite_tasks.validation
        if not self.train_tasks or not self.validation_tasks:
            raise TaskError(f"suite {suite!r} needs at least one train and one validation task")
        self.encoder.fit([task.name for task in self.train_tasks])

    def setup(self, stage: str) -> None:
        """Tokenise lengths and embed all descriptions, once per process."""
        assert self.trainer is not None
        module = cast(SupervisedAdaptation, self.trainer.lightning_module)
        self.tokenizer = module.tokenizer
        self.encoder.use_base_model(module.frozen_model, module.tokenizer)
        self.training = self._described(self.train_tasks, "train", [t.descriptions for t in self.train_tasks])
        self.lengths = self.training.lengths()

    def _described(self, tasks: Sequence[Task], split: str, descriptions: Sequence[Sequence[str]]) -> DescribedExamples:
        return DescribedExamples(
            tasks, split, descriptions, self.encoder, self.tokenizer, self.prompt, self.max_length_tokens
        )

    def _collate(self, rows: Sequence[tuple[TokenizedExample, Tensor]]) -> AdaptationBatch:
        pad = self.tokenizer.pad_token_id
        return collate([tokens for tokens, _ in rows], torch.stack([vector for _, vector in rows]), pad)

    def _loader(self, dataset: DescribedExamples, batches: Any) -> DataLoader[AdaptationBatch]:
        return DataLoader(
            dataset,
            batch_sampler=batches,
            collate_fn=self._collate,
            num_workers=self.num_workers,
            persistent_workers=self.num_workers > 0,
            pin_memory=torch.cuda.is_available(),
        )

    def train_dataloader(self) -> DataLoader[AdaptationBatch]:
        assert self.trainer is not None
        sampler = TaskBatchSampler(
            *self.lengths,
            examples_per_task=self.examples_per_task,
            batch_size=self.batch_size,
            seed=self.seed,
            rank=self.trainer.global_rank,
            processes=self.trainer.world_size,
        )
        return self._loader(self.training, sampler)

    def val_dataloader(self) -> list[DataLoader[AdaptationBatch]]:
        """Held-out validation tasks first, then seen tasks; both with unseen examples and descriptions."""
        assert self.trainer is not None
        loaders = []
        for tasks, limit in ((self.validation_tasks, self.validation_examples), (self.train_tasks, self.seen_examples)):
            descriptions = [task.evaluation_descriptions for task in tasks]
            dataset = self._described(tasks, "test", descriptions)
            lengths, _ = dataset.lengths()
            picks = evaluation_picks(tasks, descriptions, limit)
            picks.sort(key=lambda pick: lengths[pick.task][pick.example])
            size = min(2 * self.batch_size, -(-len(picks) // self.trainer.world_size))
            batches = [picks[start : start + size] for start in range(0, len(picks), size)]
            loaders.append(self._loader(dataset, batches[self.trainer.global_rank :: self.trainer.world_size]))
        return loaders
