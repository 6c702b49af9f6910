"""Give the recipes about the form of a sentence: its kind, its tense or voice, a denial or question, a contraction."""

import random
from collections.abc import Callable

from adaptlab.tasks.builtin.people import FIRST_NAMES
from adaptlab.tasks.builtin.reading_material import Clause, deeds, draw_clause
from adaptlab.tasks.builtin.recipe import Recipe, Wording
from adaptlab.tasks.builtin.spelling import past_tense, present_participle

STRICT = "exact_match_strict"
_WILL_SUBJECTS = ("I", "You", "He", "She", "We", "They")
_MODALS = ("could", "should", "would")
# By tense: the words that form its denial and its question.
_NOT = {"present": '"do not" or "does not"', "past": '"did not"'}
_ASK = {"present": '"Do" or "Does"', "past": '"Did"', "future": '"Will"'}
# By helping word: the contraction that it forms.
_SHORT = {"not": '"n\'t"', "will": '"\'ll"'}

_TENSE = Wording(
    (
        "say whether the sentence is in the past, present or future tense: answer past, present or future",
        "name the tense of the sentence as past, present or future",
        "look at the verb and write past, present or future for its tense",
        "label the time of the action: past, present or future",
        "decide if the action is past, present or future and write that word",
        "classify the sentence by its tense; the labels are past, present and future",
        "tell the tense, choosing among past, present and future",
        "sort the sentence into one of three tenses: past, present or future",
    ),
    (
        "the tense of the sentence: past, present or future",
        "the label past, present or future that fits the verb",
        "the time of the action, written as past, present or future",
        "the name of the tense, one of past, present and future",
    ),
    "a sentence",
)
_TYPE = Wording(
    (
        "say whether the sentence is a statement, a question or a command",
        "label the sentence as statement, question or command",
        "decide which it is and write one word: statement, question or command",
        "tell the type of the sentence, choosing among statement, question and command",
        "classify the sentence by its purpose; the labels are statement, question and command",
        "answer statement if it tells, question if it asks and command if it orders something",
        "sort the sentence into one of three types: statement, question or command",
        "write the word statement, question or command for the kind of sentence that you see",
    ),
    (
        "the type of the sentence: statement, question or command",
        "the label statement, question or command that fits the sentence",
        "the purpose of the sentence, named as statement, question or command",
        "the kind of sentence, one of statement, question and command",
    ),
    "a sentence of one of three types",
)
_VOICE = Wording(
    (
        "say whether the sentence is active or passive",
        "name the voice of the sentence, active or passive",
        "label the verb as active or passive",
        "write passive if the subject has something done to it, otherwise active",
        "decide between active voice and passive voice and write active or passive",
        "classify the sentence by its voice: active or passive",
        "tell if the subject does the action (active) or suffers it (passive)",
        "sort the sentence under one of two headings, active or passive",
    ),
    (
        "the voice of the sentence: active or passive",
        "the label active or passive that fits the verb",
        "the grammatical voice, written as active or passive",
        "the name of the voice, either active or passive",
    ),
    "a sentence in the active or the passive voice",
)
_INTO_PAST = Wording(
    (
        "put the sentence into the simple past",
        "rewrite the present-tense sentence in the past tense",
        "change the verb to its past form and copy the rest of the sentence",
        "turn the present into the past and keep all other words",
        "say the same thing in the simple past, as a whole sentence",
        "write the sentence as if the action were over, in the simple past",
        "replace the present-tense verb by its simple past within the sentence",
        "transform the whole sentence from the present to the past tense",
    ),
    (
        "the sentence in the simple past",
        "the same sentence with its verb in the past tense",
        "the past-tense version of the whole sentence",
        "the sentence moved from the present to the past",
    ),
    "a sentence in the present tense",
)


def _denial(tense: str) -> Wording:
    helper = _NOT[tense]
    return Wording(
        (
            f"make the {tense}-tense sentence negative with {helper}",
            f"deny what the sentence says in the {tense} tense, using {helper}",
            f"rewrite the {tense}-tense statement as a negative one, using {helper}",
            f"negate the verb in the {tense} tense by means of {helper} and keep the other words",
            f"write the opposite of the {tense}-tense sentence by adding {helper}",
            f"turn the positive sentence into a negative one in the {tense} tense, with {helper}",
            f"insert {helper} so that the {tense}-tense sentence becomes negative",
            f"change the {tense}-tense sentence to say that it is not so, with {helper} before the verb",
        ),
        (
            f"the {tense}-tense sentence made negative with {helper}",
            f"the negative form of the sentence in the {tense} tense, with {helper}",
            f"the same {tense}-tense statement denied by means of {helper}",
            f"the sentence with its {tense}-tense verb negated by {helper}",
        ),
        f"a positive sentence in the {tense} tense",
    )


def _yes_no(tense: str) -> Wording:
    opening = _ASK[tense]
    return Wording(
        (
            f"turn the {tense}-tense sentence into a yes/no question that begins with {opening}",
            f"ask whether the {tense}-tense statement is true, starting with {opening}",
            f"make a question in the {tense} tense out of the sentence, with {opening} in front",
            f"rewrite the {tense}-tense statement as a question that opens with {opening}",
            f"form the yes/no question in the {tense} tense that the sentence answers, beginning with {opening}",
            f"change the sentence from a statement to a {tense}-tense question with {opening} as its first word",
            f"put {opening} first and turn the {tense}-tense sentence into a question",
            f"question the {tense}-tense statement: start with {opening} and end with a question mark",
        ),
        (
            f"the {tense}-tense sentence as a yes/no question that begins with {opening}",
            f"the question made from the {tense}-tense statement, opening with {opening}",
            f"the yes/no question in the {tense} tense with {opening} as its first word",
            f"the {tense}-tense statement turned into a question by {opening}",
        ),
        f"a statement in the {tense} tense",
    )


def _contracting(word: str) -> Wording:
    short = _SHORT[word]
    return Wording(
        (
            f"shorten the sentence with the contraction {short}",
            f"contract the sentence, using an apostrophe as in {short}",
            f"use the short form {short} and keep everything else",
            f"make the sentence informal by means of the contraction {short}",
            f"fuse two words of the sentence into one short form that ends in {short}",
            f"abbreviate two words to a single contraction in {short} and copy the rest",
            f"contract two words of the sentence into one short form with {short}",
            f"shorten the sentence informally by using an apostrophe, as in {short}",
        ),
        (
            f"the sentence shortened with the contraction {short}",
            f"the informal sentence that has the short form {short}",
            f"the sentence with two words contracted to one that ends in {short}",
            f"the shortened sentence with the short form {short}",
        ),
        "a sentence that is to be shortened",
    )


def _expanding(word: str) -> Wording:
    return Wording(
        (
            f'expand the sentence to have the full word "{word}"',
            f'write the word "{word}" out in full and keep everything else',
            f'spell out "{word}" as a separate word in the sentence',
            f'write the sentence formally, with "{word}" in full',
            f'give the long form of the sentence, with the whole word "{word}"',
            f'rewrite the sentence so that the complete word "{word}" stands in it',
            f'expand the sentence formally, with the word "{word}" spelled out in full',
            f'put the sentence in its long form, with "{word}" as a separate full word',
        ),
        (
            f'the sentence with "{word}" written out in full',
            f'the formal sentence in which the whole word "{word}" is spelled out',
            f'the long form of the sentence, with "{word}" as a separate word',
            f'the expanded sentence with the full word "{word}" spelled out',
        ),
        "a sentence that is to be written out in full",
    )


def _draw_tense(rng: random.Random) -> tuple[str, str]:
    tense = rng.choice(("past", "present", "future"))
    return draw_clause(rng, "train").statement(tense), tense


def _draw_type(rng: random.Random) -> tuple[str, str]:
    kind = rng.choice(("statement", "question", "command"))
    clause = draw_clause(rng, "train")
    tense = rng.choice(("past", "present", "future"))
    if kind == "statement":
        return clause.statement(tense), kind
    if kind == "question":
        return clause.question(tense), kind
    order = f"{clause.verb} {clause.rest}"
    forms = (f"{order[0].upper()}{order[1:]}.", f"Please {order}.", f"Do not {order}.", f"Never {order}.")
    return rng.choice(forms), kind


def _draw_voice(rng: random.Random) -> tuple[str, str]:
    voice = rng.choice(("active", "passive"))
    # The past forms in -ed also serve as participles.
    verb, thing = rng.choice([d for d in deeds("train") if d[1].startswith("the ") and past_tense(d[0]).endswith("ed")])
    who, done, doing = rng.choice(FIRST_NAMES["train"]), past_tense(verb), present_participle(verb)
    when = rng.choice(("", " on Monday", " yesterday", " last week"))
    if voice == "active":
        return f"{who} {rng.choice((done, f'was {doing}'))} {thing}{when}.", voice
    was = "were" if thing.endswith("s") else "was"
    agent = f" by {who}" if rng.random() < 0.75 else ""
    return f"{thing.capitalize()} {was} {done}{agent}{when}.", voice


def _rewrite(name: str, split: str, wording: Wording, tense: str, form: Callable[[Clause, str], str]) -> Recipe:
    """Show a clause as a statement in a tense and answer with another form of it."""

    def draw(rng: random.Random) -> tuple[str, str]:
        clause = draw_clause(rng, split)
        return clause.statement(tense), form(clause, tense)

    return Recipe(f"{name}_{tense}", "rewrite", split, wording, draw, parts=(name, tense))


def _draw_forms(rng: random.Random, word: str, split: str) -> tuple[str, str]:
    """A sentence with the full word and the same with the contraction."""
    clause = draw_clause(rng, split)
    if word == "will":
        subject = rng.choice(_WILL_SUBJECTS)
        return f"{subject} will {clause.verb} {clause.rest}.", f"{subject}'ll {clause.verb} {clause.rest}."
    helper = rng.choice((clause.helper("present"), "did", *_MODALS))
    end = f"{clause.verb} {clause.rest}."
    return f"{clause.subject} {helper} not {end}", f"{clause.subject} {helper}n't {end}"


def _contraction(name: str, word: str, split: str) -> Recipe:
    def draw(rng: random.Random) -> tuple[str, str]:
        full, short = _draw_forms(rng, word, split)
        return (full, short) if name == "contract" else (short, full)

    wording, metric = (_contracting(word), STRICT) if name == "contract" else (_expanding(word), "exact_match")
    return Recipe(f"{name}_{word}", "contraction", split, wording, draw, metric, parts=(name, word))


def sentence_recipes() -> list[Recipe]:
    """The recipes about the form of a sentence."""
    return [
        Recipe("sentence_tense", "sentence_kind", "train", _TENSE, _draw_tense),
        Recipe("sentence_type", "sentence_kind", "train", _TYPE, _draw_type),
        Recipe("sentence_voice", "sentence_kind", "train", _VOICE, _draw_voice),
        *(_rewrite("negative", "train", _denial(tense), tense, Clause.negative) for tense in ("present", "past")),
        *(
            _rewrite("question", split, _yes_no(tense), tense, Clause.question)
            for tense, split in (("present", "train"), ("future", "train"), ("past", "test"))
        ),
        _rewrite("past_of", "train", _INTO_PAST, "present", lambda clause, _: clause.statement("past")),
        _contraction("contract", "not", "train"),
        _contraction("contract", "will", "train"),
        _contraction("expand", "not", "train"),
        _contraction("expand", "will", "test"),
    ]
