"""Nothing in, the relations that are asked for by selection out: how each is put into words."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Relation:
    """A relation between a key and its value, asked for by selection.

    Args:
        name: the relation's name in the word lists.
        split: the split of its task.
        given: what the input is.
        options: what the choices are called, in the plural.
        answer: four ways to name the value, singular, each usable after `find`; the last is for unseen descriptions.
        commands: three imperatives of its own; the last is for unseen descriptions.
        alike: sets of values that could both be right, so that they are never offered together.
    """

    name: str
    split: str
    given: str
    options: str
    answer: tuple[str, str, str, str]
    commands: tuple[str, str, str]
    alike: tuple[frozenset[str], ...] = ()


RELATIONS = (
    Relation(
        "capital",
        "train",
        "a country and three cities",
        "cities",
        (
            "the capital of the country",
            "the country's capital",
            "the capital city",
            "the seat of the country's government",
        ),
        (
            "match the country with its capital city",
            "say which of the three cities is the capital of the country",
            "choose the city from which the country is governed",
        ),
    ),
    Relation(
        "nationality",
        "train",
        "a country and three nationalities",
        "nationalities",
        (
            "the nationality of people from the country",
            "the adjective for the country",
            "the nationality that belongs to the country",
            "the word for someone from the country",
        ),
        (
            "match the country with its nationality",
            "say what people from this country are called",
            "choose the word that describes things from the country",
        ),
    ),
    Relation(
        "young",
        "train",
        "an animal and three names of young animals",
        "names",
        (
            "the name of the animal's young",
            "the word for the baby of the animal",
            "the animal's offspring",
            "the young form of the animal",
        ),
        (
            "match the animal with its young",
            "say what the animal's baby is called",
            "choose the word for what this animal is before it grows up",
        ),
    ),
    Relation(
        "colour",
        "train",
        "a thing and three colours",
        "colours",
        (
            "the typical colour of the thing",
            "the colour that the thing usually has",
            "the natural colour of the thing",
            "the colour people expect the thing to be",
        ),
        (
            "match the thing with its colour",
            "say what colour the thing is",
            "choose the colour to paint the thing in a picture",
        ),
    ),
    Relation(
        "use",
        "train",
        "an activity and three objects",
        "objects",
        (
            "the object used for the activity",
            "the thing you need for the activity",
            "the item made for this purpose",
            "the object that serves the purpose",
        ),
        (
            "match the activity with the object it needs",
            "say which object people use to do this",
            "choose the thing to take when this has to be done",
        ),
    ),
    Relation(
        "whole",
        "train",
        "a part and three things",
        "things",
        (
            "the whole that the part belongs to",
            "the thing that has this part",
            "the larger thing containing the part",
            "the thing of which this is a piece",
        ),
        (
            "match the part with its whole",
            "say what the part is a part of",
            "choose the thing that would lack something without this part",
        ),
    ),
    Relation(
        "female",
        "train",
        "a male word and three female words",
        "words",
        (
            "the female form of the word",
            "the female counterpart",
            "the word for a woman or female in the same role",
            "the feminine partner of the male word",
        ),
        (
            "match the male word with its female counterpart",
            "say what the female is called",
            "choose the word that is used for a she instead of a he",
        ),
    ),
    Relation(
        "sound",
        "train",
        "an animal or thing and three sounds",
        "sounds",
        (
            "the sound that it makes",
            "the typical noise of the animal or thing",
            "the verb for its sound",
            "the noise you hear from it",
        ),
        (
            "match the animal or thing with its sound",
            "say which noise it makes",
            "choose the sound by which you would recognise it",
        ),
        (
            frozenset({"cluck", "crow", "caw", "coo", "gobble", "hoot"}),
            frozenset({"bark", "howl"}),
            frozenset({"buzz", "chirp", "hiss"}),
            frozenset({"roar", "bray", "neigh", "bleat", "trumpet"}),
            frozenset({"chatter", "laugh", "cry", "squeak", "meow"}),
            frozenset({"creak", "screech", "clank", "ring", "wail"}),
            frozenset({"pop", "bang", "rumble", "beat", "tick", "drip", "rustle", "babble"}),
        ),
    ),
    Relation(
        "french",
        "train",
        "an English word and three French words",
        "French words",
        (
            "the French translation among the three words",
            "the French word with the same meaning",
            "the French for the word",
            "the French equivalent",
        ),
        (
            "match the English word with its French translation",
            "say what the word is called in French",
            "choose the word that someone in France would use for it",
        ),
    ),
    Relation(
        "workplace",
        "train",
        "a job and three places",
        "places",
        (
            "the place where the person works",
            "the usual workplace for the job",
            "the location that goes with the job",
            "the place this worker goes to every day",
        ),
        (
            "match the job with its workplace",
            "say where someone with this job works",
            "choose the place in which the job is done",
        ),
        (
            frozenset({"kitchen", "restaurant", "bar", "bakery", "hotel", "shop", "butchery", "brewery"}),
            frozenset({"pasture", "field", "garden", "forest", "national park"}),
            frozenset({"hospital", "pharmacy", "laboratory"}),
            frozenset({"office", "bank", "court", "hotel", "hospital", "school", "university", "library"}),
            frozenset({"garage", "workshop", "factory", "building site", "mine"}),
            frozenset({"church", "monastery"}),
        ),
    ),
    Relation(
        "continent",
        "train",
        "a country and three continents",
        "continents",
        (
            "the continent of the country",
            "the continent where the country lies",
            "the part of the world that the country belongs to",
            "the continent on which the country is found",
        ),
        (
            "match the country with its continent",
            "say in which continent the country lies",
            "choose the continent you would travel to in order to visit the country",
        ),
    ),
    Relation(
        "material",
        "test",
        "an object and three materials",
        "materials",
        (
            "the material that the object is made of",
            "the usual material of the object",
            "the substance the object consists of",
            "the stuff from which the object is made",
        ),
        (
            "match the object with its material",
            "say what the object is made of",
            "choose the material needed to make the object",
        ),
        (
            frozenset({"iron", "steel", "copper", "tin", "gold", "metal", "bronze", "lead"}),
            frozenset({"stone", "marble", "concrete", "clay"}),
            frozenset({"paper", "cardboard", "wood"}),
            frozenset({"wool", "cotton", "denim", "canvas", "silk", "leather"}),
            frozenset({"plastic", "rubber", "glass"}),
            frozenset({"ice", "snow"}),
            frozenset({"wood", "plastic", "metal"}),
        ),
    ),
)
