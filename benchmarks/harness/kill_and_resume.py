"""Kill an evaluation of the real model at random moments and go on: the same records, and nothing asked twice or lost.

    python benchmarks/harness/kill_and_resume.py --out benchmarks/reports/kill_and_resume.md

One evaluation runs to its end; another, with a cache of its own, is killed (SIGKILL, with all its children) three times
and then left alone. Both take about five minutes on two cores.
"""

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from adaptlab.evaluation.records import read_record
from adaptlab.files import cache_folder, write_text

ROOT = Path(__file__).resolve().parents[2]
KILLS = 3


def command(out: Path, suite: str, methods: str, limit: int, generated: int) -> list[str]:
    """The evaluation."""
    return [
        *(sys.executable, "-m", "adaptlab", "evaluate", "--suite", suite, "--methods", methods),
        *("--base_model", "packaged:smollm2-135m-instruct", "--dtype", "bfloat16", "--out", str(out)),
        *("--questions.limit", str(limit), "--questions.generated_limit", str(generated)),
        *("--questions.descriptions", "1"),
    ]


def environment(cache: Path) -> dict[str, str]:
    """A cache of its own for answers; the converted base model is shared."""
    cache.mkdir()
    for name in ("basemodels", "embeddings"):
        (cache / name).symlink_to(cache_folder(name))
    return {**os.environ, "ADAPTLAB_CACHE": str(cache)}


def answers(cache: Path) -> dict[str, list[str]]:
    """The questions that each file of answers holds, in order; a torn last line does not count."""
    found = {}
    for file in sorted((cache / "answers").glob("*.jsonl")):
        lines = file.read_bytes().split(b"\n")[1:-1]
        found[file.name] = [json.loads(line).get("example", "") for line in lines]
    return found


def killed_run(words: list[str], cache: Path, total: int, chance: random.Random) -> list[str]:
    """Kill the evaluation at three random moments, then let it end; a line of the report for each kill.

    A moment is a random share of all answers and up to three seconds more, so that it may fall within a batch.
    """
    told, surroundings = [], environment(cache)
    for number, share in enumerate(sorted(chance.uniform(0.05, 0.9) for _ in range(KILLS)), 1):
        run = subprocess.Popen(words, env=surroundings, cwd=ROOT, start_new_session=True)
        started = time.monotonic()
        while count(cache) < share * total and run.poll() is None:
            time.sleep(0.1)
        time.sleep(chance.uniform(0, 3))
        if run.poll() is not None:
            raise SystemExit(f"the evaluation ended before its {number}. kill; give it more questions")
        os.killpg(run.pid, signal.SIGKILL)
        run.wait()
        told.append(f"| {number} | {time.monotonic() - started:.0f} | {count(cache):,} |")
    subprocess.run(words, env=surroundings, cwd=ROOT, check=True)
    return told


def count(cache: Path) -> int:
    """How many answers are kept."""
    return sum(map(len, answers(cache).values())) if (cache / "answers").exists() else 0


def main() -> None:
    """Run both, compare, and write the report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--suite", default="arc_easy,boolq,gsm8k,openbookqa,humaneval")
    parser.add_argument("--methods", default="base,base+description")
    parser.add_argument("--limit", type=int, default=100)
    parser.add_argument("--generated_limit", type=int, default=24)
    parser.add_argument("--seed", type=int, default=0, help="of the moments of the kills")
    parser.add_argument("--out", type=Path, required=True)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        sizes = (chosen.suite, chosen.methods, chosen.limit, chosen.generated_limit)
        started = time.monotonic()
        subprocess.run(command(folder / "whole", *sizes), env=environment(folder / "cache_whole"), cwd=ROOT, check=True)
        took = time.monotonic() - started
        told = killed_run(
            command(folder / "killed", *sizes),
            folder / "cache_killed",
            count(folder / "cache_whole"),
            random.Random(chosen.seed),
        )
        whole, killed = answers(folder / "cache_whole"), answers(folder / "cache_killed")
        twice = sum(len(found) - len(set(found)) for found in killed.values())
        lost = sum(len(set(found) - set(killed.get(name, ()))) for name, found in whole.items())
        same = compare(folder / "whole", folder / "killed")
    lines = [
        "# Killed and gone on with",
        "",
        f"Written by `python benchmarks/harness/kill_and_resume.py` on {time.strftime('%Y-%m-%d')}: "
        f"packaged:smollm2-135m-instruct, bfloat16; {chosen.suite}; {chosen.methods}; {chosen.limit} scored and "
        f"{chosen.generated_limit} generated questions each. Left alone it took {took:.0f} s.",
        "",
        "| kill | s after its start | answers kept by then |",
        "|--:|--:|--:|",
        *told,
        "",
        f"Answers at the end: {sum(map(len, killed.values())):,} of {sum(map(len, whole.values())):,}; asked twice: "
        f"{twice}; lost: {lost}.",
        "",
        *same,
        "",
    ]
    write_text(chosen.out, "\n".join(lines))
    print("\n".join(lines))


def compare(whole: Path, killed: Path) -> list[str]:
    """Whether every record and every question's score is the same."""
    lines = ["| record | metrics | questions' scores |", "|:--|:--|:--|"]
    for path in sorted(whole.rglob("*.seed*.json")):
        other = killed / path.relative_to(whole)
        metrics = read_record(path).metrics == read_record(other).metrics
        scores = path.with_suffix(".scores.jsonl").read_bytes() == other.with_suffix(".scores.jsonl").read_bytes()
        lines.append(
            f"| {path.stem} | {'the same' if metrics else 'DIFFERENT'} | {'the same' if scores else 'DIFFERENT'} |"
        )
    return lines


if __name__ == "__main__":
    main()
