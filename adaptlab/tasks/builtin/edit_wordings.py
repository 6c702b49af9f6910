"""The argument of an edit of words or lists (a letter, a place, a sign) in, its wording out."""

from adaptlab.tasks.builtin.recipe import Wording

_WORD = "a word"
_PAIR = "a pair of words separated by a comma"
_LIST = "a list of words separated by commas"


def deletion(letter: str) -> Wording:
    """`letter` is `letter "a"` or `vowel (a, e, i, o, u)`."""
    return Wording(
        (
            f"delete every {letter} from both words",
            f"write the two words without any {letter}",
            f"copy the pair of words but skip each {letter}",
            f"take each {letter} out of the pair and keep everything else",
            f"cross out every {letter} and write what is left of the two words",
            f"repeat the two words, leaving out each {letter}",
            f"strip both words of every {letter}",
            f"omit any {letter} when you copy the two words",
        ),
        (
            f"the pair of words without any {letter}",
            f"the result of deleting every {letter} from both words",
            f"the pair that is left once each {letter} is removed",
            f"the copy of both words in which no {letter} remains",
        ),
        _PAIR,
    )


def substitution(letter: str, sign: str) -> Wording:
    """`letter` is as in `deletion`; `sign` is `an asterisk (*)` or `the letter "a"`."""
    return Wording(
        (
            f"replace every {letter} in both words by {sign}",
            f"write {sign} wherever one of the two words has a {letter}",
            f"change each {letter} of the pair to {sign}",
            f"put {sign} in the place of each {letter} and copy the rest of the two words",
            f"turn every {letter} of the two words into {sign}",
            f"copy the pair of words with {sign} instead of each {letter}",
            f"exchange each {letter} in the two words for {sign}",
            f"use {sign} instead of any {letter} when you write the two words",
        ),
        (
            f"the pair of words with {sign} for every {letter}",
            f"the result of replacing each {letter} in both words by {sign}",
            f"the pair in which {sign} takes the place of every {letter}",
            f"the copy of both words that has {sign} instead of any {letter}",
        ),
        _PAIR,
    )


def capital_letter(place: str) -> Wording:
    """One letter of a word becomes a capital."""
    return Wording(
        (
            f"write the word with only its {place} letter as a capital",
            f"capitalise the {place} letter of the word and no other",
            f"make the {place} letter a capital and leave the other letters small",
            f"change nothing but the {place} letter of the word, which becomes a capital",
            f"put the {place} letter into upper case and keep the rest in lower case",
            f"copy the word, giving a capital to its {place} letter alone",
            f"use a capital for the {place} letter of the word and small letters for the others",
            f"rewrite the word so that the {place} letter is its one capital",
        ),
        (
            f"the word with only its {place} letter capitalised",
            f"the word whose one capital is the {place} letter",
            f"the same word with the {place} letter in upper case and the rest in lower case",
            f"the copy of the word in which the {place} letter alone is a capital",
        ),
        _WORD,
    )


def double_letter(place: str) -> Wording:
    """One letter of a word is written twice."""
    return Wording(
        (
            f"double the {place} letter of the word",
            f"write the {place} letter of the word twice and every other letter once",
            f"copy the word with its {place} letter doubled",
            f"add a second copy of the word's {place} letter right next to it",
            f"make the word longer by writing its {place} letter two times in a row",
            f"spell the word, but give the {place} letter two times",
            f"rewrite the word so that its {place} letter is followed by the same letter again",
            f"type the word as if the key of its {place} letter had been hit twice",
        ),
        (
            f"the word with its {place} letter doubled",
            f"the word in which the {place} letter is written twice",
            f"the spelling of the word with two copies of its {place} letter side by side",
            f"the longer word made by repeating the {place} letter of the input once",
        ),
        _WORD,
    )


def star_letter(place: str) -> Wording:
    """One letter of a word is hidden."""
    return Wording(
        (
            f"replace the {place} letter of the word by an asterisk (*)",
            f"write an asterisk (*) instead of the {place} letter of the word",
            f"hide the {place} letter of the word behind an asterisk (*)",
            f"copy the word but put an asterisk (*) where its {place} letter is",
            f"mask only the {place} letter, using an asterisk (*)",
            f"turn the word's {place} letter into an asterisk (*) and keep the other letters",
            f"cover the {place} letter of the word with an asterisk (*)",
            f"spell the word with an asterisk (*) in place of its {place} letter",
        ),
        (
            f"the word with an asterisk (*) instead of its {place} letter",
            f"the word whose {place} letter is hidden by an asterisk (*)",
            f"the masked word, with an asterisk (*) for the {place} letter",
            f"the result of replacing the {place} letter of the word by an asterisk (*)",
        ),
        _WORD,
    )


def drop_word(place: str) -> Wording:
    """One word of a list is left out."""
    return Wording(
        (
            f"delete the {place} word of the list",
            f"write the list without its {place} word",
            f"copy every word of the list except the {place} one",
            f"leave out the {place} word and keep the others in the same order",
            f"remove the {place} item from the list and write what remains",
            f"cross the {place} word off the list and write the others",
            f"drop the list's {place} word and repeat the rest",
            f"skip the {place} word when you copy the list",
        ),
        (
            f"the list without its {place} word",
            f"the rest of the list once the {place} word is gone",
            f"the shorter list that lacks the {place} word",
            f"the list of all the words but the {place}",
        ),
        _LIST,
    )


def capital_word(place: str) -> Wording:
    """One word of a list is put into capitals."""
    return Wording(
        (
            f"copy the list with only its {place} word in capitals",
            f"write the {place} word of the list in capital letters and the others in small letters",
            f"put the whole {place} word into upper case and leave the other words unchanged",
            f"change all the letters of the {place} word to capitals but keep the full list",
            f"repeat the list, with capital letters for its {place} word alone",
            f"convert just the {place} list item to upper case and write the entire list",
            f"rewrite the whole list so that the {place} word, and no other, stands in capital letters",
            f"give all the words, the {place} of them in capitals and the rest as they are",
        ),
        (
            f"the full list with its {place} word in capital letters",
            f"the list in which the {place} word alone is in upper case",
            f"the complete list, capitals being used for the {place} word only",
            f"the copy of the list that shows just the {place} word in capital letters",
        ),
        _LIST,
    )


def none_for_word(place: str) -> Wording:
    """The word "none" stands for one word of a list."""
    return Wording(
        (
            f'replace the {place} word of the list by "none"',
            f'write "none" instead of the {place} word and keep the other words',
            f'copy the list, putting "none" where the {place} word is',
            f'change the {place} item of the list to "none" and leave the rest as it is',
            f'exchange the {place} word of the list for the word "none"',
            f'overwrite the {place} word with "none" and give the whole list',
            f'rewrite the list so that "none" takes the place of its {place} word',
            f'repeat the list but say "none" for the {place} word',
        ),
        (
            f'the list with "none" instead of its {place} word',
            f'the list in which "none" replaces the {place} word',
            f'the whole list, its {place} word changed to "none"',
            f'the copy of the list that has "none" in place of the {place} word',
        ),
        _LIST,
    )


def before_each(word: str) -> Wording:
    """A word is put before every word of a list."""
    return Wording(
        (
            f'put the word "{word}" before every word of the list',
            f'write "{word}" in front of each listed word',
            f'add "{word}" before each list item and keep the commas',
            f'repeat the list, saying "{word}" before every item',
            f'turn each word of the list into two words, the first of which is "{word}"',
            f'make every list item start with the extra word "{word}"',
            f'place "{word}" and a space ahead of every word in the list',
            f'go through the list and write "{word}" each time before the word itself',
        ),
        (
            f'the list with "{word}" before every word',
            f'the same list, each item preceded by "{word}"',
            f'the list in which every item starts with the added word "{word}"',
            f'the result of adding "{word}" in front of each listed word',
        ),
        _LIST,
    )


def ending_for_each(ending: str) -> Wording:
    """Both words of a pair get an ending."""
    letters = f'the letter{"s" if len(ending) > 1 else ""} "{ending}"'
    return Wording(
        (
            f'add the ending "{ending}" to both words as they stand',
            f'write the two words unchanged, each with an added "{ending}" at its end',
            f"attach {letters} to the end of each word of the pair",
            f"make both words longer by {letters} at the end, with no other change",
            f'copy the pair with "{ending}" glued to the end of each word',
            f'give each of the two words the ending "{ending}", whether or not a real word results',
            f"extend the first word and also the second word with {letters}",
            f"put {letters} right behind each word of the pair, without a space",
        ),
        (
            f'the pair of unchanged words with the ending "{ending}" added to both',
            f"the same pair, each word followed directly by {letters}",
            f'the pair in which both words have got "{ending}" at the end and no other change',
            f"the result of attaching {letters} to each of the two words",
        ),
        _PAIR,
    )


def relink(one: str, many: str) -> Wording:
    """`one` is `a spaced slash ( / )`; `many` is `spaced slashes ( / )`."""
    return Wording(
        (
            f"separate the words of the list by {many} instead of commas",
            f"replace each comma of the list by {one}",
            f"write the list on one line with {one} between neighbouring words",
            f"rewrite the list, using {one} wherever a comma separates two words",
            f"connect all the words of the list by {many}",
            f"turn the commas of the list into {many}",
            f"join the listed words into a chain, with {many} as the links",
            f"put {one} between every two neighbours in the list",
        ),
        (
            f"the list with {many} instead of commas",
            f"the row of all listed words, separated by {many}",
            f"the list in which {one} replaces each comma",
            f"the line that joins the listed words by {many}",
        ),
        _LIST,
    )


NUMBERED = Wording(
    (
        'number the words of the list in the style "1. red 2. blue", without commas',
        "write 1., 2., 3. and so on before the words and leave out the commas",
        'turn the list into a numbered one on a single line ("1. ... 2. ..."), with no commas',
        "write each word after its number and a full stop (1., 2., 3.), with spaces instead of commas",
        "label the words 1., 2., 3. in order and drop the commas",
        "replace the commas by spaces and set a number with a full stop before every word, from 1. upwards",
        "count the words off on one line: 1. before the first word, 2. before the second, and no commas",
        'give every word its place in the list as a number in front, like "1.", and write no commas',
    ),
    (
        "the list numbered 1., 2., 3. and so on, without commas",
        'the numbered list on one line, in the style "1. red 2. blue"',
        "the row of words without commas, with 1., 2., 3. before them",
        'the list without commas that has a number and a full stop ("1.") in front of each word',
    ),
    _LIST,
)
CAPITAL_EACH = Wording(
    (
        "capitalise the first letter of every word in the list",
        "write each word of the list with a capital first letter",
        "let all the listed words begin with a capital",
        "change the initial of every list item to upper case and keep its other letters small",
        "copy the list as if each of its words were a name with a capital initial",
        "make the first letter of each listed word a capital, and only that letter",
        "put a capital at the beginning of every word and repeat the whole list",
        "show the whole list again with one capital per word, its first letter",
    ),
    (
        "the list with a capital first letter in every word",
        "the same list, each word starting with a capital",
        "the list of the words with their initials in upper case",
        "the copy of the list in which every word begins with a capital",
    ),
    _LIST,
)
FIRST_LETTERS = Wording(
    (
        "write the first letter of every word in the list, with commas in between",
        "shorten each word of the list to its first letter",
        "keep only the initial of each listed word, in lower case, and keep the commas",
        "copy the list but write just one letter of every word, the first",
        "replace every word of the list by its first letter",
        "list the small letters that the words begin with, separated by commas",
        "reduce all the listed words to their initials, written small and divided by commas",
        "go through the list and note down the letter that starts each word, with commas in between",
    ),
    (
        "the list of the words' first letters, separated by commas",
        "the same list with each word cut down to its first letter",
        "the row of small initials of the listed words, with commas",
        "the list that has only the starting letter of every word",
    ),
    _LIST,
)
ACRONYM = Wording(
    (
        "make an acronym of the first letters of the words, in capitals and without spaces",
        "write the initials of all the listed words as one group of capitals",
        "form an abbreviation in capital letters from the initials of the listed words",
        "join the first letters of the words into one string of capitals",
        "build the acronym of the list, such as ABC, from the first letter of each word",
        "abbreviate the whole list to capital initials with nothing between them",
        "take the first letter of each word, capitalise it and write all of them together",
        "turn the list into an acronym like NATO, one capital for each word",
    ),
    (
        "the acronym of the listed words, in capitals",
        "the abbreviation that consists of the words' initials as capitals",
        "the string of capital initials of the listed words, without spaces or commas",
        "the group of capitals that the first letters of the words form",
    ),
    _LIST,
)
