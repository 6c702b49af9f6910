"""Encode descriptions by the frozen base model itself: description -> mean hidden state of one of its layers."""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from adaptlab.contracts import TaskEmbedding
from adaptlab.embeddings.encoder import TaskEncoder, check_descriptions, scaled
from adaptlab.errors import ConfigurationError

BATCH_SIZE = 64


class HiddenStateEncoder(TaskEncoder):
    """What the adapted model itself makes of a description: no second model, and its own notion of meaning.

    The first token is left out of the mean, since in many models it is an attention sink of a hundred times the
    others' norm.

    Args:
        depth: which hidden state, as a share of the model's layers, in 0..1.

    Raises:
        ConfigurationError: a depth outside 0..1, or used before it has a model.
    """

    def __init__(self, depth: float = 0.6) -> None:
        if not 0 <= depth <= 1:
            raise ConfigurationError(f"depth is a share of the layers, in 0..1, got {depth}")
        self.depth = depth
        self.model: PreTrainedModel | None = None
        self.tokenizer: PreTrainedTokenizerBase | None = None
        self._known: dict[str, Tensor] = {}

    @property
    def reads_base_model(self) -> bool:
        return True

    def use_base_model(self, model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase) -> None:
        if model is not self.model:
            self._known.clear()
        self.model, self.tokenizer = model, tokenizer

    @property
    def width(self) -> int:
        return int(self._loaded().config.get_text_config().hidden_size)

    def _loaded(self) -> PreTrainedModel:
        if self.model is None:
            raise ConfigurationError("a hidden-state encoder needs the base model first: call use_base_model")
        return self.model

    def encode(self, descriptions: Sequence[str], names: Sequence[str]) -> TaskEmbedding:
        check_descriptions(descriptions)
        new = sorted(set(descriptions) - set(self._known), key=len)
        for start in range(0, len(new), BATCH_SIZE):
            texts = new[start : start + BATCH_SIZE]
            self._known |= dict(zip(texts, self._mean_states(texts), strict=True))
        return TaskEmbedding(scaled(torch.stack([self._known[text] for text in descriptions])), tuple(names))

    @torch.no_grad()
    def _mean_states(self, texts: Sequence[str]) -> Float[Tensor, "texts width"]:
        model, tokenizer = self._loaded(), self.tokenizer
        assert tokenizer is not None
        tokens = tokenizer(list(texts), return_tensors="pt", padding=True, padding_side="right").to(model.device)
        states = model(**tokens, output_hidden_states=True, use_cache=False, logits_to_keep=1).hidden_states
        layer = states[round(self.depth * (len(states) - 1))].float()
        kept = tokens["attention_mask"].clone()
        kept[:, 0] = kept.sum(1) == 1
        mean: Tensor = (layer * kept[..., None]).sum(1) / kept.sum(1, keepdim=True)
        return mean.cpu()
