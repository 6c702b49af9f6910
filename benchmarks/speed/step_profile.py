"""Show where the time of a training step goes, ours and the peers', on one batch under torch's profiler.

python benchmarks/speed/step_profile.py --out benchmarks/reports/training_step_profile.md
"""

import argparse
import time
from pathlib import Path

import torch
from torch.profiler import ProfilerActivity
from torch.profiler import profile as recording
from training_step import BASE_MODEL, SHARED, Step, contenders, load, make_batch

from adaptlab.files import write_text

KINDS = {
    "matrix products": ("aten::mm", "aten::addmm"),
    "batched matrix products": ("aten::bmm", "aten::baddbmm"),
    "copies and repeats": ("aten::copy_", "aten::repeat_interleave", "aten::index_select", "aten::index_add_"),
}


def profile(steps: dict[str, Step]) -> list[str]:
    """Where the time of one step of each contender goes, by kind of operation."""
    lines = [f"| step | ms | {' | '.join(KINDS)} | everything else |", f"|---|---|{'---|' * (len(KINDS) + 1)}"]
    for name, step in steps.items():
        step()
        with recording(activities=[ProfilerActivity.CPU]) as found:
            step()
        own = {event.key: event.self_cpu_time_total / 1000 for event in found.key_averages()}
        kinds = [sum(own.get(key, 0.0) for key in keys) for keys in KINDS.values()]
        total = sum(own.values())
        cells = [f"{value:.0f} ({value / total:.0%})" for value in (*kinds, total - sum(kinds))]
        lines.append(f"| {name} | {total:.0f} | {' | '.join(cells)} |")
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
        "# Where the time of a training step goes",
        "",
        f"Written by `python benchmarks/speed/step_profile.py` on {time.strftime('%Y-%m-%d')}: {BASE_MODEL}, float32, "
        f"{chosen.threads} threads, {SHARED.name}; one step each, ms (share).",
        "",
        *profile(contenders(base, make_batch(SHARED, base))),
    ]
    write_text(chosen.out, "\n".join(lines))
    print("\n".join(lines))


if __name__ == "__main__":
    main()
