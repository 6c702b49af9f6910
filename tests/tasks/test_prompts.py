"""Prompts: what stands in them, where they begin to count, and that answers continue them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adaptlab.basemodels import BaseModel, load_base_model
from adaptlab.contracts import Example
from adaptlab.tasks import PromptFormat

TOKENIZER = load_base_model("tiny-random:llama").tokenizer
SHOT = Example("two", ("2",))
WORDS = st.text(alphabet="abcdefgh ", min_size=1, max_size=20).filter(str.strip)


def test_a_plain_prompt_without_description_is_input_and_output(llama: BaseModel) -> None:
    assert PromptFormat().render("three", llama.tokenizer, "Write the digit.") == "Input: three\nOutput:"


def test_a_full_prompt_holds_description_and_shots_before_the_question(llama: BaseModel) -> None:
    prompt = PromptFormat(description=True, shots=1).render("three", llama.tokenizer, "Write the digit.", [SHOT])
    assert prompt == "Write the digit.\n\nInput: two\nOutput: 2\n\nInput: three\nOutput:"


@given(question=WORDS, description=WORDS)
def test_the_question_ends_the_prompt_whatever_stands_before(question: str, description: str) -> None:
    prompt = PromptFormat(description=True, answer_only=True).render(question, TOKENIZER, description)
    assert prompt.endswith(f"Input: {question}\nOutput:")
    assert prompt.startswith(description.strip())


def test_the_constant_prefix_does_not_count_unless_asked(llama: BaseModel) -> None:
    start = PromptFormat().prompt_start(llama.tokenizer)
    one, other = (PromptFormat().token_ids(f"Input: {q}\nOutput:", llama.tokenizer) for q in ("xy", "94"))
    assert one[:start] == other[:start]
    assert one[start] != other[start]
    assert PromptFormat(count_template=True).prompt_start(llama.tokenizer) == 0


def test_the_first_token_never_counts_by_default(llama: BaseModel) -> None:
    assert PromptFormat(description=True).prompt_start(llama.tokenizer) >= 1


@pytest.mark.parametrize("style", ["plain", "chat"])
def test_labels_tell_formats_apart(style: str) -> None:
    formats = [PromptFormat(style, description, shots) for description in (False, True) for shots in (0, 3)]  # type: ignore[arg-type]
    assert len({form.label for form in formats}) == 4
