"""Hold the frozen values that cross from one stage to the next, and nothing else.

tasks -> Task -> embeddings -> TaskEmbedding -> hypernetworks -> AdapterParameters -> adapters -> basemodels
-> evaluation -> RunRecord -> reports
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from types import MappingProxyType
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from adaptlab.errors import ConfigurationError, TaskError


@dataclass(frozen=True)
class Example:
    """One question and its accepted answers.

    Args:
        input: what the model reads, without the task description.
        targets: accepted answers; the first one is the training target.
        choices: the closed set of answers, where the task has one.
    """

    input: str
    targets: tuple[str, ...]
    choices: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.targets or not all(self.targets):
            raise TaskError(f"example {self.input!r} needs at least one non-empty target")


@dataclass(frozen=True)
class Task:
    """A task that sentences describe and examples show.

    Args:
        name: unique within its suite.
        descriptions: phrasings that training may use.
        unseen_descriptions: phrasings kept for evaluation.
        splits: examples by split name; `train` and `test` share no input.
        metric: `exact_match` (case, articles and punctuation do not count) or `exact_match_strict`.
        family: tasks of one family are siblings: one operation with different arguments.
        source: where the task came from, with its licence when it is not ours.
        kind: what a held-out task tests: `new argument`, `new composition` or `new family`; empty where not known.
        overlaps: benchmarks that are made from the same data as this task.
    """

    name: str
    descriptions: Sequence[str]
    splits: Mapping[str, Sequence[Example]]
    unseen_descriptions: Sequence[str] = ()
    metric: str = "exact_match"
    family: str = ""
    source: str = ""
    kind: str = ""
    overlaps: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "splits", MappingProxyType(dict(self.splits)))
        for description in (*self.descriptions, *self.unseen_descriptions):
            if not description.strip():
                raise TaskError(f"task {self.name!r} has an empty description; write one or remove it")

    @property
    def evaluation_descriptions(self) -> Sequence[str]:
        """The unseen descriptions, or all of them where none was set apart."""
        return self.unseen_descriptions or self.descriptions


@dataclass(frozen=True)
class TaskSuite:
    """Tasks by the use they may be put to; the three groups share no task.

    Args:
        name: names the suite in records.
        train: tasks that generators are trained on.
        validation: tasks that choose checkpoints, learning rates and prompt forms.
        test: held-out tasks, only ever measured.
        skipped: what was left out because it was broken, a sentence each.
        fingerprint: a hash of all its texts, once it has been stored.
    """

    name: str
    train: tuple[Task, ...]
    validation: tuple[Task, ...] = ()
    test: tuple[Task, ...] = ()
    skipped: tuple[str, ...] = ()
    fingerprint: str = ""

    def __post_init__(self) -> None:
        names = [task.name for task in self.all_tasks]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise TaskError(f"suite {self.name!r} lists {twice} more than once; task names must be unique")

    @property
    def all_tasks(self) -> tuple[Task, ...]:
        """Train, validation and test tasks, in this order."""
        return (*self.train, *self.validation, *self.test)


@dataclass(frozen=True)
class TaskEmbedding:
    """One vector per described task.

    Args:
        vectors: float32, `[tasks, width]`.
        names: the task that each row belongs to.
    """

    vectors: Float[Tensor, "tasks width"]
    names: tuple[str, ...]

    def __post_init__(self) -> None:
        if self.vectors.shape[0] != len(self.names):
            raise ConfigurationError(f"{self.vectors.shape[0]} vectors for {len(self.names)} names")


@dataclass(frozen=True, order=True)
class AdapterSite:
    """One place in a model that can be adapted. Sites sort by module type, then by layer.

    Args:
        module_type: last part of the module's path (`q_proj`), or `block` for a decoder layer's output.
        layer: index of the decoder layer, from 0.
        path: the module's full name in the model.
        in_width: width of what the module reads.
        out_width: width of what the module gives.
    """

    module_type: str
    layer: int
    path: str
    in_width: int
    out_width: int


@dataclass(frozen=True)
class FactorShape:
    """The shape of one named matrix of an adapter: `rows` by `width`."""

    name: str
    rows: int
    width: int


@dataclass(frozen=True)
class SiteGroup:
    """All sites of one module type under one family: equal factor shapes, so one hypernetwork head.

    Args:
        family: the adapter family's name, `lora` or `loreft`.
        module_type: as in `AdapterSite`; a family that edits a site in two places adds a suffix.
        sites: the sites, by ascending layer.
        factors: the matrices that every one of the sites has.
    """

    family: str
    module_type: str
    sites: tuple[AdapterSite, ...]
    factors: tuple[FactorShape, ...]

    @property
    def key(self) -> str:
        """`family/module_type`: the group's name in `AdapterParameters`."""
        return f"{self.family}/{self.module_type}"

    @property
    def parameters_per_task(self) -> int:
        """Number of values that one task's adapter has in this group."""
        return len(self.sites) * sum(factor.rows * factor.width for factor in self.factors)


FactorTensors = Mapping[str, Float[Tensor, "tasks layers _ _"]]
OneAdapter = Mapping[str, Float[Tensor, "1 layers _ _"]]


@dataclass(frozen=True)
class AdapterParameters:
    """The adapters of a batch of tasks.

    Args:
        groups: what is adapted, in sorted order.
        factors: by group key and factor name, `[tasks, layers, rows, width]`.
    """

    groups: tuple[SiteGroup, ...]
    factors: Mapping[str, FactorTensors]

    def __len__(self) -> int:
        first = next(iter(self.factors[self.groups[0].key].values()))
        return int(first.shape[0])

    def __getitem__(self, tasks: int | slice | Sequence[int] | Tensor) -> "AdapterParameters":
        """The adapters of some tasks; an integer keeps the task axis, with length 1."""
        if isinstance(tasks, int) and not -len(self) <= tasks < len(self):
            raise IndexError(f"adapter {tasks} of {len(self)}")
        index = slice(tasks, tasks + 1 or None) if isinstance(tasks, int) else tasks
        if isinstance(index, Sequence):
            index = torch.tensor(index)
        picked = {key: {name: value[index] for name, value in factors.items()} for key, factors in self.factors.items()}
        return AdapterParameters(self.groups, picked)

    def to(self, device: torch.device | str) -> "AdapterParameters":
        """The adapters on another device."""
        moved = {key: {name: v.to(device) for name, v in factors.items()} for key, factors in self.factors.items()}
        return AdapterParameters(self.groups, moved)

    @property
    def families(self) -> tuple[str, ...]:
        """Names of the families present, sorted."""
        return tuple(sorted({group.family for group in self.groups}))

    @property
    def parameters_per_task(self) -> int:
        """Number of values in one task's adapter."""
        return sum(group.parameters_per_task for group in self.groups)


@dataclass(frozen=True)
class MetricValue:
    """One measured number.

    Args:
        metric: its name, `exact_match` for one.
        split: `seen` (train tasks, unseen examples and descriptions), `validation`, `heldout`, or, of a public
            benchmark, `contaminated` or `selected on`.
        task: the task it was measured on.
        value: the mean over the examples, in 0..1 for scores.
        count: how many scored examples stand behind it.
    """

    metric: str
    split: str
    task: str
    value: float
    count: int


@dataclass(frozen=True)
class RunRecord:
    """One measured result with everything needed to repeat it.

    Args:
        method: row name in a report, such as `text-to-lora`.
        condition: how descriptions were given: `aligned`, `shuffled`, `prompt`, `none`, ...
        oracle: whether it was trained on held-out tasks' own train splits; such rows are ceilings.
        base_model: name of the frozen model.
        seed: the training seed, or the evaluation seed for untrained methods.
        config: the resolved configuration.
        environment: commit, whether it was dirty, package versions, hardware.
        wall_time_seconds: duration of the measurement.
        training_time_seconds: duration of the training behind it; 0 for untrained methods.
        peak_memory_bytes: the most memory held while training, or while measuring where nothing trains.
        trained_parameters: number of parameters that were trained.
        emitted_parameters: number of values in one task's adapter.
        stored_bytes: what is kept on disk to give the adapters of all tasks.
        metrics: what was measured, per task.
        protocol: of public benchmarks, `lmeval` or `paper`; empty for suites of tasks.
        notes: anything else.
    """

    method: str
    condition: str
    base_model: str
    seed: int
    config: Mapping[str, Any]
    environment: Mapping[str, Any]
    metrics: tuple[MetricValue, ...]
    oracle: bool = False
    wall_time_seconds: float = 0.0
    training_time_seconds: float = 0.0
    peak_memory_bytes: int = 0
    trained_parameters: int = 0
    emitted_parameters: int = 0
    stored_bytes: int = 0
    protocol: str = ""
    notes: Mapping[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """The record as plain types, ready for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "RunRecord":
        """Rebuild a record from what `to_dict` gave."""
        metrics = tuple(MetricValue(**metric) for metric in values["metrics"])
        return cls(**{**values, "metrics": metrics})
