"""Read what a public benchmark is from a YAML file: sources, prompts and scoring -> `Benchmark`.

Prompts are Jinja templates over a row's columns, and values such as the choices or the gold answer are Jinja
expressions (`choices.text`, `choices.label.index(answerKey)`); both run in Jinja's sandbox, so a file can name columns
and nothing of Python's. `benchmarks/suites/` has the files, and the classes below explain every field.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jinja2 import StrictUndefined, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment
from omegaconf import MISSING, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from adaptlab.errors import TaskError

REQUESTS: Mapping[str, tuple[str, ...]] = {
    "choices": ("acc", "acc_norm"),
    "generate": ("strict", "lenient", "exact_match", "token_f1", "rouge_l"),
    "code": ("pass@1", "pass@5", "pass@10", "pass@100"),
    "text": ("cross_entropy",),
}
"""The kinds of request, and the metrics that each can be scored by."""

READINGS = ("number", "choice", "yes_no", "pattern", "text")
PROGRAMS = ("humaneval", "mbpp")
PROTOCOLS = ("lmeval", "paper")


def without_brackets(text: str) -> str:
    """A text of HellaSwag without the marks that WikiHow's pages left, such as `[header]`, as lm-evaluation-harness.

    `[title]` behind a space ends a sentence; the filter of this name in templates.
    """
    marked = text.strip().replace(" [title]", ". ")
    return re.sub(r"\[.*?\]", "", marked).replace("  ", " ")


_JINJA = ImmutableSandboxedEnvironment(undefined=StrictUndefined, keep_trailing_newline=True)
_JINJA.filters["without_brackets"] = without_brackets


@dataclass
class Source:
    """Where rows come from: files under the data folder where they are, the hub otherwise; the same columns in both.

    Args:
        hub: name of the dataset on the hub.
        config: its configuration, where it has several.
        revision: pins it.
        files: by split, a path under `$ADAPTLAB_DATA/benchmarks`.
        scored: the split that is scored.
        shots: the split whose first rows are solved examples; never the scored one.
        aside: without such a split: that many rows, the last of the scored split, are left out of the score and serve
            as solved examples.
        written: or else rows written for the purpose.
    """

    hub: str = ""
    config: str | None = None
    revision: str | None = None
    files: dict[str, str] = field(default_factory=dict)
    scored: str = MISSING
    shots: str = ""
    aside: int = 0
    written: list[dict[str, Any]] = field(default_factory=list)


@dataclass
class Protocol:
    """One way to ask and to score.

    Args:
        request: `choices` (log-likelihood of every choice), `generate` (a greedy answer, read), `code` (a greedy
            program, run in the sandbox) or `text` (cross-entropy of `continuation` behind `prompt`, in nats per byte).
        prompt: template of the prompt.
        choices: expression for the list of choices; for `generate`, of the options' texts.
        contexts: expression for a list of prompts, one a choice, where the choice is put into the prompt and
            the rest of it is scored.
        continuation: template of what is scored behind each of `contexts`, or of the end of a text.
        labels: expression for the options' labels, where an answer is read as one of them.
        gold: expression for the right answer: its index among the choices, or a text, number or truth value.
        solution: template of the answer as a solved example shows it; the gold choice when empty.
        delimiter: between prompt and answer.
        between: between solved examples.
        read: how an answer is read from a text: `number`, `choice`, `yes_no`, `pattern` or `text`.
        patterns: with `pattern`, a regular expression each for `strict`, whose first match counts, and `lenient`,
            whose last one does.
        program: how an answer becomes a program with tests, `humaneval` or `mbpp`.
        stop: texts that end an answer.
        max_new_tokens: where an answer is cut.
        samples: answers to each question, for `code`: 1 is greedy, more are drawn at `temperature`.
        temperature: above 0 where there are several samples.
        shots: solved examples that the protocol itself asks for.
        metrics: what is scored; the first is the one that tables show.
    """

    request: str = MISSING
    prompt: str = ""
    choices: str = ""
    contexts: str = ""
    continuation: str = ""
    labels: str = ""
    gold: str = ""
    solution: str = ""
    delimiter: str = " "
    between: str = "\n\n"
    read: str = "text"
    patterns: dict[str, str] = field(default_factory=dict)
    program: str = ""
    stop: list[str] = field(default_factory=list)
    max_new_tokens: int = 32
    samples: int = 1
    temperature: float = 0.0
    shots: int = 0
    metrics: list[str] = field(default_factory=list)


@dataclass
class Benchmark:
    """A public benchmark.

    Args:
        name: names it in commands and records.
        title: names it in reports.
        citation: of the data.
        licence: of the data.
        version: changes whenever a score would.
        source: where its rows are.
        protocols: how it is asked, by name: `lmeval` as lm-evaluation-harness does, `paper` as papers on generated
            adapters do. Scores of different protocols are never put into one table.
        descriptions: sentences that describe the task; none of them is seen in training. A benchmark without any is
            asked with one description of every other benchmark in turn: it shows what adapters for those forget.
        overlaps: other names under which the same data goes round, in which training would contaminate it.
    """

    name: str = MISSING
    title: str = ""
    citation: str = ""
    licence: str = ""
    version: int = 1
    source: Source = field(default_factory=Source)
    protocols: dict[str, Protocol] = field(default_factory=dict)
    descriptions: list[str] = field(default_factory=list)
    overlaps: list[str] = field(default_factory=list)

    def protocol(self, name: str) -> Protocol:
        """One of its protocols.

        Raises:
            TaskError: it has none of that name.
        """
        if name not in self.protocols:
            raise TaskError(f"benchmark {self.name!r} has no protocol {name!r}; it has {', '.join(self.protocols)}")
        return self.protocols[name]


def read_benchmark(file: Path) -> Benchmark:
    """Read and check one benchmark's file.

    Raises:
        TaskError: the file is absent or malformed, a field is unknown or of another type, or fields do not fit
            together; the message names the file and the field.
    """
    try:
        loaded = OmegaConf.load(file)
        found = OmegaConf.to_object(OmegaConf.merge(OmegaConf.structured(Benchmark), loaded))
    except FileNotFoundError as error:
        raise TaskError(f"there is no benchmark file {file}") from error
    except (OmegaConfBaseException, ValueError, OSError) as error:
        reason = " ".join(str(error).split())
        raise TaskError(f"{file} is not a benchmark: {reason}") from error
    except Exception as error:  # OmegaConf passes on whatever its YAML reader raises
        if type(error).__module__.startswith("yaml"):
            raise TaskError(f"{file} is not valid YAML ({error}); repair it") from error
        raise
    assert isinstance(found, Benchmark)
    for fault in _faults(found):
        raise TaskError(f"{file}: {fault}")
    return found


def _faults(benchmark: Benchmark) -> list[str]:
    source = benchmark.source
    faults = []
    if not (source.hub or source.files):
        faults.append("source needs `hub` or `files`")
    if source.shots and source.shots == source.scored:
        faults.append(f"solved examples come from the scored split {source.scored!r}; name another, or `aside`")
    if sum(map(bool, (source.shots, source.aside, source.written))) > 1:
        faults.append("give one of source.shots, source.aside and source.written")
    if not benchmark.protocols:
        faults.append("give at least one protocol")
    for name, protocol in benchmark.protocols.items():
        faults += [f"protocol {name!r}: {fault}" for fault in _protocol_faults(name, protocol)]
    return faults


def _protocol_faults(name: str, protocol: Protocol) -> list[str]:
    faults = [] if name in PROTOCOLS else [f"there are the protocols {', '.join(PROTOCOLS)}"]
    if protocol.request not in REQUESTS:
        return [*faults, f"request is {protocol.request!r}; there are {', '.join(REQUESTS)}"]
    unknown = sorted(set(protocol.metrics) - set(REQUESTS[protocol.request]))
    if unknown or not protocol.metrics:
        faults.append(f"metrics of {protocol.request!r} are {', '.join(REQUESTS[protocol.request])}, not {unknown}")
    faults += [said for wrong, said in _misfits(protocol) if wrong]
    for field_name in ("prompt", "continuation", "solution"):
        faults += _template_fault(field_name, getattr(protocol, field_name), _JINJA.from_string)
    for field_name in ("choices", "contexts", "labels", "gold"):
        faults += _template_fault(field_name, getattr(protocol, field_name), _JINJA.compile_expression)
    return faults


def _misfits(protocol: Protocol) -> list[tuple[bool, str]]:
    """What may be wrong between the fields of a protocol, and whether it is."""
    request, reads, several = protocol.request, protocol.read, protocol.samples > 1
    most = max([int(one.partition("@")[2] or 0) for one in protocol.metrics], default=0)
    return [
        (reads not in READINGS, f"read is {reads!r}; there are {', '.join(READINGS)}"),
        (reads == "choice" and not protocol.labels, "reading a choice needs `labels`"),
        (
            reads == "pattern" and set(protocol.patterns) != {"strict", "lenient"},
            "reading by pattern needs `patterns` with `strict` and `lenient`",
        ),
        (
            request == "choices" and not (protocol.choices or (protocol.contexts and protocol.continuation)),
            "scoring choices needs `choices`, or `contexts` and `continuation`",
        ),
        (
            request == "text" and not protocol.continuation,
            "a text needs `prompt`, its start, and `continuation`, which is scored",
        ),
        (
            request == "code" and protocol.program not in PROGRAMS,
            f"program is {protocol.program!r}; there are {', '.join(PROGRAMS)}",
        ),
        (
            several != (protocol.temperature > 0) or (several and request != "code"),
            "several `samples`, for code only, go with a `temperature` above 0",
        ),
        (most > protocol.samples, f"{protocol.metrics} need as many samples, not {protocol.samples}"),
        (request in ("choices", "generate") and not protocol.gold, "give `gold`"),
    ]


def _template_fault(name: str, text: str, compiled: Any) -> list[str]:
    try:
        if text:
            compiled(text)
    except TemplateError as error:
        return [f"{name} is not a template that Jinja reads: {error}"]
    return []


def rendered(template: str, row: Mapping[str, Any]) -> str:
    """A template filled with a row's columns.

    Raises:
        TaskError: it names a column that the row has not.
    """
    try:
        return _JINJA.from_string(template).render(**row)
    except (TemplateError, TypeError, ValueError) as error:
        raise TaskError(f"{template!r} does not fit a row with the columns {', '.join(row)}: {error}") from error


def value_of(expression: str, row: Mapping[str, Any]) -> Any:
    """The value of an expression over a row's columns.

    Raises:
        TaskError: it names a column that the row has not, or is not defined for its value.
    """
    try:
        found = _JINJA.compile_expression(expression, undefined_to_none=False)(**row)
        if isinstance(found, StrictUndefined):
            str(found)  # raises what is wrong with it
        return found
    except (TemplateError, TypeError, ValueError, AttributeError) as error:
        raise TaskError(f"{expression!r} does not fit a row with the columns {', '.join(row)}: {error}") from error


def read_benchmarks(named: Sequence[str | Path]) -> list[Benchmark]:
    """Read benchmarks by name (`arc_easy`, or `glue` for several), by file, or a folder of them, in this order.

    Names are those of files and folders in `benchmarks/suites/`.

    Raises:
        TaskError: nothing of that name, a broken file, or one name twice.
    """
    files: list[Path] = []
    for name in named:
        path = Path(name)
        if path.is_dir() or (SUITES / name).is_dir():
            files += sorted((path if path.is_dir() else SUITES / name).glob("*.yaml"))
        elif path.suffix == ".yaml":
            files.append(path)
        else:
            files.append(_brought(str(name)))
    found = [read_benchmark(file) for file in dict.fromkeys(files)]
    names = [benchmark.name for benchmark in found]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice or not found:
        raise TaskError(f"benchmarks must be named once each, not twice: {twice}" if twice else "name a benchmark")
    return found


def _brought(name: str) -> Path:
    file = SUITES / f"{name}.yaml"
    if not file.exists():
        known = sorted(one.name.removesuffix(".yaml") for one in SUITES.glob("*") if one.suffix in ("", ".yaml"))
        raise TaskError(f"there is no benchmark {name}; there are {', '.join(known) or f'none in {SUITES}'}")
    return file


SUITES = Path(__file__).resolve().parents[2] / "benchmarks" / "suites"
"""The benchmarks that the project brings."""
