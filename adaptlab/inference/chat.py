"""Talk to a base model and its adapted self side by side: lines from the terminal -> answers in two columns."""

import warnings
from dataclasses import dataclass, field

import torch
from rich.console import Console
from rich.table import Table

from adaptlab.basemodels import BaseModel, generate_tokens
from adaptlab.errors import AdaptlabError
from adaptlab.inference.adapter import Adapter
from adaptlab.inference.load import AdapterGenerator
from adaptlab.tasks import PromptFormat

HELP = """\
Write an input and press return. Commands:
  /task DESCRIPTION   adapt to another task
  /strength NUMBER    so many times the adapter's effect; 0 is the base model
  /help               this text
  /quit               end (or end of input)"""


@torch.no_grad()
def answer(
    base: BaseModel,
    prompt: PromptFormat,
    text: str,
    adapter: Adapter | None = None,
    description: str = "",
    new: int = 48,
) -> str:
    """The first line of the model's greedy answer.

    Args:
        base: the model.
        prompt: how the question is put.
        text: what is asked.
        adapter: attached for this answer; the model alone when None.
        description: stands in the prompt where the prompt has a place for one; of an adapter its own when empty.
        new: most tokens of the answer.
    """
    described = description or (str(adapter.provenance.get("description", "")) if adapter else "")
    ids = prompt.token_ids(prompt.render(text, base.tokenizer, described), base.tokenizer)
    rows = torch.tensor([ids], device=base.model.device)
    stop = [base.tokenizer.eos_token_id]
    if adapter is None:
        out = generate_tokens(base.model, rows, torch.ones_like(rows), new, stop)
    else:
        with adapter.attach(base.model):
            out = generate_tokens(base.model, rows, torch.ones_like(rows), new, stop)
    said = str(base.tokenizer.decode(out[0], skip_special_tokens=True)).strip()
    return said.splitlines()[0] if said else ""


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

    def run(self) -> None:
        """Read lines until the end."""
        adapter = self._adapter()
        self.console.print(HELP, markup=False, highlight=False)
        while True:
            try:
                line = self.console.input("> ", markup=False).strip()
            except (EOFError, KeyboardInterrupt):
                self.console.print()
                return
            if line in ("/quit", "/exit"):
                return
            if not line or line == "/help":
                self.console.print(HELP, markup=False, highlight=False)
            elif line.startswith("/"):
                adapter = self._obey(line, adapter)
            else:
                self._show(line, adapter)

    def _obey(self, line: str, adapter: Adapter) -> Adapter:
        word, _, rest = line.partition(" ")
        before = self.description, self.strength
        try:
            if word == "/task":
                self.description = rest.strip()
            elif word == "/strength":
                self.strength = float(rest)
            else:
                self.console.print(f"no command {word}; /help lists them", markup=False)
                return adapter
            return self._adapter()
        except (AdaptlabError, ValueError) as error:
            self.description, self.strength = before
            self.console.print(f"error: {error}", markup=False)
            return adapter

    def _adapter(self) -> Adapter:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            made = self.generator.adapter(self.description, self.strength)
        for warning in caught:
            self.console.print(f"warning: {warning.message}", markup=False, highlight=False)
        self.console.print(f"adapted to: {self.description} (strength {self.strength:g})", markup=False)
        return made.only(self.family) if self.family else made

    def _show(self, text: str, adapter: Adapter) -> None:
        trained = self.generator.emitter.prompt
        described = PromptFormat(trained.style, description=True)
        table = Table(expand=True)
        for heading in ("base model", "base model, told the task", "adapted model"):
            table.add_column(heading, overflow="fold", ratio=1)
        new = self.max_new_tokens
        table.add_row(
            answer(self.base, trained, text, new=new),
            answer(self.base, described, text, description=self.description, new=new),
            answer(self.base, trained, text, adapter, new=new),
        )
        self.console.print(table)
