"""Laws of a library: what goes in comes out with the same effect, every damage is named, a kill loses nothing whole."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from adaptlab.adapters import AdapterFamily, AdapterLibrary, BaseModelName, LoRA, LoReFT
from adaptlab.basemodels import BaseModel, list_sites
from adaptlab.contracts import AdapterParameters
from adaptlab.errors import LibraryError

BASE = BaseModelName("tiny-random:llama", "float32", "0123456789abcdef")


@pytest.fixture
def families(llama: BaseModel) -> list[AdapterFamily]:
    sites = list_sites(llama.model)
    return [LoRA(sites, rank=2), LoReFT(sites, rank=3)]


@pytest.fixture
def adapters(families: list[AdapterFamily], random_adapters: Callable[..., AdapterParameters]) -> AdapterParameters:
    return random_adapters(families, 3, spread=0.7)


@pytest.fixture
def library(tmp_path: Path, families: list[AdapterFamily], adapters: AdapterParameters) -> AdapterLibrary:
    made = AdapterLibrary.create(tmp_path / "library", BASE, families)
    for index, name in enumerate(("first", "second", "third")):
        made.add(name, adapters[index], {"task": name, "step": 100 + index})
    return made


def test_what_goes_in_comes_out_with_the_same_effect(library: AdapterLibrary, adapters: AdapterParameters) -> None:
    opened = AdapterLibrary.open(library.folder)
    assert (len(opened), opened.groups, opened.base_model) == (3, library.groups, BASE)
    assert opened.entries["second"]["provenance"] == {"task": "second", "step": 101}
    found = opened.load(["third", "first"])
    for family in opened.families:
        for group in family.groups:
            wanted = {name: value[[2, 0]] for name, value in adapters.factors[group.key].items()}
            apart = family.effect_distance(group, found.factors[group.key], wanted)
            nothing = {name: torch.zeros_like(value) for name, value in wanted.items()}
            assert float((apart / family.effect_distance(group, wanted, nothing)).max()) < 1e-6
    assert opened.verify() == []


def test_adding_replaces_and_removing_forgets(library: AdapterLibrary, adapters: AdapterParameters) -> None:
    library.add("first", adapters[2], {})
    library.remove("second")
    opened = AdapterLibrary.open(library.folder)
    assert set(opened.entries) == {"first", "third"}
    both = opened.load(["first", "third"])
    assert all(torch.equal(value[0], value[1]) for factors in both.factors.values() for value in factors.values())
    with pytest.raises(LibraryError, match="no adapter 'second'"):
        opened.remove("second")


def damage(library: AdapterLibrary, how: str) -> None:
    (path,) = (library.folder / "entries").glob("second.*")
    tensors = load_file(path)
    key = sorted(tensors)[0]
    with safe_open(path, framework="pt") as file:
        said = file.metadata()
    if how == "missing":
        path.unlink()
    elif how == "other base model":
        save_file(tensors, path, {"base_model": "fedcba9876543210"})
    elif how == "cut":
        path.write_bytes(path.read_bytes()[:-40])
    elif how == "changed":
        save_file({**tensors, key: 2 * tensors[key]}, path, said)
    elif how == "nan":
        save_file({**tensors, key: tensors[key] * float("nan")}, path, said)
    elif how == "rank":
        save_file({**tensors, key: tensors[key][:, :1].contiguous()}, path, said)


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ("missing", "second: .* is missing"),
        ("other base model", "second: .* is for base_model fedcba9876543210, not 0123456789abcdef"),
        ("cut", "second: .* is damaged"),
        ("changed", "second: .* has changed"),
        ("nan", "second: .* is not finite"),
        ("rank", r"second: .* is \(\d+, 1, \d+\), needed is"),
    ],
)
def test_damage_is_found_and_named(library: AdapterLibrary, how: str, words: str) -> None:
    damage(library, how)
    (problem,) = AdapterLibrary.open(library.folder).verify()
    with pytest.raises(LibraryError, match=words):
        raise LibraryError(problem)
    if how != "changed":
        with pytest.raises(LibraryError, match=words):
            library.load(["first", "second"])
    assert len(library.load(["first", "third"])) == 2


def test_another_base_model_is_refused(library: AdapterLibrary) -> None:
    with pytest.raises(LibraryError, match=r"for tiny-random:llama .* not for tiny-random:qwen2"):
        library.refuse_other_base_model(BaseModelName("tiny-random:qwen2", "float32", "fedcba9876543210"))


def test_what_does_not_belong_is_not_kept(
    library: AdapterLibrary, adapters: AdapterParameters, llama: BaseModel, random_adapters
) -> None:
    other = random_adapters([LoRA(list_sites(llama.model), rank=1)], 1)
    with pytest.raises(LibraryError, match="a library entry is one adapter"):
        library.add("other", other, {})
    with pytest.raises(LibraryError, match="cannot be named"):
        library.add("../outside", adapters[0], {})
    broken = {key: {name: value * float("inf") for name, value in f.items()} for key, f in adapters[0].factors.items()}
    with pytest.raises(LibraryError, match="not finite"):
        library.add("broken", AdapterParameters(adapters.groups, broken), {})
    assert set(AdapterLibrary.open(library.folder).entries) == {"first", "second", "third"}


@pytest.mark.parametrize("lacking", ["file", "sha256", "provenance"])
def test_an_entry_that_is_not_whole_is_one_sentence(library: AdapterLibrary, lacking: str) -> None:
    path = library.folder / "index.json"
    index = json.loads(path.read_text())
    del index["entries"]["second"][lacking]
    path.write_text(json.dumps(index))
    with pytest.raises(LibraryError, match=lacking):
        AdapterLibrary.open(library.folder)


def test_an_index_that_claims_more_than_its_entries_hold_is_refused(library: AdapterLibrary) -> None:
    path = library.folder / "index.json"
    index = json.loads(path.read_text())
    for site in index["sites"]:
        site.update(in_width=2**20, out_width=2**20)
    index["families"][1]["rank"] = 2**11
    path.write_text(json.dumps(index))
    with pytest.raises(LibraryError, match="claims"):
        AdapterLibrary.open(library.folder)


def test_entries_behind_a_link_are_not_touched(library: AdapterLibrary, tmp_path: Path) -> None:
    elsewhere = (library.folder / "entries").rename(tmp_path / "elsewhere")
    (library.folder / "entries").symlink_to(elsewhere)
    with pytest.raises(LibraryError, match="entries is a link"):
        AdapterLibrary.open(library.folder).remove("first")
    assert len(list(elsewhere.iterdir())) == 3


@pytest.mark.parametrize("content", ["", "{", '{"schema": 7}', '{"schema": 1, "sites": [{"layer": 0}]}'])
def test_a_damaged_index_is_one_sentence(library: AdapterLibrary, content: str) -> None:
    (library.folder / "index.json").write_text(content)
    with pytest.raises(LibraryError, match=r"index\.json"):
        AdapterLibrary.open(library.folder)


WRITER = """
import sys
from pathlib import Path
import torch
from adaptlab.adapters import AdapterLibrary
library = AdapterLibrary.open(Path(sys.argv[1]))
one = library.load(["first"])
for turn in range(100000):
    library.add(f"more{turn}", one, {"turn": turn})
    print(turn, flush=True)
"""


def test_a_kill_while_writing_leaves_all_whole_entries(library: AdapterLibrary) -> None:
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(library.folder)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    assert writer.stdout is not None
    said = [writer.stdout.readline() for _ in range(5)]
    time.sleep(0.2)
    writer.send_signal(signal.SIGKILL)
    rest, _ = writer.communicate()
    finished = len(said) + len([line for line in rest.split("\n") if line])
    opened = AdapterLibrary.open(library.folder)
    assert len(opened) in (3 + finished, 4 + finished)
    assert opened.verify() == []
    assert json.loads((library.folder / "index.json").read_text())["schema"] == 1
