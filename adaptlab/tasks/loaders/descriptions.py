"""Read sentences that describe tasks: a YAML file -> descriptions by task, or of one task."""

from pathlib import Path

from adaptlab.errors import TaskError
from adaptlab.tasks.loaders.reading import Place, read_yaml


def read_descriptions(file: Path) -> tuple[str, ...]:
    """The sentences of one task: the list under `descriptions`, as in Text-to-LoRA's files."""
    content = read_yaml(file)
    place = Place(file)
    return place.texts({"descriptions": place.listed(content, "descriptions")}, "descriptions")


def read_descriptions_by_task(file: Path) -> dict[str, tuple[str, ...]]:
    """A mapping of task names to lists of sentences; empty where there is no such file."""
    if not file.is_file():
        return {}
    found = {}
    for name, sentences in read_yaml(file).items():
        if not isinstance(sentences, list):
            raise TaskError(f"{file} must map task names to lists of sentences; {name!r} has no list")
        found[str(name)] = Place(file, f"task {name!r}").texts({"descriptions": sentences}, "descriptions")
    return found
