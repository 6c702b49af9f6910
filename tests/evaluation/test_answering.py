"""Answering: order, batch size and padding change no answer, and answers end with their line."""

from collections.abc import Callable, Sequence

import torch

from adaptlab.adapters import LoRA, LoReFT
from adaptlab.basemodels import BaseModel, list_sites
from adaptlab.contracts import Example, Task
from adaptlab.evaluation.answering import Question, Responder, adapted_by
from adaptlab.hypernetworks import Generator, GeneratorContext, Hypernetwork
from adaptlab.tasks import PromptFormat


def questions() -> list[Question]:
    task = Task("copy", ("Copy it.",), {})
    return [Question(task, Example("x" * length, ("x",)), "Copy it.") for length in (1, 9, 4, 2, 7)]


def stirred(generator: Generator) -> Generator:
    """The generator with every parameter moved, so that it edits."""
    with torch.no_grad():
        for parameter in generator.parameters():
            parameter.add_(0.2 * torch.randn_like(parameter))
    return generator.eval()


def responder(llama: BaseModel, context_for: Callable[..., GeneratorContext], batch_size: int) -> Responder:
    torch.manual_seed(0)
    families = [LoRA(list_sites(llama.model), rank=2), LoReFT(list_sites(llama.model), rank=2)]
    generator = stirred(Hypernetwork(context_for(families), latent_width=8, head_width=8, dropout=0.0))
    return Responder(
        llama.model,
        llama.tokenizer,
        PromptFormat(),
        adapted_by(llama.model, families, generator),
        batch_size,
        max_new_tokens=6,
    )


def answers(responder: Responder, asked: Sequence[Question]) -> list[str]:
    conditions = torch.stack([torch.full((6,), len(q.example.input) / 3) for q in asked])
    return responder.answer(asked, conditions)


def test_batch_size_changes_no_answer(llama: BaseModel, context_for: Callable[..., GeneratorContext]) -> None:
    together = answers(responder(llama, context_for, 5), questions())
    alone = answers(responder(llama, context_for, 1), questions())
    assert together == alone


def test_order_of_questions_permutes_answers(llama: BaseModel, context_for: Callable[..., GeneratorContext]) -> None:
    asked = questions()
    right = answers(responder(llama, context_for, 2), asked)
    assert answers(responder(llama, context_for, 2), asked[::-1]) == right[::-1]


def test_adapters_change_answers(llama: BaseModel, context_for: Callable[..., GeneratorContext]) -> None:
    plain = Responder(llama.model, llama.tokenizer, PromptFormat(), max_new_tokens=6).answer(questions())
    assert answers(responder(llama, context_for, 5), questions()) != plain


def test_every_token_with_a_line_break_ends_an_answer(llama: BaseModel) -> None:
    stops = Responder(llama.model, llama.tokenizer, PromptFormat()).stop_token_ids
    assert stops[0] == llama.tokenizer.eos_token_id
    assert llama.tokenizer("\n", add_special_tokens=False)["input_ids"][-1] in stops
