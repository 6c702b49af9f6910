"""Make the rows of a comparison: words such as `base+3shot` or `NAME=FILE` -> what is asked how, with which adapter.

base                     the frozen model
base+description         ... with the description in its prompt
base+3shot               ... with three solved examples; base+description+3shot has both
NAME=CHECKPOINT          a generator of `adaptlab fit`: an adapter for each description, and the controls
NAME=peft:FOLDER         an adapter that PEFT saved
NAME=pyreft:FOLDER:WHERE an adapter that pyreft saved, which edits `prompt`, `all` or say `f7+l7` of its tokens
NAME=library:FOLDER:USE  a library used as average, effect-average or arrow
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from adaptlab.adapters import (
    AdapterLibrary,
    AllPositions,
    BaseModelName,
    FirstLastPositions,
    LoRA,
    LoReFT,
    Positions,
    PromptPositions,
)
from adaptlab.adapters.interchange import peft_settings, pyreft_settings, read_peft, read_pyreft
from adaptlab.adapters.routing import routed_edits
from adaptlab.basemodels import BaseModel, fingerprint, list_sites, load_base_model, tokenizer_fingerprint
from adaptlab.contracts import AdapterParameters
from adaptlab.embeddings import RandomText, RandomVector, condition_vectors
from adaptlab.errors import ConfigurationError
from adaptlab.evaluation.adaptations import (
    Adaptation,
    AdapterPerQuestion,
    OneAdapter,
    Unadapted,
    parameter_hash,
    tensor_hash,
)
from adaptlab.evaluation.libraries import mean_of_effects, mean_of_factors
from adaptlab.evaluation.runs import Trained, load_trained
from adaptlab.tasks import load_suite
from adaptlab.tasks.benchmark_items import Questions

_SIDES = re.compile(r"f(\d+)\+l(\d+)")
_BASE = re.compile(r"base(\+description)?(?:\+(\d+)shot)?")


@dataclass(frozen=True)
class Facts:
    """What a record says about a method beside its scores.

    Args:
        seed: of its training.
        config: the resolved configuration behind it.
        trained_parameters: how many were trained.
        emitted_parameters: values of one adapter.
        stored_bytes: what is kept to give the adapters.
        training_time_seconds: of its training.
        oracle: whether it saw held-out tasks' own examples.
        trained_on: names of tasks, and of the benchmarks they overlap with.
        selected_on: the same for the tasks that chose a checkpoint or a setting.
    """

    seed: int = 0
    config: Mapping[str, Any] = field(default_factory=dict)
    trained_parameters: int = 0
    emitted_parameters: int = 0
    stored_bytes: int = 0
    training_time_seconds: float = 0.0
    oracle: bool = False
    trained_on: frozenset[str] = frozenset()
    selected_on: frozenset[str] = frozenset()


class Method(ABC):
    """A row, or a row and its controls.

    Args:
        name: of the row.
        base: the frozen model.
        described: whether the description stands in the prompt.
        shots: solved examples in the prompt.
        facts: what is known about it.
    """

    def __init__(self, name: str, base: BaseModel, described: bool, shots: int, facts: Facts) -> None:
        self.name, self.base, self.described, self.shots, self.facts = name, base, described, shots, facts

    @property
    def reads_descriptions(self) -> bool:
        """Whether answers depend on a description."""
        return self.described

    @property
    def conditions(self) -> Sequence[str]:
        """How descriptions can be given."""
        parts = ["description"] if self.described else []
        parts += [f"{self.shots} examples"] if self.shots else []
        return [" and ".join(parts) or "no description"]

    @property
    def identity(self) -> dict[str, str]:
        """Of the frozen model's weights, their type, how it attends, and the tokenizer."""
        return {
            "weights": fingerprint(self.base.model),
            "dtype": str(self.base.model.dtype),
            "attention": str(self.base.model.config._attn_implementation),
            "tokenizer": tokenizer_fingerprint(self.base.tokenizer),
        }

    @abstractmethod
    def adaptation(self, condition: str, description: str, questions: Questions) -> Adaptation:
        """What adapts the model to a description, given as a condition says."""

    def text_in_prompt(self, condition: str, description: str) -> str:
        """The description as the prompt shows it; empty where it does not."""
        return description if self.described else ""


class Plain(Method):
    """The frozen model, by prompting alone."""

    def adaptation(self, condition: str, description: str, questions: Questions) -> Adaptation:
        return Unadapted()


class OneForAll(Method):
    """An adapter that is the same for every task."""

    def __init__(self, name: str, base: BaseModel, fixed: Adaptation, facts: Facts) -> None:
        super().__init__(name, base, False, 0, facts)
        self.fixed = fixed

    def adaptation(self, condition: str, description: str, questions: Questions) -> Adaptation:
        return self.fixed


class Generated(Method):
    """Adapters that a trained generator emits from descriptions, and from descriptions that say nothing.

    Args:
        name: of the row.
        trained: the generator.
        conditions: of `aligned`, `shuffled`, `random_text` and `random_vector`.
        seed: of random texts.

    Raises:
        ConfigurationError: a tuner was trained, and no generator.
    """

    def __init__(self, name: str, trained: Trained, conditions: Sequence[str], seed: int) -> None:
        module = trained.module
        if module.tuner is not None:
            raise ConfigurationError(
                f"{name} trained something inside its base model and has no adapters to attach; public benchmarks "
                "measure adapters, so measure it with --checkpoint on its suite of tasks"
            )
        base = BaseModel(module.base_model_name, module.frozen_model, module.tokenizer)
        super().__init__(name, base, trained.prompt.description, 0, _facts(trained))
        self.trained, self.seed = trained, seed
        from_input = trained.rebuilt.condition == "input"
        self._conditions = [one for one in conditions if one == "aligned" or not from_input]
        if trained.prompt.description:
            self._conditions = [one for one in self._conditions if one != "random_vector"]

    @cached_property
    def generator_hash(self) -> str:
        """Stands for the generator's parameters."""
        return tensor_hash(self.trained.module.generator.state_dict().items())

    @property
    def reads_descriptions(self) -> bool:
        return self.described or self.trained.rebuilt.condition != "input"

    @property
    def conditions(self) -> Sequence[str]:
        return self._conditions

    def text_in_prompt(self, condition: str, description: str) -> str:
        return self._given(condition, description) if self.described else ""

    def _given(self, condition: str, description: str) -> str:
        if condition != "random_text":
            return description
        return RandomText(self.trained.encoder, self.seed).scramble(description)

    def adaptation(self, condition: str, description: str, questions: Questions) -> Adaptation:
        module, kind, name = self.trained.module, self.trained.rebuilt.condition, questions.benchmark.name
        encoder = self.trained.encoder
        if condition == "random_vector":
            encoder = RandomVector(encoder.width, self.seed)
        given = self._given(condition, description)
        inputs = [item.prompts[0] for item in questions.items] if kind != "description" else [""]
        names = [name] * len(inputs)
        vectors = condition_vectors(kind, encoder, [given] * len(inputs), inputs, names, self.trained.encoder)
        if kind == "description":
            emitted = module.generator(vectors.to(module.frozen_model.device))
            return OneAdapter.from_parameters(module.frozen_model, module.adapter_families, emitted)
        drawn = self.seed if condition.startswith("random") else ""
        identity = f"{self.generator_hash} {kind} {condition} {drawn} {given if kind == 'both' else ''}"
        labelled = {item.example: vector for item, vector in zip(questions.items, vectors, strict=True)}
        return AdapterPerQuestion(module.frozen_model, module.adapter_families, module.generator, labelled, identity)


def _facts(trained: Trained) -> Facts:
    module, cost = trained.module, trained.cost
    suite = load_suite(trained.config["data"]["suite"])
    return Facts(
        seed=trained.seed,
        config=trained.config,
        trained_parameters=cost["trained_parameters"],
        emitted_parameters=module.emitted_parameters,
        stored_bytes=module.generator.stored_bytes,
        training_time_seconds=cost["training_time_seconds"],
        oracle=trained.rebuilt.oracle,
        trained_on=frozenset(name for task in suite.train for name in (task.name, *task.overlaps)) | {*trained.tasks},
        selected_on=frozenset(name for task in suite.validation for name in (task.name, *task.overlaps)),
    )


def make_method(word: str, base: Callable[[], BaseModel], conditions: Sequence[str], seed: int) -> Method:
    """The method that a word names; see the top of this file.

    Args:
        word: what the user wrote.
        base: gives the frozen model, to what brings none of its own.
        conditions: for generators.
        seed: of the controls.

    Raises:
        ConfigurationError: the word is none of these.
    """
    plain = _BASE.fullmatch(word)
    if plain:
        return Plain("base", base(), bool(plain[1]), int(plain[2] or 0), Facts())
    name, found, place = word.partition("=")
    if not found or not name or not place:
        raise ConfigurationError(
            f"no method {word!r}; write base, base+description, base+3shot, NAME=CHECKPOINT, NAME=peft:FOLDER, "
            "NAME=pyreft:FOLDER:WHERE or NAME=library:FOLDER:USE"
        )
    kind, _, rest = place.partition(":")
    if kind == "library":
        folder, _, use = rest.rpartition(":")
        return _from_library(name, Path(folder), use)
    if kind == "peft":
        return _from_peft(name, Path(rest), base())
    if kind == "pyreft":
        folder, _, where = rest.rpartition(":")
        return _from_pyreft(name, Path(folder), where, base())
    return Generated(name, load_trained(Path(place)), conditions, seed)


def _from_peft(name: str, folder: Path, base: BaseModel) -> Method:
    lora = LoRA(list_sites(base.model), **peft_settings(folder))
    return _fixed(name, base, lora, read_peft(folder, lora))


def _from_pyreft(name: str, folder: Path, where: str, base: BaseModel) -> Method:
    positions = _positions(where)
    loreft = LoReFT(list_sites(base.model), **pyreft_settings(folder), positions=positions)
    return _fixed(name, base, loreft, read_pyreft(folder, loreft))


def _positions(where: str) -> Positions:
    sides = _SIDES.fullmatch(where)
    if sides:
        return FirstLastPositions(int(sides[1]), int(sides[2]))
    if where not in ("prompt", "all"):
        raise ConfigurationError(
            f"pyreft does not save which tokens it edits; end with :prompt, :all or :f7+l7, not {where!r}"
        )
    return PromptPositions() if where == "prompt" else AllPositions()


def _fixed(name: str, base: BaseModel, family: LoRA | LoReFT, parameters: AdapterParameters) -> Method:
    size = parameters.parameters_per_task
    facts = Facts(trained_parameters=size, emitted_parameters=size, stored_bytes=4 * size)
    return OneForAll(name, base, OneAdapter.from_parameters(base.model, [family], parameters), facts)


def _from_library(name: str, folder: Path, use: str) -> Method:
    library = AdapterLibrary.open(folder)
    known = library.base_model
    base = load_base_model(known.name, known.dtype)
    library.refuse_other_base_model(BaseModelName(known.name, known.dtype, fingerprint(base.model)))
    families, size = library.families, sum(group.parameters_per_task for group in library.groups)
    facts = Facts(
        config={"library": str(folder), "use": use, "entries": list(library.entries)},
        trained_parameters=library.parameters,
        emitted_parameters=size,
        stored_bytes=library.bytes if use == "arrow" else 4 * size,
        trained_on=frozenset(
            one for name, entry in library.entries.items() for one in (name, *entry["provenance"].get("overlaps", ()))
        ),
    )
    if use == "arrow":
        everything = library.load(list(library.entries), canonical=False)
        identity = f"arrow {parameter_hash(families, everything)}"
        return OneForAll(name, base, OneAdapter(base.model, routed_edits(families, everything), identity), facts)
    means = {"average": mean_of_factors, "effect-average": mean_of_effects}
    if use not in means:
        raise ConfigurationError(f"a library cannot be used as {use!r} here; it can as arrow, {', '.join(means)}")
    fixed = OneAdapter.from_parameters(base.model, families, means[use](library))
    return OneForAll(name, base, fixed, facts)
