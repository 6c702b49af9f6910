"""Write a suite as a folder of own tasks: `TaskSuite` -> tasks.yaml and a JSONL file for each task."""

import json
import random
from pathlib import Path
from typing import Any

import yaml

from adaptlab.contracts import Task, TaskSuite
from adaptlab.errors import TaskError
from adaptlab.files import written_whole
from adaptlab.tasks.loaders.plain import INDEX, TASK_SPLITS


def export_suite(suite: TaskSuite, folder: Path, sample_tasks: int | None = None, seed: int = 0) -> int:
    """Write a suite, or a random sample of its tasks, so that `load_folder` reads it back.

    Returns:
        How many tasks were written.

    Raises:
        TaskError: the folder exists, or a task's name cannot name a file.
    """
    if folder.exists():
        raise TaskError(f"{folder} exists; give the name of a new folder")
    tasks = [(split, task) for split in TASK_SPLITS for task in getattr(suite, split)]
    if sample_tasks is not None:
        tasks = random.Random(seed).sample(tasks, min(sample_tasks, len(tasks)))
    with written_whole(folder) as aside:
        aside.mkdir()
        index = {task.name: _entry(task, split) for split, task in tasks}
        for _, task in tasks:
            if Path(task.name).name != task.name:
                raise TaskError(f"task {task.name!r} cannot name a file")
            (aside / f"{task.name}.jsonl").write_text(_lines(task), encoding="utf-8")
        text = yaml.safe_dump(index, allow_unicode=True, sort_keys=False, width=1000)
        (aside / INDEX).write_text(text, encoding="utf-8")
    return len(tasks)


def _entry(task: Task, split: str) -> dict[str, Any]:
    entry: dict[str, Any] = {"descriptions": list(task.descriptions), "split": split, "metric": task.metric}
    if task.unseen_descriptions:
        entry["unseen_descriptions"] = list(task.unseen_descriptions)
    if task.overlaps:
        entry["overlaps"] = list(task.overlaps)
    return {**entry, **({"family": task.family} if task.family else {})}


def _lines(task: Task) -> str:
    rows = []
    for split, examples in task.splits.items():
        for example in examples:
            output = example.targets[0] if len(example.targets) == 1 else list(example.targets)
            row: dict[str, Any] = {"input": example.input, "output": output, "split": split}
            rows.append({**row, **({"choices": list(example.choices)} if example.choices else {})})
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
