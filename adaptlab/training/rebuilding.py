"""Make a trained generator again: what a checkpoint holds -> the same module, encoder and prompt."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import yaml
from jsonargparse import ArgumentParser

from adaptlab.adapters import build_family
from adaptlab.embeddings import Condition, OneHot, TaskEncoder
from adaptlab.errors import CheckpointError
from adaptlab.tasks import PromptFormat
from adaptlab.training.adaptation import SupervisedAdaptation
from adaptlab.training.datamodule import TaskDataModule
from adaptlab.training.module import GeneratorFactory, is_standardised

ALLOWED_CLASSES = ("adaptlab.", "torch.optim.")


@dataclass(frozen=True)
class Rebuilt:
    """A generator's module as training had it, before its parameters are loaded.

    Args:
        module: on its base model.
        encoder: what makes conditions.
        prompt: how questions are put.
        condition: what generators are conditioned on.
        oracle: whether it was trained on held-out tasks' own examples.
    """

    module: SupervisedAdaptation
    encoder: TaskEncoder
    prompt: PromptFormat
    condition: Condition = "description"
    oracle: bool = False


def rebuild(checkpoint: Mapping[str, Any], base_model: str | None = None) -> Rebuilt:
    """The module that a checkpoint of either objective belongs to; only known classes are named in it.

    Args:
        checkpoint: as read from its file.
        base_model: load the base model from here instead of where training did.

    Raises:
        CheckpointError: its configuration names a class from elsewhere.
    """
    values = yaml.safe_load(checkpoint["config"])
    used = {"model": values["model"], "data": values["data"]}
    refuse_foreign_classes(used)
    if values.get("objective") == "reconstruction":
        return _reconstructing(used, checkpoint, base_model)
    used["model"]["base_model"] = base_model or used["model"]["base_model"]
    used["model"]["start_from"] = None  # what it began with has been trained since
    parser = ArgumentParser(exit_on_error=False)
    parser.add_class_arguments(SupervisedAdaptation, "model")
    parser.add_class_arguments(TaskDataModule, "data")
    built = parser.instantiate(parser.parse_object(used))
    module: SupervisedAdaptation = built.model
    if is_standardised(checkpoint["state_dict"]):
        module.standardise()
    data: TaskDataModule = built.data
    return Rebuilt(module, data.encoder, data.prompt, data.condition, data.heldout_oracles)


def _reconstructing(used: Mapping[str, Any], checkpoint: Mapping[str, Any], base_model: str | None) -> Rebuilt:
    parser = ArgumentParser(exit_on_error=False)
    parser.add_argument("--generator", type=GeneratorFactory)
    parser.add_argument("--encoder", type=TaskEncoder | None)
    chosen = {"generator": used["model"]["generator"], "encoder": used["data"].get("encoder")}
    built = parser.instantiate(parser.parse_object(chosen))
    weights = checkpoint["base_model"]
    module = SupervisedAdaptation(
        base_model or weights["name"],
        [partial(build_family, settings) for settings in checkpoint["families"]],
        built.generator,
        dtype=weights["dtype"],
    )
    module.standardise()
    encoder = built.encoder or OneHot()
    encoder.fit(checkpoint["tasks"])
    return Rebuilt(module, encoder, PromptFormat(**checkpoint["prompt"]))


def refuse_foreign_classes(values: Any) -> None:
    """Walk a configuration and refuse class paths outside of adaptlab and torch's optimisers."""
    if isinstance(values, dict):
        path = values.get("class_path")
        if path is not None and not str(path).startswith(ALLOWED_CLASSES):
            raise CheckpointError(f"the checkpoint's configuration names {path}, which is not a class of adaptlab")
        for value in values.values():
            refuse_foreign_classes(value)
    elif isinstance(values, list):
        for value in values:
            refuse_foreign_classes(value)
