"""Laws of token tables: ids and lengths are those of tokenising each example by itself; changes are noticed."""

from pathlib import Path

import pytest

from adaptlab.basemodels import BaseModel
from adaptlab.embeddings import RandomVector
from adaptlab.tasks import PromptFormat, load_suite
from adaptlab.training.examples import DescribedExamples
from adaptlab.training.sampling import Pick
from adaptlab.training.tokens import TokenSource, TokenTable

FORMS = [PromptFormat(), PromptFormat(shots=2), PromptFormat(description=True), PromptFormat(description=True, shots=1)]


def source_of(folder: Path, prompt: PromptFormat) -> TokenSource:
    suite = load_suite(str(folder))
    tasks = suite.train[:4]
    return TokenSource(suite.fingerprint, tasks, "train", [task.descriptions for task in tasks], prompt)


@pytest.mark.parametrize("prompt", FORMS, ids=lambda form: form.label)
def test_an_example_is_what_tokenising_it_gives(
    prompt: PromptFormat, small_suite: Path, llama: BaseModel, fresh_cache: Path
) -> None:
    source = source_of(small_suite, prompt)
    served = DescribedExamples(source, RandomVector(4), llama.tokenizer, 512)
    for task_index, task in enumerate(source.tasks):
        for index, example in enumerate(task.splits["train"]):
            tokens, _ = served[Pick(task_index, index, 1)]
            text = prompt.render(example.input, llama.tokenizer, task.descriptions[1], source.shots(task_index))
            answer = llama.tokenizer(f" {example.targets[0]}", add_special_tokens=False)["input_ids"]
            assert list(tokens.prompt) == prompt.token_ids(text, llama.tokenizer)
            assert list(tokens.answer) == [*answer, llama.tokenizer.eos_token_id]


@pytest.mark.parametrize("prompt", FORMS[:2], ids=lambda form: form.label)
def test_lengths_are_those_of_the_examples(
    prompt: PromptFormat, small_suite: Path, llama: BaseModel, fresh_cache: Path
) -> None:
    source = source_of(small_suite, prompt)
    served = DescribedExamples(source, RandomVector(4), llama.tokenizer, 512)
    lengths = served.tokens.example_lengths()
    for task_index, task in enumerate(source.tasks):
        assert len(lengths[task_index]) == len(task.splits["train"])
        for index, length in enumerate(lengths[task_index]):
            tokens, _ = served[Pick(task_index, index, 0)]
            assert length == len(tokens.prompt) + len(tokens.answer)


def test_descriptions_count_where_they_stand_in_the_prompt(
    small_suite: Path, llama: BaseModel, fresh_cache: Path
) -> None:
    plain = TokenTable(source_of(small_suite, FORMS[0]), llama.tokenizer).description_lengths()
    described = TokenTable(source_of(small_suite, FORMS[2]), llama.tokenizer).description_lengths()
    assert [len(found) for found in plain] == [len(found) for found in described]
    assert all((found == 0).all() for found in plain)
    assert all((found > 0).all() for found in described)


def test_another_layout_is_another_table(small_suite: Path, llama: BaseModel, fresh_cache: Path) -> None:
    tables = [TokenTable(source_of(small_suite, form), llama.tokenizer).prompt(0, 0) for form in (FORMS[0], FORMS[1])]
    assert tables[0] != tables[1]
    assert len(list((fresh_cache / "tokens").iterdir())) == 2
    TokenTable(source_of(small_suite, FORMS[0]), llama.tokenizer)
    assert len(list((fresh_cache / "tokens").iterdir())) == 2
