"""Talk to a base model and its adapted self side by side: lines from the terminal -> answers in three columns."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import torch
from rich.console import Console
from rich.table import Table
from rich.text import Text

from adaptlab.basemodels import BaseModel
from adaptlab.contracts import Example, Task
from adaptlab.errors import AdaptlabError
from adaptlab.evaluation.answering import Question, Responder
from adaptlab.inference.adapter import Adapter
from adaptlab.inference.load import AdapterGenerator
from adaptlab.inference.warned import warnings_to
from adaptlab.objectives import first_line
from adaptlab.tasks import PromptFormat

HELP = """\
Write an input and press return. Commands:
  /task DESCRIPTION   adapt to another task
  /strength NUMBER    so many times the adapter's effect; 0 is the base model
  /help               this text
  /quit               end (or end of input)"""


def adapted(base: BaseModel, prompt: PromptFormat, adapter: Callable[[], Adapter], new: int = 48) -> Responder:
    """A model that answers under the adapter that `adapter` gives at the time.

    Args:
        base: the model.
        prompt: how questions are put.
        adapter: gives what is attached.
        new: most tokens of an answer.
    """
    return Responder(
        base.model, base.tokenizer, prompt, lambda _, spans: adapter().attach(base.model, spans), max_new_tokens=new
    )


def answers(responder: Responder, texts: Sequence[str], description: str) -> list[str]:
    """The first line of each greedy answer.

    Args:
        responder: who answers.
        texts: what is asked.
        description: stands in prompts that have a place for one.
    """
    task = Task("described", (description,), {})
    questions = [Question(task, Example(text, ("unknown",)), description) for text in texts]
    one_for_all = torch.zeros(len(texts), 1)  # no adapter is made from it
    return [first_line(text) for text in responder.answer(questions, one_for_all)]


@dataclass
class Chat:
    """A conversation in which every line is asked by itself.

    Args:
        generator: makes the adapters.
        base: the model that they adapt.
        description: of the first task.
        strength: how many times the adapters' effect.
        family: which family's part of them; all when None.
        max_new_tokens: where answers are cut.
    """

    generator: AdapterGenerator
    base: BaseModel
    description: str
    strength: float = 1.0
    family: str | None = None
    max_new_tokens: int = 48
    console: Console = field(default_factory=Console)

    def __post_init__(self) -> None:
        self.adapter = self._adapter()
        prompt, new = self.generator.emitter.prompt, self.max_new_tokens
        told = PromptFormat(prompt.style, description=True)
        self.columns = {
            "base model": Responder(self.base.model, self.base.tokenizer, prompt, max_new_tokens=new),
            "base model, told the task": Responder(self.base.model, self.base.tokenizer, told, max_new_tokens=new),
            "adapted model": adapted(self.base, prompt, lambda: self.adapter, new),
        }

    def run(self) -> None:
        """Read lines until the end."""
        self.console.print(HELP, markup=False, highlight=False)
        while True:
            try:
                line = self.console.input("> ", markup=False).strip()
            except (EOFError, KeyboardInterrupt):
                self.console.print()
                return
            if line in ("/quit", "/exit"):
                return
            try:
                if not line or line == "/help":
                    self.console.print(HELP, markup=False, highlight=False)
                elif line.startswith("/"):
                    self._obey(line)
                else:
                    self._show(line)
            except KeyboardInterrupt:
                self.console.print("stopped", markup=False)
            except AdaptlabError as error:
                self.console.print(f"error: {error}", markup=False)

    def _obey(self, line: str) -> None:
        word, _, rest = line.partition(" ")
        before = self.description, self.strength
        try:
            if word == "/task":
                self.description = rest.strip()
            elif word == "/strength":
                self.strength = float(rest)
            else:
                self.console.print(f"no command {word}; /help lists them", markup=False)
                return
            self.adapter = self._adapter()
        except (AdaptlabError, ValueError) as error:
            self.description, self.strength = before
            self.console.print(f"error: {error}", markup=False)

    def _adapter(self) -> Adapter:
        with warnings_to(self.console):
            made = self.generator.adapter(self.description, self.strength)
        self.console.print(f"adapted to: {self.description} (strength {self.strength:g})", markup=False)
        return made.only(self.family) if self.family else made

    def _show(self, text: str) -> None:
        table = Table(expand=True)
        for heading in self.columns:
            table.add_column(heading, overflow="fold", ratio=1)
        table.add_row(*(Text(answers(one, [text], self.description)[0]) for one in self.columns.values()))
        self.console.print(table)
