"""Ask how many adapters fit into one hypernetwork: libraries of 16, 32 and 64, three sizes, two losses -> a table.

    python benchmarks/generators/reconstruct.py --library lora=libraries/lora --library loreft=libraries/loreft

Each cell is a run of `adaptlab fit` on `experiments/reconstruction/`, measured on the library's own tasks. A finished
cell is kept beside the records and left as it is: families can be measured one after the other, on different machines.
All cells of a family belong to one library, which is checked; to begin with another, remove them and the
record of its oracles.
"""

import argparse
import hashlib
import json
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import product
from pathlib import Path

import torch
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from adaptlab.adapters import AdapterLibrary
from adaptlab.evaluation.records import read_record
from adaptlab.evaluation.runs import load_trained
from adaptlab.files import write_json, write_text
from adaptlab.reports.figures import BASE_COLOUR, COLOURS, DOTS_PER_INCH
from adaptlab.reports.tables import markdown_table
from adaptlab.training.reconstruction_losses import effect_error

ROOT = Path(__file__).resolve().parents[2]
PASSES, BATCH = 250, 8
"""How often each adapter is seen, whatever their number, and how many at once."""
COUNTS, SIZES, LOSSES = (16, 32, 64), ("large", "medium", "small"), ("EffectLoss", "FactorLoss")
STYLES = {"-": "effect", "--": "factor"}
CELLS = "cells"
MEASURED = ("--budget.seen_examples", "12")


@dataclass(frozen=True)
class Cell:
    """One library size, generator size and loss of one family.

    Args:
        generator: parameters of the hypernetwork.
        library: parameters of the adapters that it learned.
        error: mean relative effect error over adapters, 0 at best.
        score: exact match of the emitted adapters, in [0, 1]; `oracles` of the learned ones.
    """

    family: str
    tasks: int
    size: str
    loss: str
    generator: int
    library: int
    error: float
    score: float
    oracles: float
    minutes: float

    @property
    def kept(self) -> float:
        """The share of the oracles' score that is left."""
        return self.score / self.oracles


def adaptlab(*arguments: object) -> None:
    """Run a command, or stop."""
    words = [str(argument) for argument in arguments]
    print("adaptlab", *words, flush=True)
    subprocess.run([sys.executable, "-m", "adaptlab", *words], check=True, cwd=ROOT)


def means(path: Path) -> dict[str, float]:
    """Score of each seen task in a record."""
    return {metric.task: metric.value for metric in read_record(path).metrics if metric.split == "seen"}


def oracle_record(family: str, library: AdapterLibrary, out: Path) -> Path:
    """What the library's adapters reach by themselves; named after the seed that they were trained with."""
    seed = next(iter(library.entries.values()))["provenance"].get("seed", 0)
    return out / f"oracle-{family}.no description.seed{seed}.json"


def measure_oracles(family: str, folder: Path, out: Path) -> None:
    """Measure a library's adapters by themselves, once."""
    if not oracle_record(family, AdapterLibrary.open(folder), out).exists():
        use = ("--use", "oracle", "--method", f"oracle-{family}", "--out", out)
        adaptlab("evaluate", "--library", folder, *use, *MEASURED)


def library_digest(folder: Path) -> str:
    """Stands for what a library holds."""
    entries = AdapterLibrary.open(folder).entries
    return hashlib.sha256("".join(entry["sha256"] for entry in entries.values()).encode()).hexdigest()


def refuse_another(family: str, digest: str, out: Path) -> None:
    """Stop where cells of another library are kept: two libraries must not meet in one line of the figure."""
    kept = out / CELLS / f"{family}.library"
    if not kept.exists() and not any((out / CELLS).glob(f"reconstruction-{family}-*.json")):
        write_text(kept, digest)
    if not kept.exists() or kept.read_text() != digest:
        raise SystemExit(
            f"{out / CELLS} holds cells of another library of {family}; remove them and the record of its oracles first"
        )


def reconstruct(family: str, library: Path, count: int, size: str, loss: str, out: Path, runs: Path) -> None:
    """Train one cell and measure it; a finished one is left as it is."""
    method = f"reconstruction-{family}-{count}-{size}-{loss.removesuffix('Loss').lower()}"
    cell, run = out / CELLS / f"{method}.json", runs / method
    if cell.exists():
        return
    measure_oracles(family, library, out)
    checkpoint, record = run / "checkpoints" / "last.ckpt", out / f"{method}.aligned.seed0.json"
    if not (run / "finished").exists():
        adaptlab(
            *("fit", "--config", ROOT / "experiments" / "reconstruction" / f"{family}.yaml", "--ckpt_path", "auto"),
            *("--data.library", library, "--data.tasks", count, "--model.generator.init_args.size", size),
            *("--model.loss", f"adaptlab.training.{loss}", "--trainer.default_root_dir", run),
            *("--data.batch_size", BATCH, "--trainer.max_steps", PASSES * count // BATCH),
        )
        (run / "finished").touch()
    if not record.exists():
        place = ("--method", method, "--suite", "builtin", "--out", out)
        adaptlab("evaluate", "--checkpoint", checkpoint, *place, *MEASURED)
    kept = AdapterLibrary.open(library)
    names = list(kept.entries)[:count]
    trained = load_trained(checkpoint)
    with torch.no_grad():
        emitted = trained.module.generator(trained.encoder.encode(names, names).vectors)
    errors = effect_error(trained.module.adapter_families, emitted, kept.load(names))
    oracle, found = means(oracle_record(family, kept, out)), means(record)
    measured = Cell(
        family=family,
        tasks=count,
        size=size,
        loss=loss.removesuffix("Loss").lower(),
        generator=sum(value.numel() for value in trained.module.generator.state_dict().values()),
        library=count * kept.parameters // len(kept),
        error=float(errors.mean()),
        score=statistics.mean(found[name] for name in names),
        oracles=statistics.mean(oracle[name] for name in names),
        minutes=trained.cost["training_time_seconds"] / 60,
    )
    write_json(cell, asdict(measured))


def finished_cells(out: Path) -> list[Cell]:
    """Every cell that has been measured, of all families, in the order of the table."""
    found = [Cell(**json.loads(path.read_text())) for path in (out / CELLS).glob("*.json")]
    return sorted(found, key=lambda cell: (cell.family, cell.tasks, SIZES.index(cell.size), cell.loss))


def table(cells: Sequence[Cell]) -> str:
    """Every cell, a line each."""
    header = [
        *("family", "tasks", "size", "loss", "generator", "library / generator"),
        *("relative effect error", "exact match", "oracles", "kept", "minutes"),
    ]
    rows = [
        (
            *(cell.family, str(cell.tasks), cell.size, cell.loss, f"{cell.generator / 1e6:.2f} M"),
            *(f"{cell.library / cell.generator:.2f}", f"{cell.error:.4f}"),
            *(f"{100 * value:.1f}%" for value in (cell.score, cell.oracles, cell.kept)),
            f"{cell.minutes:.1f}",
        )
        for cell in cells
    ]
    return markdown_table(header, rows, left=4)


def figure(cells: Sequence[Cell], path: Path) -> None:
    """How error and score change with the number of adapters; a panel a family, a line a size and loss."""
    families = list(dict.fromkeys(cell.family for cell in cells))
    drawn = Figure(figsize=(1.5 + 3.2 * len(families), 5.5), layout="constrained")
    FigureCanvasAgg(drawn)
    panels = drawn.subplots(2, len(families), sharex=True, sharey="row", squeeze=False)
    for column, family in enumerate(families):
        for (colour, size), (style, loss) in product(zip(COLOURS, SIZES, strict=False), STYLES.items()):
            line = [cell for cell in cells if (cell.family, cell.size, cell.loss) == (family, size, loss)]
            counts = [cell.tasks for cell in line]
            for axes, values in zip(
                panels[:, column], ([cell.error for cell in line], [100 * cell.kept for cell in line]), strict=True
            ):
                axes.plot(counts, values, style, color=colour, marker="o", markersize=4, label=f"{size}, {loss}")
        panels[0][column].set_title(family, fontsize=10, loc="left")
        panels[0][column].set_yscale("log")
        panels[1][column].axhline(100, color=BASE_COLOUR, linewidth=1, linestyle=(0, (4, 3)))
        panels[1][column].set_xscale("log", base=2)
        panels[1][column].set_xticks(COUNTS, [str(count) for count in COUNTS])
        panels[1][column].set_xlabel("adapters in the library", fontsize=9)
    panels[0][0].set_ylabel("relative effect error", fontsize=9)
    panels[1][0].set_ylabel("score kept, % of the oracles'", fontsize=9)
    for axes in panels.flat:
        axes.grid(alpha=0.3)
        axes.tick_params(labelsize=8)
    handles, labels = panels[0][0].get_legend_handles_labels()
    drawn.legend(handles, labels, loc="outside lower center", ncols=3, fontsize=8, frameon=False)
    drawn.savefig(path, format="png", dpi=DOTS_PER_INCH)


def main() -> None:
    """Do what is left to do, writing the table after each line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--library", action="append", required=True, help="family=folder; give it once per family")
    parser.add_argument(
        "--counts", type=int, nargs="+", choices=COUNTS, default=COUNTS, help="a process each, if you like"
    )
    parser.add_argument("--runs", type=Path, default=ROOT / "runs" / "reconstruction")
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks" / "results" / "reconstruction")
    parser.add_argument("--report", type=Path, default=ROOT / "benchmarks" / "reports" / "reconstruction")
    chosen = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # which ends the command that is running, too
    libraries = {name: Path(folder) for name, _, folder in (pair.partition("=") for pair in chosen.library)}
    chosen.report.mkdir(parents=True, exist_ok=True)
    for family, folder in libraries.items():
        digest = library_digest(folder)
        refuse_another(family, digest, chosen.out)
        for count, size, loss in product(chosen.counts, SIZES, LOSSES):
            reconstruct(family, folder, count, size, loss, chosen.out, chosen.runs / digest[:12])
            cells = finished_cells(chosen.out)
            text = f"""# Reconstruction

Written by `python benchmarks/generators/reconstruct.py` on {time.strftime("%Y-%m-%d")}: one-hot codes in, a library's
adapters out, each seen {PASSES} times; exact match on unseen examples of the library's tasks, 12 each, beside that of
the adapters themselves. The optimiser's settings were chosen by the effect loss of 16 LoRAs, for all cells.

{table(cells)}

![error and score by the number of adapters](report.png)
"""
            write_text(chosen.report / "report.md", text)
            figure(cells, chosen.report / "report.png")


if __name__ == "__main__":
    main()
