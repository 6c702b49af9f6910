"""Turn a recipe (wording plus a way to draw examples) into a `Task`: sentences and examples from one seed."""

import random
import zlib
from collections.abc import Callable
from dataclasses import dataclass

from adaptlab.contracts import Example, Task
from adaptlab.errors import TaskError

DrawExample = Callable[[random.Random], tuple[str, str]]
NEW_COMPOSITION = "new composition"
NEW_ARGUMENT = "new argument"

IMPERATIVE_FRAMES = (
    "{Imperative}.",
    "Given {given}, {imperative}.",
    "{Imperative}. Write only the answer.",
    "Your task is to {imperative}.",
    "You get {given}; {imperative}.",
    "For each input, {imperative}.",
    "please {imperative}",
    "The input is {given}. {Imperative} and give nothing else.",
    "I want you to {imperative}.",
    "Read {given} and {imperative}.",
)
NOUN_FRAMES = (
    "What is {noun}?",
    "Answer with {noun}.",
    "{Noun}, please.",
    "The output should be {noun}.",
    "Given {given}, the correct answer is {noun}.",
    "The input is {given}; the expected output is {noun}.",
    "Reply with {noun} and nothing else.",
)


@dataclass(frozen=True)
class Wording:
    """The different ways to say what a task asks for.

    Args:
        imperatives: at least six verb phrases, lower case, no full stop: `pick the animal from the list`.
        nouns: at least three noun phrases that name the answer: `the animal in the list`.
        given: what the input is, with its article: `a list of words`.

    The last two imperatives and the last noun phrase are kept for unseen descriptions.
    """

    imperatives: tuple[str, ...]
    nouns: tuple[str, ...]
    given: str

    def __post_init__(self) -> None:
        if len(set(self.imperatives)) < 6 or len(set(self.nouns)) < 3:
            raise TaskError(f"a wording needs 6 imperatives and 3 nouns that differ: {self}")


@dataclass(frozen=True)
class Recipe:
    """What a built-in task is made from.

    Args:
        name: unique, `operation_argument`.
        family: the operation that siblings share.
        split: `train`, `validation` or `test`; decided for the whole task.
        wording: how it is described.
        draw: draws one (input, answer) pair.
        metric: `exact_match`, or `exact_match_strict` where case or punctuation is the point.
        parts: the operation and arguments of a task that combines known parts, such as `("item", "second")`; empty
            where the task stands alone or its argument is new.
    """

    name: str
    family: str
    split: str
    wording: Wording
    draw: DrawExample
    metric: str = "exact_match"
    parts: tuple[str, ...] = ()

    @property
    def kind(self) -> str:
        """What a held-out or validation task tests: a new composition of known parts, or a new argument."""
        if self.split == "train":
            return ""
        return NEW_COMPOSITION if self.parts else NEW_ARGUMENT


def _capitalise(text: str) -> str:
    return text[:1].upper() + text[1:]


def _phrase(imperatives: tuple[str, ...], nouns: tuple[str, ...], given: str) -> list[str]:
    sentences = [
        frame.format(imperative=imperative, Imperative=_capitalise(imperative), given=given)
        for imperative in imperatives
        for frame in IMPERATIVE_FRAMES
    ]
    sentences += [
        frame.format(noun=noun, Noun=_capitalise(noun), given=given) for noun in nouns for frame in NOUN_FRAMES
    ]
    return sentences


def describe(wording: Wording, rng: random.Random, seen: int = 32, unseen: int = 6) -> tuple[list[str], list[str]]:
    """Draw distinct descriptions for training and, from wordings training never uses, for evaluation."""
    train = _phrase(wording.imperatives[:-2], wording.nouns[:-1], wording.given)
    held_out = _phrase(wording.imperatives[-2:], wording.nouns[-1:], wording.given)
    return rng.sample(train, seen), rng.sample(held_out, unseen)


def draw_examples(recipe: Recipe, rng: random.Random, count: int) -> list[Example]:
    """Draw up to `count` examples with distinct inputs; at least 200 must exist.

    Raises:
        TaskError: the recipe cannot give 200 distinct inputs.
    """
    drawn: dict[str, str] = {}
    for _ in range(12 * count):
        question, answer = recipe.draw(rng)
        drawn.setdefault(question, answer)
        if len(drawn) == count:
            break
    if len(drawn) < 200:
        raise TaskError(f"recipe {recipe.name!r} gives only {len(drawn)} distinct inputs; 200 are needed")
    return [Example(question, (answer,)) for question, answer in drawn.items()]


def split_examples(examples: list[Example], test_share: float) -> dict[str, tuple[Example, ...]]:
    """Split by example; a pair and its reversal (hot-cold, cold-hot) stay on one side."""
    keys = sorted(
        {tuple(sorted((e.input, e.targets[0]))) for e in examples}, key=lambda k: zlib.crc32(repr(k).encode())
    )
    kept = set(keys[: round(len(keys) * test_share)])
    on_test = [tuple(sorted((e.input, e.targets[0]))) in kept for e in examples]
    return {
        "train": tuple(e for e, test in zip(examples, on_test, strict=True) if not test),
        "test": tuple(e for e, test in zip(examples, on_test, strict=True) if test),
    }


def cook(recipe: Recipe, seed: int, examples: int = 400, test_share: float = 0.25) -> Task:
    """Make the task; the result depends on the recipe and the seed alone, not on other tasks."""
    rng = random.Random(f"{seed}:{recipe.name}")
    descriptions, unseen = describe(recipe.wording, rng)
    return Task(
        name=recipe.name,
        descriptions=tuple(descriptions),
        unseen_descriptions=tuple(unseen),
        splits=split_examples(draw_examples(recipe, rng, examples), test_share),
        metric=recipe.metric,
        family=recipe.family,
        source=", ".join(filter(None, ("adaptlab built-in", recipe.kind))),
    )
