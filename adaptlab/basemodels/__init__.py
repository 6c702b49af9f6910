"""Load a frozen causal language model, list where it can be adapted, and run it on batches."""

from adaptlab.basemodels.forward import generate_tokens, target_logits
from adaptlab.basemodels.load import (
    BaseModel,
    fast_dtype,
    fingerprint,
    hub_name,
    load_base_model,
    load_tokenizer,
    tiny_config,
    tokenizer_fingerprint,
)
from adaptlab.basemodels.lower_layers import starting_at, states_below
from adaptlab.basemodels.sharding import shard
from adaptlab.basemodels.sites import decoder_layers, list_sites

__all__ = [
    "BaseModel",
    "decoder_layers",
    "fast_dtype",
    "fingerprint",
    "generate_tokens",
    "hub_name",
    "list_sites",
    "load_base_model",
    "load_tokenizer",
    "shard",
    "starting_at",
    "states_below",
    "target_logits",
    "tiny_config",
    "tokenizer_fingerprint",
]
