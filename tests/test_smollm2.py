"""The real base model: batches adapt each row as if it were alone, and training moves its loss."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from commandline import adaptlab, configuration
from torch import Tensor

from adaptlab.adapters import AdapterFamily, LoRA, LoReFT, attached
from adaptlab.basemodels import BaseModel, generate_tokens, list_sites, load_base_model, target_logits
from adaptlab.contracts import AdapterParameters

PROMPTS = (
    "Input: chair, salmon, red\nOutput:",
    "Input: 17\nOutput:",
    "Input: The quick brown fox jumps over it\nOutput:",
)

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def smollm2() -> BaseModel:
    return load_base_model("packaged:smollm2-135m-instruct")


def padded(base: BaseModel, side: str) -> tuple[Tensor, Tensor]:
    tokens = base.tokenizer(list(PROMPTS), return_tensors="pt", padding=True, padding_side=side)
    return tokens["input_ids"], tokens["attention_mask"]


def last_logits(base: BaseModel, ids: Tensor, mask: Tensor) -> Tensor:
    """Logits at each row's last real token, with position ids that skip padding."""
    positions = (mask.cumsum(1) - 1).clamp(min=0)
    logits = base.model(input_ids=ids, attention_mask=mask, position_ids=positions).logits
    last = torch.where(mask > 0, torch.arange(mask.shape[1]), -1).argmax(1)
    return logits[torch.arange(len(ids)), last]


def alone(base: BaseModel, row: int) -> tuple[Tensor, Tensor]:
    tokens = base.tokenizer(PROMPTS[row], return_tensors="pt")
    return tokens["input_ids"], tokens["attention_mask"]


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("kind", [LoRA, LoReFT])
@torch.no_grad()
def test_batched_equals_alone_within_twice_the_base_models_own_difference(
    kind: type[AdapterFamily],
    side: str,
    smollm2: BaseModel,
    random_adapters: Callable[..., AdapterParameters],
) -> None:
    families = [kind(list_sites(smollm2.model), rank=4)]  # type: ignore[call-arg]
    adapters = random_adapters(families, len(PROMPTS), spread=0.02 if kind is LoRA else 0.5)
    ids, mask = padded(smollm2, side)
    stop = [smollm2.tokenizer.eos_token_id]
    spans = torch.stack([torch.ones(len(PROMPTS), dtype=torch.long), mask.sum(1)], 1)
    own = max(
        float((last_logits(smollm2, ids, mask)[row] - last_logits(smollm2, *alone(smollm2, row))[0]).abs().max())
        for row in range(len(PROMPTS))
    )
    with attached(smollm2.model, families, adapters, spans):
        together = last_logits(smollm2, ids, mask)
        tokens = (
            generate_tokens(smollm2.model, ids, mask, 5, [smollm2.tokenizer.eos_token_id]) if side == "left" else None
        )
    assert float((together - last_logits(smollm2, ids, mask)).abs().max()) > 0.1
    for row in range(len(PROMPTS)):
        with attached(smollm2.model, families, adapters[row], spans[row : row + 1]):
            single = last_logits(smollm2, *alone(smollm2, row))[0]
            if tokens is not None:
                one = generate_tokens(smollm2.model, *alone(smollm2, row), 5, stop)
                assert torch.equal(tokens[row, : one.shape[1]], one[0])
        assert float((together[row] - single).abs().max()) <= 2 * max(own, 6e-5)


@pytest.mark.parametrize("kind", [LoRA, LoReFT])
def test_a_few_steps_on_one_question_teach_its_answer(
    kind: type[AdapterFamily], smollm2: BaseModel, context_for: Callable[..., object]
) -> None:
    from adaptlab.hypernetworks import Hypernetwork

    families = [kind(list_sites(smollm2.model), rank=4)]  # type: ignore[call-arg]
    generator = Hypernetwork(context_for(families), dropout=0.0)  # type: ignore[arg-type]
    optimizer = torch.optim.AdamW(generator.parameters(), 4e-4, weight_decay=0.0)
    prompt = smollm2.tokenizer(PROMPTS[0])["input_ids"]
    answer = smollm2.tokenizer(" salmon", add_special_tokens=False)["input_ids"]
    ids = torch.tensor([[*prompt, *answer]])
    predicts = torch.zeros_like(ids, dtype=torch.bool)
    predicts[0, len(prompt) - 1 : -1] = True
    losses = []
    for _ in range(6):
        with attached(smollm2.model, families, generator(torch.ones(1, 6)), torch.tensor([[1, len(prompt)]])):
            logits = target_logits(smollm2.model, ids, torch.ones_like(ids), predicts)
        loss = torch.nn.functional.cross_entropy(logits, torch.tensor(answer))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < losses[0] - 0.5


def test_a_checkpoint_is_as_large_as_what_was_trained(small_suite: Path, tmp_path: Path) -> None:
    path = configuration(
        tmp_path,
        small_suite,
        **{
            "model.base_model": "packaged:smollm2-135m-instruct",
            "model.optimizer": {"class_path": "torch.optim.AdamW", "init_args": {"lr": 1e-3}},
            "trainer.max_steps": 1,
            "trainer.limit_val_batches": 0,
        },
    )
    done = adaptlab(["fit", "--config", str(path)])
    assert done.returncode == 0, done.stderr
    last = tmp_path / "checkpoints" / "last.ckpt"
    checkpoint = torch.load(last, weights_only=True)
    assert all(name.startswith(("generator.", "families.")) for name in checkpoint["state_dict"])
    kept = sum(tensor.numel() * tensor.element_size() for tensor in checkpoint["state_dict"].values())
    moments = sum(
        tensor.numel() * tensor.element_size()
        for state in checkpoint["optimizer_states"][0]["state"].values()
        for tensor in state.values()
    )
    assert last.stat().st_size < kept + moments + 300_000
    assert last.stat().st_size < 0.05 * 4 * 134_515_008
