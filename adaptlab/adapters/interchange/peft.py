"""LoRA as PEFT keeps it: `AdapterParameters` <-> `adapter_config.json` and `adapter_model.safetensors`."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor

from adaptlab.adapters.family import AdapterFamily
from adaptlab.adapters.lora import LoRA
from adaptlab.adapters.reading import read_json, read_safetensors
from adaptlab.adapters.storing import by_path, not_finite, sorted_groups
from adaptlab.contracts import AdapterParameters, AdapterSite
from adaptlab.errors import LibraryError

CONFIG, TENSORS = "adapter_config.json", "adapter_model.safetensors"

_NOT_PLAIN = (
    "alora_invocation_tokens",
    "arrow_config",
    "kasa_config",
    "layer_replication",
    "monteclora_config",
    "use_bdlora",
    "use_qalora",
    "velora_config",
)
"""Settings of PEFT under which the same tensors mean something else."""


def read_peft(folder: Path, family: LoRA) -> AdapterParameters:
    """One LoRA that PEFT saved.

    Args:
        folder: what `PeftModel.save_pretrained` wrote.
        family: with the same rank, scale, targets and layers.

    Raises:
        LibraryError: a file is missing or damaged, it is no plain LoRA, or it does not fit the family.
    """
    _refuse_other_kinds(folder, family, read_json(folder / CONFIG))
    expected = {}
    for group in family.groups:
        a, b = group.factors
        for site in group.sites:
            expected[_key(site, "A")], expected[_key(site, "B")] = (a.rows, a.width), (b.width, b.rows)
    tensors = read_safetensors(folder / TENSORS, expected)
    factors = {
        group.key: {
            "A": torch.stack([tensors[_key(site, "A")].float() for site in group.sites])[None],
            "B": torch.stack([tensors[_key(site, "B")].float().T for site in group.sites])[None],
        }
        for group in family.groups
    }
    return finite(folder, family, factors)


def write_peft(folder: Path, family: LoRA, parameters: AdapterParameters, base_model: str) -> None:
    """Write one LoRA as `PeftModel.from_pretrained` reads it; B is kept as it is, and s stands in `lora_alpha`.

    Args:
        folder: made if absent.
        family: what the parameters belong to.
        parameters: of a single task.
        base_model: name for `adapter_config.json`.
    """
    from peft import LoraConfig, TaskType

    settings = family.settings
    config = LoraConfig(
        r=settings["rank"],
        lora_alpha=settings["alpha"],
        use_rslora=settings["rank_stabilised"],
        target_modules=sorted(settings["targets"]),
        layers_to_transform=settings["layers"],
        task_type=TaskType.CAUSAL_LM,
        base_model_name_or_path=base_model,
        inference_mode=True,
    )
    tensors: dict[str, Tensor] = {}
    for group in family.groups:
        factors = parameters.factors[group.key]
        for index, site in enumerate(group.sites):
            tensors[_key(site, "A")] = factors["A"][0, index].detach().cpu().contiguous()
            tensors[_key(site, "B")] = factors["B"][0, index].detach().T.cpu().contiguous()
    folder.mkdir(parents=True, exist_ok=True)
    save_file(tensors, folder / TENSORS, metadata={"format": "pt"})
    config.save_pretrained(str(folder))


def peft_settings(folder: Path) -> dict[str, Any]:
    """Arguments of `LoRA` that fit what PEFT saved.

    Raises:
        LibraryError: the configuration is missing or damaged, or names its targets by a pattern.
    """
    config = read_json(folder / CONFIG)
    targets = config.get("target_modules")
    rank, alpha = config.get("r"), config.get("lora_alpha")
    if not isinstance(targets, list) or not all(isinstance(target, str) for target in targets):
        raise LibraryError(f"{folder}: {CONFIG} must list its target modules by name")
    if type(rank) is not int or not isinstance(alpha, int | float) or not abs(alpha) <= sys.float_info.max:
        raise LibraryError(f"{folder}: {CONFIG} has no usable r and lora_alpha")
    layers = config.get("layers_to_transform")
    return {
        "rank": rank,
        "alpha": float(alpha),
        "rank_stabilised": bool(config.get("use_rslora")),
        "targets": sorted(targets),
        "layers": [layers] if isinstance(layers, int) else layers or None,  # to PEFT an empty list is all
    }


def _refuse_other_kinds(folder: Path, family: LoRA, config: Mapping[str, Any]) -> None:
    if config.get("peft_type") != "LORA" or config.get("use_dora") or config.get("modules_to_save"):
        raise LibraryError(
            f"{folder} is no plain LoRA: {config.get('peft_type')}; DoRA and trained modules are not read"
        )
    if config.get("bias", "none") != "none" or config.get("rank_pattern") or config.get("alpha_pattern"):
        raise LibraryError(f"{folder} trains biases or has ranks that differ between modules; such LoRAs are not read")
    odd = [name for name in _NOT_PLAIN if config.get(name)]
    if odd or config.get("init_lora_weights", True) not in (True, False, "gaussian"):
        raise LibraryError(f"{folder} is no plain LoRA: it uses {', '.join(odd) or config['init_lora_weights']}")
    try:
        alpha, rank = float(config["lora_alpha"]), int(config["r"])
        scale = alpha / (rank**0.5 if config.get("use_rslora") else rank)
    except (KeyError, TypeError, ValueError, OverflowError, ZeroDivisionError) as error:
        raise LibraryError(f"{folder}: {CONFIG} has no usable r and lora_alpha ({error})") from error
    wanted = family.groups[0].factors[0].rows
    if rank != wanted or not abs(scale - family.scale) <= 1e-6 * abs(scale):
        raise LibraryError(
            f"{folder} has rank {rank} and scale {scale:g}, where rank {wanted} and scale {family.scale:g} are needed"
        )


def _key(site: AdapterSite, name: str) -> str:
    return f"base_model.model.{site.path}.lora_{name}.weight"


def finite(folder: Path, family: AdapterFamily, factors: Mapping[str, Mapping[str, Tensor]]) -> AdapterParameters:
    """Factors of an adapter that was read, once all their values are found to be finite.

    Raises:
        LibraryError: naming the factor that is not.
    """
    broken = not_finite(by_path(factors))
    if broken:
        raise LibraryError(f"{folder}: {broken} is not finite")
    return AdapterParameters(sorted_groups([family]), factors)
