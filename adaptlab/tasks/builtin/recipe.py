"""Turn a recipe (wording plus a way to draw examples) into a `Task`: sentences and examples from one seed."""

import random
import re
import zlib
from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass

from adaptlab.contracts import Example, Task
from adaptlab.errors import TaskError

Pairs = Set[tuple[str, str]]
DrawExample = Callable[[random.Random], tuple[str, str]]
SEEN_DESCRIPTIONS, UNSEEN_DESCRIPTIONS = 128, 16
EXAMPLES, FEWEST_EXAMPLES, TEST_SHARE = 640, 200, 0.25

IMPERATIVE_FRAMES = (
    "{imperative}",
    "{Imperative}.",
    "please {imperative}",
    "{Imperative}. Write only the answer.",
    "Given {given}, {imperative}.",
    "You get {given}; {imperative}.",
    "For each input, {imperative}.",
    "The input is {given}. {Imperative} and give nothing else.",
    "Read {given} and {imperative}.",
    "Your task is to {imperative}.",
    "I want you to {imperative}.",
    "Could you {imperative}?",
    "In this task you are shown {given}. Your job is to {imperative}. No explanation is needed.",
    "Each input consists of {given}. What you have to do is {imperative}. Then stop.",
    "{Imperative}. The answer is {kind}.",
    "You are given {given} and answer with {kind}: {imperative}.",
)
NOUN_FRAMES = (
    "{noun}",
    "{Noun}, please.",
    "What is {noun}?",
    "Given {given}, what is {noun}?",
    "Answer with {noun}.",
    "The output should be {noun}.",
    "Given {given}, the correct answer is {noun}.",
    "The input is {given}; the expected output is {noun}.",
    "Reply with {noun} and nothing else.",
    "Input: {given}. Output: {noun}.",
    "I need {noun}. It should be given as {kind}.",
)
EXAMPLE_FRAMES = (
    "{Imperative}. For example, the answer to {question!r} is {answer!r}.",
    "{Imperative}, as in: {question} -> {answer}",
    "{Imperative}. Example input: {question} Example output: {answer}",
    "From {given} to {kind}: {imperative}. So {question!r} gives {answer!r}.",
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


def _capitalise(text: str) -> str:
    return text[:1].upper() + text[1:]


def _phrase(
    imperatives: Sequence[str], nouns: Sequence[str], given: str, shown: Sequence[Example], kind: str
) -> list[str]:
    """All sentences that some phrases and examples give, in a fixed order."""
    words = {"given": given, "kind": kind}
    sentences = [
        frame.format(imperative=phrase, Imperative=_capitalise(phrase), **words)
        for phrase in imperatives
        for frame in IMPERATIVE_FRAMES
    ]
    sentences += [
        frame.format(noun=phrase, Noun=_capitalise(phrase), **words) for phrase in nouns for frame in NOUN_FRAMES
    ]
    pairs = [(phrase, frame) for phrase in imperatives for frame in EXAMPLE_FRAMES]
    sentences += [
        frame.format(
            imperative=phrase,
            Imperative=_capitalise(phrase),
            question=example.input,
            answer=example.targets[0],
            **words,
        )
        for (phrase, frame), example in zip(pairs, shown, strict=False)
    ]
    return list(dict.fromkeys(sentences))


_KINDS = (
    (r"-?\d+", "a number"),
    (r".", "a single character"),
    (r"[\w'-]+", "one word"),
    (r"[a-z0-9*]+(, [a-z0-9*]+)+", "a list, separated by commas"),
)


def answer_kind(examples: Sequence[Example]) -> str:
    """What the answers are, read off them: `one word`, `a number`, `either no or yes`, ..."""
    answers = sorted({example.targets[0] for example in examples})
    if len(answers) <= 4 and all(answer.isalnum() for answer in answers):
        return f"either {' or '.join(answers)}" if len(answers) == 2 else f"one of {', '.join(answers)}"
    matching = (kind for pattern, kind in _KINDS if all(re.fullmatch(pattern, answer) for answer in answers))
    return next(matching, "a short text")


def describe(wording: Wording, shown: Sequence[Example], kind: str, rng: random.Random) -> tuple[list[str], list[str]]:
    """Draw distinct descriptions for training and, from phrases training never uses, for evaluation.

    Args:
        wording: phrases of the task.
        shown: examples that descriptions may quote; train examples, so that no test answer is given away.
        kind: what the answers are.
        rng: decides which of all possible descriptions are taken.
    """
    half = len(shown) // 2
    train = _phrase(wording.imperatives[:-2], wording.nouns[:-1], wording.given, shown[:half], kind)
    held_out = _phrase(wording.imperatives[-2:], wording.nouns[-1:], wording.given, shown[half:], kind)
    return rng.sample(train, SEEN_DESCRIPTIONS), rng.sample(held_out, UNSEEN_DESCRIPTIONS)


def draw_examples(recipe: Recipe, rng: random.Random, count: int, taken: Pairs = frozenset()) -> list[Example]:
    """Draw up to `count` examples with distinct inputs, leaving out pairs that are taken.

    Raises:
        TaskError: the recipe cannot give 200 distinct inputs.
    """
    drawn: dict[str, str] = {}
    for _ in range(12 * count):
        question, answer = recipe.draw(rng)
        if (question, answer) not in taken:
            drawn.setdefault(question, answer)
        if len(drawn) == count:
            break
    if len(drawn) < FEWEST_EXAMPLES:
        raise TaskError(f"recipe {recipe.name!r} gives only {len(drawn)} distinct inputs; {FEWEST_EXAMPLES} are needed")
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


def cook(recipe: Recipe, seed: int, kind: str = "", taken: Pairs = frozenset()) -> Task:
    """Make the task.

    Args:
        recipe: what to make.
        seed: decides, with the recipe's name, which sentences and examples are drawn.
        kind: what the task tests, if it is held out.
        taken: pairs of question and answer that other tasks need for themselves.
    """
    rng = random.Random(f"{seed}:{recipe.name}")
    drawn = draw_examples(recipe, rng, EXAMPLES, taken)
    splits = split_examples(drawn, TEST_SHARE)
    shown = rng.sample(splits["train"], 2 * len(EXAMPLE_FRAMES) * len(recipe.wording.imperatives))
    descriptions, unseen = describe(recipe.wording, shown, answer_kind(drawn), rng)
    return Task(
        name=recipe.name,
        descriptions=tuple(descriptions),
        unseen_descriptions=tuple(unseen),
        splits=splits,
        metric=recipe.metric,
        family=recipe.family,
        source="adaptlab built-in",
        kind=kind,
    )
