"""Load a frozen causal language model, list where it can be adapted, and run it on batches."""

from adaptlab.basemodels.forward import generate_tokens, target_logits
from adaptlab.basemodels.load import BaseModel, fingerprint, load_base_model, tiny_config, tokenizer_fingerprint
from adaptlab.basemodels.sites import list_sites

__all__ = [
    "BaseModel",
    "fingerprint",
    "generate_tokens",
    "list_sites",
    "load_base_model",
    "target_logits",
    "tiny_config",
    "tokenizer_fingerprint",
]
