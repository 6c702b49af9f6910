"""One adapter in the user's hands: attach it to a model, change its strength, merge it, save it for others."""

import warnings
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, get_args

import torch
from jaxtyping import Int
from torch import Tensor
from transformers import PreTrainedModel

from adaptlab.adapters import LoRA, LoReFT, attached, merge
from adaptlab.adapters.interchange import SavedAdapter, read_adapter, write_adapter, write_peft, write_pyreft
from adaptlab.adapters.storing import by_path, not_finite
from adaptlab.basemodels import fingerprint
from adaptlab.contracts import AdapterParameters
from adaptlab.errors import BaseModelError, ConfigurationError
from adaptlab.files import written_whole
from adaptlab.inference.model_card import model_card

Format = Literal["adaptlab", "peft", "pyreft"]


class Attachment:
    """An adapter on a model, until `detach` is called or the `with` block ends; the model is then as before."""

    def __init__(self, stack: ExitStack, model: PreTrainedModel) -> None:
        self._stack, self.model = stack, model

    def detach(self) -> None:
        """Take the adapter off."""
        self._stack.close()

    def __enter__(self) -> PreTrainedModel:
        return self.model

    def __exit__(self, *_error: object) -> None:
        self.detach()


@dataclass(frozen=True)
class Adapter(SavedAdapter):
    """The parameters of one task's adapter, with all that they mean and what can be done with them."""

    def attach(self, model: PreTrainedModel, prompt_spans: Int[Tensor, "batch 2"] | None = None) -> Attachment:
        """Adapt a model until the attachment is detached.

        Args:
            model: the base model that the adapter is for, in any precision and on any device.
            prompt_spans: per row, first and one-past-last position of the prompt that counts. When None, the prompt is
                what the model reads with an empty cache, as `generate` gives it.

        Raises:
            BaseModelError: the model lacks a site of the adapter.
        """
        self._check(model)
        spans: Tensor | int = self.prompt_start if prompt_spans is None else prompt_spans
        stack = ExitStack()
        stack.enter_context(attached(model, self.families, self.parameters.to(model.device), spans))

        def hold(*_arguments: object, _held: ExitStack = stack) -> None:
            """Keeps the adapter on for as long as there is the model, though nobody keeps what is returned here."""

        stack.callback(model.register_forward_pre_hook(hold).remove)
        return Attachment(stack, model)

    def merge_into(self, model: PreTrainedModel) -> dict[str, Tensor]:
        """Add a LoRA to the model's weights; `adaptlab.adapters.unmerge` puts back what this returns.

        Raises:
            ConfigurationError: it is no LoRA: edits of representations cannot be written as weights.
            BaseModelError: the model lacks a site of the adapter.
        """
        lora = self._only(LoRA, "merged into weights")
        self._check(model)
        return merge(model, lora, self.parameters.to(model.device))

    def scaled(self, strength: float) -> "Adapter":
        """The adapter with so many times its effect: 0 is the base model, 1 the adapter, below 0 its opposite."""
        factors = {
            group.key: family.scaled(group, self.parameters.factors[group.key], strength)
            for family in self.families
            for group in family.groups
        }
        before = float(self.provenance.get("strength", 1.0))
        return replace(
            self,
            parameters=AdapterParameters(self.parameters.groups, factors),
            provenance={**self.provenance, "strength": before * strength},
        )

    def only(self, family: str) -> "Adapter":
        """The part of one family, where a generator emits several.

        Raises:
            ConfigurationError: it has no such part.
        """
        chosen = [one for one in self.families if one.name == family]
        if not chosen:
            raise ConfigurationError(f"this adapter has no {family}; it has {', '.join(f.name for f in self.families)}")
        groups = tuple(group for group in self.parameters.groups if group.family == family)
        factors = {group.key: self.parameters.factors[group.key] for group in groups}
        return replace(self, families=chosen, parameters=AdapterParameters(groups, factors))

    def save(self, folder: Path | str, format: Format = "adaptlab") -> Path:
        """Write the adapter and a model card; the folder appears whole or not at all.

        Args:
            folder: new, or empty.
            format: `adaptlab` keeps everything; `peft` is for a LoRA, `pyreft` for a LoReFT.

        Raises:
            ConfigurationError: the folder holds something, the format is unknown or has no such family, or the adapter
                is not finite.
        """
        folder = Path(folder)
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise ConfigurationError(f"{folder} exists already; name a new folder")
        if format not in get_args(Format):
            raise ConfigurationError(f"there is no format {format!r}; choose {', '.join(get_args(Format))}")
        broken = not_finite(by_path(self.parameters.factors))
        if broken:
            raise ConfigurationError(f"{broken} is not finite; such an adapter is not written")
        with written_whole(folder) as aside:
            aside.mkdir()
            if format == "peft":
                write_peft(aside, self._only(LoRA, "written for PEFT"), self.parameters, self.base_model.name)
            elif format == "pyreft":
                write_pyreft(aside, self._only(LoReFT, "written for pyreft"), self.parameters)
            else:
                write_adapter(aside, self)
            (aside / "README.md").write_text(model_card(self, format), encoding="utf-8")
        return folder

    @classmethod
    def load(cls, folder: Path | str) -> "Adapter":
        """An adapter that `save` wrote in adaptlab's own format.

        Raises:
            LibraryError: a file is missing, damaged, or not what it says.
        """
        return cls(**vars(read_adapter(Path(folder))))

    def _only(self, kind: type[Any], what: str) -> Any:
        if len(self.families) != 1 or not isinstance(self.families[0], kind):
            have = ", ".join(family.name for family in self.families)
            raise ConfigurationError(
                f"only a {kind.__name__} by itself can be {what}, and this is {have}"
                + ("; choose one with `only`, or --family" if len(self.families) > 1 else "")
            )
        return self.families[0]

    def _check(self, model: PreTrainedModel) -> None:
        for group in self.parameters.groups:
            for site in group.sites:
                try:
                    module = model.get_submodule(site.path)
                except AttributeError:
                    raise BaseModelError(
                        f"the model has no {site.path}; the adapter is for {self.base_model.name}"
                    ) from None
                usual = (
                    model.config.get_text_config().hidden_size if site.module_type == "block" else site.in_width,
                    site.out_width,
                )
                widths = getattr(module, "in_features", usual[0]), getattr(module, "out_features", usual[1])
                if widths != (site.in_width, site.out_width):
                    raise BaseModelError(
                        f"{site.path} is {widths}, where the adapter needs {(site.in_width, site.out_width)}; it is "
                        f"for {self.base_model.name}"
                    )
        same_type = str(model.dtype) == f"torch.{self.base_model.dtype}"
        if same_type and fingerprint(model) != self.base_model.fingerprint:
            warnings.warn(
                f"the model's weights are not those of {self.base_model.name} that the adapter was made for; its "
                "answers may make no sense",
                stacklevel=3,
            )


def only_task(parameters: AdapterParameters, index: int) -> AdapterParameters:
    """One task's adapter, in memory of its own."""
    one = parameters[index]
    factors = {key: {name: torch.clone(v) for name, v in values.items()} for key, values in one.factors.items()}
    return AdapterParameters(one.groups, factors)
