"""Ask how many adapters fit into one hypernetwork: libraries of 16, 32 and 64, three sizes, two losses -> a table.

    python benchmarks/generators/reconstruct.py --library lora=libraries/lora --library loreft=libraries/loreft

Each cell is a run of `adaptlab fit` on `experiments/reconstruction/`, measured on the library's own tasks. What has its
record is left as it is.
"""

import argparse
import statistics
import subprocess
import sys
import time
from itertools import product
from pathlib import Path

import torch

from adaptlab.adapters import AdapterLibrary
from adaptlab.evaluation.records import read_record
from adaptlab.evaluation.runs import load_trained
from adaptlab.files import write_text
from adaptlab.training.reconstruction_losses import effect_error

ROOT = Path(__file__).resolve().parents[2]
COUNTS, SIZES, LOSSES = (16, 32, 64), ("large", "medium", "small"), ("EffectLoss", "FactorLoss")
MEASURED = ("--budget.seen_examples", "12")


def adaptlab(*arguments: object) -> None:
    """Run a command, or stop."""
    words = [str(argument) for argument in arguments]
    print("adaptlab", *words, flush=True)
    subprocess.run([sys.executable, "-m", "adaptlab", *words], check=True, cwd=ROOT)


def means(path: Path) -> dict[str, float]:
    """Score of each seen task in a record."""
    return {metric.task: metric.value for metric in read_record(path).metrics if metric.split == "seen"}


def reconstruct(family: str, library: Path, count: int, size: str, loss: str, out: Path, runs: Path) -> list[str]:
    """One line of the table."""
    method = f"reconstruction-{family}-{count}-{size}-{loss.removesuffix('Loss').lower()}"
    run = runs / method
    checkpoint, record = run / "checkpoints" / "last.ckpt", out / f"{method}.aligned.seed0.json"
    if not (run / "finished").exists():
        adaptlab(
            *("fit", "--config", ROOT / "experiments" / "reconstruction" / f"{family}.yaml", "--ckpt_path", "auto"),
            *("--data.library", library, "--data.tasks", count, "--model.generator.init_args.size", size),
            *("--model.loss", f"adaptlab.training.{loss}", "--trainer.default_root_dir", run),
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
    oracle, found = means(out / f"oracle-{family}.no description.seed0.json"), means(record)
    top, reached = statistics.mean(oracle[name] for name in names), statistics.mean(found[name] for name in names)
    parameters = sum(value.numel() for value in trained.module.generator.state_dict().values())
    return [
        family,
        str(count),
        size,
        loss.removesuffix("Loss").lower(),
        f"{parameters / 1e6:.2f} M",
        f"{count * kept.parameters / len(kept) / parameters:.2f}",
        f"{float(errors.mean()):.4f}",
        f"{100 * reached:.1f}",
        f"{100 * top:.1f}",
        f"{100 * reached / top:.1f}%",
        f"{trained.cost['training_time_seconds'] / 60:.1f}",
    ]


HEADER = (
    "family",
    "tasks",
    "size",
    "loss",
    "generator",
    "library / generator",
    "relative effect error",
    "exact match",
    "oracles",
    "kept",
    "minutes",
)


def main() -> None:
    """Do what is left to do, writing the table after each line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--library", action="append", required=True, help="family=folder; give it once per family")
    parser.add_argument("--runs", type=Path, default=ROOT / "runs" / "reconstruction")
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks" / "results" / "reconstruction")
    parser.add_argument("--report", type=Path, default=ROOT / "benchmarks" / "reports" / "reconstruction.md")
    chosen = parser.parse_args()
    libraries = {name: Path(folder) for name, _, folder in (pair.partition("=") for pair in chosen.library)}
    rows = []
    for family, folder in libraries.items():
        if not (chosen.out / f"oracle-{family}.no description.seed0.json").exists():
            use = ("--use", "oracle", "--method", f"oracle-{family}", "--out", chosen.out)
            adaptlab("evaluate", "--library", folder, *use, *MEASURED)
        for count, size, loss in product(COUNTS, SIZES, LOSSES):
            rows.append(reconstruct(family, folder, count, size, loss, chosen.out, chosen.runs))
            lines = [
                "# Reconstruction",
                "",
                f"Written by `python benchmarks/generators/reconstruct.py` on {time.strftime('%Y-%m-%d')}: one-hot "
                "codes in, a library's adapters out; exact match on unseen examples of the library's tasks, 12 each.",
                "",
                f"| {' | '.join(HEADER)} |",
                f"|{':--|' * 4}{'--:|' * (len(HEADER) - 4)}",
                *(f"| {' | '.join(row)} |" for row in rows),
                "",
            ]
            write_text(chosen.report, "\n".join(lines))


if __name__ == "__main__":
    main()
