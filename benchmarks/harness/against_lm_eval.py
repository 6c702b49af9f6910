"""Compare this harness with lm-evaluation-harness: equal log-likelihoods, equal scores, and how long each takes.

    pip install lm_eval
    python benchmarks/harness/against_lm_eval.py --out benchmarks/reports/against_lm_eval.md

Six benchmarks under the protocol `lmeval`: its own task definitions over the same local files, its HF backend on the
very same model object, with the same batch size, one after the other. Time is that of answering: from requests to
log-likelihoods, tokenisation included; reading rows and building tasks are left out on both sides.
"""

import argparse
import os
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import yaml

from adaptlab.basemodels import BaseModel, fingerprint, load_base_model
from adaptlab.evaluation.adaptations import Unadapted
from adaptlab.evaluation.asking import Asker
from adaptlab.evaluation.marking import mark
from adaptlab.files import write_text
from adaptlab.tasks.benchmark_items import Questions, ask_benchmark
from adaptlab.tasks.benchmarks import Benchmark, read_benchmarks

THEIRS = {
    "arc_easy": "arc/arc_easy.yaml",
    "arc_challenge": "arc/arc_challenge.yaml",
    "openbookqa": "openbookqa/openbookqa.yaml",
    "piqa": "piqa/piqa.yaml",
    "winogrande": "winogrande/default.yaml",
    "boolq": "super_glue/boolq/default.yaml",
}
RENAMED = {"boolq": {"doc_to_target": "{{answer | int}}"}}
"""The hub's files call the answer `label`; ours have it as `answer`, true or false."""


@dataclass(frozen=True)
class Compared:
    """One benchmark under both harnesses.

    Args:
        name: of the benchmark.
        questions: how many.
        likelihoods: how many log-likelihoods were compared.
        apart: the largest difference between two log-likelihoods, in nats.
        scores: by metric, ours and theirs.
        seconds: of answering, ours and theirs.
        tokens: read by the model, ours and theirs, padding included.
    """

    name: str
    questions: int
    likelihoods: int
    apart: float
    scores: Mapping[str, tuple[float, float]]
    seconds: tuple[float, float]
    tokens: tuple[int, int]


def their_task(benchmark: Benchmark, folder: Path) -> str:
    """Write a task of theirs that reads the local files; only where its rows come from is changed."""
    import lm_eval.tasks

    data = Path(os.environ["ADAPTLAB_DATA"]) / "benchmarks"
    files = {split: str(data / file) for split, file in benchmark.source.files.items()}
    name = f"local_{benchmark.name}"
    upstream = Path(lm_eval.tasks.__file__).parent / THEIRS[benchmark.name]
    splits = {f"{split}_split": split if split in files else None for split in ("training", "validation", "test")}
    splits["training_split"] = "train" if "train" in files else None
    settings = {
        "include": str(upstream),
        "task": name,
        "dataset_path": "json",
        "dataset_name": None,
        "dataset_kwargs": {"data_files": files},
        **splits,
        **RENAMED.get(benchmark.name, {}),
    }
    (folder / f"{name}.yaml").write_text(yaml.safe_dump(settings), encoding="utf-8")
    return name


class TokenCounter:
    """Counts the tokens that a model reads while the block runs."""

    def __init__(self, model: torch.nn.Module) -> None:
        self.model, self.tokens = model, 0

    def __enter__(self) -> "TokenCounter":
        def count(_module: Any, arguments: tuple[Any, ...], named: Mapping[str, Any]) -> None:
            ids = named.get("input_ids", arguments[0] if arguments else None)
            self.tokens += ids.numel() if ids is not None else 0

        self.handle = self.model.register_forward_pre_hook(count, with_kwargs=True)
        return self

    def __exit__(self, *_: object) -> None:
        self.handle.remove()


def theirs(
    benchmark: Benchmark, base: BaseModel, limit: int, batch_size: int
) -> tuple[list[Mapping[str, Any]], float, int]:
    """Samples in the order of rows, seconds of answering, and tokens read."""
    from lm_eval import simple_evaluate
    from lm_eval.models.huggingface import HFLM
    from lm_eval.tasks import TaskManager

    backend = HFLM(pretrained=base.model, tokenizer=base.tokenizer, batch_size=batch_size)
    taken = []
    answer = backend.loglikelihood

    def timed(requests: Any, **settings: Any) -> Any:
        started = time.perf_counter()
        found = answer(requests, **settings)
        taken.append(time.perf_counter() - started)
        return found

    backend.loglikelihood = timed
    with tempfile.TemporaryDirectory() as folder, TokenCounter(base.model) as counter:
        name = their_task(benchmark, Path(folder))
        manager = TaskManager(include_defaults=False, include_path=folder)
        results = simple_evaluate(
            model=backend, tasks=[name], task_manager=manager, limit=limit, num_fewshot=0, bootstrap_iters=0
        )
    samples = sorted(results["samples"][name], key=lambda sample: sample["doc_id"])
    return samples, sum(taken), counter.tokens


def ours(questions: Questions, base: BaseModel, batch_size: int) -> tuple[Mapping[str, Any], float, int]:
    """Outcomes by question, seconds of answering, and tokens read."""
    identity = {"weights": fingerprint(base.model)}
    with tempfile.TemporaryDirectory() as folder, TokenCounter(base.model) as counter:
        asker = Asker(base.model, base.tokenizer, identity, batch_size, Path(folder))
        started = time.perf_counter()
        outcomes = asker.ask(questions, "", Unadapted())
        return outcomes, time.perf_counter() - started, counter.tokens


def compare(benchmark: Benchmark, base: BaseModel, limit: int, batch_size: int) -> Compared:
    """Answer one benchmark with both harnesses."""
    questions = ask_benchmark(benchmark, "lmeval", limit)
    samples, their_seconds, their_tokens = theirs(benchmark, base, limit, batch_size)
    outcomes, our_seconds, our_tokens = ours(questions, base, batch_size)
    marks = mark(questions, outcomes, None, Path())
    if len(samples) != len(questions.items):
        raise SystemExit(f"{benchmark.name}: {len(questions.items)} questions here, {len(samples)} there")
    pairs = [
        (mine, float(response[0][0]))
        for item, sample in zip(questions.items, samples, strict=True)
        for mine, response in zip(outcomes[item.example]["log_likelihoods"], sample["resps"], strict=True)
    ]
    scores = {
        metric: (
            sum(marks[item.example][metric] for item in questions.items) / len(samples),
            sum(float(sample[metric]) for sample in samples) / len(samples),
        )
        for metric in questions.protocol.metrics
    }
    apart = max(abs(mine - other) for mine, other in pairs)
    seconds, tokens = (our_seconds, their_seconds), (our_tokens, their_tokens)
    return Compared(benchmark.name, len(samples), len(pairs), apart, scores, seconds, tokens)


def report(found: Sequence[Compared], settings: str) -> str:
    """The comparison as Markdown."""
    head = (
        "| benchmark | questions | log-likelihoods | largest difference | scores (ours / theirs) | "
        "tokens read (ours / theirs) | seconds (ours / theirs) | times faster |"
    )
    lines = ["# Against lm-evaluation-harness", "", settings, "", head, "|:--|--:|--:|--:|:--|--:|--:|--:|"]
    for one in found:
        scores = ", ".join(f"{metric} {100 * a:.1f} / {100 * b:.1f}" for metric, (a, b) in one.scores.items())
        lines.append(
            f"| {one.name} | {one.questions} | {one.likelihoods} | {one.apart:.1e} | {scores} | "
            f"{one.tokens[0]:,} / {one.tokens[1]:,} | {one.seconds[0]:.1f} / {one.seconds[1]:.1f} | "
            f"{one.seconds[1] / one.seconds[0]:.2f} |"
        )
    mine, other = sum(one.seconds[0] for one in found), sum(one.seconds[1] for one in found)
    lines.append(
        f"| **sum** | {sum(one.questions for one in found)} | {sum(one.likelihoods for one in found)} | "
        f"{max(one.apart for one in found):.1e} | | {sum(one.tokens[0] for one in found):,} / "
        f"{sum(one.tokens[1] for one in found):,} | {mine:.1f} / {other:.1f} | **{other / mine:.2f}** |"
    )
    return "\n".join([*lines, ""])


def main() -> None:
    """Compare, print and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--benchmarks", nargs="+", choices=list(THEIRS), default=list(THEIRS))
    parser.add_argument("--base_model", default="packaged:smollm2-135m-instruct")
    parser.add_argument("--dtype", default="float32")
    parser.add_argument("--limit", type=int, default=200)
    parser.add_argument("--batch_size", type=int, default=32)
    parser.add_argument("--out", type=Path, required=True)
    chosen = parser.parse_args()
    base = load_base_model(chosen.base_model, chosen.dtype)
    found = [compare(one, base, chosen.limit, chosen.batch_size) for one in read_benchmarks(chosen.benchmarks)]
    import lm_eval

    settings = (
        f"Written by `python benchmarks/harness/against_lm_eval.py` on {time.strftime('%Y-%m-%d')}: "
        f"{chosen.base_model}, {chosen.dtype}, batches of {chosen.batch_size}, {torch.get_num_threads()} threads; "
        f"lm_eval {lm_eval.__version__}, its HF backend, its own task definitions, 0 shots, the first {chosen.limit}."
    )
    text = report(found, settings)
    write_text(chosen.out, text)
    print(text)


if __name__ == "__main__":
    main()
