"""A language, or a pair of them, in; the different ways to ask for a translation or a language's name out."""

from collections.abc import Sequence

from adaptlab.tasks.builtin.recipe import Wording


def _with_article(language: str) -> str:
    return f"{'an' if language[0] in 'EI' else 'a'} {language}"


def translate_word(source: str, target: str) -> Wording:
    """Ask for one word of a language in another language."""
    return Wording(
        (
            f"translate the {source} word into {target}",
            f"write the {target} word for the {source} word",
            f"give the {target} equivalent of the {source} word",
            f"turn the {source} word into {_with_article(target)} word with the same meaning",
            f"replace the {source} word by its {target} translation",
            f"answer with the one {target} word that has the meaning of the {source} word",
            f"express the meaning of the {source} word with a single {target} word",
            f"tell me how the {source} word is said in {target}",
            f"render the {source} word in {target}",
            f"find the {target} word that a dictionary lists for the {source} word",
        ),
        (
            f"the {target} translation of the {source} word",
            f"the {target} word that means the same as the {source} word",
            f"the {target} counterpart of the given {source} word",
            f"the word that {target} uses for the {source} word",
        ),
        f"{_with_article(source)} word",
    )


def translate_pair(target: str) -> Wording:
    """Ask for two English words in another language, in their order."""
    return Wording(
        (
            f"translate both English words into {target}, keeping their order and the comma",
            f"write the {target} words for the two English words in the same order, with a comma between them",
            f"replace each of the two English words by its {target} translation and keep the comma",
            f"turn the pair of English words into the matching pair of {target} words, separated by a comma",
            f"give the {target} translation of the first English word, then a comma, then that of the second",
            f"rewrite the English pair in {target}, word by word, with the comma in the middle",
            f"put the two English words into {target} without changing their order or the comma",
            f"answer with two {target} words, separated by a comma, that translate the English words in order",
            f"express each English word of the pair in {target}, first word first, and separate the two with a comma",
            f"list the {target} equivalents of the two English words in the given order, divided by a comma",
        ),
        (
            f"the {target} translation of both English words, in order and separated by a comma",
            f"the pair of {target} words, with a comma between them, that translates the English pair",
            f"the {target} version of the two English words, in the same order and with the comma",
            f"the comma-separated pair of {target} equivalents, in the order of the English words",
        ),
        "two English words separated by a comma",
    )


def pick_translation(language: str) -> Wording:
    """Ask which of three foreign words means the English word before them."""
    return Wording(
        (
            f"pick the {language} word that means the English word before the colon",
            f"choose the translation of the English word from the three {language} words",
            f"find the {language} translation of the English word in the list after the colon",
            f"write the one {language} word in the list that means the same as the English word",
            f"select the {language} word that translates the word before the colon",
            f"copy the {language} word whose meaning matches the English word",
            f"tell me which of the three {language} words is the right translation of the English word",
            f"keep only the {language} word that has the meaning of the English word and drop the other words",
            f"decide which of the three {language} words has the meaning of the English word and write it",
            f"compare the three {language} words with the English one and give the word that translates it",
        ),
        (
            f"the {language} word in the list that means the English word",
            f"the listed {language} word that translates the word before the colon",
            f"the one of the three {language} words that has the meaning of the English word",
            f"the {language} word after the colon that is the right translation",
        ),
        f"an English word, a colon and three {language} words",
    )


def name_language(languages: Sequence[str]) -> Wording:
    """Ask in which of the languages three words are written."""
    choices = f"{', '.join(languages[:-1])} or {languages[-1]}"
    return Wording(
        (
            f"say whether the three words are {choices}",
            f"name the language of the three words: {choices}",
            f"identify the language that all the words belong to ({choices})",
            f"decide which language the list is written in, {choices}",
            f"answer {choices}, depending on the language of the three words",
            f"tell me which language these words come from: {choices}",
            f"state in one word whether the list is {choices}",
            f"classify the list of words by its language, {choices}",
            f"recognise the language of the words and write its name, {choices}",
            f"find out if all three words are {choices} and answer with the name of that language",
        ),
        (
            f"the language of the three words, {choices}",
            f"the name of the language that the words belong to: {choices}",
            f"the language in which the list is written ({choices})",
            f"the one language, {choices}, that all three words come from",
        ),
        "three lower-case words of one language",
    )


def foreign_digits(language: str) -> Wording:
    """Ask for two foreign number words in digits."""
    return Wording(
        (
            f"write the two {language} number words as digits, in the same order with a comma between them",
            f"convert both {language} number words to digits, keeping their order and the comma",
            f"replace each {language} number word by its digits and leave the comma where it is",
            f"turn the two {language} number words into figures, in order and separated by a comma",
            f"express the pair of {language} number words in digits, with a comma between the first and the second",
            f"give the two numbers that the {language} words stand for, in digits and separated by a comma",
            f"put both {language} number words into numerals such as 7, first number first, with a comma in between",
            f"answer with the values of the two {language} number words as digits, in order and separated by a comma",
            f"rewrite the two numbers spelled out in {language} with digits, and keep the order and the comma",
            f"work out which numbers the two {language} words name and write them in digits with a comma between them",
        ),
        (
            f"the pair of numbers that the {language} words name, in digits and separated by a comma",
            f"the {language} pair written in digits, with a comma between the two numbers",
            f"the digit form of both {language} number words, in the same order with a comma between them",
            f"the value of each of the two {language} number words, in digits, in order and with a comma in between",
        ),
        f"two {language} number words separated by a comma",
    )
