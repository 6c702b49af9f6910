"""Time and memory of a reconstruction step at Mistral-7B's shapes: by effect, by factors, by dense weight changes.

    python benchmarks/generators/loss_cost.py --out benchmarks/reports/reconstruction_cost.md

A library of random LoRAs (rank 8, q and v, 32 layers) is written once and read as training reads it, four at a time.
The dense loss of the reference forms every weight change; it is measured for one layer of one module type, and the
rest is computed from that.
"""

import argparse
import resource
import time
from pathlib import Path

import torch
from rich.progress import track

from adaptlab.adapters import AdapterLibrary, BaseModelName, LoRA
from adaptlab.contracts import AdapterParameters, AdapterSite
from adaptlab.files import write_text
from adaptlab.hypernetworks import Hypernetwork
from adaptlab.training.module import generator_context
from adaptlab.training.reconstruction_losses import EffectLoss, FactorLoss

LAYERS, BATCH, RANK = 32, 4, 8
SITES = [
    AdapterSite(module, layer, f"model.layers.{layer}.self_attn.{module}", 4096, out)
    for module, out in (("q_proj", 4096), ("v_proj", 1024))
    for layer in range(LAYERS)
]


def peak_gib() -> float:
    """The most memory that this process has held, in GiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def make_library(folder: Path, count: int, family: LoRA) -> AdapterLibrary:
    """Random adapters; those that are there already are kept."""
    if (folder / "index.json").exists():
        library = AdapterLibrary.open(folder)
    else:
        library = AdapterLibrary.create(folder, BaseModelName("random", "float32", "0" * 16), [family])
    for index in track(range(len(library), count), "writing a library"):
        factors = {
            group.key: {f.name: 0.02 * torch.randn(1, LAYERS, f.rows, f.width) for f in group.factors}
            for group in library.groups
        }
        library.add(f"random_{index}", AdapterParameters(library.groups, factors), {})
    return library


def dense(library: AdapterLibrary, generator: Hypernetwork) -> list[str]:
    """One layer of one module type with every weight change formed, and what all layers would take."""
    targets = library.load(list(library.entries)[:BATCH], canonical=False).factors["lora/q_proj"]
    emitted = generator(torch.randn(BATCH, 1024)).factors["lora/q_proj"]
    before, started = peak_gib(), time.perf_counter()
    change = emitted["B"][:, 0].transpose(1, 2) @ emitted["A"][:, 0]
    wanted = targets["B"][:, 0].transpose(1, 2) @ targets["A"][:, 0]
    (change - wanted).abs().mean().backward()
    seconds = time.perf_counter() - started
    size = change.numel() * change.element_size() * LAYERS
    return [
        f"| dense weight changes, one layer of q_proj | {seconds:.2f} | {max(peak_gib(), before):.2f} |",
        "",
        f"Dense, computed from one layer: {seconds * LAYERS:.0f} s and {size / 1e9:.1f} GB for the emitted changes of "
        "q_proj alone, and as much again for the targets, their difference and its gradient.",
        "",
    ]


def main() -> None:
    """Measure and write the report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--library", type=Path, default=Path("runs/libraries/mistral_random"))
    parser.add_argument("--count", type=int, default=479)
    parser.add_argument("--steps", type=int, default=5)
    parser.add_argument("--out", type=Path, required=True)
    chosen = parser.parse_args()
    torch.manual_seed(0)
    family = LoRA(SITES, rank=RANK)
    library = make_library(chosen.library, chosen.count, family)
    generator = Hypernetwork(generator_context([family], 1024), preset="paper")
    lines = [
        "# A reconstruction step at Mistral-7B's shapes",
        "",
        f"Written by `python benchmarks/generators/loss_cost.py` on {time.strftime('%Y-%m-%d')}: {len(library)} random "
        f"LoRAs ({library.bytes / 2**30:.1f} GiB on disk), {BATCH} a step, generator of "
        f"{sum(p.numel() for p in generator.parameters()):,} parameters, {torch.get_num_threads()} threads.",
        "",
        "| part | seconds | peak of the process, GiB |",
        "|:--|--:|--:|",
        f"| before the first step | | {peak_gib():.2f} |",
    ]
    names = list(library.entries)
    for label, loss, canonical in (("effects", EffectLoss(), False), ("factors", FactorLoss(False), True)):
        reading, stepping = [], []
        for step in range(chosen.steps):
            started = time.perf_counter()
            targets = library.load(names[BATCH * step : BATCH * (step + 1)], canonical=canonical)
            reading.append(time.perf_counter() - started)
            started = time.perf_counter()
            generator.zero_grad()
            loss.per_task([family], generator(torch.randn(BATCH, 1024)), targets).mean().backward()
            stepping.append(time.perf_counter() - started)
        reading.sort(), stepping.sort()
        middle = chosen.steps // 2
        lines.append(f"| reading {BATCH} entries for {label} | {reading[middle]:.2f} | |")
        lines.append(f"| forward and backward by {label} | {stepping[middle]:.2f} | {peak_gib():.2f} |")
    lines += dense(library, generator)
    write_text(chosen.out, "\n".join(lines))
    print("\n".join(lines))


if __name__ == "__main__":
    main()
