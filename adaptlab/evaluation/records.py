"""Keep what was measured: scored answers -> a `RunRecord` and a per-example score file, written whole."""

import hashlib
import importlib.metadata
import json
import os
import platform
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from adaptlab.contracts import Example, MetricValue, RunRecord
from adaptlab.errors import RecordError
from adaptlab.files import write_json, write_text

PACKAGES = ("adaptlab", "torch", "lightning", "transformers", "peft", "sentence-transformers", "jsonargparse")


@dataclass(frozen=True)
class Score:
    """One scored answer.

    Args:
        split: `seen`, `validation` or `heldout`.
        task: name of the task.
        example: hash of the example; texts stay out of records.
        description: hash of the description that was used.
        repeat: which derangement, for shuffled descriptions; 0 otherwise.
        value: 0.0 or 1.0 for exact match.
        metric: what the value is of.
    """

    split: str
    task: str
    example: str
    description: str
    repeat: int
    value: float
    metric: str = "exact_match"


def text_hash(text: str) -> str:
    """Twelve hexadecimal digits that stand for a text."""
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def example_hash(example: Example) -> str:
    """Twelve hexadecimal digits that stand for an example."""
    return text_hash(json.dumps([example.input, *example.targets]))


def summarise(scores: Sequence[Score]) -> tuple[MetricValue, ...]:
    """Mean score and count per metric, split and task, sorted."""
    gathered: dict[tuple[str, str, str], list[float]] = {}
    for score in scores:
        gathered.setdefault((score.metric, score.split, score.task), []).append(score.value)
    return tuple(
        MetricValue(metric, split, task, sum(values) / len(values), len(values))
        for (metric, split, task), values in sorted(gathered.items())
    )


def _git(*arguments: str) -> str:
    folder = Path(__file__).resolve().parents[1]
    done = subprocess.run(["git", *arguments], cwd=folder, capture_output=True, text=True, check=False)
    return done.stdout.strip()


def environment() -> dict[str, Any]:
    """Commit, package versions and hardware: what a result depends on beside its configuration."""
    versions = {}
    for package in PACKAGES:
        try:
            versions[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            versions[package] = "not installed"
    gpus = [torch.cuda.get_device_name(index) for index in range(torch.cuda.device_count())]
    return {
        "commit": _git("rev-parse", "HEAD") or "unknown",
        "dirty": bool(_git("status", "--porcelain", "--untracked-files=no")),
        "packages": versions,
        "python": platform.python_version(),
        "hardware": {
            "machine": platform.machine(),
            "cpus": os.cpu_count(),
            "threads": torch.get_num_threads(),
            "gpus": gpus,
        },
    }


def record_path(folder: Path, method: str, condition: str, seed: int) -> Path:
    """Where the record of one measurement is kept."""
    return folder / f"{method}.{condition}.seed{seed}.json"


def write_record(folder: Path, record: RunRecord, scores: Sequence[Score]) -> Path:
    """Write `<method>.<condition>.seed<seed>.json` and the score file beside it; returns the record's path."""
    path = record_path(folder, record.method, record.condition, record.seed)
    write_text(path.with_suffix(".scores.jsonl"), "".join(json.dumps(vars(score)) + "\n" for score in scores))
    write_json(path, record.to_dict())
    return path


def read_record(path: Path) -> RunRecord:
    """Read one record.

    Raises:
        RecordError: the file is not a whole record.
    """
    try:
        values: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return RunRecord.from_dict(values)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RecordError(f"{path} is not a run record ({error}); measure it again with `adaptlab evaluate`") from error
