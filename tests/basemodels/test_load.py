"""Laws of loading: names in, frozen models out, and errors that say what to name instead."""

import pytest
import torch

from adaptlab.basemodels import BaseModel, fast_dtype, fingerprint, load_base_model
from adaptlab.errors import BaseModelError


def test_every_architecture_loads_frozen_in_evaluation_mode(base: BaseModel) -> None:
    assert base.name.endswith(base.model.config.model_type)
    assert not any(parameter.requires_grad for parameter in base.model.parameters())
    assert not any(module.training for module in base.model.modules())
    assert base.tokenizer.pad_token_id is not None


def test_tokenizer_gives_back_what_it_read(base: BaseModel) -> None:
    text = "Say: naïve  café, 42!"
    assert base.tokenizer.decode(base.tokenizer(text)["input_ids"]) == text
    assert max(base.tokenizer(text)["input_ids"]) < base.model.config.vocab_size


def test_same_name_gives_same_weights_whatever_the_seed(base: BaseModel) -> None:
    torch.manual_seed(123)
    before = torch.get_rng_state()
    again = load_base_model(base.name).model
    assert torch.equal(torch.get_rng_state(), before)
    state = base.model.state_dict()
    assert all(torch.equal(value, state[key]) for key, value in again.state_dict().items())
    assert fingerprint(again) == fingerprint(base.model)


def test_fingerprint_tells_architectures_dtypes_and_changed_weights_apart(llama: BaseModel) -> None:
    changed = load_base_model("tiny-random:llama").model
    with torch.no_grad():
        changed.get_submodule("model.layers.1.self_attn.q_proj").weight[0, 0] += 1e-3
    others = [load_base_model(name).model for name in ("tiny-random:mistral", "tiny-random:qwen3")]
    half = load_base_model("tiny-random:llama", "bfloat16").model
    prints = [fingerprint(model) for model in (llama.model, changed, half, *others)]
    assert len(set(prints)) == len(prints)


@pytest.mark.parametrize(
    ("bf16", "amx", "expected"), [(False, False, "float32"), (True, False, "bfloat16"), (False, True, "bfloat16")]
)
def test_bfloat16_is_fast_where_the_processor_multiplies_in_it(
    monkeypatch: pytest.MonkeyPatch, bf16: bool, amx: bool, expected: str
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation: not (bf16 or amx))
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: bf16)
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: amx)
    assert fast_dtype("cpu") == expected
    assert fast_dtype() != expected  # the GPU's own answer, where it is used


@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "float16"])
def test_dtype_is_the_one_asked_for(dtype: str) -> None:
    model = load_base_model("tiny-random:llama", dtype).model
    assert {parameter.dtype for parameter in model.parameters()} == {getattr(torch, dtype)}


def test_saved_folder_loads_with_equal_logits(llama: BaseModel, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("model")
    llama.model.save_pretrained(folder)
    llama.tokenizer.save_pretrained(folder)
    loaded = load_base_model(str(folder))
    ids = torch.tensor([llama.tokenizer("equal")["input_ids"]])
    assert loaded.tokenizer("equal")["input_ids"] == ids[0].tolist()
    assert torch.equal(loaded.model(ids).logits, llama.model(ids).logits)


@pytest.mark.parametrize(
    ("name", "dtype", "message"),
    [
        ("tiny-random:gpt2", "float32", r"gemma2, llama, mistral, qwen2, qwen3; got 'gpt2'"),
        ("tiny-random:llama", "float64", r"float32, bfloat16, float16, got 'float64'"),
        ("packaged:gpt2", "float32", r"smollm2-135m-instruct; got 'gpt2'"),
        ("/no/such/folder", "float32", r"'/no/such/folder' cannot be loaded"),
    ],
)
def test_unknown_names_are_refused_with_the_known_ones(name: str, dtype: str, message: str) -> None:
    with pytest.raises(BaseModelError, match=message):
        load_base_model(name, dtype)
