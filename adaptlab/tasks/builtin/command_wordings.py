"""A form of answer (call, arrows, JSON, one slot) and what it is made from in, the wording of a command task out."""

from adaptlab.tasks.builtin.recipe import Wording

Phrases = tuple[str, ...]

_CALL: tuple[Phrases, Phrases] = (
    (
        "rewrite the {said} as a function call of the form {pattern}",
        "turn the {said} into code by writing {pattern}",
        "write the call that stands for the {said}: {pattern}",
        "express the {said} in function notation, {pattern}",
        "translate the {said} from English into {pattern}",
        "parse the {said} and return the matching call, {pattern}",
        "convert the {said} to a name with its arguments in brackets, that is, {pattern}",
        "put what the {said} says into a function call, {pattern}",
    ),
    (
        "the function call that fits the {said}, {pattern}",
        "the {said} written as a call of the form {pattern}",
        "the {said} in function notation, {pattern}",
        "the call that a program would need for the {said}, written as {pattern}",
    ),
)
_ARROW: tuple[Phrases, Phrases] = (
    (
        "write the {said} with arrows, in the form {pattern}",
        "connect the parts of the {said} with the arrow sign ->, as {pattern}",
        "shorten the {said} to {pattern}",
        "turn the {said} into arrow notation, {pattern}",
        "show what the {said} says with arrows: {pattern}",
        "leave out all other words of the {said} and write {pattern}",
        "map the {said} to the arrow form {pattern}",
        "reduce the {said} to its parts and link them like this: {pattern}",
    ),
    (
        "the {said} in arrow notation, {pattern}",
        "the arrow form of the {said}, {pattern}",
        "the parts of the {said} linked by ->, written as {pattern}",
        "the {said} reduced to words and arrows, {pattern}",
    ),
)
_PIPE: tuple[Phrases, Phrases] = (
    (
        "write the {said} as a table row with bars, {pattern}",
        "separate the parts of the {said} with the sign |, as {pattern}",
        "turn the {said} into one row of a table: {pattern}",
        "enter the {said} into the columns {pattern}",
        "arrange what the {said} says as {pattern}",
        "give the {said} as fields divided by vertical bars, {pattern}",
        "break the {said} into columns, in the order {pattern}",
        "log the {said} on one line, in the form {pattern}",
    ),
    (
        "the table row for the {said}, {pattern}",
        "the parts of the {said} with bars between them, {pattern}",
        "the {said} as a row of the form {pattern}",
        "the columns filled in from the {said}, in the order {pattern}",
    ),
)
_DOTTED: tuple[Phrases, Phrases] = (
    (
        "rewrite the {said} as an assignment, {pattern}",
        "write the {said} in dotted notation: {pattern}",
        "turn the {said} into a configuration line of the form {pattern}",
        "express the {said} with a dot and an equals sign, as {pattern}",
        "put the {said} into the form {pattern}",
        "note what the {said} changes, writing {pattern}",
        "convert the {said} to a path and a value, written as {pattern}",
        "state the {said} the way a settings file would, {pattern}",
    ),
    (
        "the assignment for the {said}, {pattern}",
        "the {said} in dotted notation, {pattern}",
        "the configuration line that fits the {said}, {pattern}",
        "the {said} as a path and a value, written as {pattern}",
    ),
)
_JSON: tuple[Phrases, Phrases] = (
    (
        "rewrite the {said} as JSON of the form {pattern}",
        "turn the {said} into the JSON object {pattern}",
        "fill the JSON object {pattern} with what the {said} says",
        "extract the details of the {said} as {pattern}",
        "encode the {said} in JSON: {pattern}",
        "return the {said} as an object with this structure: {pattern}",
        "parse the {said} into JSON, using the layout {pattern}",
        "represent the {said} as {pattern} for a program that reads JSON",
    ),
    (
        "the JSON object {pattern} filled in from the {said}",
        "the {said} in JSON, {pattern}",
        "the JSON form of the {said}, laid out as {pattern}",
        "the completed object {pattern} for the {said}",
    ),
)
_KEY_VALUE: tuple[Phrases, Phrases] = (
    (
        "list the details of the {said} as key=value pairs: {pattern}",
        "rewrite the {said} with equals signs and a semicolon, as {pattern}",
        "summarise the {said} in two key=value pairs, {pattern}",
        "extract two pairs from the {said} and write them as {pattern}",
        "turn the {said} into a parameter list of the form {pattern}",
        "give the contents of the {said} as {pattern}",
        "reduce the {said} to two equations with a semicolon between them, {pattern}",
        "store what the {said} says under keys: {pattern}",
    ),
    (
        "the {said} as key=value pairs, {pattern}",
        "the parameter list for the {said}, {pattern}",
        "the two pairs that the {said} contains, written as {pattern}",
        "the {said} in two equations, {pattern}",
    ),
)
_CODE: tuple[Phrases, Phrases] = (
    (
        "abbreviate the {said} to {pattern}",
        "write the {said} as a short code: {pattern}",
        "encode the {said} by means of {pattern}",
        "give the code for the {said}, made of {pattern}",
        "compress the {said} into {pattern}",
        "replace the {said} by {pattern}",
        "label the {said} with a code that consists of {pattern}",
        "cut the {said} down to {pattern}",
    ),
    (
        "the code for the {said}, {pattern}",
        "the {said} abbreviated to {pattern}",
        "the short form of the {said}, {pattern}",
        "the {said} as a code made of {pattern}",
    ),
)
_SIGNS: tuple[Phrases, Phrases] = (
    (
        "write the {said} in digits and signs as {pattern}, with {order}",
        "translate the {said} into a formula with {order}: {pattern}",
        "put the {said} into mathematical notation, {pattern}, with {order}",
        "express the {said} as {pattern}, so with {order}",
        "turn the {said} into {pattern}, using digits and signs with {order}",
        "rewrite the {said} as a formula like {pattern}, with {order}",
        "convert the {said} to symbols that follow the pattern {pattern}, with {order}",
        "note the {said} down as {pattern}, a notation with {order}",
    ),
    (
        "the {said} in digits and signs, {pattern}, with {order}",
        "the formula for the {said} with {order}, {pattern}",
        "the {said} as a formula like {pattern}, with {order}",
        "the mathematical notation {pattern} for the {said}, with {order}",
    ),
)
_SLOT: tuple[Phrases, Phrases] = (
    (
        "write {what} in the {said} and leave out the rest",
        "find {what} in the {said}",
        "tell me {clue}",
        "reduce the {said} to {what}",
        "work out from the {said} {clue}",
        "give only {what}, as it follows from the {said}",
        "determine {clue}, and write just that",
        "state {what} that belongs to the {said}",
    ),
    (
        "{what} in the {said}",
        "{what}, as given by the {said}",
        "{what} that follows from the {said}",
        "{what} according to the {said}",
    ),
)
_LABEL: tuple[Phrases, Phrases] = (
    (
        "label the {said} {one} if it {when_one} and {other} if it {when_other}",
        "answer {one} when the {said} {when_one}, otherwise {other}",
        "write {one} for a {said} that {when_one} and {other} for one that {when_other}",
        "sort the {said} into the class {one} (it {when_one}) or {other} (it {when_other})",
        "reply {other} if the {said} {when_other} and {one} if it {when_one}",
        "tag the {said} with {one} or {other}, depending on whether it {when_one} or {when_other}",
        "classify the {said} by its effect: {one} if it {when_one}, {other} if it {when_other}",
        "choose {one} for a {said} that {when_one}, {other} for the opposite",
    ),
    (
        "the label {one} or {other}, depending on whether the {said} {when_one} or {when_other}",
        "the word {one} if the {said} {when_one} and the word {other} if it {when_other}",
        "the class of the {said}: {one} if it {when_one}, otherwise {other}",
        "the tag {one} for a {said} that {when_one}, or {other} for one that {when_other}",
    ),
)
_FORMS = {
    "call": _CALL,
    "arrow": _ARROW,
    "pipe": _PIPE,
    "dotted": _DOTTED,
    "json": _JSON,
    "key_value": _KEY_VALUE,
    "code": _CODE,
    "signs": _SIGNS,
    "slot": _SLOT,
    "label": _LABEL,
}


def form_wording(form: str, said: str, given: str, fields: dict[str, str]) -> Wording:
    """The wording of a task.

    Args:
        form: the form of its answers.
        said: what the input is called, without an article: `command`.
        given: what the input is, with its article.
        fields: what fills the blanks of the form's phrases: `pattern`, `what` and `clue`, or the labels.
    """
    imperatives, nouns = (tuple(phrase.format(said=said, **fields) for phrase in group) for group in _FORMS[form])
    return Wording(imperatives, nouns, given)
