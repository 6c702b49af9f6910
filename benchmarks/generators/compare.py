"""Put every generator of adapters in one held-out table: train, keep, measure, report; go on where it was left.

    python benchmarks/generators/compare.py --seeds 0 1 2

Every row sees the same tasks (the first of the nested order) and at most equally many examples: what tasks share takes
all its steps, an oracle stops when its held-back examples say so. Learning rates are chosen from three each: of what
tasks share by the loss on validation tasks after a third of the steps, of oracles by the loss on held-back examples of
the first 16 tasks. Where a seed diverges with the rate that was chosen, all seeds take the next best one. A run that
has its record is left as it is; one that was stopped goes on from its checkpoint. Only the rows marked as oracles of
held-out tasks see examples of those tasks.
"""

import argparse
import json
import math
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from itertools import product
from pathlib import Path

from adaptlab.basemodels import fast_dtype
from adaptlab.files import write_json
from adaptlab.reports.curves import last_loss

ROOT = Path(__file__).resolve().parents[2]
EXPERIMENTS = ROOT / "experiments"
BASE_MODEL = "packaged:smollm2-135m-instruct"
FAMILIES = ("lora", "loreft")
EMITTING = {"lora": (2.5e-4, 5e-4, 1e-3), "loreft": (5e-4, 1e-3, 2e-3)}
"""Learning rates of hypernetworks."""
SHARED = {"lora": (1e-3, 3e-3, 1e-2), "loreft": (3e-3, 1e-2, 3e-2)}
"""Learning rates where all tasks train the factors of one adapter."""
OWN = {"lora": (1e-3, 3e-3, 1e-2), "loreft": (1e-2, 3e-2, 1e-1)}
"""Learning rates where every task trains its own factors."""
SYSTEMS = {
    "text-to-{}": ("text_to_{}.yaml", EMITTING, ("aligned", "shuffled", "random_text")),
    "hyperdecoder-{}": ("hyperdecoder_{}.yaml", EMITTING, ("aligned", "shuffled")),
    "multitask-{}": ("multitask_{}.yaml", SHARED, ("aligned",)),
    "multitask-{}+description": ("shared_{}.yaml", SHARED, ("aligned",)),
}
USES = ("oracle", "average", "effect-average", "arrow")
TRIED_TASKS = 16
"""Train tasks whose own adapters choose the learning rate of all."""
DIVERGED = 3
"""Exit code of a run whose loss diverges or stays not finite."""
EPOCHS = 4
"""Of task-specific adapters; held-back examples are looked at after each."""


@dataclass(frozen=True)
class Plan:
    """How much is trained and measured.

    Args:
        tasks: train tasks.
        rounds: steps of every task's own adapter.
        own_batch: examples of such a step.
        batch_size: examples of a step of what all tasks share.
        dtype: of the frozen model, for all rows.
        runs: folder for runs and libraries.
        out: folder for records.
    """

    tasks: int
    rounds: int
    own_batch: int
    batch_size: int
    dtype: str
    runs: Path
    out: Path

    @property
    def steps(self) -> int:
        """Steps after which what is shared has seen as many examples as all single adapters together."""
        return self.tasks * self.rounds * self.own_batch // self.batch_size

    def steps_of(self, steps: int) -> tuple[str, ...]:
        """Options for a run of what is shared; it is validated at its end."""
        sizes = ("--trainer.max_steps", str(steps), "--data.batch_size", str(self.batch_size))
        return (*sizes, "--trainer.val_check_interval", str(steps), "--data.seen_examples", "0")

    def refuse_another(self) -> None:
        """Stop where what is there was made with other settings: two plans must not meet in one table."""
        settings = {name: value for name, value in vars(self).items() if not isinstance(value, Path)}
        for folder in (self.runs, self.out):
            path = folder / "plan.json"
            if path.exists() and json.loads(path.read_text()) != settings:
                raise SystemExit(
                    f"{folder} holds results of another plan, {path.read_text()}; choose other --runs and --out"
                )
            write_json(path, settings)


def adaptlab(*arguments: object) -> None:
    """Run a command, or stop."""
    words = [str(argument) for argument in arguments]
    print("adaptlab", *words, flush=True)
    subprocess.run([sys.executable, "-m", "adaptlab", *words], check=True, cwd=ROOT)


def fit(plan: Plan, config: str, run: Path, seed: int, *options: str) -> Path:
    """Train, or go on training; a finished run is left as it is."""
    checkpoint, finished = run / "checkpoints" / "last.ckpt", run / "finished"
    if not finished.exists():
        adaptlab(
            *("fit", "--config", EXPERIMENTS / config, "--ckpt_path", "auto", "--seed_everything", seed),
            *("--data.suite", f"builtin@{plan.tasks}", "--model.dtype", plan.dtype),
            *("--trainer.default_root_dir", run, *options),
        )
        finished.touch()
    return checkpoint


def chosen_rate(
    plan: Plan, method: str, config: str, rates: Sequence[float], split: str, options: Sequence[str]
) -> float:
    """The learning rate with the lowest loss on a split at the end of a run, with seed 0."""
    kept = plan.out / "rates" / f"{method}.json"
    if not kept.exists():
        losses = {}
        for rate in rates:
            run = plan.runs / "rates" / f"{method}.lr{rate:g}"
            try:
                fit(plan, config, run, 0, *options, "--model.optimizer.init_args.lr", str(rate))
                found = last_loss(run, split)
                losses[str(rate)] = math.inf if math.isnan(found) else found
            except subprocess.CalledProcessError as error:
                if error.returncode != DIVERGED:
                    raise
                losses[str(rate)] = math.inf  # another rate may do better
        write_json(kept, {"chosen": float(best_of(method, losses)), f"{split}_loss": losses})
    return float(json.loads(kept.read_text())["chosen"])


def best_of(method: str, losses: Mapping[str, float]) -> str:
    """The learning rate with the lowest loss."""
    best = min(losses, key=losses.__getitem__)
    if math.isinf(losses[best]):
        raise SystemExit(f"{method} could not be trained with any of its learning rates; see above")
    return best


def strike_out(plan: Plan, method: str, rate: float, seed: int) -> None:
    """Take the next best rate for all seeds, since one of them diverged; what was measured with this one goes."""
    kept = plan.out / "rates" / f"{method}.json"
    found = json.loads(kept.read_text())
    losses = found["validation_loss"]
    losses[str(rate)] = math.inf
    best = best_of(method, losses)
    print(f"{method}: seed {seed} diverged with a learning rate of {rate:g}; all seeds now take {best}", flush=True)
    for measured_before in plan.out.glob(f"{method}.*.seed*"):
        measured_before.unlink()
    diverged = {**found.get("diverged_with_seed", {}), str(rate): seed}
    write_json(kept, {**found, "chosen": float(best), "diverged_with_seed": diverged})


def shared(plan: Plan, seed: int, family: str) -> Iterator[None]:
    """Systems whose tasks share a generator."""
    for pattern, (config, rates, conditions) in SYSTEMS.items():
        method = pattern.format(family)
        if all((plan.out / f"{method}.{condition}.seed{seed}.json").exists() for condition in conditions):
            continue
        short = plan.steps_of(plan.steps // 3)
        rate = chosen_rate(plan, method, config.format(family), rates[family], "validation", short)
        options = (*plan.steps_of(plan.steps), "--model.optimizer.init_args.lr", str(rate))
        run = plan.runs / f"{method}.lr{rate:g}.seed{seed}"
        try:
            checkpoint = fit(plan, config.format(family), run, seed, *options)
        except subprocess.CalledProcessError as error:
            if error.returncode != DIVERGED:
                raise
            strike_out(plan, method, rate, seed)
            yield
            continue
        adaptlab(
            *("evaluate", "--checkpoint", checkpoint, "--method", method, "--out", plan.out),
            *("--conditions", f"[{','.join(conditions)}]", *measured(seed)),
        )
        yield


def oracles(plan: Plan, seed: int, family: str, heldout: bool) -> Iterator[None]:
    """Task-specific adapters in one run, kept in a library, and what can be made of it."""
    name = f"{'heldout_' if heldout else ''}oracles_{family}.seed{seed}"
    uses = ("oracle",) if heldout else USES
    methods = {use: f"{'heldout-oracle' if heldout else use}-{family}" for use in uses}
    missing = [use for use in uses if not (plan.out / f"{methods[use]}.no description.seed{seed}.json").exists()]
    if not missing:
        return
    own = (
        *("--data.examples_per_description", plan.own_batch, "--data.held_back_examples", 8),
        *("--data.examples_per_task", plan.rounds // EPOCHS * plan.own_batch),
    )
    length = (
        *("--trainer.max_epochs", EPOCHS, "--model.optimizer.init_args.total_steps", plan.rounds),
        *("--model.optimizer.init_args.warmup_steps", max(1, plan.rounds // 10)),  # a tenth, as for all others
    )
    config, options = f"oracles_{family}.yaml", [str(option) for option in (*own, *length)]
    few = (*options, "--data.suite", f"builtin@{TRIED_TASKS}")
    rate = chosen_rate(plan, f"oracles-{family}", config, OWN[family], "held_back", few)
    options += ["--model.optimizer.init_args.lr", str(rate), "--data.heldout_oracles", str(heldout).lower()]
    checkpoint = fit(plan, config, plan.runs / name, seed, *options)
    library = plan.runs / "libraries" / name
    adaptlab("library", "add", library, checkpoint)
    for use in missing:
        adaptlab(
            *("evaluate", "--library", library, "--use", use, "--suite", f"builtin@{plan.tasks}"),
            *("--method", methods[use], "--out", plan.out, *measured(seed)),
        )
        yield


def prompted(plan: Plan) -> Iterator[None]:
    """The base model by itself, which every row stands beside."""
    if not (plan.out / "base.description and 3 examples.seed0.json").exists():
        adaptlab(
            *("evaluate", "--base_model", BASE_MODEL, "--dtype", plan.dtype, "--suite", f"builtin@{plan.tasks}"),
            *("--out", plan.out, *measured(0)),
        )
        yield


def everything(plan: Plan, seeds: Sequence[int], families: Sequence[str]) -> Iterator[None]:
    """All that is left to do."""
    for seed, family in product(seeds, families):
        yield from oracles(plan, seed, family, heldout=False)
        yield from shared(plan, seed, family)
        yield from oracles(plan, seed, family, heldout=True)
    yield from prompted(plan)


def measured(seed: int) -> Sequence[object]:
    """How much every row is measured; every seed shuffles descriptions in its own way."""
    size = ("--budget.seen_examples", 2, "--budget.heldout_examples", 6, "--budget.derangements", 1)
    return (*size, "--budget.seed", seed)


def main() -> None:
    """Do what is left to do, then write the report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--families", nargs="+", choices=FAMILIES, default=FAMILIES, help="a process each, if you like")
    parser.add_argument("--tasks", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=16)
    parser.add_argument("--own_batch", type=int, default=4)
    parser.add_argument("--batch_size", type=int, default=12)
    parser.add_argument(
        "--dtype", default=fast_dtype("cpu"), help="of the frozen model, by default the faster one here"
    )
    parser.add_argument("--runs", type=Path, default=ROOT / "runs" / "generators")
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks" / "results" / "generators")
    parser.add_argument("--report", type=Path, default=ROOT / "benchmarks" / "reports" / "generators")
    chosen = parser.parse_args()
    plan = Plan(**{field.name: getattr(chosen, field.name) for field in fields(Plan)})
    if plan.rounds % EPOCHS:
        parser.error(f"--rounds must be a multiple of {EPOCHS}, the epochs of task-specific adapters")
    plan.refuse_another()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # which ends the command that is running, too
    done = True
    while done:  # a learning rate that was struck out leaves seeds to do again
        done = False
        for _ in everything(plan, chosen.seeds, chosen.families):
            adaptlab("report", plan.out, "--out", chosen.report)
            done = True
    adaptlab("report", plan.out, "--out", chosen.report)


if __name__ == "__main__":
    main()
