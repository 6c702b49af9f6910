"""A rule and a form of answer in, the wording of their task out; likewise for a three-way grading."""

from dataclasses import asdict, dataclass

from adaptlab.tasks.builtin.recipe import Wording
from adaptlab.tasks.builtin.rule_texts import Grade, Rule


@dataclass(frozen=True)
class Form:
    """A form of answer: its labels (rule holds, rule fails) and the patterns of its imperatives and nouns."""

    key: str
    labels: tuple[str, str]
    imperatives: tuple[str, ...]
    nouns: tuple[str, ...]


_FORMS = (
    Form(
        "yes_no",
        ("yes", "no"),
        (
            "answer yes if {yes} and no if {no}",
            "tell me with yes or no whether {yes}",
            "say no unless {alt}, in which case say yes",
            "check whether {alt} and reply with yes or no",
            "give the answer yes for {such} and no for {lacking}",
            "respond to the question whether {yes} with a simple yes or no",
            "find out if {alt}, and answer either yes or no",
            "write yes when {yes}, otherwise write no",
        ),
        (
            "the yes-or-no answer to whether {yes}",
            "the right word of the two, yes for {such} and no for {lacking}",
            "the reply, which is yes when {alt} and no otherwise",
            "the verdict, yes or no, on whether {yes}",
        ),
    ),
    Form(
        "true_false",
        ("true", "false"),
        (
            "write true if {yes} and false if {no}",
            'judge whether the statement "{yes}" is true or false',
            "mark {such} as true and {lacking} as false",
            "return false unless {alt}, in which case return true",
            "say true or false, depending on whether {alt}",
            "evaluate the condition that {yes} and print true or false",
            "output true when {alt} and false in every other case",
            'respond with true or false to the claim "{yes}"',
        ),
        (
            "the truth value, true or false, of the claim that {yes}",
            "the value that fits, true for {such} and false for {lacking}",
            "the result, true or false, of checking whether {alt}",
            'the judgement, true or false, on the statement "{yes}"',
        ),
    ),
    Form(
        "a_b",
        ("A", "B"),
        (
            "choose A if {yes} or B if {no}",
            "write the letter A when {alt}, otherwise the letter B",
            "assign {such} to group A and {lacking} to group B, and name the group by its letter",
            "answer B unless {alt}, in which case answer A",
            "pick one of two options: A means that {yes}, B means that {no}",
            "give the letter A to {such} and the letter B to {lacking}",
            "decide between the letters A and B, taking A if {yes} and B if not",
            "use A as the answer for {such} and B as the answer for {lacking}",
        ),
        (
            "the right letter, A if {yes} and B if {no}",
            "the matching option, A for {such} and B for {lacking}",
            "the letter of the group, which is A when {alt} and B otherwise",
            "the correct choice of A ({yes}) or B ({no})",
        ),
    ),
    Form(
        "one_zero",
        ("1", "0"),
        (
            "print 1 if {yes} and 0 if {no}",
            "write the digit 1 when {alt}, otherwise the digit 0",
            "encode {such} as 1 and {lacking} as 0",
            "return 0 unless {alt}, in which case return 1",
            "express as a single bit whether {yes}, with 1 for yes and 0 for no",
            "give the {item} the value 1 if {alt} and the value 0 if not",
            "check whether {yes} and answer with 1 if so, with 0 if not",
            "output 1 for {such} and 0 for {lacking}",
        ),
        (
            "the bit that is 1 if {yes} and 0 if {no}",
            "the code of the {item}, 1 for {such} and 0 for {lacking}",
            "the digit, 1 for yes or 0 for no, that tells whether {alt}",
            "the flag, which is 1 when {yes} and 0 otherwise",
        ),
    ),
    Form(
        "pass_fail",
        ("pass", "fail"),
        (
            "write pass if {yes} and fail if {no}",
            "test whether {alt} and report pass if so, fail if not",
            "say fail unless {alt}, in which case say pass",
            "apply the requirement that {yes}, writing pass when the {item} meets it and fail when it does not",
            "grade {such} as pass and {lacking} as fail",
            "give the verdict pass when {yes} and the verdict fail in every other case",
            "return the word pass when {alt}, otherwise the word fail",
            "answer pass for {such} and fail for {lacking}",
        ),
        (
            "the test result, pass if {yes} and fail if {no}",
            "the outcome for the {item}, pass for {such} and fail for {lacking}",
            "the mark, which is pass when {alt} and fail otherwise",
            "the word pass or fail, depending on whether {yes}",
        ),
    ),
    Form(
        "left_right",
        ("left", "right"),
        (
            "answer left if {yes} and right if {no}",
            "send {such} to the left and {lacking} to the right, using the word left or right",
            "write right unless {alt}, in which case write left",
            "choose a side for the {item}, left when {yes} and right otherwise",
            "name the direction for the {item}: left stands for {such}, right for {lacking}",
            "reply with left when {alt} and with right when that is not so",
            "decide between left and right, where left means that {yes} and right that {no}",
            "output left for {such} and right for {lacking}",
        ),
        (
            "the side for the {item}, left if {yes} and right if {no}",
            "the direction that fits, left for {such} and right for {lacking}",
            "the correct side, which is left when {alt} and right otherwise",
            "the word left if {yes}, or else the word right",
        ),
    ),
    Form(
        "accept_reject",
        ("accept", "reject"),
        (
            "write accept if {yes} and reject if {no}",
            "answer reject unless {alt}, in which case answer accept",
            "act as a filter that says accept to {such} and reject to {lacking}",
            "decide about the {item}, with accept as the answer when {yes} and reject otherwise",
            "print accept for {such} and reject for {lacking}",
            "check if {alt}, and return accept if so, reject if not",
            "reply with accept when {alt} and with reject in every other case",
            "judge the {item} with the word accept if {yes} or the word reject if {no}",
        ),
        (
            "the decision, accept if {yes} and reject if {no}",
            "the ruling on the {item}, accept for {such} and reject for {lacking}",
            "the verdict, which is accept when {alt} and reject otherwise",
            "the word accept or reject, depending on whether {yes}",
        ),
    ),
)
FORMS = {form.key: form for form in _FORMS}

_GRADE_IMPERATIVES = (
    "answer {l1} if {c1}, {l2} if {c2} and {l3} if {c3}",
    "write {l1} when {c1}, {l3} when {c3}, otherwise {l2}",
    "say {l1} for {n1}, {l2} for {n2} and {l3} for {n3}",
    "choose between three words: {l1} means that {c1}, {l2} that {c2} and {l3} that {c3}",
    "classify the input as {l1} ({n1}), {l2} ({n2}) or {l3} ({n3})",
    "reply with {l2} if {c2}, or else with {l1} if {c1} and with {l3} if {c3}",
    "use the label {l1} when {c1}, the label {l2} when {c2} and the label {l3} when {c3}",
    "pick the word that fits the input: {l3} for {n3}, {l2} for {n2}, {l1} for {n1}",
)
_GRADE_NOUNS = (
    "the right one of three words, {l1} if {c1}, {l2} if {c2} and {l3} if {c3}",
    "the class of the input, {l1} for {n1}, {l2} for {n2} and {l3} for {n3}",
    "the label, which is {l1} when {c1}, {l3} when {c3} and {l2} otherwise",
    "the correct choice of {l1} ({n1}), {l2} ({n2}) or {l3} ({n3})",
)


def rule_wording(rule: Rule, form: Form) -> Wording:
    """The wording of the task to judge an input by the rule and answer in the form."""
    words = {**asdict(rule), "item": rule.subject.item}
    return Wording(
        tuple(pattern.format(**words) for pattern in form.imperatives),
        tuple(pattern.format(**words) for pattern in form.nouns),
        rule.subject.given,
    )


def grade_wording(grade: Grade) -> Wording:
    """The wording of the task to answer with one of three labels."""
    groups = {"l": grade.labels, "c": grade.clauses, "n": grade.nouns}
    words = {f"{letter}{place}": text for letter, group in groups.items() for place, text in enumerate(group, 1)}
    return Wording(
        tuple(pattern.format(**words) for pattern in _GRADE_IMPERATIVES),
        tuple(pattern.format(**words) for pattern in _GRADE_NOUNS),
        grade.given,
    )
