"""Give the clauses and nouns that say in words what a rule asks of an input, and what three grades stand for."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Subject:
    """What a rule judges: its family, the input with its article, and one word for the input."""

    family: str
    given: str
    item: str


@dataclass(frozen=True)
class Rule:
    """A rule in words.

    Args:
        key: short name.
        subject: what it judges.
        yes: the clause that says that it holds.
        no: the clause that says that it does not.
        alt: another clause that says that it holds.
        such: the inputs for which it holds.
        lacking: the inputs for which it does not, named right after those for which it does.
    """

    key: str
    subject: Subject
    yes: str
    no: str
    alt: str
    such: str
    lacking: str


@dataclass(frozen=True)
class Grade:
    """Three labels, the clause that is true for each, and what each stands for as a noun."""

    key: str
    given: str
    labels: tuple[str, str, str]
    clauses: tuple[str, str, str]
    nouns: tuple[str, str, str]


_WORD = Subject("word_rule", "a pair of words", "pair")
_WORD_PAIR = Subject("word_pair_rule", "a pair of words", "pair")
_NUMBER = Subject("number_rule", "a number", "number")
_NUMBER_PAIR = Subject("number_rule", "a pair of numbers", "pair")
_NUMBER_LIST = Subject("list_rule", "a list of numbers", "list")
_WORD_LIST = Subject("list_rule", "a list of words", "list")
_SENTENCE = Subject("text_rule", "a sentence", "sentence")

_RULES = (
    Rule(
        "has_e",
        _WORD,
        "the first word contains the letter e",
        "the first word does not contain the letter e",
        "there is an e in the first word",
        "pairs with an e in the first word",
        "pairs without an e in the first word",
    ),
    Rule(
        "ends_in_vowel",
        _WORD,
        "the second word ends with a vowel",
        "the second word ends with a consonant",
        "the last letter of the second word is a, e, i, o or u",
        "pairs with a vowel at the end of the second word",
        "pairs with a consonant at the end of the second word",
    ),
    Rule(
        "over_five_letters",
        _WORD,
        "the first word has more than five letters",
        "the first word has five letters or fewer",
        "the first word is six or more letters long",
        "pairs whose first word has at least 6 letters",
        "pairs whose first word has at most 5 letters",
    ),
    Rule(
        "starts_in_a_to_m",
        _WORD,
        "the second word starts with a letter from a to m",
        "the second word starts with a letter from n to z",
        "the first letter of the second word is in the first half of the alphabet (a to m)",
        "pairs whose second word begins with one of the letters a to m",
        "pairs whose second word begins with one of the letters n to z",
    ),
    Rule(
        "first_longer",
        _WORD_PAIR,
        "the first word is longer than the second",
        "the second word is longer than the first",
        "the first word has more letters than the second",
        "pairs with the longer word first",
        "pairs with the longer word last",
    ),
    Rule(
        "same_start",
        _WORD_PAIR,
        "the two words begin with the same letter",
        "the two words begin with different letters",
        "both words have the same first letter",
        "pairs that share their first letter",
        "pairs with two different first letters",
    ),
    Rule(
        "same_length",
        _WORD_PAIR,
        "the two words have the same number of letters",
        "the two words do not have the same number of letters",
        "one word is exactly as long as the other",
        "pairs of equally long words",
        "pairs of words that differ in length",
    ),
    Rule(
        "even",
        _NUMBER,
        "the number is even",
        "the number is odd",
        "the number can be divided by 2 without a remainder",
        "even numbers",
        "odd numbers",
    ),
    Rule(
        "over_500",
        _NUMBER,
        "the number is greater than 500",
        "the number is 500 or less",
        "the number lies above 500",
        "numbers over 500",
        "numbers up to 500",
    ),
    Rule(
        "multiple_of_5",
        _NUMBER,
        "the number is a multiple of 5",
        "the number is not a multiple of 5",
        "the number ends in 0 or 5",
        "numbers divisible by 5",
        "numbers not divisible by 5",
    ),
    Rule(
        "equal_numbers",
        _NUMBER_PAIR,
        "the two numbers are equal",
        "the two numbers are not equal",
        "the second number is the same as the first",
        "pairs of equal numbers",
        "pairs of different numbers",
    ),
    Rule(
        "ascending",
        _NUMBER_LIST,
        "the numbers are in ascending order",
        "the numbers are not in ascending order",
        "every number after the first is larger than the one before it",
        "lists sorted from the smallest to the largest number",
        "lists in any other order",
    ),
    Rule(
        "has_seven",
        _NUMBER_LIST,
        "the list contains the number 7",
        "the list does not contain the number 7",
        "one of the numbers is 7",
        "lists with the number 7 in them",
        "lists without the number 7",
    ),
    Rule(
        "repeated_word",
        _WORD_LIST,
        "the list contains a repeated word",
        "the list contains no repeated word",
        "some word occurs twice in the list",
        "lists that repeat a word",
        "lists of words that are all different",
    ),
    Rule(
        "capitals_only",
        _SENTENCE,
        "the sentence is written in capital letters only",
        "the sentence contains small letters",
        "all letters of the sentence are capitals",
        "sentences in capitals only",
        "sentences with small letters",
    ),
    Rule(
        "has_digit",
        _SENTENCE,
        "the sentence contains a digit",
        "the sentence contains no digit",
        "at least one digit occurs in the sentence",
        "sentences with digits",
        "sentences without digits",
    ),
    Rule(
        "is_question",
        _SENTENCE,
        "the sentence is a question",
        "the sentence is a statement",
        "the sentence asks something",
        "questions",
        "statements",
    ),
    Rule(
        "has_comma",
        _SENTENCE,
        "the sentence contains a comma",
        "the sentence contains no comma",
        "there is a comma somewhere in the sentence",
        "sentences with a comma",
        "sentences without a comma",
    ),
)
RULES = {rule.key: rule for rule in _RULES}

_GRADES = (
    Grade(
        "score_sign",
        "a player with a score",
        ("negative", "zero", "positive"),
        ("the score is below 0", "the score is 0", "the score is above 0"),
        ("a score under 0", "a score of exactly 0", "a score over 0"),
    ),
    Grade(
        "number_order",
        "a pair of numbers",
        ("less", "equal", "greater"),
        (
            "the first number is less than the second",
            "the first number is equal to the second",
            "the first number is greater than the second",
        ),
        ("a first number that is smaller", "two equal numbers", "a first number that is larger"),
    ),
    Grade(
        "word_size",
        "a word",
        ("short", "medium", "long"),
        ("the word has four letters or fewer", "the word has five letters", "the word has six letters or more"),
        ("words of up to 4 letters", "words of exactly 5 letters", "words of at least 6 letters"),
    ),
    Grade(
        "number_size",
        "a number",
        ("low", "middle", "high"),
        ("the number is below 300", "the number is from 300 to 599", "the number is 600 or more"),
        ("numbers under 300", "numbers from 300 up to 599", "numbers of 600 and above"),
    ),
    Grade(
        "list_size",
        "a list of words",
        ("few", "some", "many"),
        ("the list has one or two words", "the list has three or four words", "the list has five or more words"),
        ("lists of 1 or 2 words", "lists of 3 or 4 words", "lists of at least 5 words"),
    ),
    Grade(
        "line_size",
        "a line of words",
        ("short", "medium", "long"),
        ("the line has three words or fewer", "the line has four or five words", "the line has six words or more"),
        ("lines of up to 3 words", "lines of 4 or 5 words", "lines of at least 6 words"),
    ),
)
GRADES = {grade.key: grade for grade in _GRADES}
