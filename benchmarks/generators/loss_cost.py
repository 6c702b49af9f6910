"""Time and memory of a reconstruction step at Mistral-7B's shapes: by effect, by factors, by dense weight changes.

    python benchmarks/generators/loss_cost.py --out benchmarks/reports/reconstruction_cost.md

A library of random LoRAs (rank 8, q and v, 32 layers) is written once and read as training reads it, four at a time.
The dense loss of the reference forms every weight change; it is measured for one layer of one module type, and the
rest is computed from that.
"""

import argparse
import statistics
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import torch
from rich.progress import track

from adaptlab.adapters import AdapterLibrary, BaseModelName, LoRA
from adaptlab.contracts import AdapterParameters, AdapterSite
from adaptlab.files import write_text
from adaptlab.hypernetworks import Hypernetwork
from adaptlab.training.module import generator_context
from adaptlab.training.progress import peak_memory_bytes
from adaptlab.training.reconstruction_losses import EffectLoss, FactorLoss

LAYERS, BATCH, RANK, CONDITION = 32, 4, 8, 1024
SITES = [
    AdapterSite(module, layer, f"model.layers.{layer}.self_attn.{module}", 4096, out)
    for module, out in (("q_proj", 4096), ("v_proj", 1024))
    for layer in range(LAYERS)
]
FAMILY = LoRA(SITES, rank=RANK)


def peak_gib() -> float:
    """The most memory that this process has held, in GiB."""
    return peak_memory_bytes() / 2**30


def make_library(folder: Path, count: int) -> AdapterLibrary:
    """Random adapters; those that are there already are kept."""
    if (folder / "index.json").exists():
        library = AdapterLibrary.open(folder)
    else:
        library = AdapterLibrary.create(folder, BaseModelName("random", "float32", "0" * 16), [FAMILY])
    for index in track(range(len(library), count), "writing a library"):
        factors = {
            group.key: {f.name: 0.02 * torch.randn(1, LAYERS, f.rows, f.width) for f in group.factors}
            for group in library.groups
        }
        library.add(f"random_{index}", AdapterParameters(library.groups, factors), {})
    return library


def step_cost(folder: Path, loss: EffectLoss | FactorLoss, steps: int) -> tuple[float, float, float]:
    """Median seconds of reading a batch and of its forward and backward pass, and what the steps added to memory."""
    library, generator = AdapterLibrary.open(folder), hypernetwork()
    names, before = list(library.entries), peak_gib()
    reading, stepping = [], []
    for step in range(steps):
        started = time.perf_counter()
        targets = library.load(names[BATCH * step : BATCH * (step + 1)], canonical=False)
        if loss.aligned:
            factors = {group.key: targets.factors[group.key] for group in FAMILY.groups}
            nearest = {key: {name: value[:1] for name, value in found.items()} for key, found in factors.items()}
            turned = {g.key: FAMILY.aligned(g, factors[g.key], nearest[g.key]) for g in FAMILY.groups}
            targets = AdapterParameters(targets.groups, turned)
        read = time.perf_counter()
        generator.zero_grad()
        loss.per_task([FAMILY], generator(torch.randn(BATCH, CONDITION)), targets).mean().backward()
        reading.append(read - started)
        stepping.append(time.perf_counter() - read)
    return statistics.median(reading), statistics.median(stepping), peak_gib() - before


def dense_cost(folder: Path, steps: int) -> tuple[float, float, float]:
    """Median seconds and memory of one layer of q_proj with every weight change formed, and the bytes of one set."""
    library, generator = AdapterLibrary.open(folder), hypernetwork()
    targets = library.load(list(library.entries)[:BATCH], canonical=False).factors["lora/q_proj"]
    with torch.no_grad():
        emitted = generator(torch.randn(BATCH, CONDITION)).factors["lora/q_proj"]
    up, down = (emitted[name][:, 0].clone().requires_grad_() for name in ("B", "A"))
    before, seconds = peak_gib(), []
    for _ in range(steps):
        started = time.perf_counter()
        change = up.transpose(1, 2) @ down
        (change - targets["B"][:, 0].transpose(1, 2) @ targets["A"][:, 0]).abs().mean().backward()
        seconds.append(time.perf_counter() - started)
    return statistics.median(seconds), peak_gib() - before, change.numel() * change.element_size()


def hypernetwork() -> Hypernetwork:
    """The generator of the paper for these shapes, of random weights."""
    torch.manual_seed(0)
    return Hypernetwork(generator_context([FAMILY], CONDITION), preset="paper")


def main() -> None:
    """Measure and write the report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--library", type=Path, default=Path("runs/libraries/mistral_random"))
    parser.add_argument("--count", type=int, default=479)
    parser.add_argument("--steps", type=int, default=5)
    parser.add_argument("--out", type=Path, required=True)
    chosen = parser.parse_args()
    library = make_library(chosen.library, chosen.count)
    # A process each, so that one's memory is not taken for another's.
    with ProcessPoolExecutor(1, get_context("spawn"), max_tasks_per_child=1) as fresh:
        effects = fresh.submit(step_cost, chosen.library, EffectLoss(), chosen.steps).result()
        factors = fresh.submit(step_cost, chosen.library, FactorLoss(False), chosen.steps).result()
        seconds, added, size = fresh.submit(dense_cost, chosen.library, chosen.steps).result()
    text = f"""# A reconstruction step at Mistral-7B's shapes

Written by `python benchmarks/generators/loss_cost.py` on {time.strftime("%Y-%m-%d")}: {len(library)} random LoRAs
({library.bytes / 2**30:.1f} GiB on disk), {BATCH} a step, a generator of
{sum(p.numel() for p in hypernetwork().parameters()):,} parameters, {torch.get_num_threads()} threads, medians of
{chosen.steps} steps. Memory is what the steps added to the peak of their process, the generator's gradients and pages
of the library included.

| loss | reading, s | forward and backward, s | memory, GiB |
|:--|--:|--:|--:|
| effects, from products of rank by rank | {effects[0]:.2f} | {effects[1]:.2f} | {effects[2]:.2f} |
| factors, reading with alignment | {factors[0]:.2f} | {factors[1]:.2f} | {factors[2]:.2f} |
| dense weight changes, one layer of q_proj, without the generator | | {seconds:.2f} | {added:.2f} |

Dense, computed from one layer: {seconds * LAYERS:.0f} s for the {LAYERS} layers of q_proj and
{size * LAYERS / 1e9:.1f} GB for their emitted changes alone, and as much again for the targets', the difference and its
gradient.
"""
    write_text(chosen.out, text)
    print(text)


if __name__ == "__main__":
    main()
