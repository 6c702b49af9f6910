"""Route every token to a few adapters of a library: hidden states x experts -> a weighted sum of the chosen edits.

For LoRA this is Arrow (Ostapenko et al. 2024): an expert's prototype v is the top right singular vector of its weight
change, a token x prefers experts by `|x v| / temperature`, and the softmax over its k best weighs their changes. For
LoReFT, whose edits live in a subspace, the counterpart here prefers experts by `||R'h|| / temperature`, the length of
the token's projection on the subspace that an expert edits. No training and no description takes part.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import torch
from jaxtyping import Float, Int
from torch import Tensor
from transformers import PreTrainedModel

from adaptlab.adapters.attach import SiteEdit, attached_edits
from adaptlab.adapters.family import AdapterFamily, Edit
from adaptlab.adapters.lora import LoRA, balanced
from adaptlab.adapters.loreft import LoReFT
from adaptlab.contracts import AdapterParameters, SiteGroup
from adaptlab.errors import ConfigurationError

TOP_K, TEMPERATURE = 3, 1.0
"""How many experts a token takes, and how undecided it is, unless told otherwise."""


class _Experts(ABC):
    """The experts of one site."""

    count: int

    @abstractmethod
    def affinity(self, tokens: Float[Tensor, "tokens width"]) -> Float[Tensor, "tokens experts"]:
        """How much each token prefers each expert."""

    @abstractmethod
    def change(self, expert: int, tokens: Float[Tensor, "chosen width"]) -> Float[Tensor, "chosen out"]:
        """What an expert adds for some tokens."""


class _LoRAExperts(_Experts):
    def __init__(self, down: Float[Tensor, "experts rank d_in"], up: Float[Tensor, "experts rank d_out"], scale: float):
        self.down, self.up, self.count = down, scale * up, len(down)
        first = balanced(down.float(), up.float())[0][:, 0]
        self.prototypes = first / first.norm(dim=1, keepdim=True).clamp(min=1e-12)

    def affinity(self, tokens: Float[Tensor, "tokens width"]) -> Float[Tensor, "tokens experts"]:
        likeness: Tensor = (tokens.float() @ self.prototypes.T).abs()
        return likeness

    def change(self, expert: int, tokens: Float[Tensor, "chosen width"]) -> Float[Tensor, "chosen out"]:
        return tokens @ self.down[expert].T.to(tokens.dtype) @ self.up[expert].to(tokens.dtype)


class _LoReFTExperts(_Experts):
    def __init__(
        self,
        rotations: Float[Tensor, "experts width rank"],
        maps: Float[Tensor, "experts rank width"],
        biases: Float[Tensor, "experts rank"],
    ) -> None:
        self.rotations, self.maps, self.biases, self.count = rotations, maps, biases, len(rotations)

    def affinity(self, tokens: Float[Tensor, "tokens width"]) -> Float[Tensor, "tokens experts"]:
        lengths: Tensor = torch.einsum("tw,ewr->ter", tokens.float(), self.rotations.float()).norm(dim=-1)
        return lengths

    def change(self, expert: int, tokens: Float[Tensor, "chosen width"]) -> Float[Tensor, "chosen out"]:
        linear, bias = self.maps[expert].to(tokens.dtype), self.biases[expert].to(tokens.dtype)
        return (tokens @ linear.T + bias) @ self.rotations[expert].T.to(tokens.dtype)


def routed_change(
    experts: _Experts, tokens: Float[Tensor, "tokens width"], out_width: int, top_k: int, temperature: float
) -> Float[Tensor, "tokens out"]:
    """The weighted changes of each token's best experts; an expert runs on its own tokens only."""
    scores = experts.affinity(tokens) / temperature
    best, chosen = scores.topk(min(top_k, experts.count), dim=-1)
    weights = best.softmax(dim=-1).to(tokens.dtype)
    changed = tokens.new_zeros(len(tokens), out_width)
    for expert, rows, places in _by_expert(chosen):
        added = weights[rows, places, None] * experts.change(expert, tokens[rows])
        changed.index_add_(0, rows, added.to(changed.dtype))
    return changed


def _by_expert(chosen: Int[Tensor, "tokens k"]) -> Iterator[tuple[int, Tensor, Tensor]]:
    """For each expert that is chosen: the tokens that chose it, and at which place of their choice."""
    flat = chosen.flatten()
    order = flat.argsort(stable=True)
    found, counts = torch.unique_consecutive(flat[order], return_counts=True)
    for expert, places in zip(found.tolist(), torch.split(order, counts.tolist()), strict=True):
        yield expert, places // chosen.shape[1], places % chosen.shape[1]


def routed_edits(
    families: Sequence[AdapterFamily], library: AdapterParameters, top_k: int = TOP_K, temperature: float = TEMPERATURE
) -> list[SiteEdit]:
    """Edits by which every token chooses among the adapters of a library; made once, for any number of batches.

    Args:
        families: of the adapters.
        library: the experts.
        top_k: how many experts a token takes, at least 1.
        temperature: above 0; lower is more decided.

    Raises:
        ConfigurationError: top_k or temperature out of range, or a family that cannot be routed.
    """
    if top_k < 1 or temperature <= 0:
        raise ConfigurationError(f"routing needs top_k >= 1 and temperature > 0, got {top_k} and {temperature}")
    if {group.key for family in families for group in family.groups} != {group.key for group in library.groups}:
        raise ConfigurationError(f"the library is for {[group.key for group in library.groups]}; route those families")
    return [
        (family, group, group.sites[index], _edit(experts, top_k, temperature))
        for family in families
        for group in family.groups
        for index, experts in enumerate(_site_experts(family, group, library))
    ]


@contextmanager
def routed(
    model: PreTrainedModel,
    families: Sequence[AdapterFamily],
    library: AdapterParameters,
    prompt_spans: Int[Tensor, "batch 2"],
    top_k: int = 3,
    temperature: float = 1.0,
) -> Iterator[PreTrainedModel]:
    """Let every token of the model choose among the adapters of a library while the block runs.

    Arguments and errors are those of `routed_edits`; `prompt_spans` is as for `attached`.
    """
    with attached_edits(model, routed_edits(families, library, top_k, temperature), prompt_spans):
        yield model


def _site_experts(family: AdapterFamily, group: SiteGroup, library: AdapterParameters) -> Iterator[_Experts]:
    factors = library.factors[group.key]
    if isinstance(family, LoRA):
        for index in range(len(group.sites)):
            yield _LoRAExperts(factors["A"][:, index], factors["B"][:, index], family.scale)
    elif isinstance(family, LoReFT):
        rotations = family.subspaces(factors["A"])
        for index in range(len(group.sites)):
            linear = family.scale * factors["D"][:, index]
            yield _LoReFTExperts(rotations[:, index], linear, factors["b"][:, index, :, 0])
    else:
        raise ConfigurationError(f"adapters of the family {family.name} cannot be routed")


def _edit(experts: _Experts, top_k: int, temperature: float) -> Edit:
    on_output = isinstance(experts, _LoReFTExperts)

    def edit(inputs: Tensor, output: Tensor, chosen: Tensor | None) -> Tensor:
        source = output if on_output else inputs
        flat = source.reshape(-1, source.shape[-1])
        kept = torch.arange(len(flat), device=flat.device) if chosen is None else chosen.flatten().nonzero().flatten()
        if not len(kept):
            return output
        change = routed_change(experts, flat[kept], output.shape[-1], top_k, temperature)
        added = torch.zeros_like(output).reshape(-1, output.shape[-1]).index_add(0, kept, change.to(output.dtype))
        return output + added.reshape(output.shape)

    return edit
