"""Measure the data pipeline: seconds to load, memory against the number of tasks, padding with and without buckets.

    python benchmarks/data/pipeline.py --out benchmarks/reports/data_pipeline.md [--folders FOLDER ...]

Each figure comes from processes of their own, and sizes are compared in one run. Memory is what belongs to the process
alone (`RssAnon`): pages of memory-mapped files can be taken back by the system at any time and are shown apart.
"""

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from adaptlab.basemodels import load_base_model
from adaptlab.files import write_text
from adaptlab.tasks import PromptFormat, load_suite
from adaptlab.training.sampling import global_batches
from adaptlab.training.tokens import TokenSource, TokenTable

BATCH_SIZE, PER_TASK = 32, 64
SIZES = (16, 479)
STEPS = (200, 1000, 2000)

LOADING = """
import json, sys, time
start = time.perf_counter()
from adaptlab.tasks import load_suite
imported = time.perf_counter()
suite = load_suite("builtin")
texts = suite.train[0].descriptions[0], suite.test[-1].splits["test"][0].input
print(json.dumps({"import": imported - start, "load": time.perf_counter() - imported, "tasks": len(suite.all_tasks)}))
"""

TRAINING = """
import json, re, sys, warnings
from functools import partial
from pathlib import Path
warnings.simplefilter("ignore")
from lightning import Callback, Trainer
from adaptlab.adapters import LoRA
from adaptlab.hypernetworks import SharedAdapter
from adaptlab.training.adaptation import SupervisedAdaptation
from adaptlab.training.datamodule import TaskDataModule

class Memory(Callback):
    found = {}

    def on_train_batch_end(self, trainer, *_):
        if str(trainer.global_step) in sys.argv[2:]:
            status = Path("/proc/self/status").read_text()
            kilobytes = {key: int(re.search(rf"{key}:\\s+(\\d+)", status).group(1)) for key in ("RssAnon", "RssFile")}
            self.found[trainer.global_step] = {key: 1024 * value for key, value in kilobytes.items()}

data = TaskDataModule(sys.argv[1], batch_size=32)
module = SupervisedAdaptation("tiny-random:llama", [partial(LoRA, rank=2)], SharedAdapter)
memory = Memory()
quiet = dict.fromkeys(("logger", "enable_progress_bar", "enable_checkpointing", "enable_model_summary"), False)
trainer = Trainer(max_steps=int(sys.argv[-1]), callbacks=[memory], accelerator="cpu", limit_val_batches=0,
    use_distributed_sampler=False, **quiet)
trainer.fit(module, datamodule=data)
print(json.dumps(memory.found))
"""


def in_process(code: str, *arguments: str) -> dict[str, Any]:
    """What a process of its own prints last, as JSON."""
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return found


def padding(suite_name: str) -> tuple[int, float, float]:
    """Tasks, and the share of padding among the tokens of training batches: as they are, and shuffled freely."""
    suite = load_suite(suite_name)
    tokenizer = load_base_model("packaged:smollm2-135m-instruct").tokenizer
    tasks = suite.train
    source = TokenSource(suite.fingerprint, tasks, "train", [task.descriptions for task in tasks], PromptFormat())
    table = TokenTable(source, tokenizer)
    lengths = table.example_lengths()
    batches = global_batches(lengths, table.description_lengths(), PER_TASK, BATCH_SIZE, seed=0, epoch=0)
    bucketed = [[int(lengths[task][example]) for task, example, _ in batch] for batch in batches.tolist()]
    flat = np.array([length for batch in bucketed for length in batch])
    np.random.default_rng(0).shuffle(flat)
    return len(tasks), _padding(bucketed), _padding(flat.reshape(-1, BATCH_SIZE).tolist())


def _padding(batches: list[list[int]]) -> float:
    padded = sum(max(batch) * len(batch) for batch in batches)
    return 1 - sum(map(sum, batches)) / padded


def main() -> None:
    """Measure and write the report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--folders", nargs="*", default=[], help="more suites whose padding is measured")
    chosen = parser.parse_args()
    load_suite("builtin")
    loads = [in_process(LOADING) for _ in range(5)]
    memory = {size: in_process(TRAINING, f"builtin@{size}", *map(str, STEPS)) for size in SIZES}
    lines = [
        "# Data pipeline",
        "",
        f"Written by `python benchmarks/data/pipeline.py` on {time.strftime('%Y-%m-%d')}.",
        "",
        f"**Loading** the built-in suite ({loads[0]['tasks']:.0f} tasks) from its cache, five processes: "
        f"median {np.median([run['load'] for run in loads]):.2f} s, longest {max(run['load'] for run in loads):.2f} s "
        f"(beside {np.median([run['import'] for run in loads]):.1f} s for importing Python packages).",
        "",
        f"**Memory** of a training process (tiny random model, batches of {BATCH_SIZE}):",
        "",
        "| train tasks | steps | own memory, MB | memory-mapped and shared, MB |",
        "|---|---|---|---|",
        *(
            f"| {size} | {steps} | {found['RssAnon'] / 1e6:.0f} | {found['RssFile'] / 1e6:.0f} |"
            for size, run in memory.items()
            for steps, found in run.items()
        ),
        "",
        f"**Padding**, share of all tokens at batch size {BATCH_SIZE}, SmolLM2's tokenizer, input-only prompts:",
        "",
        "| suite | train tasks | bucketed | not bucketed |",
        "|---|---|---|---|",
    ]
    for name in ["builtin", *chosen.folders]:
        tasks, with_buckets, without = padding(name)
        lines.append(f"| {Path(name).name} | {tasks} | {with_buckets:.1%} | {without:.1%} |")
    write_text(chosen.out, "\n".join(lines) + "\n")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
