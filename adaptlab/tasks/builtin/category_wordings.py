"""A category in, the `Wording` of each operation on it out."""

from dataclasses import dataclass
from functools import cached_property

from adaptlab.tasks.builtin.lexicon import category_words, hash_split
from adaptlab.tasks.builtin.recipe import Wording

_LABELS = "fruit, animal, fish, insect, colour, furniture, vehicle, metal or the like"
_TRAIN_PERCENT = 65


@dataclass(frozen=True)
class Category:
    """A category with the words that name it.

    Args:
        key: its name in the word list.
        split: the split of every task that is about it.
        singular: one member, `piece of furniture`.
        plural: several members, `pieces of furniture`.
        avoid: categories whose words could be mistaken for members.
        held: `validation` or `test` where a third of a train category's words is kept for combinations of that split.
    """

    key: str
    split: str
    singular: str
    plural: str
    avoid: tuple[str, ...] = ()
    held: str = ""

    @property
    def one(self) -> str:
        """The singular with its article."""
        return f"{'an' if self.singular[0] in 'aeiou' else 'a'} {self.singular}"

    @property
    def name(self) -> str:
        """The category's part of a task name."""
        return self.key.replace(" ", "_")

    @cached_property
    def members(self) -> tuple[str, ...]:
        """The member words, lower case."""
        return tuple(word.lower() for word in category_words(self.key))

    def pool(self, split: str) -> tuple[str, ...]:
        """The members that tasks of a split may show; the pools of different splits share no word."""
        if self.split != "train" or not self.held:
            return self.members if split == self.split else ()
        if split not in ("train", self.held):
            return ()
        return tuple(w for w in self.members if (hash_split(w, _TRAIN_PERCENT, 0) == "train") == (split == "train"))


def select_wording(category: Category) -> Wording:
    """Pick the one member of four words."""
    one, x, many = category.one, category.singular, category.plural
    return Wording(
        (
            f"pick the {x} from the list",
            f"find the one word that names {one}",
            f"write out which of the four words is {one}",
            f"look through the words and copy only the {x}",
            f"drop every word that is not {one}",
            f"extract the word that can be counted among {many}",
            f"choose the {x} and ignore the other three words",
            f"name the {x} that is listed",
            f"identify the only word that stands for {one}",
        ),
        (
            f"the {x} in the list",
            f"the only word that is {one}",
            f"the listed word that belongs with {many}",
            f"the {x} among the four words",
        ),
        "a list of four words",
    )


def contains_wording(category: Category) -> Wording:
    """Does any of three words belong?"""
    one, many = category.one, category.plural
    return Wording(
        (
            f"say yes if the list contains {one} and no if it does not",
            f"check the three words for {one} and answer yes or no",
            f"decide whether any of the words names {one}, yes or no",
            f"write yes when {one} is present, otherwise no",
            f"tell with yes or no if one of the words belongs to the {many}",
            f"look for {one} in the list and report yes if there is one, no if there is none",
            f"reply no unless {one} is listed, in which case reply yes",
            f"state with yes or no whether {one} occurs among the words",
        ),
        (
            f"the yes or no that tells whether the list contains {one}",
            f"the yes-or-no verdict on whether {one} is listed",
            f"the right choice of yes or no for the claim that one word is {one}",
            f"the correct reply, yes or no, if someone asks whether {one} is present",
        ),
        "a list of three words",
    )


def reject_wording(category: Category) -> Wording:
    """Pick the one stranger among three members."""
    one, many = category.one, category.plural
    return Wording(
        (
            f"pick the word that is not {one}",
            f"find the word that does not belong with the {many}",
            f"leave out the {many} and write the word that remains",
            f"name the only thing in the list other than {one}",
            f"remove all {many} from the list",
            f"spot the intruder among the {many}",
            f"write the one word that fails to be {one}",
            f"skip the three {many} and copy the other word",
        ),
        (
            f"the word that is not {one}",
            f"the odd word among the {many}",
            f"the only listed thing other than {one}",
            f"the word left over when all {many} are taken away",
        ),
        "a list of four words",
    )


def last_wording(category: Category) -> Wording:
    """Pick the later of two members."""
    one, x, many = category.one, category.singular, category.plural
    return Wording(
        (
            f"pick the last {x} in the list",
            f"find both {many} and write the later one",
            f"write the second of the two {many}",
            f"copy the {x} that comes after the other {x}",
            f"skip the first {x} and give the second",
            f"read from the end and stop at the first word that is {one}",
            f"name whichever of the two {many} is listed later",
            f"return the final word that names {one}",
        ),
        (
            f"the last {x} in the list",
            f"the second of the two {many}",
            f"the later one of the two {many}",
            f"the final word that is {one}",
        ),
        "a list of four words",
    )


def first_wording(category: Category) -> Wording:
    """Pick the earlier of two members."""
    one, x, many = category.one, category.singular, category.plural
    return Wording(
        (
            f"pick the first {x} in the list",
            f"find both {many} and write the earlier one",
            f"write the first of the two {many}",
            f"copy the {x} that comes before the other {x}",
            f"skip the last {x} and give the first",
            f"read from the start and stop at the first word that is {one}",
            f"name whichever of the two {many} is listed earlier",
            f"return the first word that names {one}",
        ),
        (
            f"the first {x} in the list",
            f"the first of the two {many}",
            f"the earlier one of the two {many}",
            f"the first word that is {one}",
        ),
        "a list of four words",
    )


def both_wording(category: Category) -> Wording:
    """Keep the two members of four words."""
    one, many = category.one, category.plural
    return Wording(
        (
            f"list both {many}, separated by a comma",
            f"pick the two {many} in their original order",
            f"keep only the words that name {one}",
            f"copy the two words that are {many}",
            f"remove every word that is not one of the {many}, leaving two words",
            f"write out the pair of {many} found in the list",
            f"filter the list so that only the {many} stay",
            f"find the two {many} and write them with a comma between them",
        ),
        (
            f"the list of both {many}, separated by a comma",
            f"the pair of {many} in the list",
            f"the list with nothing but its {many}",
            f"the two-word list of the {many} that occur",
        ),
        "a list of four words",
    )


def count_wording(category: Category) -> Wording:
    """Count the members."""
    one, many = category.one, category.plural
    return Wording(
        (
            f"count the {many} in the list",
            f"say how many of the words are {many}",
            f"write as a digit how many {many} there are",
            f"work out how often the list names {one}",
            f"give the total number of {many} that you see",
            f"tally the {many} and write the figure",
            f"report with one digit how many words are {many}",
            f"determine how many of the four words name {one}",
        ),
        (
            f"the number of {many} in the list",
            f"the digit that says how many words are {many}",
            f"the count of words naming {one}",
            f"the total of listed {many}",
        ),
        "a list of four words",
    )


NAME_WORDING = Wording(
    (
        f"name the category of the word: {_LABELS}",
        "say what kind of thing the word names, such as fruit or vehicle",
        "sort the word into its category, for example animal or metal",
        "write the general class that the thing belongs to, like insect or colour",
        "replace the word with the name of its group, such as city or shape",
        "classify the word as fruit, animal, country, number and so on",
        "tell which everyday category, like fish or furniture, covers the word",
        "label the word with its type, as in fruit, building or body part",
    ),
    (
        "the category that the word belongs to, such as fruit or animal",
        "the kind of thing that the word names, like city or insect",
        "the name of the word's group, for instance metal or vehicle",
        "the general class of the thing, for example colour or shape",
    ),
    "a word",
)
COMMON_WORDING = Wording(
    (
        "name the category that both words share",
        "say what kind of thing the two words have in common, such as fruit or vehicle",
        "find the group that both things belong to, for example animal or metal",
        "write the class that covers the two words, like insect or colour",
        "tell what both of the words are, as in city or shape",
        "give the one label that fits both words, such as fish or building",
        "determine which category unites the two words",
        "answer what the pair of words are both examples of",
    ),
    (
        "the category that both words share",
        "the kind of thing that the two words name, like city or insect",
        "the group in which both things belong",
        "the common class of the two words",
    ),
    "two words",
)
SAME_WORDING = Wording(
    (
        "say yes if both words belong to one category and no if they do not",
        "check if the two words name the same kind of thing and answer yes or no",
        "decide whether the words fall into the same group, yes or no",
        "write yes for two things of one kind and no for things of different kinds",
        "compare the categories of the two words and reply yes if they agree, otherwise no",
        "tell with yes or no if the pair would be sorted into the same class",
        "answer no if the two things are of different types, and yes if they match",
        "judge with yes or no whether the words share a category",
    ),
    (
        "the answer, yes or no, to whether both words share a category",
        "the yes-or-no verdict on whether the two things are of one kind",
        "the right choice of yes or no for the claim that the words belong together",
        "the correct reply, yes or no, if someone asks whether both are the same type of thing",
    ),
    "two words",
)
ODD_WORDING = Wording(
    (
        "pick the odd one out",
        "find the word that does not fit with the other three",
        "write the word whose category differs from the rest",
        "name the word that is not the same kind of thing as the others",
        "spot the stranger in the list",
        "choose the word that has to go if all words should be of one kind",
        "tell which of the four words does not belong",
        "copy the one word that is unlike the three that match",
    ),
    (
        "the odd one out",
        "the word that does not belong with the other three",
        "the one word from a different category",
        "the misfit among the four words",
    ),
    "a list of four words",
)
