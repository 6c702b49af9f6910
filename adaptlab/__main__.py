"""The command line: `adaptlab COMMAND ...`, one function per command, imported only when it is called."""

import errno
import importlib
import sys
from collections.abc import Callable

from adaptlab.errors import AdaptlabError, DivergenceError

COMMANDS = {
    "fit": ("adaptlab.training.cli:fit", "train a generator of adapters from a configuration"),
    "evaluate": ("adaptlab.evaluation.commands:evaluate", "measure a checkpoint, or the base model, on a suite"),
    "compare": ("adaptlab.evaluation.comparison_commands:compare", "train many methods on the same tasks; one table"),
    "report": ("adaptlab.evaluation.commands:report", "turn records into tables and a figure"),
    "curves": ("adaptlab.evaluation.commands:curves", "draw the learning curves of runs"),
    "lm-eval": ("adaptlab.evaluation.lm_eval_model:lm_eval", "ask with lm-evaluation-harness's own tasks"),
    "generate": ("adaptlab.inference.commands:generate", "make an adapter from a sentence: save it, or try it out"),
    "chat": ("adaptlab.inference.commands:chat", "talk to the base and the adapted model side by side"),
    "release": ("adaptlab.inference.commands:release", "write a trained generator as others may use it"),
    "tasks": ("adaptlab.evaluation.suite_commands:tasks", "list, show, count, export and decontaminate tasks"),
    "library": ("adaptlab.evaluation.library_commands:library", "keep adapters: add, list, verify, remove, count"),
    "demo": ("adaptlab.inference.demo:demo", "see shipped adapters, then train both families and compare"),
}

OWN_PARSERS = ("chat", "compare", "curves", "fit", "generate", "library", "lm-eval", "release", "report", "tasks")
"""Commands that read their arguments themselves."""

EXTRAS = {"lm_eval": "lm-eval"}
"""What is not installed by itself, and the extra that brings it."""

MENDABLE = (
    *(errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC, errno.EDQUOT),
    *(errno.ENOTDIR, errno.EISDIR, errno.EEXIST),
)
"""What the system says of a path that a user can put right: no permission, no room, a file where a folder is to be."""

USAGE = """usage: adaptlab COMMAND [options]

A sentence becomes an adapter of a frozen language model: LoRA weight deltas or LoReFT interventions, emitted by one
shared hypernetwork, trained, measured and reported in the same way.

commands:
{commands}

Each command explains itself: adaptlab COMMAND --help
Start here:                   adaptlab fit --config experiments/text_to_lora.yaml"""


def main() -> None:
    """Run the command that the arguments name; exit with one sentence where the user can put things right.

    The exit code is then 2, or 3 where a loss diverges or is not finite, so that a sweep can tell a bad learning rate.
    """
    arguments = sys.argv[1:]
    if not arguments or arguments[0] in ("-h", "--help", "help"):
        lines = [f"  {name:<10} {summary}" for name, (_, summary) in COMMANDS.items()]
        print(USAGE.format(commands="\n".join(lines)))
        return
    if arguments[0] not in COMMANDS:
        print(f"error: no command {arguments[0]!r}; there are {', '.join(COMMANDS)}", file=sys.stderr)
        sys.exit(2)
    module, function = COMMANDS[arguments[0]][0].split(":")
    try:
        command = getattr(importlib.import_module(module), function)
        if arguments[0] in OWN_PARSERS:
            command(arguments[1:])
        else:
            _call(command, arguments[0], arguments[1:])
    except ModuleNotFoundError as error:
        if error.name not in EXTRAS:
            raise
        print(f"error: {arguments[0]} needs {error.name}; pip install -e '.[{EXTRAS[error.name]}]'", file=sys.stderr)
        sys.exit(2)
    except OSError as error:
        if error.errno not in MENDABLE:
            raise
        print(f"error: {error.strerror}: {error.filename or 'what is written'}", file=sys.stderr)
        sys.exit(2)
    except AdaptlabError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(3 if isinstance(error, DivergenceError) else 2)


def _call(command: Callable[..., None], name: str, arguments: list[str]) -> None:
    from jsonargparse import auto_cli

    auto_cli(command, args=arguments, prog=f"adaptlab {name}", as_positional=False)


if __name__ == "__main__":
    main()
