"""LoReFT as pyreft keeps it: `AdapterParameters` <-> `config.json` and one `intkey_*.bin` per intervention.

pyreft's edit is `h + R(Wh + b - R'h)`, so `W = D + R'`. Classes that a configuration names are compared with LoReFT's
and never imported. pyreft does not save which positions it edits, nor in which precision: see `HOW_TO_LOAD`.
"""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from adaptlab.adapters.interchange.peft import finite
from adaptlab.adapters.loreft import LoReFT
from adaptlab.adapters.reading import read_json, read_torch
from adaptlab.adapters.storing import not_finite
from adaptlab.contracts import AdapterParameters
from adaptlab.errors import LibraryError
from adaptlab.files import write_json

CONFIG = "config.json"
INTERVENTION = "<class 'pyreft.interventions.LoreftIntervention'>"
_FILE = re.compile(r"intkey_layer_(\d+)_comp_block_output_unit_pos_nunit_1#(\d+)\.bin")
_FIELDS_AFTER_RANK = 9
"""Fields of pyvene's RepresentationConfig that a LoReFT leaves empty."""

ORTHONORMAL = 1e-5
"""How far `R'R` may be from 1 in float32 with R as it is."""

HOW_TO_LOAD = """\
reft = pyreft.ReftModel.load("{folder}", model)
for key, part in reft.interventions.items():  # `load` gives bfloat16; this takes the full precision that is saved
    part.learned_source.float()
    part.load_state_dict(torch.load(f"{folder}/intkey_{{key}}.bin", weights_only=True))
"""
"""Python that loads an exported folder into a float32 model."""

BEFORE_LOADING_QWEN3 = """\
import pyvene.models.modeling_utils as pv, transformers as tf  # pyvene 0.1.8 does not know Qwen3; its parts are Llama's
for known in (pv.type_to_module_mapping, pv.type_to_dimension_mapping):
    known[tf.Qwen3ForCausalLM] = known[tf.LlamaForCausalLM]
"""
"""Python that has to run once before pyvene can work on a Qwen3 model."""


def read_pyreft(folder: Path, family: LoReFT) -> AdapterParameters:
    """One LoReFT that pyreft saved.

    Args:
        folder: what `ReftModel.save` wrote.
        family: with the same rank and layers, and as many sides of positions as a layer has interventions.

    Raises:
        LibraryError: a file is missing or damaged, it is no LoReFT, or it does not fit the family.
    """
    config = read_json(folder / CONFIG)
    kinds = config.get("intervention_types", ())
    names = sorted({str(kind) for kind in kinds}) if isinstance(kinds, list) else [str(kinds)]
    if names != [INTERVENTION]:
        raise LibraryError(f"{folder} holds {', '.join(names) or 'no interventions'}, not LoReFT; nothing was imported")
    found = _interventions(folder)
    layers = [site.layer for site in family.groups[0].sites]
    wanted = {(layer, side) for layer in layers for side in range(len(family.groups))}
    if found.keys() != wanted:
        raise LibraryError(
            f"{folder} has interventions (layer, number) {sorted(found)}, where {sorted(wanted)} are needed; choose "
            "the same layers, and positions with two untied sides where a layer has two"
        )
    factors = {}
    for side, group in enumerate(family.groups):
        rank, width = group.factors[0].rows, group.factors[0].width
        parts = [_tensors(found[layer, side], rank, width) for layer in layers]
        rotations, maps, biases = (torch.stack(value) for value in zip(*parts, strict=True))
        broken = not_finite({"rotate_layer": rotations, "weight": maps, "bias": biases})
        if broken:
            raise LibraryError(f"{folder}: {broken} is not finite")
        rotations, changes, biases = _orthonormal(rotations, maps - rotations, biases[:, :, None])
        stored = {"R": rotations[None], "D": changes[None], "b": biases[None]}
        factors[group.key] = family.from_stored(group, stored)
    return finite(folder, family, factors)


def write_pyreft(folder: Path, family: LoReFT, parameters: AdapterParameters) -> None:
    """Write one LoReFT as `pyreft.ReftModel.load` reads it.

    Args:
        folder: made if absent.
        family: what the parameters belong to; of untied positions, side 0 is the prompt's first tokens and 1 its last.
        parameters: of a single task.
    """
    folder.mkdir(parents=True, exist_ok=True)
    rank, width = family.groups[0].factors[0].rows, family.groups[0].factors[0].width
    layers = [site.layer for site in family.groups[0].sites]
    sides = [family.stored(group, parameters.factors[group.key]) for group in family.groups]
    keys = []
    for index, layer in enumerate(layers):
        for side, stored in enumerate(sides):
            rotation, change, bias = (stored[name][0, index].detach().cpu() for name in ("R", "D", "b"))
            keys.append(f"layer_{layer}_comp_block_output_unit_pos_nunit_1#{side}")
            state = {
                "weight": (change + rotation),
                "bias": bias[:, 0].clone(),
                "rotate_layer": rotation.T.contiguous().clone(),
            }
            torch.save(state, folder / f"intkey_{keys[-1]}.bin")
    representation: list[Any] = ["block_output", "pos", 1, rank, *[None] * _FIELDS_AFTER_RANK]
    write_json(
        folder / CONFIG,
        {
            "intervention_constant_sources": [True] * len(keys),
            "intervention_dimensions": [width] * len(keys),
            "intervention_types": [INTERVENTION] * len(keys),
            "mode": "parallel",
            "representations": [[layer, *representation] for layer in layers for _ in sides],
            "sorted_keys": keys,
        },
    )


def pyreft_settings(folder: Path) -> dict[str, Any]:
    """Rank and layers, as arguments of `LoReFT`, of what pyreft saved; it does not save which positions it edits.

    Raises:
        LibraryError: no intervention on a block's output is there, or it is damaged.
    """
    found = _interventions(folder)
    if not found:
        raise LibraryError(f"{folder} holds no intervention of pyreft on a block's output")
    bias = read_torch(next(iter(found.values()))).get("bias")
    if bias is None or bias.ndim != 1:
        raise LibraryError(f"{folder}: an intervention lacks its bias")
    return {"rank": len(bias), "layers": sorted({layer for layer, _ in found})}


def _interventions(folder: Path) -> dict[tuple[int, int], Path]:
    found = {}
    for file in sorted(folder.glob("intkey_*.bin")):
        named = _FILE.fullmatch(file.name)
        if named is None:
            raise LibraryError(f"{file} is no intervention on a block's output; such are not read")
        found[int(named[1]), int(named[2])] = file
    return found


def _orthonormal(rotations: Tensor, changes: Tensor, biases: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The same edit `R(Dh + b)` with orthonormal R, `[layers, rank, ...]` each.

    pyreft's R can lose its orthonormality (weight decay shrinks it to 0, a resumed run leaves it off by 0.2). With
    `R = QS` from a QR factorisation, `R(Dh + b) = Q(SDh + Sb)`.
    """
    columns = rotations.double().transpose(-1, -2)
    off = columns.transpose(-1, -2) @ columns - torch.eye(columns.shape[-1], dtype=torch.float64)
    if off.abs().max() < ORTHONORMAL:
        return rotations, changes, biases
    basis, triangle = torch.linalg.qr(columns)
    turned = (triangle @ changes.double(), triangle @ biases.double())
    return basis.transpose(-1, -2).float(), turned[0].float(), turned[1].float()


def _tensors(file: Path, rank: int, width: int) -> Sequence[Tensor]:
    """R by rows, W and b of one intervention."""
    shapes = {"rotate_layer": (width, rank), "weight": (rank, width), "bias": (rank,)}
    found = read_torch(file)
    for name, shape in shapes.items():
        if name not in found or tuple(found[name].shape) != shape:
            has = tuple(found[name].shape) if name in found else "absent"
            raise LibraryError(f"{file}: {name} is {has}, needed is {shape}")
        if not found[name].is_floating_point():
            raise LibraryError(f"{file}: {name} is no floating-point tensor")
    return found["rotate_layer"].float().T, found["weight"].float(), found["bias"].float()
