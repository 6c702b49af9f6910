"""Laws of the recipes about other languages: recipes go in, checks by independent code come out."""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from adaptlab.contracts import Example, Task
from adaptlab.tasks.builtin import translation
from adaptlab.tasks.builtin.recipe import Recipe, cook

RECIPES: list[Recipe] = translation.recipes()
BY_NAME = {recipe.name: recipe for recipe in RECIPES}
COOKED: dict[str, Task] = {recipe.name: cook(recipe, seed=0) for recipe in RECIPES}
EVERY = pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.name)
# Tasks on single words: their inputs are as many as the table has words of their split.
SINGLE = {recipe.name for recipe in RECIPES if recipe.family == "translate_word"}

LANGUAGES = ("english", "french", "spanish", "german", "italian", "portuguese")
TABLE = Path(translation.__file__).parent / "wordlists" / "translations.tsv"
LINES = [line.split("\t") for line in TABLE.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
COLUMNS = {language: [line[place] for line in LINES] for place, language in enumerate(LANGUAGES)}
ROW_OF = {language: {word: row for row, word in enumerate(column)} for language, column in COLUMNS.items()}
LOWERED = {language: {word.lower() for word in column} for language, column in COLUMNS.items()}
LETTERS = {
    "english": "",
    "french": "àâçéèêëîïôûùü",
    "spanish": "áéíóúñü",
    "german": "äöüß",
    "italian": "àèéìòù",
    "portuguese": "áâãàçéêíóôõú",
}
# Written out again, so that a slip in the table of numbers shows.
ONE_TO_TWENTY = {
    "french": "un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize dix-sept"
    " dix-huit dix-neuf vingt",
    "spanish": "uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieciséis"
    " diecisiete dieciocho diecinueve veinte",
    "german": "eins zwei drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn vierzehn fünfzehn sechzehn"
    " siebzehn achtzehn neunzehn zwanzig",
}
ROUND = {
    "french": {"trente": 30, "quarante": 40, "cinquante": 50, "soixante": 60, "cent": 100},
    "spanish": {"treinta": 30, "cuarenta": 40, "cincuenta": 50, "sesenta": 60, "cien": 100},
    "german": {"dreißig": 30, "vierzig": 40, "fünfzig": 50, "sechzig": 60, "hundert": 100},
}


def examples_of(name: str) -> list[Example]:
    return [example for examples in COOKED[name].splits.values() for example in examples]


def translate(word: str, source: str, target: str) -> str:
    return COLUMNS[target][ROW_OF[source][word]]


def pick(text: str, language: str) -> str:
    word, _, options = text.partition(": ")
    (match,) = {translate(word, "english", language)} & set(options.split(", "))
    return match


def language_of(text: str, languages: list[str]) -> str:
    words = set(text.split(", "))
    (match,) = [language for language in languages if words & LOWERED[language]]
    assert words <= LOWERED[match]
    return match.capitalize()


def read_numbers(text: str, language: str) -> str:
    small = {word: number for number, word in enumerate(ONE_TO_TWENTY[language].split(), start=1)}
    return re.sub(r"[^,\s]+", lambda found: str((small | ROUND[language])[found.group()]), text)


def solve(name: str, text: str) -> str:
    family = BY_NAME[name].family
    languages = name.removeprefix(f"{family}_").split("_")
    solvers: dict[str, Callable[[], str]] = {
        "translate_word": lambda: translate(text, languages[0], languages[1]),
        "translate_pair": lambda: ", ".join(translate(word, "english", languages[0]) for word in text.split(", ")),
        "pick_translation": lambda: pick(text, languages[0]),
        "name_language": lambda: language_of(text, languages),
        "foreign_digits": lambda: read_numbers(text, languages[0]),
    }
    return solvers[family]()


def words_shown(name: str) -> set[str]:
    """The English words behind the inputs of a task on the table of translations."""
    source = name.removeprefix("translate_word_").split("_")[0] if name in SINGLE else "english"
    shown = {word for example in examples_of(name) for word in example.input.partition(":")[0].split(", ")}
    return {translate(word, source, "english") for word in shown}


@EVERY
def test_answers_agree_with_independent_code(recipe: Recipe) -> None:
    for example in examples_of(recipe.name):
        assert solve(recipe.name, example.input) == example.targets[0], example


@EVERY
def test_recipe_gives_enough_short_examples(recipe: Recipe) -> None:
    wanted = 500 if recipe.name not in SINGLE else 230 if recipe.split == "test" else 350
    examples = examples_of(recipe.name)
    assert len({example.input for example in examples}) >= wanted
    assert max(len(example.input.split()) for example in examples) <= 4
    assert max(len(example.targets[0].split()) for example in examples) <= 2
    assert all(example.input.lower() != example.targets[0].lower() for example in examples)


@EVERY
def test_wording_is_plain_varied_and_names_its_languages(recipe: Recipe) -> None:
    assert len(recipe.wording.imperatives) >= 8
    assert len(recipe.wording.nouns) >= 4
    languages = recipe.name.removeprefix(f"{recipe.family}_").split("_")
    for phrase in (*recipe.wording.imperatives, *recipe.wording.nouns):
        assert phrase == phrase.strip(" .?") and phrase[0].islower(), phrase
        assert all(language.capitalize() in phrase for language in languages), phrase


def test_names_and_phrases_are_unique() -> None:
    assert len(BY_NAME) == len(RECIPES)
    phrases = [phrase for recipe in RECIPES for phrase in (*recipe.wording.imperatives, *recipe.wording.nouns)]
    assert len(set(phrases)) == len(phrases)


def test_heldout_tasks_have_train_siblings_but_for_one_new_family() -> None:
    siblings = Counter(recipe.family for recipe in RECIPES if recipe.split == "train")
    alone = {recipe.family for recipe in RECIPES if recipe.split != "train" and siblings[recipe.family] < 2}
    assert alone == {"foreign_digits"}


@pytest.mark.parametrize("name", [recipe.name for recipe in RECIPES if recipe.family == "name_language"])
def test_labels_are_balanced(name: str) -> None:
    labels = Counter(example.targets[0] for example in examples_of(name))
    share = len(examples_of(name)) / len(labels)
    assert all(0.75 * share < count < 1.25 * share for count in labels.values()), labels


@pytest.mark.parametrize("name", [recipe.name for recipe in RECIPES if recipe.family == "pick_translation"])
def test_places_of_the_right_option_are_balanced(name: str) -> None:
    places = Counter(e.input.partition(": ")[2].split(", ").index(e.targets[0]) for e in examples_of(name))
    assert min(places.values()) > 0.25 * sum(places.values())


def test_splits_share_no_word() -> None:
    shown: dict[str, set[str]] = {"train": set(), "validation": set(), "test": set()}
    for recipe in RECIPES:
        if recipe.family in ("translate_word", "translate_pair", "pick_translation"):
            shown[recipe.split] |= words_shown(recipe.name)
    assert not shown["train"] & shown["test"]
    assert not shown["validation"] & (shown["train"] | shown["test"])


@pytest.mark.parametrize("language", LANGUAGES)
def test_table_column_is_clean(language: str) -> None:
    column = COLUMNS[language]
    assert len({word.casefold() for word in column}) == len(column) >= 300
    for word in column:
        assert unicodedata.normalize("NFC", word) == word
        assert re.fullmatch(f"[a-z{LETTERS[language]}]+", word.lower()), word


def test_table_rows_are_full() -> None:
    assert all(len(line) == len(LANGUAGES) and all(line) for line in LINES)
