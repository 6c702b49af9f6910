"""Measure how far apart descriptions lie: a suite and an encoder -> tables of nearest neighbours."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from rich.box import MARKDOWN
from rich.table import Table
from torch import Tensor
from torch.nn.functional import normalize

from adaptlab.contracts import Task, TaskSuite
from adaptlab.embeddings import TaskEncoder

NEAREST = 3


@dataclass(frozen=True)
class Probe:
    """How often an unseen description lies nearest to a training description of its own task.

    Args:
        family: of the tasks.
        tasks: how many there are.
        descriptions: how many unseen descriptions were tried.
        among_siblings: share that is right among the tasks of the family, 0 to 1.
        among_all: share that is right among all tasks, 0 to 1.
    """

    family: str
    tasks: int
    descriptions: int
    among_siblings: float
    among_all: float


def _unit_vectors(encoder: TaskEncoder, tasks: Sequence[Task], unseen: bool) -> dict[str, Tensor]:
    texts = {task.name: list(task.evaluation_descriptions if unseen else task.descriptions) for task in tasks}
    flat = [(text, name) for name, found in texts.items() for text in found]
    vectors = normalize(encoder.encode([text for text, _ in flat], [name for _, name in flat]).vectors, dim=-1)
    return dict(zip(texts, torch.split(vectors, [len(found) for found in texts.values()]), strict=True))


def probe_siblings(suite: TaskSuite, encoder: TaskEncoder) -> list[Probe]:
    """Nearest-neighbour classification of unseen descriptions by cosine similarity, for each family of two or more."""
    tasks = suite.all_tasks
    seen, asked = _unit_vectors(encoder, tasks, unseen=False), _unit_vectors(encoder, tasks, unseen=True)
    best = {name: _best_by_task(queries, seen) for name, queries in asked.items()}
    families: dict[str, list[str]] = {}
    for task in tasks:
        families.setdefault(task.family, []).append(task.name)
    names = list(seen)
    probes = []
    for family, members in sorted(families.items()):
        if len(members) < 2:
            continue
        columns = torch.tensor([names.index(name) for name in members])
        siblings = torch.cat([best[name][:, columns].argmax(dim=1) == i for i, name in enumerate(members)])
        everyone = torch.cat([best[name].argmax(dim=1) == names.index(name) for name in members])
        shares = siblings.float().mean().item(), everyone.float().mean().item()
        probes.append(Probe(family, len(members), len(siblings), *shares))
    return probes


def _best_by_task(queries: Tensor, seen: Mapping[str, Tensor]) -> Tensor:
    """The highest similarity of each query to each task's descriptions: `[queries, tasks]`."""
    return torch.stack([(queries @ vectors.T).amax(dim=1) for vectors in seen.values()], dim=1)


def sibling_probe(suite: TaskSuite, encoder: TaskEncoder) -> Table:
    """The probe as a table, families that are told apart worst first."""
    columns = ("family", "tasks", "unseen descriptions", "right among siblings", "right among all tasks")
    table = Table(*columns, box=MARKDOWN)
    probes = probe_siblings(suite, encoder)
    for probe in sorted(probes, key=lambda probe: probe.among_siblings):
        shares = f"{probe.among_siblings:.1%}", f"{probe.among_all:.1%}"
        table.add_row(probe.family, str(probe.tasks), str(probe.descriptions), *shares)
    total = sum(probe.descriptions for probe in probes)
    means = [
        sum(getattr(probe, field) * probe.descriptions for probe in probes) / max(1, total)
        for field in ("among_siblings", "among_all")
    ]
    table.add_row("all", str(sum(probe.tasks for probe in probes)), str(total), *(f"{mean:.1%}" for mean in means))
    return table


def held_out_neighbours(suite: TaskSuite, encoder: TaskEncoder) -> Table:
    """For each held-out task: its siblings and inverses among the train tasks, and the nearest of all, with distances.

    A distance is 1 minus the cosine similarity of mean description vectors; an inverse is a task that has a tenth or
    more of the pairs with question and answer exchanged.
    """
    means = {
        name: vectors.mean(dim=0) for name, vectors in _unit_vectors(encoder, suite.all_tasks, unseen=False).items()
    }
    pairs = {
        task.name: {(e.input, e.targets[0]) for rows in task.splits.values() for e in rows} for task in suite.train
    }
    columns = ("held-out task", "tests", "siblings in train", "inverses in train", "nearest in train (distance)")
    table = Table(*columns, box=MARKDOWN)
    for task in suite.test:
        distance = {
            other.name: 1 - torch.cosine_similarity(means[task.name], means[other.name], dim=0).item()
            for other in suite.train
        }
        turned = {(e.targets[0], e.input) for rows in task.splits.values() for e in rows}
        siblings = [other.name for other in suite.train if other.family == task.family]
        inverses = [name for name, own in pairs.items() if 10 * len(own & turned) >= len(turned)]
        table.add_row(
            task.name,
            task.kind,
            _listed(siblings, distance),
            _listed(inverses, distance),
            _listed(list(distance), distance),
        )
    return table


def _listed(names: Sequence[str], distance: Mapping[str, float]) -> str:
    nearest = sorted(names, key=distance.__getitem__)[:NEAREST]
    more = f" and {len(names) - NEAREST} more" if NEAREST < len(names) < len(distance) else ""
    return ", ".join(f"{name} ({distance[name]:.2f})" for name in nearest) + more
