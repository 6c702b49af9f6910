"""Load a trained generator and emit adapters from sentences; no base model is needed."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from adaptlab.embeddings import Nearest, check_descriptions
from adaptlab.errors import CheckpointError, ConfigurationError
from adaptlab.evaluation.adaptations import tensor_hash
from adaptlab.inference.adapter import Adapter, only_task
from adaptlab.inference.shipped import find_generator
from adaptlab.training.rebuilding import Emitter, rebuild_emitter
from adaptlab.training.start_from import read_start


@dataclass(frozen=True)
class AdapterGenerator:
    """A trained generator: sentences go in, adapters come out.

    Args:
        emitter: the generator with its families and encoder.
        name: what it was loaded by.
        sha256: of its parameters.
    """

    emitter: Emitter
    name: str
    sha256: str

    def adapter(self, description: str, strength: float = 1.0) -> Adapter:
        """The adapter of one task.

        Warns where the description lies far from every train task.

        Args:
            description: what the task is, 1 to 512 words.
            strength: how many times the adapter's effect.

        Raises:
            TaskError: an empty or over-long description.
        """
        return self.adapters([description], strength)[0]

    @torch.no_grad()
    def adapters(self, descriptions: Sequence[str], strength: float = 1.0) -> list[Adapter]:
        """The adapters of several tasks, in one pass."""
        check_descriptions(descriptions)
        vectors = self.emitter.encoder.encode(descriptions, descriptions).vectors
        emitted = self.emitter.generator(vectors)
        made = []
        for index, description in enumerate(descriptions):
            facts = {"description": description, "strength": 1.0, "generator": self.name, "sha256": self.sha256}
            near = self.emitter.known_tasks.nearest(vectors[index]) if self.emitter.known_tasks else None
            if near is not None:
                facts["nearest_tasks"] = dict(zip(near.names, near.distances, strict=True))
                _warn_if_far(description, near)
            adapter = Adapter(
                self.emitter.base_model,
                self.emitter.families,
                only_task(emitted, index),
                self.emitter.prompt_start,
                facts,
            )
            made.append(adapter if strength == 1.0 else adapter.scaled(strength))
        return made


def load(checkpoint: Path | str) -> AdapterGenerator:
    """Load a trained generator.

    Args:
        checkpoint: a checkpoint of `adaptlab fit`, the folder of a released generator, or the name of a shipped one.

    Raises:
        CheckpointError: it is missing, damaged, or not ours.
        ConfigurationError: it does not read descriptions.
    """
    path = find_generator(checkpoint)
    read = read_start(path)
    if "config" not in read:
        raise CheckpointError(f"{path} is not a checkpoint of adaptlab: it holds no configuration")
    if read.get("families") == []:
        raise ConfigurationError(f"{path} emits no adapters: something inside its base model was trained")
    emitter = rebuild_emitter(read)
    if emitter.encoder.reads_base_model:
        raise ConfigurationError(
            f"{path} encodes descriptions with hidden states of its base model, which is not loaded here; `adaptlab "
            "evaluate` measures it"
        )
    if emitter.condition != "description" or emitter.encoder.known_tasks is not None:
        raise ConfigurationError(
            f"{path} does not emit adapters from descriptions: it was trained on "
            + ("inputs" if emitter.condition != "description" else "codes of its tasks")
        )
    return AdapterGenerator(emitter, str(checkpoint), tensor_hash(emitter.generator.state_dict().items()))


def _warn_if_far(description: str, near: Nearest) -> None:
    if near.is_far:
        warnings.warn(
            f"the description {description[:60]!r} lies far from every train task (distance {near.distances[0]:.2f}), "
            f"so its adapter may do anything; {near}",
            stacklevel=4,
        )
