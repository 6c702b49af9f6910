"""Render an example as the text that the model reads: input, description and shots -> prompt."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from transformers import PreTrainedTokenizerBase

from adaptlab.contracts import Example
from adaptlab.errors import ConfigurationError


@dataclass(frozen=True)
class PromptFormat:
    """How a prompt is laid out.

    Args:
        style: `plain` (`Input: ...` / `Output:`) or `chat`, the tokenizer's own chat template.
        description: whether the task description stands in the prompt.
        shots: how many solved examples of the task stand before the question.
        answer_only: add the request to give nothing but the answer.
        count_template: whether the constant tokens before the question count as prompt tokens where a family chooses
            positions. They do not by default: the first token of many models is an attention sink whose norm is a
            hundred times that of the others, and editing it disturbs every later token.
    """

    style: Literal["plain", "chat"] = "plain"
    description: bool = False
    shots: int = 0
    answer_only: bool = False
    count_template: bool = False

    @property
    def label(self) -> str:
        """A short name for records: `plain+description+3shot`."""
        parts: list[str] = [self.style]
        parts += ["description"] if self.description else []
        parts += [f"{self.shots}shot"] if self.shots else []
        parts += ["answer-only"] if self.answer_only else []
        return "+".join(parts)

    def render(
        self, question: str, tokenizer: PreTrainedTokenizerBase, description: str = "", shots: Sequence[Example] = ()
    ) -> str:
        """The prompt's text, up to where the answer begins."""
        head = description if self.description else ""
        if self.answer_only:
            head = f"{head} Reply with the answer only.".strip()
        if self.style == "chat":
            return self._chat(question, tokenizer, head, shots[: self.shots])
        solved = "".join(f"Input: {shot.input}\nOutput: {shot.targets[0]}\n\n" for shot in shots[: self.shots])
        return (f"{head}\n\n" if head else "") + f"{solved}Input: {question}\nOutput:"

    def prompt_start(self, tokenizer: PreTrainedTokenizerBase) -> int:
        """Position of the first prompt token that counts for position choices."""
        if self.count_template:
            return 0
        one, other = (self.token_ids(self.render(text, tokenizer, text), tokenizer) for text in ("one", "77"))
        constant = next(i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b)
        return max(1, constant)

    def token_ids(self, prompt: str, tokenizer: PreTrainedTokenizerBase) -> list[int]:
        """Token ids of a rendered prompt; a chat template brings its special tokens itself."""
        return self.all_token_ids([prompt], tokenizer)[0]

    def all_token_ids(self, prompts: Sequence[str], tokenizer: PreTrainedTokenizerBase) -> list[list[int]]:
        """Token ids of rendered prompts, tokenised together."""
        if not prompts:
            return []
        own_tokens = self.style != "chat"
        found: list[list[int]] = tokenizer(list(prompts), add_special_tokens=own_tokens)["input_ids"]
        return [ids[:-1] if own_tokens and ids and ids[-1] == tokenizer.eos_token_id else ids for ids in found]

    def answer_text(self, answer: str) -> str:
        """The answer as it continues the prompt."""
        return answer if self.style == "chat" else f" {answer}"

    def _chat(self, question: str, tokenizer: PreTrainedTokenizerBase, head: str, shots: Sequence[Example]) -> str:
        if tokenizer.chat_template is None:
            raise ConfigurationError("this base model's tokenizer has no chat template; use prompt style `plain`")
        turns: list[dict[str, str]] = []
        for shot in shots:
            turns += [{"role": "user", "content": shot.input}, {"role": "assistant", "content": shot.targets[0]}]
        turns.append({"role": "user", "content": question})
        if head:
            turns[0]["content"] = f"{head}\n\n{turns[0]['content']}"
        return str(tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True))
