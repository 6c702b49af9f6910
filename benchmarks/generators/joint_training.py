"""Measure what training many task-specific adapters in one run gains over training them one by one, and changes.

    python benchmarks/generators/joint_training.py --family lora --joint runs/oracles_lora \
        --out benchmarks/reports/joint_training_lora.md

Three parts, on SmolLM2: the same parameters (float32, eight tasks together against four of them alone, in the same data
order); wall time (four single runs from start to end, against the finished joint run, in its own settings); and tokens
per second with 1, 8 and 64 tasks in a batch.
"""

import argparse
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import torch
import yaml
from torch import Tensor

from adaptlab.files import write_text
from adaptlab.tasks.suite import load_suite, nested_order
from adaptlab.training.start_from import read_start

ROOT = Path(__file__).resolve().parents[2]
ALONE, CLOSE = 4, 1e-4


def fit(config: str, run: Path, *options: str) -> float:
    """Train in a process of its own; seconds from start to end."""
    started = time.monotonic()
    command = [sys.executable, "-m", "adaptlab", "fit", "--config", str(ROOT / "experiments" / config)]
    subprocess.run([*command, f"--trainer.default_root_dir={run}", *options], check=True, cwd=ROOT)
    return time.monotonic() - started


def own(run: Path, name: str) -> dict[str, Tensor]:
    """The parameters of one task's adapter at the end of a run."""
    checkpoint = read_start(run / "checkpoints" / "last.ckpt")
    names = sorted(trained_tasks(run))
    state = checkpoint["state_dict"]
    return {key: value[names.index(name)] for key, value in state.items() if key.startswith("generator.tables.")}


def trained_tasks(run: Path) -> list[str]:
    """Names of the tasks of a run."""
    settings = yaml.safe_load((run / "config.yaml").read_text())
    return [task.name for task in load_suite(settings["data"]["suite"]).train]


def parity(config: str, names: list[str], folder: Path) -> list[str]:
    """The same parameters, alone and together; both runs in float32, a few rounds without early stopping."""
    exact = ("--model.dtype=float32", "--trainer.callbacks=[]", "--trainer.max_epochs=1", "--data.examples_per_task=80")
    fit(config, folder / "together", f"--data.suite=builtin:{'+'.join(names)}", *exact)
    lines = [
        f"| task | largest difference | elements beyond {CLOSE:g} | largest change by training | relative |",
        "|:--|--:|--:|--:|--:|",
    ]
    for name in names[:ALONE]:
        fit(config, folder / name, f"--data.suite=builtin:{name}", *exact)
        fit(config, folder / "start", f"--data.suite=builtin:{name}", *exact, "--model.optimizer.init_args.lr=0.0")
        start, alone, together = own(folder / "start", name), own(folder / name, name), own(folder / "together", name)
        apart = max(float((alone[key] - together[key]).abs().max()) for key in alone)
        beyond = sum(int(((alone[key] - together[key]).abs() > CLOSE).sum()) for key in alone)
        elements = sum(value.numel() for value in alone.values())
        moved = max(float((alone[key] - start[key]).abs().max()) for key in alone)
        squared = [
            sum(float((one[key] - other[key]).square().sum()) for key in alone)
            for one, other in ((alone, together), (alone, start))
        ]
        relative = (squared[0] / squared[1]) ** 0.5
        lines.append(f"| {name} | {apart:.1e} | {beyond} of {elements:,} | {moved:.1e} | {relative:.1e} |")
    return [
        "## The same parameters",
        "",
        "Float32, 20 steps of 4 examples; 8 tasks together against one.",
        "",
        *lines,
        "",
        "Batches of another shape are summed in another order, and Adam's first steps have the size of the learning "
        "rate however small a gradient is: an element whose gradient is no more than rounding may move either way.",
        "",
    ]


def wall_time(config: str, names: list[str], joint: Path, folder: Path) -> list[str]:
    """Seconds of the joint run against those of single ones: so many starts, and its tokens at their pace."""
    settings = yaml.safe_load((joint / "config.yaml").read_text())
    tasks = len(trained_tasks(joint))
    runs = [folder / f"wall_{name}" for name in names[:ALONE]]
    seconds = [fit(config, run, f"--data.suite=builtin:{name}") for run, name in zip(runs, names[:ALONE], strict=True)]
    costs = [cost(run) for run in runs]
    training = sum(found["training_time_seconds"] for found in costs)
    start_up = (sum(seconds) - training) / ALONE
    together = cost(joint)["training_time_seconds"] + start_up
    pace = training / sum(found["tokens"] for found in costs)
    alone = tasks * start_up + cost(joint)["tokens"] * pace
    took = ", ".join(f"{value:.0f} s for {found['tokens']:,}" for value, found in zip(seconds, costs, strict=True))
    return [
        "## Wall time",
        "",
        f"{tasks} adapters in one run ({settings['data']['suite']}): {together / 60:.1f} min for "
        f"{cost(joint)['tokens']:,} tokens. Four of them alone took {took}, of which {start_up:.0f} s each for "
        f"starting up. {tasks} starts and all tokens at that pace would take {alone / 60:.1f} min. Joint / single: "
        f"{together / alone:.2f}.",
        "",
    ]


def cost(run: Path) -> dict[str, Any]:
    """What a finished run took."""
    found: dict[str, Any] = read_start(run / "checkpoints" / "last.ckpt")["cost"]
    return found


def throughput(config: str, folder: Path) -> list[str]:
    """Tokens per second of steps with more and more tasks in a batch."""
    lines = [
        "| tasks in a batch | examples | tokens/s | padding | positions/s | ms per step |",
        "|--:|--:|--:|--:|--:|--:|",
    ]
    for tasks in (1, 8, 64):
        run, steps = folder / f"batch_{tasks}", max(6, 64 // tasks)
        few = ("--trainer.max_epochs=1", f"--trainer.max_steps={steps}", "--trainer.limit_val_batches=0")
        fit(config, run, f"--data.batch_size={4 * tasks}", "--trainer.callbacks=[]", *few)
        taken = cost(run)
        tokens, positions, seconds = taken["tokens"], taken["positions"], taken["seconds_in_steps"]
        lines.append(
            f"| {tasks} | {4 * tasks} | {tokens / seconds:,.0f} | {1 - tokens / positions:.0%} | "
            f"{positions / seconds:,.0f} | {1000 * seconds / steps:,.0f} |"
        )
    text = (
        "One task at a time is bound by what a step costs however small it is: reading the model's weights and "
        "starting its operations. Many tasks are bound by the arithmetic of the frozen model, seen in positions per "
        "second, and then by padding, since tasks of unlike length share a batch: few tasks a batch, sorted by length, "
        "lose least."
    )
    return ["## Tokens per second", "", *lines, "", text, ""]


def main() -> None:
    """Measure and write the report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--family", choices=["lora", "loreft"], required=True)
    parser.add_argument("--joint", type=Path, required=True, help="the folder of the finished joint run")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--runs", type=Path, default=ROOT / "runs" / "joint_training")
    chosen = parser.parse_args()
    config, folder = f"oracles_{chosen.family}.yaml", chosen.runs / chosen.family
    names = [task.name for task in nested_order(load_suite("builtin").train)[:8]]
    lines = [
        f"# Task-specific adapters, many in one run: {chosen.family}",
        "",
        f"Written by `python benchmarks/generators/joint_training.py` on {time.strftime('%Y-%m-%d')}, "
        f"torch {torch.__version__}, {torch.get_num_threads()} threads.",
        "",
        *throughput(config, folder),
        *parity(config, names, folder),
        *wall_time(config, names, chosen.joint, folder),
    ]
    write_text(chosen.out, "\n".join(lines))
    print("\n".join(lines))


if __name__ == "__main__":
    main()
