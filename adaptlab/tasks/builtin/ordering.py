"""Give the recipes of list tasks: a short list of words or numbers goes in, items or a reordered list come out."""

import random
from collections.abc import Callable, Sequence

from adaptlab.tasks.builtin.lexicon import common_words
from adaptlab.tasks.builtin.recipe import DrawExample, Recipe, Wording

STRICT = "exact_match_strict"
Pick = Callable[[Sequence[str]], str]


def _word_list(split: str, lengths: tuple[int, ...], answer: Pick, separator: str = ", ") -> DrawExample:
    words = [word for word in common_words(split) if len(word) <= 7]

    def draw(rng: random.Random) -> tuple[str, str]:
        listed = rng.sample(words, rng.choice(lengths))
        return separator.join(listed), answer(listed)

    return draw


def _number_list(answer: Callable[[Sequence[int]], str]) -> DrawExample:
    def draw(rng: random.Random) -> tuple[str, str]:
        listed = rng.sample(range(1, 100), rng.choice((3, 4)))
        return ", ".join(map(str, listed)), answer(listed)

    return draw


def _item(argument: str, split: str, index: int) -> Recipe:
    wording = Wording(
        (
            f"pick the {argument} word of the list",
            f"write the word that comes {argument}",
            f"choose the item in {argument} position",
            f"copy the {argument} list item and skip the others",
            f"go through the list and give only its {argument} entry",
            f"tell me which word is the {argument} one",
            f"select the {argument} of the listed words",
            f"output the word in {argument} place",
        ),
        (
            f"the {argument} word of the list",
            f"the {argument} list item",
            f"the word in {argument} position",
            f"the word listed {argument}",
        ),
        "a list of words",
    )
    lengths = (4, 5) if argument == "fourth" else (3, 4, 5)
    draw = _word_list(split, lengths, lambda words: words[index])
    return Recipe(f"item_{argument}", "item", split, wording, draw, parts=("item", argument))


def _line_word(argument: str, split: str, index: int) -> Recipe:
    wording = Wording(
        (
            f"pick the {argument} word of the line",
            f"write the word that comes {argument} in the line",
            f"choose the word in {argument} position from the line",
            f"copy the {argument} word of the line and skip the others",
            f"go along the line and give only its {argument} word",
            f"tell me which word is the {argument} one in the line",
            f"select the {argument} of the words in the line",
            f"output the word in {argument} place of the line",
        ),
        (
            f"the {argument} word of the line",
            f"the word in {argument} position of the line",
            f"the line's {argument} word",
            f"the word that is {argument} in the line",
        ),
        "a line of words without commas",
    )
    draw = _word_list(split, (4, 5, 6), lambda words: words[index], " ")
    return Recipe(f"line_{argument}_word", "line_word", split, wording, draw, parts=("line word", argument))


def _by_length(argument: str, split: str, opposite: str, letters: str) -> Recipe:
    wording = Wording(
        (
            f"pick the {argument} word of the list",
            f"find the word with the {letters} letters",
            f"compare the lengths of the words and write the {argument} one",
            f"choose the word that is {opposite} than no other word",
            f"tell me which word has the {letters} letters",
            f"select the {argument} item by number of letters",
            f"count letters to find the {argument} word in the list",
            f"output whichever word is the {argument}",
        ),
        (
            f"the {argument} word of the list",
            f"the word with the {letters} letters",
            f"the {argument} of the listed words",
            f"the list item that is spelled with the {letters} letters",
        ),
        "a list of words",
    )
    words = common_words(split)
    pick = max if argument == "longest" else min

    def draw(rng: random.Random) -> tuple[str, str]:
        while True:
            listed = rng.sample(words, rng.choice((3, 4)))
            answer = pick(listed, key=len)
            if sum(len(word) == len(answer) for word in listed) == 1:
                return ", ".join(listed), answer

    return Recipe(f"word_{argument}", "word_length", split, wording, draw)


def _alphabetical(argument: str, split: str, pick: Callable[[Sequence[str]], str]) -> Recipe:
    wording = Wording(
        (
            f"pick the word that comes {argument} in alphabetical order",
            f"find the alphabetically {argument} word",
            f"sort the words from A to Z in your head and write the {argument} one",
            f"choose the word that a dictionary would list {argument}",
            f"tell me which word stands {argument} in the alphabet",
            f"write the word that would be {argument} if the list were sorted from A to Z",
            f"put the words in alphabetical order and keep only the {argument}",
            f"select the word that is {argument} alphabetically",
        ),
        (
            f"the alphabetically {argument} word",
            f"the word that comes {argument} in the alphabet",
            f"the {argument} word of the list once it is sorted from A to Z",
            f"the word that is {argument} in alphabetical order",
        ),
        "a list of words",
    )
    return Recipe(f"alphabetically_{argument}", "alphabetical", split, wording, _word_list(split, (3,), pick))


def _reverse(split: str) -> Recipe:
    wording = Wording(
        (
            "reverse the order of the words",
            "write the list backwards, from the last word to the first",
            "turn the list around so that its last word comes first",
            "list the same words in reverse order",
            "put the words in the opposite order",
            "read the list from right to left and write the words in that order",
            "flip the list: begin with the last word and end with the first",
            "repeat the words of the list in reversed order",
        ),
        (
            "the list in reverse order",
            "the same list written backwards, word by word",
            "the reversed list",
            "the list of the same words from last to first",
        ),
        "a list of words",
    )
    draw = _word_list(split, (2, 3), lambda words: ", ".join(reversed(words)))
    return Recipe("reverse_list", "reverse", split, wording, draw)


def _part(part: str, split: str, keep: slice) -> Recipe:
    """`part` is `first two words`."""
    wording = Wording(
        (
            f"write the {part} of the list",
            f"copy the {part}, in the same order",
            f"shorten the list to the {part}",
            f"keep the {part} of the list and drop the rest",
            f"give me the {part}, with commas between them",
            f"take only the {part} out of the list",
            f"output the {part} of the given list",
            f"repeat the list but include just the {part}",
        ),
        (
            f"a list of the {part}",
            f"the shorter list made of the {part}",
            f"a copy of the {part} of the list",
            f"the part of the list with the {part}",
        ),
        "a list of words",
    )
    place, count, _ = part.split()
    draw = _word_list(split, (4, 5), lambda words: ", ".join(words[keep]))
    return Recipe(f"{place}_{count}_items", "part", split, wording, draw, parts=("item", place, count))


def _join(argument: str, split: str, joiner: str, mark: str, link: str, *, metric: str = "exact_match") -> Recipe:
    """`mark` names the joiner: `the word "and"`; `link` is it in short: `"and"`."""
    wording = Wording(
        (
            f"join the two words with {mark}",
            f"write both words with {link} between them",
            f"replace the comma by {mark}",
            f"connect the first word to the second with {link}",
            f"put {mark} where the comma is",
            f"combine the pair into one phrase that uses {link}",
            f"link the two words by means of {mark}",
            f"write the first word, then {link}, then the second word",
        ),
        (
            f"the pair of words joined by {mark}",
            f"the pair of words with {link} in the middle",
            f"the phrase in which {mark} connects the two words",
            f"the first word followed by {link} and the second word",
        ),
        "a pair of words separated by a comma",
    )
    return Recipe(f"join_{argument}", "join", split, wording, _word_list(split, (2,), joiner.join), metric)


def _join_word(word: str, split: str) -> Recipe:
    return _join(word, split, f" {word} ", f'the word "{word}"', f'"{word}"')


def _sort(argument: str, split: str, start: str, end: str) -> Recipe:
    wording = Wording(
        (
            f"sort the numbers in {argument} order",
            f"put the numbers in order from {start} to {end}",
            f"list the numbers so that the {start} comes first",
            f"rearrange the list to run from the {start} number to the {end}",
            f"order the numbers with the {start} at the front and the {end} at the back",
            f"write the same numbers in {argument} order",
            f"arrange the numbers from {start} to {end}",
            f"write the list again, sorted so that the numbers are {argument}",
        ),
        (
            f"the list of numbers in {argument} order",
            f"the sorted list, {start} number first",
            f"the list of the same numbers from {start} to {end}",
            f"the {argument} version of the list",
        ),
        "a list of numbers",
    )
    descending = argument == "descending"
    draw = _number_list(lambda numbers: ", ".join(map(str, sorted(numbers, reverse=descending))))
    return Recipe(f"sort_{argument}", "sort", split, wording, draw)


def _extreme(argument: str, split: str, comparison: str, pick: Callable[[Sequence[int]], int]) -> Recipe:
    wording = Wording(
        (
            f"find the {argument} number",
            f"write the {argument} of the numbers",
            f"pick the number that is {comparison} than all the others",
            f"compare the numbers and keep the {argument}",
            f"tell me which number is the {argument}",
            f"choose the {argument} value in the list",
            f"give the one number that no other is {comparison} than",
            f"select the {argument} number of the list",
        ),
        (
            f"the {argument} number of the list",
            f"the number {comparison} than all the others",
            f"the {argument} value",
            f"the {argument} of the listed numbers",
        ),
        "a list of numbers",
    )
    return Recipe(f"number_{argument}", "extreme", split, wording, _number_list(lambda numbers: str(pick(numbers))))


def _odd_kind(kind: str, other: str, split: str) -> Recipe:
    wording = Wording(
        (
            f"pick the {kind} from the list of {other}s",
            f"find the only {kind} in the list",
            f"write the list item that is a {kind} and not a {other}",
            f"choose the item that is a {kind}",
            f"skip the {other}s and copy the {kind}",
            f"tell me which {kind} is hidden among the {other}s",
            f"select the one {kind} and leave all {other}s out",
            f"extract the {kind} that stands among the {other}s",
        ),
        (
            f"the {kind} among the {other}s",
            f"the only {kind} in the list",
            f"the list item that is a {kind}",
            f"the one {kind} that the list contains",
        ),
        "a list of words and numbers",
    )
    words = [word for word in common_words(split) if len(word) <= 7]

    def draw(rng: random.Random) -> tuple[str, str]:
        count = rng.choice((2, 3, 4))
        numbers = [str(number) for number in rng.sample(range(1, 100), 4)]
        listed, answer = (
            (rng.sample(words, count), numbers[0]) if kind == "number" else (numbers[:count], rng.choice(words))
        )
        listed.insert(rng.randrange(count + 1), answer)
        return ", ".join(listed), answer

    return Recipe(f"{kind}_among_{other}s", "odd_kind", split, wording, draw)


_BESIDE_MARK = {
    "after": (
        'write the next word after the mark "|"',
        'pick the word that follows the bar "|"',
        "read on from the vertical bar and write the next word",
        'choose the right-hand neighbour of "|"',
        'write the word that opens the second part, right after the sign "|"',
        "continue past the bar and write the following word",
        'read on past the mark "|" and write the next word',
        "pick the following word, the one that opens the part after the bar",
    ),
    "before": (
        'name the previous word, before the mark "|"',
        'report the word that precedes the bar "|"',
        "stop at the vertical bar and name the previous word",
        'take the left-hand neighbour of "|"',
        'name the word that ends the first part, just before the sign "|"',
        "go back from the bar and name the preceding word",
        'stop short of the mark "|" and name the previous word',
        "report the preceding word, the one that ends the part before the bar",
    ),
}


def _beside_mark(argument: str, split: str, step: int) -> Recipe:
    near, joins, side = ("next", "follows", "right") if argument == "after" else ("previous", "precedes", "left")
    part = "first word of the second" if argument == "after" else "last word of the first"
    wording = Wording(
        _BESIDE_MARK[argument],
        (
            f'the {near} word {argument} "|"',
            f"the word that {joins} the vertical bar",
            f"the {part} part, to the {side} of the bar",
            f'the {near} word, which {joins} the mark "|"',
        ),
        'a row of words with the mark "|" in it',
    )
    words = [word for word in common_words(split) if len(word) <= 7]

    def draw(rng: random.Random) -> tuple[str, str]:
        row = rng.sample(words, rng.choice((3, 4)))
        place = rng.randrange(1, len(row))
        return " ".join([*row[:place], "|", *row[place:]]), row[place + step]

    return Recipe(f"word_{argument}_bar", "beside_mark", split, wording, draw)


def _count_items(split: str) -> Recipe:
    wording = Wording(
        (
            "count the items in the list",
            "write how many items the list has",
            "tell me the number of words in the list",
            "find the length of the list",
            "work out how many words are separated by the commas",
            "give the total number of list entries as a digit",
            "say how many entries there are in the list",
            "count the listed words and write the result as a number",
        ),
        (
            "the number of items in the list",
            "the count of listed words",
            "the length of the list as a digit",
            "the total number of words that the list contains",
        ),
        "a list of words",
    )
    return Recipe(
        "count_items", "count", split, wording, _word_list(split, (2, 3, 4, 5, 6), lambda words: str(len(words)))
    )


def recipes() -> list[Recipe]:
    """All list recipes; opposites (longest and shortest, ascending and descending) share one split."""
    return [
        *(_item(name, "train", index) for name, index in (("first", 0), ("second", 1), ("third", 2), ("fourth", 3))),
        _item("last", "train", -1),
        _line_word("first", "train", 0),
        _line_word("third", "train", 2),
        _line_word("second", "train", 1),
        _line_word("last", "test", -1),
        _by_length("longest", "train", "shorter", "most"),
        _by_length("shortest", "train", "longer", "fewest"),
        _alphabetical("first", "train", min),
        _alphabetical("last", "train", max),
        _reverse("train"),
        _part("first two words", "train", slice(2)),
        _part("last three words", "train", slice(-3, None)),
        _part("last two words", "test", slice(-2, None)),
        *(_join_word(word, "train") for word in ("and", "or", "but", "to")),
        _join("semicolon", "train", "; ", "a semicolon (;)", "a semicolon", metric=STRICT),
        _join_word("then", "test"),
        _sort("ascending", "train", "smallest", "largest"),
        _sort("descending", "train", "largest", "smallest"),
        _extreme("largest", "train", "larger", max),
        _extreme("smallest", "train", "smaller", min),
        _odd_kind("number", "word", "train"),
        _odd_kind("word", "number", "train"),
        _beside_mark("after", "train", 0),
        _beside_mark("before", "train", -1),
        _count_items("train"),
    ]
