"""Give the names, places and things of people, by split, and a way to draw a person; no name is in two splits."""

import random
from collections.abc import Callable

from adaptlab.tasks.builtin.recipe import DrawExample

_words = str.split
FIRST_NAMES = {
    "train": _words("Anna Tom Mary Paul Lucy Mark Nina Peter Laura James Sarah David Helen Simon Julia Frank Rosa"),
    "validation": _words("Emma Jack Clara Oscar Irene Victor Molly Henry Sofia Bruno Alice Leo Tina Ralph Vera"),
    "test": _words("Diana Hugo Grace Felix Marta Ivan Olga Louis Nora Edgar Ruth Carl Jane Max Elena Adam"),
}
LAST_NAMES = {
    "train": _words("Smith Jones Brown Miller Wilson Moore Clark Lewis Young King Hill Green Baker Carter Turner"),
    "validation": _words("Cooper Reed Bell Ward Gray Brooks Kelly Price Wood Ross Foster Powell Long Hughes Butler"),
    "test": _words("Taylor Harris Martin Walker Allen Scott Adams Nelson Evans Collins Stewart Morris Rogers Cook"),
}
CITIES = {
    "train": _words("Rome Paris London Berlin Madrid Vienna Oslo Lisbon Dublin Prague"),
    "validation": _words("Milan Zurich Naples Munich Geneva Lyon"),
    "test": _words("Cairo Tokyo Athens Boston Warsaw Helsinki Lima Delhi"),
}
COLORS = {
    "train": _words("red blue green white"),
    "validation": _words("beige violet silver"),
    "test": _words("black yellow pink brown purple orange gray"),
}
COUNTRIES = {
    "train": _words("France Italy Spain Norway Canada Kenya Japan Poland Chile Turkey"),
    "validation": _words("Cuba Ghana Iceland Latvia Nepal Oman"),
    "test": _words("Brazil Egypt Greece India Ireland Mexico Peru Sweden"),
}
JOBS = {
    "train": _words("teacher doctor farmer painter driver cook lawyer singer pilot clerk"),
    "validation": _words("tailor sailor judge writer plumber miner"),
    "test": _words("nurse baker waiter dentist actor butcher gardener engineer"),
}


def draw_person(split: str, answer: Callable[[str, str], str]) -> DrawExample:
    """Show a full name and answer with what is made of its first and last name."""

    def draw(rng: random.Random) -> tuple[str, str]:
        first, last = rng.choice(FIRST_NAMES[split]), rng.choice(LAST_NAMES[split])
        return f"{first} {last}", answer(first, last)

    return draw
