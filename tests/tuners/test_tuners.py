"""Laws of methods that train inside the model: what trains, how they start, padding, and what a checkpoint holds."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from commandline import adaptlab, configuration
from torch import Tensor

from adaptlab.adapters import FirstLastPositions
from adaptlab.basemodels import BaseModel, load_base_model
from adaptlab.errors import ConfigurationError
from adaptlab.evaluation.methods import make_method
from adaptlab.hypernetworks import GeneratorContext
from adaptlab.reports.reading import read_records
from adaptlab.tuners import BitFit, Bottleneck, Parts, Peft, PyreftLoReFT, Tuner

NONE = GeneratorContext((), {}, {}, 4)
PROMPTS = ([5, 9, 42, 7, 11], [8, 33, 21, 71, 15, 6, 90, 101, 12], [77, 30, 4])
NEW = 5


def peft(name: str, **arguments: Any) -> Callable[[], Tuner]:
    """A method of PEFT."""
    return lambda: Peft(NONE, {"class_path": f"peft.{name}", "init_args": arguments})


TUNERS: dict[str, Callable[[], Tuner]] = {
    "lora": peft("LoraConfig", r=2, target_modules=["q_proj", "v_proj"], lora_dropout=0.5),
    "ia3": peft("IA3Config", target_modules=["k_proj", "v_proj", "down_proj"], feedforward_modules=["down_proj"]),
    "layernorm": peft("LNTuningConfig", target_modules=["input_layernorm", "post_attention_layernorm"]),
    "prompt": peft("PromptTuningConfig", num_virtual_tokens=4),
    "p-tuning": peft("PromptEncoderConfig", num_virtual_tokens=3, encoder_hidden_size=16),
    "prefix": peft("PrefixTuningConfig", num_virtual_tokens=4),
    "full": lambda: Parts(NONE),
    "head": lambda: Parts(NONE, "head"),
    "embeddings": lambda: Parts(NONE, "embeddings"),
    "first layer": lambda: Parts(NONE, first=1),
    "last layers": lambda: Parts(NONE, last=2),
    "attention": lambda: Parts(NONE, "attention"),
    "mlp": lambda: Parts(NONE, "mlp", last=1),
    "norms": lambda: Parts(NONE, "norms"),
    "bitfit": lambda: BitFit(NONE),
    "bottleneck": lambda: Bottleneck(NONE, 3),
    "pyreft": lambda: PyreftLoReFT(NONE, 2, positions=FirstLastPositions(2, 1)),
}
WHERE = {
    "head": "lm_head/weight",
    "embeddings": "model/embed_tokens/weight",
    "first layer": r"model/layers/0/.*",
    "last layers": r"model/layers/[12]/.*",
    "attention": r"model/layers/[012]/self_attn/[qkvo]_proj/weight",
    "mlp": r"model/layers/2/mlp/(gate|up|down)_proj/weight",
    "norms": r"model/layers/[012]/(input|post_attention)_layernorm/weight",
    "bitfit": r"model/layers/[012]/(self_attn|mlp)/.*/bias",
    "bottleneck": r"model/layers/[012]/(self_attn|mlp)/bottleneck/(down|up)/(weight|bias)",
}
"""Names of what trains."""
LAYERS = {
    "first layer": {0},
    "last layers": {1, 2},
    "mlp": {2},
    **{name: {0, 1, 2} for name in ("attention", "norms", "bitfit", "bottleneck", "full")},
}
"""Layers in which something trains."""
START_ELSEWHERE = {"prompt", "p-tuning", "prefix", "pyreft"}
"""Methods that do not contain the identity, or do not start at it."""


def fresh(name: str, architecture: str = "llama", dtype: str = "float32") -> tuple[Tuner, BaseModel]:
    """A tuner on a model of its own."""
    base, tuner = load_base_model(f"tiny-random:{architecture}", dtype), TUNERS[name]()
    tuner.prepare(base.model)
    tuner.network.eval()
    return tuner, base


def moved(tuner: Tuner, seed: int = 0) -> Tuner:
    """The same after what could be training; pyreft's reflections keep their signs, as gradients leave them."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, value in tuner.tuned.items():
            noise = 0.2 * torch.randn(value.shape, generator=generator)
            value.add_(noise.tril(-1) if "rotate_layer" in name else noise)
    return tuner


def padded(rows: Any, left: bool) -> tuple[Tensor, Tensor, Tensor]:
    """Ids, mask and prompt spans."""
    longest = max(map(len, rows))
    gaps = [longest - len(row) for row in rows]
    ids = [[0] * gap + row if left else row + [0] * gap for row, gap in zip(rows, gaps, strict=True)]
    mask = [
        [0] * gap + [1] * len(row) if left else [1] * len(row) + [0] * gap for row, gap in zip(rows, gaps, strict=True)
    ]
    return torch.tensor(ids), torch.tensor(mask), torch.tensor([[0, len(row)] for row in rows])


def all_logits(tuner: Tuner, rows: Any) -> list[Tensor]:
    """Logits after every token, row by row, from one right-padded batch."""
    ids, mask, spans = padded(rows, left=False)
    with torch.no_grad():
        found = tuner.target_logits(ids, mask, mask.bool(), spans)
    return list(found.split([len(row) for row in rows]))


@pytest.mark.parametrize("name", TUNERS)
def test_only_what_it_says_trains_and_all_of_it(name: str) -> None:
    tuner, base = fresh(name)
    ids, mask, spans = padded(PROMPTS, left=False)
    moved(tuner).target_logits(ids, mask, mask.bool(), spans).logsumexp(-1).sum().backward()
    assert all(value.requires_grad for value in tuner.tuned.values())
    ids_of_tuned = {id(value) for value in tuner.tuned.values()}
    frozen = [value for value in base.model.parameters() if id(value) not in ids_of_tuned]
    assert not any(value.requires_grad or value.grad is not None for value in frozen)
    reached = [key for key, value in tuner.tuned.items() if value.grad is not None and bool(value.grad.abs().sum() > 0)]
    assert set(reached) == set(tuner.tuned)
    assert all(re.fullmatch(WHERE.get(name, ".*"), key) for key in tuner.tuned)
    layers = {int(number) for key in tuner.tuned for number in re.findall(r"^model/layers/(\d+)/", key)}
    assert layers == LAYERS.get(name, layers)
    assert not (frozen and name == "full")
    assert tuner.stored_bytes == 4 * sum(value.numel() for value in tuner.tuned.values())


@pytest.mark.parametrize("name", sorted(set(TUNERS) - START_ELSEWHERE))
def test_before_training_the_model_is_as_it_was(name: str) -> None:
    plain = load_base_model("tiny-random:llama").model
    tuner, _ = fresh(name)
    ids, mask, spans = padded(PROMPTS, left=False)
    with torch.no_grad():
        wanted = plain(input_ids=ids, attention_mask=mask, use_cache=False).logits[mask.bool()]
        assert torch.equal(tuner.target_logits(ids, mask, mask.bool(), spans), wanted)


@pytest.mark.parametrize("name", TUNERS)
def test_in_half_precision_what_trains_is_held_in_float32(name: str) -> None:
    plain = load_base_model("tiny-random:llama", "bfloat16").model
    tuner, base = fresh(name, dtype="bfloat16")
    ids, mask, spans = padded(PROMPTS, left=False)
    if name not in START_ELSEWHERE:
        with torch.no_grad():
            wanted = plain(input_ids=ids, attention_mask=mask, use_cache=False).logits[mask.bool()]
            assert torch.equal(tuner.target_logits(ids, mask, mask.bool(), spans), wanted)
    moved(tuner).target_logits(ids, mask, mask.bool(), spans).float().logsumexp(-1).sum().backward()
    assert {value.dtype for value in tuner.tuned.values()} == {torch.float32}
    assert all(value.grad is not None and bool(value.grad.abs().sum() > 0) for value in tuner.tuned.values())
    sizes = {key: value.numel() for key, value in fresh(name)[0].tuned.items()}
    assert sum(sizes.values()) == sum(value.numel() for value in tuner.tuned.values())
    ids_of_tuned = {id(value) for value in tuner.tuned.values()}
    rest = [value for value in base.model.parameters() if id(value) not in ids_of_tuned]
    assert not any(value.requires_grad for value in rest)
    other, _ = fresh(name, dtype="bfloat16")
    other.load_state_dict(tuner.state_dict())
    ids, mask, spans = padded(PROMPTS, left=True)
    answers = [one.generate_tokens(ids, mask, spans, NEW, [2]) for one in (tuner, other)]
    assert torch.equal(*answers)


@pytest.mark.parametrize("name", TUNERS)
def test_padding_changes_no_logits_and_no_answers(name: str) -> None:
    tuner, _ = fresh(name)
    moved(tuner)
    together = all_logits(tuner, PROMPTS)
    for row, logits in zip(PROMPTS, together, strict=True):
        torch.testing.assert_close(all_logits(tuner, [row])[0], logits, atol=2e-5, rtol=1e-4)
    ids, mask, spans = padded(PROMPTS, left=True)
    answers = tuner.generate_tokens(ids, mask, spans, NEW, [2])
    for row, found in zip(PROMPTS, answers.tolist(), strict=True):
        grown = list(row)
        for token in found:
            own_ids, own_mask, _ = padded([grown], left=False)
            with torch.no_grad():
                spans = torch.tensor([[0, len(row)]])
                scores = tuner.target_logits(own_ids, own_mask, own_mask.bool(), spans)[-1]
            best = int(scores.argmax())
            assert token == best, f"{token} where the uncached forward gives {best}"
            if token == 2:
                break
            grown.append(token)


@pytest.mark.parametrize("name", TUNERS)
def test_its_state_makes_the_same_model_again(name: str) -> None:
    tuner, _ = fresh(name)
    moved(tuner)
    other, _ = fresh(name)
    other.load_state_dict(tuner.state_dict())
    for wanted, found in zip(all_logits(tuner, PROMPTS), all_logits(other, PROMPTS), strict=True):
        torch.testing.assert_close(found, wanted, atol=1e-6, rtol=1e-6)


@pytest.mark.parametrize("architecture", ["gemma2", "mistral", "qwen2", "qwen3"])
@pytest.mark.parametrize("name", ["bitfit", "bottleneck", "full", "head", "lora", "pyreft", "prompt"])
def test_other_architectures_train_too(name: str, architecture: str) -> None:
    tuner, _ = fresh(name, architecture)
    before = all_logits(tuner, PROMPTS)
    after = all_logits(moved(tuner), PROMPTS)
    assert all(float((one - other).abs().max()) > 1e-3 for one, other in zip(before, after, strict=True))


def test_a_head_of_its_own_leaves_the_embeddings_alone() -> None:
    tuner, base = fresh("head")
    before = base.model.get_input_embeddings().weight.clone()
    moved(tuner)
    assert torch.equal(base.model.get_input_embeddings().weight, before)


def test_what_makes_no_sense_is_said(llama: BaseModel, context_for: Callable[..., GeneratorContext]) -> None:
    from adaptlab.adapters import LoRA
    from adaptlab.basemodels import list_sites

    with pytest.raises(ConfigurationError, match=r"set model\.families: \[\]"):
        Parts(context_for([LoRA(list_sites(llama.model), rank=2)]))
    with pytest.raises(ConfigurationError, match="not both"):
        Parts(NONE, first=1, last=1)
    with pytest.raises(ConfigurationError, match="belong to no layer"):
        Parts(NONE, "head", first=1)
    with pytest.raises(ConfigurationError, match="choose 1 to 3"):
        Parts(NONE, first=4).prepare(load_base_model("tiny-random:llama").model)
    with pytest.raises(ConfigurationError, match="trains nothing"):
        BitFit(NONE, targets=["no_such_map"]).prepare(load_base_model("tiny-random:llama").model)
    for config, message in (
        ({"class_path": "os.system"}, "must be a configuration of PEFT"),
        ({"class_path": "peft.PeftModel"}, "must be a configuration of PEFT"),
        ({}, "must be a configuration of PEFT"),
        ({"class_path": "peft.LoraConfig", "init_args": {"no_such": 1}}, "are not its own"),
    ):
        with pytest.raises(ConfigurationError, match=message):
            Peft(NONE, config)


@pytest.mark.parametrize(
    "generator",
    [
        {"class_path": "adaptlab.tuners.Peft", "init_args": {"config": {"class_path": "peft.IA3Config"}}},
        {"class_path": "adaptlab.tuners.PyreftLoReFT", "init_args": {"rank": 2}},
    ],
    ids=["peft", "pyreft"],
)
def test_trained_stopped_resumed_and_measured_as_generators_are(
    generator: dict[str, Any], small_suite: Path, tmp_path: Path
) -> None:
    changes = {"model.families": [], "model.generator": generator, "model.optimizer.init_args": {"lr": 0.05}}
    config = str(configuration(tmp_path / "whole", small_suite, save_every_n_steps=3, **changes))
    whole = adaptlab(["fit", "--config", config])
    assert whole.returncode == 0, whole.stderr
    after_three_steps = tmp_path / "third.ckpt"
    shutil.copy(tmp_path / "whole" / "checkpoints" / "last.ckpt.previous", after_three_steps)
    config = str(configuration(tmp_path / "parts", small_suite, **changes))
    part = adaptlab(["fit", "--config", config, "--ckpt_path", str(after_three_steps)])
    assert part.returncode == 0, part.stderr
    states = [
        torch.load(tmp_path / name / "checkpoints" / "last.ckpt", weights_only=True)["state_dict"]
        for name in ("whole", "parts")
    ]
    assert states[0].keys() == states[1].keys()
    assert all(key.startswith(("generator.tuned.", "generator.base_")) for key in states[0])
    assert all(torch.equal(value, states[1][key]) for key, value in states[0].items())
    measured = adaptlab(
        [
            *("evaluate", "--checkpoint", str(tmp_path / "whole" / "checkpoints" / "last.ckpt")),
            *("--conditions", "[aligned]", "--method", "tuned", "--out", str(tmp_path / "records")),
            *("--budget.seen_examples", "1", "--budget.heldout_examples", "1"),
        ]
    )
    assert measured.returncode == 0, measured.stderr
    (record,) = read_records([tmp_path / "records"])
    assert record.trained_parameters == sum(
        value.numel() for key, value in states[0].items() if key.startswith("generator.tuned.")
    )
    assert record.emitted_parameters == 0
    checkpoint = str(tmp_path / "whole" / "checkpoints" / "last.ckpt")
    for words, message in (
        (["generate", checkpoint, "Say moon.", "--out", str(tmp_path / "x")], "emits no adapters"),
        (["library", "add", str(tmp_path / "library"), checkpoint], "a library holds adapters"),
    ):
        refused = adaptlab(words)
        assert (refused.returncode, message in refused.stderr) == (2, True), refused.stderr
    assert not (tmp_path / "x").exists()
    with pytest.raises(ConfigurationError, match="no adapters to attach"):
        make_method(f"x={checkpoint}", lambda: load_base_model("tiny-random:llama"), ["aligned"], 0)
