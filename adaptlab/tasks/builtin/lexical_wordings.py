"""A lexical relation in, its `Wording` out."""

from adaptlab.tasks.builtin.lexical_relations import Relation
from adaptlab.tasks.builtin.recipe import Wording


def select_wording(relation: Relation) -> Wording:
    """Pick the value that stands in the relation to the key."""
    first, second, third, fourth = relation.answer
    return Wording(
        (
            f"pick {first} from the options",
            f"find {second} among the three {relation.options}",
            relation.commands[0],
            f"read the {relation.options} after the colon and copy {third}",
            relation.commands[1],
            f"write down {first}, which is one of the three {relation.options}",
            f"select {second}",
            f"name {fourth}, taking it from the listed {relation.options}",
            relation.commands[2],
        ),
        (
            first,
            f"{second}, chosen from the three {relation.options}",
            f"{third} among those listed",
            f"{fourth}, as given in the list",
        ),
        relation.given,
    )


SELECT_SYNONYM = Wording(
    (
        "pick the option that means nearly the same as the first word",
        "find the synonym of the word before the colon",
        "choose the word that could replace the first one",
        "match the first word with its synonym",
        "say which of the four options has the same meaning as the given word",
        "copy the listed word that is closest in meaning to the first",
        "select the synonym",
        "name the choice that expresses the same idea as the first word",
        "point out the word with an equal meaning among the four",
    ),
    (
        "the synonym of the first word",
        "the option that means nearly the same",
        "the word closest in meaning to the one before the colon",
        "the listed word that shares the meaning of the first",
    ),
    "a word and four options",
)
SELECT_ANTONYM = Wording(
    (
        "pick the option that means the opposite of the first word",
        "find the antonym of the word before the colon",
        "choose the word that contradicts the first one",
        "match the first word with its opposite",
        "say which of the four options has the contrary meaning",
        "copy the listed word that is furthest in meaning from the first, its opposite",
        "select the antonym",
        "name the choice that expresses the reverse of the first word",
        "point out the word with the opposite meaning among the four",
    ),
    (
        "the antonym of the first word",
        "the option that means the opposite",
        "the word contrary to the one before the colon",
        "the listed word that reverses the meaning of the first",
    ),
    "a word and four options",
)
ANTONYM = Wording(
    (
        "write the opposite of the word",
        "give an antonym of the word",
        "say the word that means the reverse",
        "answer with the contrary of the word",
        "turn the word into its opposite, as in cold for hot",
        "name what the word is usually contrasted with",
        "respond with the word of opposite meaning",
        "find the counterpart that means exactly the contrary",
    ),
    (
        "the opposite of the word",
        "the antonym of the word",
        "the word with the contrary meaning",
        "the word that means the reverse",
    ),
    "a word",
)
SAME_OR_OPPOSITE = Wording(
    (
        "say whether the two words mean the same or the opposite",
        "write same for synonyms and opposite for antonyms",
        "decide if the words agree in meaning or contradict each other; answer same or opposite",
        "label the pair as same or opposite by its meaning",
        "compare the meanings of the two words and write same or opposite",
        "tell synonyms from antonyms with the word same or the word opposite",
        "answer opposite if the words are antonyms, and same if they are synonyms",
        "judge how the two meanings relate, using one of the words same and opposite",
    ),
    (
        "the word same for synonyms or the word opposite for antonyms",
        "the label, same or opposite, for the two meanings",
        "the relation of the two words, same or opposite",
        "the right one of the labels same and opposite for this pair of words",
    ),
    "two words",
)
