"""Give the recipes of spelling and character tasks: words go in, letters, spellings or marked words come out."""

import random
from collections.abc import Callable

from adaptlab.tasks.builtin.lexicon import common_words
from adaptlab.tasks.builtin.recipe import DrawExample, Recipe, Wording

STRICT = "exact_match_strict"


def _edit_word(
    split: str, edit: Callable[[str], str], shown: Callable[[str], str] = str, longest: int = 9
) -> DrawExample:
    words = [word for word in common_words(split) if len(word) <= longest]

    def draw(rng: random.Random) -> tuple[str, str]:
        word = rng.choice(words)
        return shown(word), edit(word)

    return draw


def _one_of_four(split: str, fits: Callable[[str], bool]) -> DrawExample:
    """Four words with different first letters, one of which fits."""
    fitting = [word for word in common_words(split) if fits(word)]
    others = [word for word in common_words(split) if not fits(word)]

    def draw(rng: random.Random) -> tuple[str, str]:
        answer = rng.choice(fitting)
        words = {answer[0]: answer}
        while len(words) < 4:
            word = rng.choice(others)
            words.setdefault(word[0], word)
        listed = list(words.values())
        rng.shuffle(listed)
        return ", ".join(listed), answer

    return draw


def _letters_wording(piece: str, count: str) -> Wording:
    """`piece` is `first letter` or `last two letters`; `count` is `one letter` or `two letters`."""
    single = count == "one letter"
    answer = piece if single else f"group formed by the {piece}"
    return Wording(
        (
            f"write the {piece} of the word",
            f"give only the {piece}",
            f"find out what the {piece} of the word {'is' if single else 'are'}",
            f"copy the {piece} and leave out the rest of the word",
            f"shorten the word to its {piece}",
            f"spell the word in your head and output its {piece}",
            f"extract the {piece} from the word",
            f"keep nothing but the {piece} of the given word",
        ),
        (
            f"the {answer} of the word",
            f"the given word's {piece}" if single else f"the piece of the word made of its {piece}",
            f"{count}, namely the {piece} of the input",
            f"a copy of the {piece} of the word",
        ),
        "a word",
    )


def _letters(piece: str, split: str, edit: Callable[[str], str]) -> Recipe:
    """`piece` is `first letter` or `last two letters`."""
    *place, unit = piece.split()
    count = f"{place[1] if len(place) > 1 else 'one'} {unit}"
    wording, draw = _letters_wording(piece, count), _edit_word(split, edit)
    return Recipe(piece.replace(" ", "_"), "letters", split, wording, draw, STRICT, ("letter", *place))


def _letter_case(
    argument: str, split: str, result: str, edit: Callable[[str], str], shown: Callable[[str], str]
) -> Recipe:
    """`result` completes `write the word ...`."""
    wording = Wording(
        (
            f"write the word {result}",
            f"rewrite the given word {result}",
            f"keep the spelling but show the word {result}",
            f"change the case so that the word is written {result}",
            f"convert the word so that it appears {result}",
            f"repeat the word {result}",
            f"copy the word, this time {result}",
            f"output the same word {result}",
        ),
        (
            f"the word {result}",
            f"the same word, written {result}",
            f"a copy of the word {result}",
            f"the given word rewritten {result}",
        ),
        "a word",
    )
    parts = ("case", "capitals") if argument == "upper" else ()
    return Recipe(f"case_{argument}", "letter_case", split, wording, _edit_word(split, edit, shown), STRICT, parts)


def _starts_with(letter: str, split: str) -> Recipe:
    wording = Wording(
        (
            f'pick the word that starts with the letter "{letter}"',
            f'find the word beginning with "{letter}"',
            f"choose the word whose first letter is {letter}",
            f'check how each word begins and write the one that begins with "{letter}"',
            f"name the only word with an initial {letter.upper()}",
            f'tell me which word has "{letter}" as its first letter',
            f'select the list item that opens with the letter "{letter}"',
            f"write the one word in the list that starts with {letter}",
        ),
        (
            f'the word that starts with "{letter}"',
            f"the list item whose first letter is {letter}",
            f"the only word beginning with the letter {letter.upper()}",
            f'the one word with the letter "{letter}" at its start',
        ),
        "a list of four words",
    )
    draw = _one_of_four(split, lambda word: word.startswith(letter))
    return Recipe(f"starts_with_{letter}", "starts_with", split, wording, draw, parts=("starts_with", letter))


def _ends_with(letter: str, split: str) -> Recipe:
    wording = Wording(
        (
            f'pick the word that ends with the letter "{letter}"',
            f'find the word ending in "{letter}"',
            f"choose the word whose last letter is {letter}",
            f'look at how each word finishes and write the one that finishes with "{letter}"',
            f"name the only word with {letter.upper()} as its final letter",
            f'tell me which word has "{letter}" at its end',
            f'select the list item that closes with the letter "{letter}"',
            f"write the one word in the list that ends in {letter}",
        ),
        (
            f'the word that ends in "{letter}"',
            f"the list item whose last letter is {letter}",
            f"the only word finishing with the letter {letter.upper()}",
            f'the one word with the letter "{letter}" at its end',
        ),
        "a list of four words",
    )
    draw = _one_of_four(split, lambda word: word.endswith(letter))
    return Recipe(f"ends_with_{letter}", "ends_with", split, wording, draw, parts=("ends_with", letter))


def _contains(letter: str, split: str) -> Recipe:
    wording = Wording(
        (
            f'pick the word that contains the letter "{letter}"',
            f'find the word with "{letter}" in it',
            f"choose the word that has {letter.upper()} among its letters",
            f'search the list for the letter "{letter}" and write the word it occurs in',
            f"name the only word spelled with {letter}",
            f'tell me which word includes the letter "{letter}"',
            f'select the list item in which "{letter}" appears',
            f"write the one word in which the letter {letter} occurs",
        ),
        (
            f'the word that contains "{letter}"',
            f"the list item with the letter {letter} in it",
            f"the only word in which {letter.upper()} occurs",
            f'the one word that includes the letter "{letter}"',
        ),
        "a list of four words",
    )
    draw = _one_of_four(split, lambda word: letter in word)
    return Recipe(f"contains_{letter}", "contains", split, wording, draw, parts=("contains", letter))


def _repeat(argument: str, split: str, times: int) -> Recipe:
    wording = Wording(
        (
            f"write the word {argument}",
            f"repeat the word so that it appears {argument}",
            f"say the given word {argument} in a row",
            f"copy the word until it stands there {argument}",
            f"output the word {argument}, separated by spaces",
            f"write the input {argument} on one line",
            f"give the same word {argument}, one after another",
            f"echo the word {argument}",
        ),
        (
            f"the word written {argument}",
            f"the input repeated so that it appears {argument}",
            f"a line with the word {argument}",
            f"the same word {argument} in a row",
        ),
        "a word",
    )
    draw = _edit_word(split, lambda word: " ".join([word] * times))
    parts = ("repeat", argument)
    return Recipe(f"repeat_{argument.replace(' ', '_')}", "repeat", split, wording, draw, parts=parts)


def _remove_letter(argument: str, split: str, edit: Callable[[str], str]) -> Recipe:
    wording = Wording(
        (
            f"remove the {argument} letter of the word",
            f"write the word without its {argument} letter",
            f"delete the {argument} letter and keep all the others",
            f"drop the word's {argument} letter",
            f"copy the word but skip the {argument} letter",
            f"cut off the {argument} letter of the word",
            f"leave out the {argument} letter and write the remaining ones",
            f"take the {argument} letter away and give what is left of the word",
        ),
        (
            f"the word without its {argument} letter",
            f"the rest of the word once the {argument} letter is gone",
            f"everything in the word except the {argument} letter",
            f"the remainder of the word after its {argument} letter is removed",
        ),
        "a word",
    )
    return Recipe(f"remove_{argument}_letter", "remove_letter", split, wording, _edit_word(split, edit), STRICT)


def _affix(argument: str, split: str, kind: str, place: str) -> Recipe:
    edit = (lambda word: argument + word) if kind == "prefix" else (lambda word: word + argument)
    wording = Wording(
        (
            f'add the {kind} "{argument}" to the word',
            f'write "{argument}" at the {place} of the word',
            f"attach {argument} as a {kind}",
            f'give the word the {kind} "{argument}", whether or not the result is a real word',
            f"extend the word with the {kind} {argument}",
            f'glue "{argument}" to the {place} of the word and write the result',
            f'put "{argument}" at the {place} of the given word, without a space',
            f"write the word with the {kind} {argument} attached to it",
        ),
        (
            f'the word with the {kind} "{argument}"',
            f"the input with {argument} at its {place}",
            f'the result of adding the {kind} "{argument}" to the word',
            f'the given word with "{argument}" attached at the {place}',
        ),
        "a word",
    )
    return Recipe(f"{kind}_{argument}", "affix", split, wording, _edit_word(split, edit), STRICT)


def _vowel_start(split: str) -> Recipe:
    wording = Wording(
        (
            "say yes if the first word starts with a vowel and no if it does not",
            "decide whether the first letter of the first word is a vowel (yes or no)",
            "answer yes when the first word begins with a, e, i, o or u, otherwise no",
            "check if the first of the two words opens with a vowel and reply yes or no",
            "tell me, yes or no, whether the first word has a vowel as its first letter",
            "write no if the first word starts with a consonant and yes if it starts with a vowel",
            "test how the first word begins: yes for a vowel, no for a consonant",
            "ignore the second word and say yes or no: the first word begins with a vowel",
        ),
        (
            "the yes-or-no answer to whether the first word starts with a vowel",
            "the truth, yes or no, about the first word starting with a vowel",
            "the answer, yes for a vowel at the start of the first word and no for a consonant",
            "the verdict, yes or no, on whether the first word begins with a vowel",
        ),
        "a pair of words",
    )
    words = common_words(split)
    vowels = [word for word in words if word[0] in "aeiou"]
    consonants = [word for word in words if word[0] not in "aeiou"]

    def draw(rng: random.Random) -> tuple[str, str]:
        first, answer = (rng.choice(vowels), "yes") if rng.random() < 0.5 else (rng.choice(consonants), "no")
        return f"{first}, {rng.choice(words)}", answer

    return Recipe("vowel_start", "vowel_start", split, wording, draw)


def recipes() -> list[Recipe]:
    """All character recipes; those of one family differ in their argument only."""
    return [
        _letters("first letter", "train", lambda word: word[0]),
        _letters("third letter", "train", lambda word: word[2]),
        _letters("last letter", "train", lambda word: word[-1]),
        _letters("first two letters", "train", lambda word: word[:2]),
        _letters("first three letters", "train", lambda word: word[:3]),
        _letters("last three letters", "train", lambda word: word[-3:]),
        _letters("second letter", "test", lambda word: word[1]),
        _letters("last two letters", "test", lambda word: word[-2:]),
        _letter_case("upper", "train", "in capital letters only", str.upper, str),
        _letter_case("capitalise", "train", "with a capital first letter", str.capitalize, str),
        _letter_case("lower", "train", "in lower-case letters only", str, str.upper),
        *(_starts_with(letter, "train") for letter in "bcdflmprst"),
        *(_starts_with(letter, "test") for letter in "nw"),
        *(_ends_with(letter, "train") for letter in "dentyw"),
        _ends_with("l", "train"),
        _ends_with("r", "test"),
        *(_contains(letter, "train") for letter in "mpnwrl"),
        _contains("d", "train"),
        _contains("t", "test"),
        _repeat("twice", "train", 2),
        _repeat("three times", "train", 3),
        _remove_letter("first", "train", lambda word: word[1:]),
        _remove_letter("last", "train", lambda word: word[:-1]),
        _affix("un", "train", "prefix", "beginning"),
        _affix("ness", "train", "suffix", "end"),
        _vowel_start("train"),
    ]
