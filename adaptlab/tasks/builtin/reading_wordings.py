"""What a reading task asks for in, its wording out."""

from collections.abc import Callable

from adaptlab.tasks.builtin.recipe import Wording

# By event and role: the answer's name, a longer name for it, and a clause that finishes `say ...`.
_EVENT_ROLES: dict[tuple[str, str], tuple[str, str, str]] = {
    ("visit", "who"): (
        "the name of the visitor",
        "the name of the person who paid somebody a visit",
        "who visited somebody",
    ),
    ("visit", "whom"): (
        "the name of the person who was visited",
        "the name of the person who got a visit",
        "whom somebody visited",
    ),
    ("visit", "city"): ("the city of the visit", "the place where the visit happened", "where the visit took place"),
    ("visit", "day"): ("the day of the visit", "the weekday on which the visit happened", "when the visit took place"),
    ("purchase", "thing"): (
        "the thing that was bought",
        "the object that somebody paid for",
        "what somebody bought",
    ),
    ("purchase", "day"): (
        "the day of the purchase",
        "the weekday on which something was bought",
        "when somebody bought something",
    ),
    ("trip", "start"): (
        "the city where the trip began",
        "the place from which the traveller set out",
        "where the traveller came from",
    ),
    ("trip", "goal"): (
        "the destination of the trip",
        "the city in which the traveller arrived",
        "where the traveller went",
    ),
}


def event(sort: str, role: str) -> Wording:
    """Who, whom, where, when or what in a sentence about an event."""
    what, long, clue = _EVENT_ROLES[sort, role]
    return Wording(
        (
            f"write {what}",
            f"say in one word {clue}",
            f"pick {what} out of the sentence",
            f"find out {clue} and write that word alone",
            f"copy just {long}",
            f"tell me {clue}, with a single word",
            f"give only the word that shows {clue}",
            f"extract {long} from the sentence",
            f"leave out everything except {what}",
            f"read the sentence to learn {clue} and write the answer in one word",
        ),
        (
            what,
            long,
            f"the word that tells {clue}",
            f"the word in the sentence from which one learns {clue}",
        ),
        f"a sentence about a {sort}",
    )


def colour(thing: str) -> Wording:
    """The colour of one of two things."""
    return Wording(
        (
            f"name the colour of the {thing}",
            f"say what colour the {thing} is",
            f"find the colour word that belongs to the {thing}",
            f"tell which colour the {thing} has",
            f"write the colour of the {thing} and ignore the other object",
            f"look for the {thing} and answer with its colour",
            f"pick out the colour word that describes the {thing}",
            f"identify the {thing} and give only its colour",
        ),
        (
            f"the colour of the {thing}",
            f"the colour word that describes the {thing}",
            f"the colour that the {thing} has",
            f"the adjective of colour that goes with the {thing}",
        ),
        "a sentence about two coloured objects",
    )


def owner(thing: str) -> Wording:
    """The owner of one of two things."""
    return Wording(
        (
            f"name the owner of the {thing}",
            f"say who owns the {thing}",
            f"tell me to whom the {thing} belongs",
            f"find the person who has the {thing} and write the name",
            f"look for the {thing} and answer with the name of its owner",
            f"write the name of the person whose {thing} is mentioned",
            f"find out who the {thing} belongs to",
            f"pick the one of the two people who owns the {thing}",
        ),
        (
            f"the name of the owner of the {thing}",
            f"the name of the person who owns the {thing}",
            f"the name of the one to whom the {thing} belongs",
            f"the name that goes with the {thing} as its owner",
        ),
        "a sentence about two objects and their owners",
    )


def place(thing: str) -> Wording:
    """The place of one of two things, as a preposition and a noun."""
    return Wording(
        (
            f"say where the {thing} is, preposition included",
            f"copy the phrase of place, preposition and noun, that belongs to the {thing}",
            f"locate the {thing} and answer with a preposition and a place",
            f"tell where the {thing} can be found, starting with a preposition",
            f"find the {thing} and write its place with the preposition before it",
            f"give the position of the {thing} as a preposition and a noun",
            f"write the prepositional phrase that shows where the {thing} is",
            f"look for the place of the {thing} and copy it together with its preposition",
        ),
        (
            f"the place of the {thing}, with its preposition",
            f"the prepositional phrase that tells where the {thing} is",
            f"the position of the {thing}, written as a preposition and a noun",
            f"the phrase, beginning with a preposition, for where the {thing} is",
        ),
        "a text about the places of two objects",
    )


def number(named: str) -> Wording:
    """How many there are of one of two kinds of things."""
    return Wording(
        (
            f"say how many {named} there are, in digits",
            f"write the number of {named} as a numeral",
            f"find the numeral that belongs to the {named}",
            f"tell me the number of {named}, using digits",
            f"answer in digits how many {named} the sentence mentions",
            f"copy the figure that stands before the {named}",
            f"give the count of {named} as a figure and ignore the other things",
            f"look for the {named} and write in digits how many of them there are",
        ),
        (
            f"the number of {named} in digits",
            f"the numeral that belongs to the {named}",
            f"the figure that tells how many {named} there are",
            f"the count of {named}, written as a figure",
        ),
        "a sentence with the numbers of two kinds of things",
    )


def price(thing: str) -> Wording:
    """The price of one of two things, as a plain number."""
    return Wording(
        (
            f"say how many euros the {thing} costs, as a plain number",
            f"write the price of the {thing} as a number without a unit",
            f"find the number of euros asked for the {thing}",
            f"tell me the price of the {thing}, in digits only",
            f"look for the {thing} and answer with the number that is its price",
            f"copy the number that is the price of the {thing}",
            f"give the cost of the {thing} as a bare number of euros",
            f"answer in digits what one has to pay for the {thing}",
        ),
        (
            f"the price of the {thing} as a plain number",
            f"the number of euros that the {thing} costs",
            f"the number that tells the price of the {thing}",
            f"the cost of the {thing}, in digits and without a unit",
        ),
        "a sentence with the prices of two things",
    )


PROPERTIES: dict[str, Callable[[str], Wording]] = {
    "colour": colour,
    "owner": owner,
    "place": place,
    "number": number,
    "price": price,
}


def priced(degree: str) -> Wording:
    """The cheaper or the more expensive of two things."""
    return Wording(
        (
            f"name the {degree} of the two things",
            f"say which thing is {degree}",
            f"compare the two prices and write the {degree} thing",
            f"tell which of the two objects is {degree} than the other",
            f"find the object that is {degree} and leave out its price",
            f"decide by price which item is {degree}",
            f"look at what both things cost and answer with the {degree} one",
            f"work out from the prices which object is {degree} and name it",
        ),
        (
            f"the {degree} thing",
            f"the {degree} of the two objects",
            f"the object with the price that makes it {degree}",
            f"the thing that is {degree} than the other",
        ),
        "a sentence with the prices of two objects",
    )


MORE = Wording(
    (
        "say which of the two kinds of things there is more of",
        "name the things that are there in the larger number",
        "compare the two numbers and write the things that have the bigger one",
        "tell me of which things there are more",
        "find the more numerous things and leave out their number",
        "answer with the things that outnumber the others",
        "decide which things the sentence counts more of, and name them",
        "write the plural noun that follows the higher number",
    ),
    (
        "the more numerous kind of thing",
        "the kind of thing there is more of",
        "the noun that goes with the larger number",
        "the name of the things that outnumber the others",
    ),
    "a sentence that counts two kinds of things",
)


def compare(more: str) -> Wording:
    """One of two people who are compared."""
    return Wording(
        (
            f"name the {more} of the two people",
            f"say which person is {more}",
            f"write the name of the {more} person",
            f"work out who is {more} than the other and give the name",
            f"find the person who is {more}",
            f"tell me who must be {more}",
            f"look at the comparison and answer with the name of whoever is {more}",
            f"decide which of the two people is the {more} one",
        ),
        (
            f"the name of the {more} person",
            f"the name of the person who is {more} than the other",
            f"the name of the {more} of the two",
            f"the name belonging to whoever is {more}",
        ),
        "a sentence that compares two people",
    )


def rank(most: str) -> Wording:
    """One of three people who are compared in a chain."""
    return Wording(
        (
            f"name the {most} of the three people",
            f"say which person is the {most}",
            f"write the name of the {most} person",
            f"work out who is the {most} of all",
            f"put both comparisons together and give the name of the {most} one",
            f"find the {most} person among the three",
            f"tell me who must be the {most}",
            f"decide from the two sentences which of the three is {most}",
        ),
        (
            f"the name of the {most} person",
            f"the name of the {most} of the three",
            f"the name of whoever is the {most}",
            f"the name that belongs to the {most} of all",
        ),
        "two sentences that compare three people",
    )


def pronoun(word: str, sort: str) -> Wording:
    """What a pronoun stands for: a person or a thing."""
    return Wording(
        (
            f'name the {sort} that "{word}" refers to',
            f'say which {sort} is meant by "{word}"',
            f'find the {sort} for which the pronoun "{word}" stands',
            f'resolve the pronoun "{word}" and write the {sort} it points to',
            f'write the word that could stand in place of "{word}"',
            f'look at the pronoun "{word}" and tell which {sort} it means',
            f'answer with the {sort} that the sentence calls "{word}"',
            f'work out which {sort} the speaker means by saying "{word}"',
        ),
        (
            f'the {sort} to which "{word}" refers',
            f'the {sort} meant by the pronoun "{word}"',
            f'the word in the sentence that "{word}" stands for',
            f'the {sort} that "{word}" points back to',
        ),
        f'a sentence with the pronoun "{word}"',
    )


def taste(attitude: str) -> Wording:
    """The thing that somebody likes or does not like."""
    return Wording(
        (
            f"name the thing that the person {attitude}",
            f"say what the person {attitude}",
            f"write down only what somebody {attitude} according to the sentence",
            f"find the one thing that the person {attitude}",
            f"tell me which of the two things the person {attitude}",
            f"pick out the thing that this person {attitude}",
            f"answer with whatever the person {attitude}",
            f"work out which thing the named person {attitude}",
        ),
        (
            f"the thing that the person {attitude}",
            f"the one of the two things that the person {attitude}",
            f"the word for what the person {attitude}",
            f"the thing that somebody {attitude}, as the sentence tells it",
        ),
        "a text about what a person likes and does not like",
    )


def fan(attitude: str) -> Wording:
    """The one of two people who likes something or does not."""
    return Wording(
        (
            f"name the person who {attitude} the thing",
            f"say which one, of the two people, {attitude} the thing",
            f"write the name of the one who {attitude} the thing in question",
            f"find the person who {attitude} what the text mentions",
            f"tell me which of the two people {attitude} the thing",
            f"pick the name of whoever {attitude} it",
            f"answer with the name of the one person who {attitude} the thing",
            f"work out which person {attitude} the thing and give the name",
        ),
        (
            f"the name of the person who {attitude} the thing",
            f"the name of the one of the two who {attitude} it",
            f"the name of whoever {attitude} what the text mentions",
            f"the name that belongs to the person who {attitude} it",
        ),
        "a text about two people and a thing that one of them likes",
    )
