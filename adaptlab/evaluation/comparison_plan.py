"""Say what a comparison of methods compares: one YAML file -> a checked plan."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from omegaconf import MISSING, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from adaptlab.basemodels import fast_dtype
from adaptlab.errors import ConfigurationError
from adaptlab.tasks import load_suite


@dataclass
class Method:
    """One row.

    Args:
        model: what `adaptlab fit` takes under `model`: families and a generator, or a tuner.
        learning_rates: the grid; a single one is taken without trying.
    """

    model: dict[str, Any] = MISSING
    learning_rates: list[float] = MISSING


@dataclass
class Comparison:
    """What is compared, on what, with how much.

    Args:
        methods: by name.
        base_model: as for `load_base_model`.
        dtype: of the base model; `auto` is bfloat16 where the hardware multiplies in it, float32 elsewhere.
        tasks: names of train tasks of the built-in suite; each gets an adapter of its own unless `joint`.
        choose_on: tasks that learning rates are chosen on; none of `tasks`.
        joint: train one adapter on all tasks together.
        examples: train examples in all, in so many runs, drawn by the seed; all there are where empty.
        steps: optimiser steps of a run.
        batch_size: examples of a step.
        held_back: train examples a task that choose the learning rate.
        test_examples: measured a task, by generation.
        seeds: of training.
    """

    methods: dict[str, Method] = MISSING
    base_model: str = MISSING
    tasks: list[str] = MISSING
    choose_on: list[str] = MISSING
    dtype: str = "float32"
    joint: bool = False
    examples: list[int] = field(default_factory=list)
    steps: int = 64
    batch_size: int = 8
    held_back: int = 16
    test_examples: int = 16
    seeds: list[int] = field(default_factory=lambda: [0])


def file_name(method: str) -> str:
    """A method's name as files may be called."""
    return "".join(letter if letter.isalnum() else "_" for letter in method.lower())


def read_comparison(path: Path) -> Comparison:
    """Read and check a file.

    Raises:
        ConfigurationError: naming what is missing, unknown or contradictory.
    """
    try:
        merged = OmegaConf.merge(OmegaConf.structured(Comparison), OmegaConf.load(path))
        found = OmegaConf.to_object(merged)
    except (OSError, yaml.YAMLError, OmegaConfBaseException) as error:
        place = f"{key}: " if (key := getattr(error, "full_key", None)) else ""
        raise ConfigurationError(f"{path} is no comparison of methods: {place}{str(error).splitlines()[0]}") from error
    assert isinstance(found, Comparison)
    if found.dtype == "auto":
        found.dtype = fast_dtype()
    _refuse_contradictions(path, found)
    return found


def _refuse_contradictions(path: Path, found: Comparison) -> None:
    """Stop before anything is trained.

    Raises:
        ConfigurationError: naming what is wrong.
    """
    known = {task.name for task in load_suite("builtin").train}
    unknown = sorted({*found.tasks, *found.choose_on} - known)
    if unknown:
        raise ConfigurationError(f"{path} names {unknown[0]!r}, which is no train task of the built-in suite")
    files = [file_name(name) for name in found.methods]
    alike = sorted(name for name in found.methods if files.count(file_name(name)) > 1)
    if alike:
        raise ConfigurationError(f"{path}: {' and '.join(alike)} are too much alike to be kept apart; rename one")
    uneven = [count for count in found.examples if count % len(found.tasks or [""])]
    if uneven:
        raise ConfigurationError(
            f"{path}: {uneven[0]} examples cannot be shared out evenly over {len(found.tasks)} tasks; examples count "
            "over all tasks"
        )
    both = sorted(set(found.tasks) & set(found.choose_on))
    if both or not found.tasks or not found.choose_on or not found.methods:
        raise ConfigurationError(
            f"{path} needs methods, tasks, and other tasks to choose learning rates on"
            + (f"; {both[0]!r} is in both lists" if both else "")
        )
    for name in ("tasks", "choose_on", "examples", "seeds"):
        listed = getattr(found, name)
        if len(set(listed)) != len(listed):
            raise ConfigurationError(f"{path} names one of its {name} twice: {listed}")
    for name in ("steps", "batch_size", "held_back", "test_examples"):
        if getattr(found, name) < 1:
            raise ConfigurationError(f"{path}: {name} must be at least 1, got {getattr(found, name)}")
    if not found.seeds or not all(method.learning_rates for method in found.methods.values()):
        raise ConfigurationError(f"{path} needs at least one seed, and a learning rate for each method")
    for name, method in found.methods.items():
        shared = sorted({"base_model", "dtype", "optimizer"} & method.model.keys())
        if shared:
            raise ConfigurationError(
                f"{path}: the method {name!r} sets {shared[0]!r}, which all methods share; base_model and dtype stand "
                "beside `methods`, and learning_rates beside `model`"
            )
