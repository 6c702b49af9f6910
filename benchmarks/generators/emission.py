"""Time a sentence's way to an adapter for Mistral-7B's shapes, without the base model: encode, emit, write.

    python benchmarks/generators/emission.py --out benchmarks/reports/emission.md

A `large` hypernetwork with random weights; nothing of it depends on what the weights are. LoRA of rank 8 on q and v, as
in Text-to-LoRA, and LoReFT of rank 4 on all layers. The first round warms up; then the median.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import torch

from adaptlab.adapters import AdapterFamily, BaseModelName, LoRA, LoReFT
from adaptlab.contracts import AdapterParameters, AdapterSite
from adaptlab.embeddings import SentenceEncoder
from adaptlab.files import write_text
from adaptlab.hypernetworks import Hypernetwork
from adaptlab.inference import Adapter
from adaptlab.inference.adapter import Format, only_task
from adaptlab.training.module import generator_context

LAYERS, HIDDEN, VALUES = 32, 4096, 1024
ROUNDS = 5
FORMATS: dict[str, Format] = {"lora": "peft", "loreft": "pyreft"}
MANY = 100


def mistral_sites() -> list[AdapterSite]:
    """Where Mistral-7B can be adapted, of what is adapted here."""
    sites = []
    for layer in range(LAYERS):
        attention = f"model.layers.{layer}.self_attn"
        sites += [
            AdapterSite("block", layer, f"model.layers.{layer}", HIDDEN, HIDDEN),
            AdapterSite("q_proj", layer, f"{attention}.q_proj", HIDDEN, HIDDEN),
            AdapterSite("v_proj", layer, f"{attention}.v_proj", HIDDEN, VALUES),
        ]
    return sites


def median_seconds(work: Callable[[], object], rounds: int = ROUNDS) -> float:
    """Median of some rounds after one that warms up."""
    seconds = []
    for _ in range(rounds + 1):
        started = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - started)
    return statistics.median(seconds[1:])


def descriptions(count: int, turn: int) -> list[str]:
    """Texts that no cache of embeddings has seen."""
    return [f"Answer question {index} of round {turn} at {time.time_ns()} in one word." for index in range(count)]


@torch.no_grad()
def row(family: AdapterFamily, encoder: SentenceEncoder, generator: Hypernetwork, count: int) -> str:
    """One row of the table: so many descriptions at once."""
    vectors = encoder.encode(descriptions(count, 0), ["x"] * count).vectors
    turns, numbers = iter(range(1, 99)), iter(range(9_999))
    encode = median_seconds(lambda: encoder.encode(descriptions(count, next(turns)), ["x"] * count))
    emit = median_seconds(lambda: generator(vectors))
    emitted = generator(vectors)
    with tempfile.TemporaryDirectory() as folder:
        write = median_seconds(lambda: save(family, emitted, folder, numbers), rounds=ROUNDS if count == 1 else 1)
    size = sum(parameter.numel() for parameter in generator.parameters())
    milliseconds = " | ".join(f"{1000 * seconds:,.0f}" for seconds in (encode, emit, write))
    return f"| {family.name} | {size:,} | {emitted.parameters_per_task:,} | {count} | {milliseconds} |"


def save(family: AdapterFamily, emitted: AdapterParameters, folder: str, numbers: Iterator[int]) -> None:
    """Write each adapter into a folder of its own."""
    base = BaseModelName("mistralai/Mistral-7B-Instruct-v0.2", "bfloat16", "0" * 16)
    for index in range(len(emitted)):
        one = Adapter(base, [family], only_task(emitted, index))
        one.save(Path(folder) / str(next(numbers)), FORMATS[family.name])


def main() -> None:
    """Measure both families and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--threads", type=int, default=2)
    chosen = parser.parse_args()
    torch.set_num_threads(chosen.threads)
    encoder, sites = SentenceEncoder(), mistral_sites()
    rows = []
    for family in (LoRA(sites, rank=8), LoReFT(sites, rank=4)):
        generator = Hypernetwork(generator_context([family], encoder.width)).eval()
        rows += [row(family, encoder, generator, count) for count in (1, MANY)]
    lines = [
        "# From a sentence to an adapter",
        "",
        f"Written by `python benchmarks/generators/emission.py` on {time.strftime('%Y-%m-%d')}, torch "
        f"{torch.__version__}, {chosen.threads} threads, float32, shapes of Mistral-7B, `large`, no base model. "
        "Start-up is not in the figures; writing is to PEFT's and pyreft's formats with a model card each. "
        f"Milliseconds, median of {ROUNDS}; writing {MANY} is measured once.",
        "",
        "| family | hypernetwork | values an adapter | descriptions | encode | emit | write |",
        "|:--|--:|--:|--:|--:|--:|--:|",
        *rows,
        "",
    ]
    write_text(chosen.out, "\n".join(lines))
    print("\n".join(lines))


if __name__ == "__main__":
    main()
