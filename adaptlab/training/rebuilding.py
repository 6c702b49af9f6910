"""Make a trained generator again: what a checkpoint holds -> the same module, encoder and prompt."""

import os
import re
from argparse import ArgumentError
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import torch
import yaml
from jsonargparse import ArgumentParser, get_loader
from torch import nn

from adaptlab.adapters import AdapterFamily, BaseModelName, build_family, sites_from_json
from adaptlab.adapters.storing import refuse_claims
from adaptlab.embeddings import Condition, KnownTasks, OneHot, SentenceEncoder, TaskEncoder
from adaptlab.errors import AdaptlabError, CheckpointError
from adaptlab.hypernetworks import Generator
from adaptlab.tasks import PromptFormat
from adaptlab.training.adaptation import SupervisedAdaptation
from adaptlab.training.datamodule import TaskDataModule
from adaptlab.training.module import GeneratorFactory, generator_context, in_units_of_a_library, is_standardised

ALLOWED_CLASSES = ("adaptlab.", "torch.optim.", "peft.")
TRUST = "ADAPTLAB_TRUST_REMOTE_CODE"
_DOTTED = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)+")


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
    values = _settings(checkpoint)
    used = {"model": values["model"], "data": values["data"]}
    if values.get("objective") == "reconstruction":
        return _reconstructing(values, checkpoint, base_model)
    used["model"]["base_model"] = base_model or used["model"]["base_model"]
    used["model"]["start_from"] = None  # what it began with has been trained since
    used["model"]["attention"] = None  # training's choice suits its backward pass; reading and answering have none
    parser = ArgumentParser(exit_on_error=False)
    parser.add_class_arguments(SupervisedAdaptation, "model")
    parser.add_class_arguments(TaskDataModule, "data")
    built = parser.instantiate(parser.parse_object(used))
    module: SupervisedAdaptation = built.model
    if is_standardised(checkpoint["state_dict"]):
        module.standardise()
    data: TaskDataModule = built.data
    if "tasks" in checkpoint:
        data.encoder.fit(checkpoint["tasks"])  # codes count the tasks that there were then
    return Rebuilt(module, data.encoder, data.prompt, data.condition, data.heldout_oracles)


def _reconstructing(values: Mapping[str, Any], checkpoint: Mapping[str, Any], base_model: str | None) -> Rebuilt:
    factory, encoder, prompt = _parts(values, checkpoint)
    weights = checkpoint["base_model"]
    module = SupervisedAdaptation(
        base_model or weights["name"],
        [partial(build_family, settings) for settings in checkpoint["families"]],
        factory,
        dtype=weights["dtype"],
    )
    module.standardise()
    return Rebuilt(module, encoder, prompt)


def _parts(
    values: Mapping[str, Any], checkpoint: Mapping[str, Any]
) -> tuple[GeneratorFactory, TaskEncoder, PromptFormat]:
    """Generator, encoder and prompt form of a checkpoint of either objective, without its suite of tasks.

    Raises:
        CheckpointError: the settings are not those of the classes that they name.
    """
    parser = ArgumentParser(exit_on_error=False)
    parser.add_argument("--generator", type=GeneratorFactory)
    parser.add_argument("--encoder", type=TaskEncoder | None)
    parser.add_argument("--prompt", type=PromptFormat | None)
    data = values["data"]
    chosen = {"generator": values["model"]["generator"], "encoder": data.get("encoder"), "prompt": data.get("prompt")}
    try:
        built = parser.instantiate(parser.parse_object(chosen))
    except (ArgumentError, TypeError, ValueError) as error:
        raise CheckpointError(f"the checkpoint does not fit its own configuration ({error})") from error
    encoder, prompt = built.encoder, built.prompt or PromptFormat()
    if values.get("objective") == "reconstruction":  # knows its tasks by codes unless told otherwise
        encoder, prompt = encoder or OneHot(), PromptFormat(**checkpoint["prompt"])
        encoder.fit(checkpoint["tasks"])
    return built.generator, encoder or SentenceEncoder(), prompt


@dataclass(frozen=True)
class Emitter:
    """A trained generator by itself, without its base model.

    Args:
        generator: with its trained parameters, in evaluation mode.
        families: what its adapters do.
        encoder: what makes conditions.
        prompt: how questions were put in training.
        prompt_start: position of the first prompt token that counts for position choices.
        base_model: name, dtype and fingerprint of the weights that its adapters are for.
        condition: what the generator is conditioned on.
        known_tasks: where its train tasks lie, where that was kept.
    """

    generator: Generator
    families: tuple[AdapterFamily, ...]
    encoder: TaskEncoder
    prompt: PromptFormat
    prompt_start: int
    base_model: BaseModelName
    condition: Condition = "description"
    known_tasks: KnownTasks | None = None


def rebuild_emitter(checkpoint: Mapping[str, Any]) -> Emitter:
    """The generator of a checkpoint; shapes come from the checkpoint, so that no base model is loaded.

    Raises:
        CheckpointError: it is damaged, lacks the sites, or names a class from elsewhere.
    """
    if "sites" not in checkpoint:
        raise CheckpointError("the checkpoint does not say which sites it is for; resume its run once to write them")
    values = _settings(checkpoint)
    factory, encoder, prompt = _parts(values, checkpoint)
    if is_standardised(checkpoint["state_dict"]):
        factory = in_units_of_a_library(factory)
    try:
        sites = sites_from_json(checkpoint["sites"])
        claims = sum(value.numel() for value in checkpoint["state_dict"].values())
        refuse_claims(checkpoint["families"], sites, claims)
        families = tuple(build_family(settings, sites) for settings in checkpoint["families"])
        context = generator_context(families, checkpoint["embedding_width"])
        with torch.device("meta"):  # its size is looked at before it takes memory
            asked = sum(value.numel() for value in factory(context).state_dict().values())
        if asked > claims:
            raise ValueError(f"it asks for {asked:,} parameters and holds {claims:,}")
        generator = factory(context)
        parts = nn.ModuleDict({"generator": generator, "families": nn.ModuleList(families)})
        parts.load_state_dict(checkpoint["state_dict"])
        known = checkpoint.get("known_tasks")
        return Emitter(
            generator.eval(),
            families,
            encoder,
            prompt,
            int(checkpoint["prompt_start"]),
            BaseModelName(**checkpoint["base_model"]),
            values["data"].get("condition", "description"),
            KnownTasks.from_state(known) if known else None,
        )
    except (KeyError, TypeError, ValueError, AttributeError, RuntimeError, AdaptlabError) as error:
        raise CheckpointError(f"the checkpoint does not fit its own configuration ({error})") from error


def _settings(checkpoint: Mapping[str, Any]) -> dict[str, Any]:
    """The configuration that a checkpoint was trained with, once it is found to name nothing foreign.

    Raises:
        CheckpointError: it is damaged, or names code from elsewhere.
    """
    try:
        values = yaml.safe_load(checkpoint["config"])
        used = {"model": dict(values["model"]), "data": dict(values["data"])}
    except (yaml.YAMLError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise CheckpointError(f"the checkpoint's configuration is damaged ({error})") from error
    try:
        refuse_foreign_code(used)
    except RecursionError as error:
        raise CheckpointError("the checkpoint's configuration is damaged (it holds itself)") from error
    return {**values, **used}


def refuse_foreign_code(values: Any) -> None:
    """Refuse what would import or run code from outside of adaptlab, torch's optimisers and PEFT's configurations.

    Raises:
        CheckpointError: a class path, or any text that would be taken for one, names something else, or a model or
            encoder asks for its own code to be run and `ADAPTLAB_TRUST_REMOTE_CODE=1` is not set.
    """
    if isinstance(values, dict):
        for key, value in values.items():
            name = str(key).rpartition(".")[2]  # jsonargparse takes `encoder.class_path` for a nested one
            if name == "trust_remote_code" and value and os.environ.get(TRUST) != "1":
                raise CheckpointError(f"the checkpoint asks to run a model's own code; set {TRUST}=1 if you trust it")
            if name == "class_path" and value is not None and not _is_allowed(str(value)):
                raise CheckpointError(f"the checkpoint's configuration names {value}, which is not a class of adaptlab")
            refuse_foreign_code(value)
    elif isinstance(values, list):
        for value in values:
            refuse_foreign_code(value)
    elif isinstance(values, str):
        if _can_be_imported(values) and not _is_allowed(values):
            raise CheckpointError(f"the checkpoint's configuration names {values}, which is no part of adaptlab")
        if (read := _as_yaml(values)) != values:
            refuse_foreign_code(read)


def _as_yaml(text: str) -> Any:
    """What jsonargparse makes of a text where it expects a class: its value as YAML, or the text as it is.

    With its own loader, since another may take for plain text what this one reads.
    """
    try:
        return get_loader("yaml")(text)
    except (yaml.YAMLError, ValueError):
        return text


def _is_allowed(path: str) -> bool:
    """Whether a path names what these packages define, and not what a module of theirs imports, such as `os`."""
    if not path.startswith(ALLOWED_CLASSES):
        return False
    module, _, name = path.rpartition(".")
    try:
        found = getattr(import_module(module), name, None)
    except (ImportError, ValueError):
        return False
    return str(getattr(found, "__module__", "")).startswith(ALLOWED_CLASSES)


def _can_be_imported(text: str) -> bool:
    """Whether a text is a dotted path into a module that is there; nothing is imported to find out."""
    if not _DOTTED.fullmatch(text):
        return False
    try:
        return find_spec(text.partition(".")[0]) is not None
    except ValueError:  # the main module, which has no such record
        return True
