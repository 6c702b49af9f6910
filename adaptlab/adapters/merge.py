"""Add a LoRA to the weights it changes, so that the model costs what it did before: `W + s B'A`."""

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel

from adaptlab.adapters.lora import LoRA
from adaptlab.contracts import AdapterParameters
from adaptlab.errors import ConfigurationError


@torch.no_grad()
def merge(model: PreTrainedModel, family: LoRA, parameters: AdapterParameters) -> dict[str, Tensor]:
    """Change the weights of a model for good.

    Sums are made in float32 and rounded once to the weights' type, so a model in bfloat16 loses changes below its
    precision, which an attached adapter keeps.

    Args:
        model: the frozen model.
        family: what the parameters belong to.
        parameters: of a single task.

    Returns:
        The weights as they were, by name of their module; `unmerge` puts them back bit for bit.

    Raises:
        ConfigurationError: several adapters, or a target that is no plain linear map.
    """
    if len(parameters) != 1:
        raise ConfigurationError(f"one adapter can be merged, not {len(parameters)}")
    targets = []
    for group in family.groups:
        factors = parameters.factors[group.key]
        for index, site in enumerate(group.sites):
            module = model.get_submodule(site.path)
            if type(module) is not nn.Linear or not module.weight.is_floating_point():
                raise ConfigurationError(f"{site.path} is a {type(module).__name__}; only plain linear maps are merged")
            targets.append((site.path, module.weight, factors["A"][0, index], factors["B"][0, index]))
    before = {}
    for path, weight, down, up in targets:
        before[path] = weight.detach().clone()
        change = family.scale * (up.T @ down).to(weight.device)
        weight.copy_(weight.float() + change)
    return before


@torch.no_grad()
def unmerge(model: PreTrainedModel, before: dict[str, Tensor]) -> None:
    """Put weights back as `merge` found them."""
    for path, weight in before.items():
        module = model.get_submodule(path)
        assert isinstance(module, nn.Linear)
        module.weight.copy_(weight)
