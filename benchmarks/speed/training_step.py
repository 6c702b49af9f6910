"""Measure a training step against its floor and against the peers' way of taking it, on the same batches in one run.

    python benchmarks/speed/training_step.py --out benchmarks/reports/training_step.md

Every contender takes whole steps (emit, attach, forward, loss, backward, AdamW) on real examples of the built-in suite
and the frozen SmolLM2. Contenders take turns within each round, each round begins with another one, and a ratio is that
of their fastest steps: what else the machine does only ever adds time. The median over rounds of the ratios within each
round stands beside it. The floors are the frozen model's own forward and backward
pass to the depth that an adapter needs, with the same loss and nothing else.
"""

import argparse
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from rich.progress import track
from torch import Tensor, nn

from adaptlab.adapters import AdapterFamily, LoRA, LoReFT, attached
from adaptlab.basemodels import decoder_layers, list_sites, load_base_model, target_logits
from adaptlab.embeddings import SentenceEncoder
from adaptlab.files import write_text
from adaptlab.hypernetworks import Hypernetwork
from adaptlab.objectives import mean_loss_per_example
from adaptlab.tasks import PromptFormat, load_suite
from adaptlab.training.batches import AdaptationBatch, TokenizedExample, collate, tokenize
from adaptlab.training.module import generator_context

BASE_MODEL = "packaged:smollm2-135m-instruct"
Step = Callable[[], None]


@dataclass(frozen=True)
class Shape:
    """What a batch looks like.

    Args:
        name: in the report.
        tasks: how many tasks it mixes.
        examples: of each task.
        shortest_tokens: prompt and answer together.
        longest_tokens: prompt and answer together.
    """

    name: str
    tasks: int
    examples: int
    shortest_tokens: int
    longest_tokens: int


SHARED = Shape("8 tasks x 4 examples, one description a task", 8, 4, 20, 40)
MIXED = Shape("32 tasks x 1 example", 32, 1, 20, 40)
SMALL = Shape("4 tasks x 1 example of 12 to 16 tokens (overhead-bound)", 4, 1, 12, 16)
ROUNDS = {SHARED: 12, MIXED: 8, SMALL: 40}
LEFT_OUT = ("logits everywhere", "no shared adapters")


def make_batch(shape: Shape, base: Any) -> AdaptationBatch:
    """One batch of such a shape."""
    rows, vectors = examples_of(shape, base)
    return collate(rows, vectors, base.tokenizer.pad_token_id)


def examples_of(shape: Shape, base: Any) -> tuple[list[TokenizedExample], Tensor]:
    """Examples of the built-in suite with lengths in the given range, and the embeddings of their descriptions."""
    prompt, encoder = PromptFormat(), SentenceEncoder()
    start = prompt.prompt_start(base.tokenizer)
    rows, texts, names = [], [], []
    for index, task in enumerate(load_suite("builtin").train):
        found = []
        for example in task.splits["train"]:
            text = prompt.render(example.input, base.tokenizer, "", ())
            answer = base.tokenizer(prompt.answer_text(example.targets[0]), add_special_tokens=False)["input_ids"]
            ids = prompt.token_ids(text, base.tokenizer)
            row = tokenize(ids, [*answer, base.tokenizer.eos_token_id], start, 512, example.input)
            if shape.shortest_tokens <= len(row.prompt) + len(row.answer) <= shape.longest_tokens:
                found.append(replace(row, task=index))
            if len(found) == shape.examples:
                rows += found
                texts.append(task.descriptions[0])
                names.append(task.name)
                break
        if len(texts) == shape.tasks:
            break
    if len(texts) < shape.tasks:
        raise SystemExit(f"the suite has only {len(texts)} tasks with {shape.examples} examples of these lengths")
    return rows, encoder.encode(texts, names).vectors


def lengths_apart(base: Any, rounds: int) -> list[str]:
    """What batches of similar length gain: the same 96 examples of as many tasks, sorted into batches and not."""
    everything = Shape("96 tasks x 1 example, any length", 96, 1, 1, 512)
    rows, vectors = examples_of(everything, base)
    lengths = [len(row.prompt) + len(row.answer) for row in rows]
    by_length = sorted(range(len(rows)), key=lambda index: lengths[index])
    family, pad = LoRA(list_sites(base.model)), base.tokenizer.pad_token_id
    steps: dict[str, Step] = {}
    tokens = {}
    for name, order in (("by length", by_length), ("as they come", list(range(len(rows))))):
        parts = [order[start : start + 32] for start in range(0, len(order), 32)]
        batches = [collate([rows[index] for index in part], vectors[part], pad) for part in parts]
        tokens[name] = sum(batch.attention_mask.numel() for batch in batches)
        taken = [ours(base, family, batch) for batch in batches]
        steps[name] = lambda taken=taken: [step() for step in taken]  # type: ignore[misc]
    seconds = measure(steps, rounds, everything.name)
    gain = min(seconds["as they come"]) / min(seconds["by length"])
    return [
        "## Batches of similar length",
        "",
        f"96 examples of 96 tasks, {sum(lengths)} tokens, in three batches of hypernetwork-LoRA: {tokens['by length']} "
        f"with padding when sorted by length, {tokens['as they come']} as they come. Fastest time as they come / by "
        f"length: {gain:.2f}.",
        "",
    ]


def loss_of(model: nn.Module, batch: AdaptationBatch, all_logits: bool = False) -> Tensor:
    """The training loss: logits at targets only, as we do, or everywhere, as the peers do."""
    if all_logits:
        logits = model(input_ids=batch.input_ids, attention_mask=batch.attention_mask, use_cache=False).logits
        logits = logits[batch.predicts_target]
    else:
        logits = target_logits(model, batch.input_ids, batch.attention_mask, batch.predicts_target)  # type: ignore[arg-type]
    return mean_loss_per_example(logits, batch.target_ids, batch.target_rows, len(batch.input_ids))[0].mean()


def take(parameters: Sequence[Tensor], loss: Callable[[], Tensor]) -> Step:
    """A whole optimiser step."""
    optimizer = torch.optim.AdamW(parameters, 1e-4, fused=True)

    def step() -> None:
        optimizer.zero_grad()
        loss().backward()
        optimizer.step()

    return step


@contextmanager
def gradient_from(module: nn.Module) -> Iterator[None]:
    """Let the backward pass reach the output of a module, though no parameter asks for it."""
    handle = module.register_forward_hook(lambda _module, _arguments, output: output.requires_grad_())
    try:
        yield
    finally:
        handle.remove()


def floor(model: nn.Module, batch: AdaptationBatch, deepest: nn.Module) -> Step:
    """The frozen model's forward and backward pass, to the output of `deepest`."""

    def step() -> None:
        with gradient_from(deepest):
            loss_of(model, batch).backward()

    return step


def ours(
    base: Any, family: AdapterFamily, batch: AdaptationBatch, all_logits: bool = False, share: bool = True
) -> Step:
    """A hypernetwork of the large size and one family."""
    width = batch.embeddings.shape[1]
    generator = Hypernetwork(generator_context([family], width))
    repeats = 1 if share else len(batch.input_ids) // len(batch.embeddings)
    embeddings = batch.embeddings.repeat_interleave(repeats, 0)

    def loss() -> Tensor:
        with attached(base.model, [family], generator(embeddings), batch.prompt_spans):
            return loss_of(base.model, batch, all_logits)

    return take(list(generator.parameters()), loss)


class PerToken(LoRA):
    """LoRA as the reference Text-to-LoRA applies it: A and B repeated for every token, one product a token.

    The reference also emits an adapter for every example, so its contender shares none.
    """

    def _edit(self, down: Tensor, up: Tensor) -> Any:
        def edit(inputs: Tensor, output: Tensor, _chosen: Tensor | None) -> Tensor:
            rows, tokens, width = inputs.shape
            repeats = rows * tokens // len(down)
            a, b = (factor.to(inputs.dtype).repeat_interleave(repeats, 0) for factor in (down, up))
            low = torch.bmm(a, inputs.reshape(rows * tokens, width, 1))
            return output + self.scale * torch.bmm(b.transpose(1, 2), low).reshape(output.shape)

        return edit


def peft_lora(batch: AdaptationBatch) -> Step:
    """One LoRA for all tasks, inside the model, by PEFT."""
    from peft import LoraConfig, get_peft_model

    model = load().model
    adapted = get_peft_model(model, LoraConfig(r=8, lora_alpha=16, target_modules=["q_proj", "v_proj"]))
    return take([p for p in adapted.parameters() if p.requires_grad], lambda: loss_of(adapted.base_model.model, batch))


def pyreft_loreft(batch: AdaptationBatch) -> Step:
    """One LoReFT for all tasks on the prompts in every layer, by pyreft; short prompts repeat their last place."""
    import pyreft

    model = load().model
    layers = model.config.num_hidden_layers
    width = model.config.hidden_size
    interventions = [
        {
            "layer": layer,
            "component": "block_output",
            "low_rank_dimension": 4,
            "intervention": pyreft.LoreftIntervention(embed_dim=width, low_rank_dimension=4, dtype=torch.float32),
        }
        for layer in range(layers)
    ]
    reft = pyreft.get_reft_model(model, pyreft.ReftConfig(representations=interventions))
    spans = batch.prompt_spans.tolist()
    longest = max(stop - start for start, stop in spans)
    places = [[min(start + turn, stop - 1) for turn in range(longest)] for start, stop in spans]
    trained = [p for p in reft.parameters() if p.requires_grad]

    def loss() -> Tensor:
        inputs = {"input_ids": batch.input_ids, "attention_mask": batch.attention_mask}
        _, output = reft(inputs, unit_locations={"sources->base": (None, [places] * layers)}, use_cache=False)
        logits = output.logits[batch.predicts_target]
        return mean_loss_per_example(logits, batch.target_ids, batch.target_rows, len(batch.input_ids))[0].mean()

    return take(trained, loss)


def load() -> Any:
    """The frozen model, loaded anew for contenders that change it."""
    return load_base_model(BASE_MODEL, "float32", "eager")


def contenders(base: Any, batch: AdaptationBatch) -> dict[str, Step]:
    """All ways of taking a step on one batch."""
    sites = list_sites(base.model)
    lora, loreft, per_token = LoRA(sites), LoReFT(sites), PerToken(sites)
    embedding, first = base.model.get_input_embeddings(), decoder_layers(base.model)[1][0]
    return {
        "floor, to the first layer's input": floor(base.model, batch, embedding),
        "floor, to the first layer's output": floor(base.model, batch, first),
        "hypernetwork-LoRA": ours(base, lora, batch),
        "hypernetwork-LoReFT": ours(base, loreft, batch),
        "hypernetwork-LoRA, logits everywhere": ours(base, lora, batch, all_logits=True),
        "hypernetwork-LoRA, no shared adapters": ours(base, lora, batch, share=False),
        "hypernetwork-LoReFT, no shared adapters": ours(base, loreft, batch, share=False),
        "hypernetwork-LoRA, per token as in Text-to-LoRA": ours(base, per_token, batch, share=False),
        "one LoRA by PEFT": peft_lora(batch),
        "one LoReFT by pyreft": pyreft_loreft(batch),
    }


RATIOS = (
    ("hypernetwork-LoRA", "floor, to the first layer's input"),
    ("hypernetwork-LoRA", "one LoRA by PEFT"),
    ("hypernetwork-LoReFT", "floor, to the first layer's output"),
    ("one LoReFT by pyreft", "hypernetwork-LoReFT"),
    ("hypernetwork-LoRA, per token as in Text-to-LoRA", "hypernetwork-LoRA"),
    ("hypernetwork-LoRA, logits everywhere", "hypernetwork-LoRA"),
    ("hypernetwork-LoRA, no shared adapters", "hypernetwork-LoRA"),
    ("hypernetwork-LoReFT, no shared adapters", "hypernetwork-LoReFT"),
)


def measure(steps: dict[str, Step], rounds: int, label: str) -> dict[str, list[float]]:
    """Seconds of every contender in every round; one round more goes before, to warm up."""
    seconds: dict[str, list[float]] = {name: [] for name in steps}
    names = list(steps)
    for turn in track(range(rounds + 1), label):
        for name in names[turn % len(names) :] + names[: turn % len(names)]:
            started = time.perf_counter()
            steps[name]()
            if turn:
                seconds[name].append(time.perf_counter() - started)
    return seconds


def report(shape: Shape, batch: AdaptationBatch, seconds: dict[str, list[float]]) -> list[str]:
    """The lines of one batch's tables."""
    real, padded = int(batch.attention_mask.sum()), batch.attention_mask.numel()
    counted = f"{len(batch.input_ids)} examples, {real} tokens ({padded} with padding), {ROUNDS[shape]} rounds."
    lines = [f"## {shape.name}", "", counted, ""]
    lines += ["| step | fastest, ms | median, ms | quartiles, ms |", "|---|---|---|---|"]
    for name, values in seconds.items():
        low, middle, high = (1000 * value for value in statistics.quantiles(values, n=4))
        lines.append(f"| {name} | {1000 * min(values):.0f} | {middle:.0f} | {low:.0f} to {high:.0f} |")
    lines += ["", "| ratio | of the fastest | median of rounds | quartiles |", "|---|---|---|---|"]
    for above, below in RATIOS:
        if not {above, below} <= seconds.keys():
            continue
        found = [a / b for a, b in zip(seconds[above], seconds[below], strict=True)]
        low, middle, high = statistics.quantiles(found, n=4)
        fastest = min(seconds[above]) / min(seconds[below])
        lines.append(f"| {above} / {below} | {fastest:.2f} | {middle:.2f} | {low:.2f} to {high:.2f} |")
    return [*lines, ""]


def main() -> None:
    """Measure and write the report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--threads", type=int, default=2)
    chosen = parser.parse_args()
    torch.set_num_threads(chosen.threads)
    torch.manual_seed(0)
    base = load()
    lines = [
        "# A training step",
        "",
        f"Written by `python benchmarks/speed/training_step.py` on {time.strftime('%Y-%m-%d')}: {BASE_MODEL}, float32, "
        f"{chosen.threads} threads, torch {torch.__version__}; all contenders take turns in each round.",
        "",
    ]
    for shape in (SHARED, MIXED, SMALL):
        batch = make_batch(shape, base)
        steps = contenders(base, batch)
        if shape is MIXED:  # its adapters are not shared anyway
            steps = {name: step for name, step in steps.items() if not name.endswith(LEFT_OUT)}
        seconds = measure(steps, ROUNDS[shape], shape.name)
        lines += report(shape, batch, seconds)
        write_text(chosen.out, "\n".join(lines))
    lines += lengths_apart(base, ROUNDS[MIXED])
    write_text(chosen.out, "\n".join(lines))
    print("\n".join(lines))


if __name__ == "__main__":
    main()
