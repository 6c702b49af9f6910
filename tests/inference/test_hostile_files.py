"""Files that strangers wrote: each kind of attack is refused with a clear error, and nothing is imported or written."""

import json
import os
import pickle
import struct
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from adaptlab.adapters import AdapterLibrary, BaseModelName, LoRA, LoReFT
from adaptlab.adapters.interchange import peft_settings, pyreft_settings, read_adapter, read_peft, read_pyreft
from adaptlab.basemodels import BaseModel, list_sites
from adaptlab.contracts import AdapterParameters
from adaptlab.errors import ConfigurationError, LibraryError
from adaptlab.inference import Adapter

FILES = {"adaptlab": "adapter.safetensors", "peft": "adapter_model.safetensors"}


class Exploit:
    """Unpickled, it writes a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, ...]:
        return (os.system, (f"touch {self.path}",))


@pytest.fixture
def folders(llama: BaseModel, random_adapters: Callable[..., AdapterParameters], tmp_path: Path) -> dict[str, Path]:
    """One good adapter in each format."""
    sites = list_sites(llama.model)
    made = {"adaptlab": LoRA(sites, rank=2), "peft": LoRA(sites, rank=2), "pyreft": LoReFT(sites, rank=2)}
    found = {}
    for form, family in made.items():
        base = BaseModelName("tiny-random:llama", "float32", "0" * 16)
        found[form] = Adapter(base, [family], random_adapters([family], 1)).save(tmp_path / form, form)  # type: ignore
    return found


def read(form: str, folder: Path, llama: BaseModel) -> object:
    """Read a folder as a user would."""
    sites = list_sites(llama.model)
    if form == "peft":
        return read_peft(folder, LoRA(sites, **peft_settings(folder)))
    if form == "pyreft":
        return read_pyreft(folder, LoReFT(sites, **pyreft_settings(folder)))
    return read_adapter(folder)


def tensors_of(form: str, folder: Path) -> Path:
    """The file, or the first of the files, that holds tensors."""
    return folder / FILES[form] if form in FILES else sorted(folder.glob("intkey_*"))[0]


@pytest.mark.parametrize("form", ["adaptlab", "peft", "pyreft"])
def test_good_ones_are_read(form: str, folders: dict[str, Path], llama: BaseModel) -> None:
    assert read(form, folders[form], llama)


@pytest.mark.parametrize("form", ["adaptlab", "peft", "pyreft"])
def test_a_pickle_is_not_run(form: str, folders: dict[str, Path], llama: BaseModel, tmp_path: Path) -> None:
    path, written = tensors_of(form, folders[form]), tmp_path / "written"
    size = path.stat().st_size
    for save in (lambda: path.write_bytes(pickle.dumps(Exploit(written))), lambda: torch.save(Exploit(written), path)):
        save()
        with path.open("ab") as file:
            file.write(b"\0" * size)  # as large as what it stands for
        with pytest.raises(LibraryError, match=path.name[:12]):
            read(form, folders[form], llama)
    assert not written.exists()


def test_a_class_that_a_configuration_names_is_not_imported(
    folders: dict[str, Path], llama: BaseModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "evil_module.py").write_text("raise SystemExit('imported')")
    monkeypatch.syspath_prepend(tmp_path)
    config = folders["pyreft"] / "config.json"
    settings = json.loads(config.read_text())
    for kinds in (["<class 'evil_module.LoreftIntervention'>"], "<class 'evil_module.LoreftIntervention'>", [None], 7):
        config.write_text(json.dumps({**settings, "intervention_types": kinds}))
        with pytest.raises(LibraryError, match=r"nothing was imported|holds"):
            read("pyreft", folders["pyreft"], llama)
    assert "evil_module" not in sys.modules


def test_an_archive_that_unfolds_is_not_unfolded(folders: dict[str, Path], llama: BaseModel) -> None:
    path = tensors_of("pyreft", folders["pyreft"])
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("archive/data.pkl", b"\0" * 2**26)
    with pytest.raises(LibraryError, match="would unfold from"):
        read("pyreft", folders["pyreft"], llama)
    with zipfile.ZipFile(path, "w") as archive:
        for index in range(300):
            archive.writestr(f"archive/{index}", b"")
    with pytest.raises(LibraryError, match="300 parts"):
        read("pyreft", folders["pyreft"], llama)


def test_a_tensor_that_claims_terabytes_is_not_made(folders: dict[str, Path], llama: BaseModel) -> None:
    path = tensors_of("pyreft", folders["pyreft"])
    huge = torch.zeros(1).expand(2**20, 2**20)  # one number on disk
    torch.save({"weight": huge, "bias": torch.zeros(2), "rotate_layer": huge}, path)
    with pytest.raises(LibraryError, match="needed is"):
        read("pyreft", folders["pyreft"], llama)


@pytest.mark.parametrize("form", ["adaptlab", "peft"])
def test_a_header_that_claims_terabytes_is_refused(form: str, folders: dict[str, Path], llama: BaseModel) -> None:
    path = tensors_of(form, folders[form])
    key = sorted(load_file(path))[0]
    header = json.dumps({key: {"dtype": "F32", "shape": [2**20, 2**20], "data_offsets": [0, 2**42]}}).encode()
    path.write_bytes(struct.pack("<Q", len(header)) + header + b"\0" * 64)
    with pytest.raises(LibraryError, match=r"damaged or no safetensors|claims"):
        read(form, folders[form], llama)
    path.write_bytes(struct.pack("<Q", 2**60) + header)
    with pytest.raises(LibraryError, match=r"damaged or no safetensors|claims"):
        read(form, folders[form], llama)


def test_settings_that_claim_more_than_the_file_are_refused(folders: dict[str, Path]) -> None:
    path = folders["adaptlab"] / "adapter.json"
    good = json.loads(path.read_text())
    wide = [{**site, "in_width": 2**20, "out_width": 2**20} for site in good["sites"]]
    lora = good["families"][0]
    for change in (
        {"families": [{**lora, "layers": []}], "sites": wide},
        {"families": [{key: value for key, value in lora.items() if key != "targets"}], "sites": wide},
        {"families": [{"family": "loreft", "rank": 2**19}, {**lora, "rank": -(2**40)}]},  # the sum would be small
        {"families": [{**lora, "alpha": 10**400}]},
        {"prompt_start": float("inf")},
        {"families": [{**lora, "rank": 2**30}]},
        {"sites": wide},
        {"sites": [{**site, "in_width": 2**50} for site in good["sites"]]},
        {"sites": [{**site, "path": "../../etc/passwd"} for site in good["sites"]]},
        {"sites": [{**site, "layer": "0"} for site in good["sites"]]},
        {"families": [{**lora, "family": "os.system"}]},
        {"families": []},
        {"schema": 99},
        {"base_model": {"name": "x"}},
    ):
        path.write_text(json.dumps({**good, **change}))
        with pytest.raises(LibraryError, match=r"claims|damaged|schema"):
            read_adapter(folders["adaptlab"])
    path.write_text("[" * 100_000)
    with pytest.raises(LibraryError, match="damaged"):
        read_adapter(folders["adaptlab"])
    path.write_text(" " * (17 * 2**20))
    with pytest.raises(LibraryError, match="settings have at most"):
        read_adapter(folders["adaptlab"])


@pytest.mark.parametrize("form", ["adaptlab", "peft", "pyreft"])
def test_a_link_is_not_followed(form: str, folders: dict[str, Path], llama: BaseModel, tmp_path: Path) -> None:
    for path in (tensors_of(form, folders[form]), sorted(folders[form].glob("*.json"))[0]):
        kept = tmp_path / f"kept_{path.name}"
        path.rename(kept)
        path.symlink_to(kept)
        with pytest.raises(LibraryError, match="is a link"):
            read(form, folders[form], llama)
        path.unlink()
        kept.rename(path)
    assert read(form, folders[form], llama)
    path = tensors_of(form, folders[form])
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(LibraryError, match="no regular file"):
        read(form, folders[form], llama)


@pytest.mark.parametrize("form", ["adaptlab", "peft", "pyreft"])
def test_a_cut_or_a_foreign_tensor_is_named(form: str, folders: dict[str, Path], llama: BaseModel) -> None:
    path = tensors_of(form, folders[form])
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(LibraryError, match=path.name[:12]):
        read(form, folders[form], llama)
    if form in FILES:
        path.write_bytes(whole)
        tensors = load_file(path)
        key = sorted(tensors)[0]
        save_file({**tensors, key: tensors[key][..., :-1].contiguous()}, path)
        with pytest.raises(LibraryError, match="needed is"):
            read(form, folders[form], llama)
        save_file({**tensors, "more": torch.zeros(1)}, path)
        with pytest.raises(LibraryError, match="more than this"):
            read(form, folders[form], llama)
        save_file({**tensors, key: tensors[key].to(torch.float8_e4m3fn)}, path)
        with pytest.raises(LibraryError, match="F8_E4M3"):
            read(form, folders[form], llama)
        save_file({**tensors, key: tensors[key] * float("nan")}, path)
        with pytest.raises(LibraryError, match="not finite"):
            read(form, folders[form], llama)


def test_a_strength_that_is_no_number_is_refused(folders: dict[str, Path]) -> None:
    path = folders["adaptlab"] / "adapter.json"
    settings = json.loads(path.read_text())
    settings["provenance"]["strength"] = "strong"
    path.write_text(json.dumps(settings))
    with pytest.raises(LibraryError, match=r"adapter\.json is damaged .*strong"):
        read_adapter(folders["adaptlab"])


@pytest.mark.parametrize("name", ["../outside", "/etc/passwd", "a/b", "..", ".hidden", "a\0b", ""])
def test_a_name_that_leaves_the_folder_is_refused(
    name: str, llama: BaseModel, random_adapters: Callable[..., AdapterParameters], tmp_path: Path
) -> None:
    lora = LoRA(list_sites(llama.model), rank=2)
    library = AdapterLibrary.create(tmp_path / "library", BaseModelName("x", "float32", "0"), [lora])
    with pytest.raises(LibraryError, match="cannot be named"):
        library.add(name, random_adapters([lora], 1), {})
    library.add("good", random_adapters([lora], 1), {})
    index = tmp_path / "library" / "index.json"
    settings = json.loads(index.read_text())
    settings["entries"]["good"]["file"] = name
    index.write_text(json.dumps(settings))
    with pytest.raises(LibraryError, match="damaged"):
        AdapterLibrary.open(tmp_path / "library")
    assert [path.name for path in tmp_path.iterdir()] == ["library"]


@pytest.mark.parametrize("skewed", [True, False])
def test_a_subspace_that_lost_its_orthonormality_makes_the_same_edit(
    skewed: bool, folders: dict[str, Path], llama: BaseModel
) -> None:
    generator = torch.Generator().manual_seed(0)
    family = LoReFT(list_sites(llama.model), rank=2)
    (group,) = family.groups
    states = torch.randn(5, group.factors[0].width, generator=generator)
    wanted = []
    for index in range(len(group.sites)):
        path = folders["pyreft"] / f"intkey_layer_{index}_comp_block_output_unit_pos_nunit_1#0.bin"
        state = torch.load(path, weights_only=True)
        noise = 0.3 * torch.randn(state["rotate_layer"].shape, generator=generator)
        state["rotate_layer"] = state["rotate_layer"] + noise if skewed else torch.zeros_like(noise)
        torch.save(state, path)
        rotation = state["rotate_layer"]
        wanted.append((states @ state["weight"].T + state["bias"] - states @ rotation) @ rotation.T)
    read_factors = read_pyreft(folders["pyreft"], family).factors[group.key]
    found = [edit(states[None], states[None], None)[0] - states for edit in family.edits(group, read_factors)]
    torch.testing.assert_close(torch.stack(found), torch.stack(wanted), atol=2e-5, rtol=1e-4)


def test_families_that_repeat_are_refused_before_they_are_made(folders: dict[str, Path]) -> None:
    path = folders["adaptlab"] / "adapter.json"
    settings = json.loads(path.read_text())
    settings["families"] *= 2
    path.write_text(json.dumps(settings))
    with pytest.raises(LibraryError, match="each kind is there once"):
        read_adapter(folders["adaptlab"])


@pytest.mark.parametrize("change", [{"alpha": float("nan")}, {"rank": 2.0}, {"alpha": float("inf")}])
def test_scales_that_are_no_numbers_are_refused(change: dict[str, float], folders: dict[str, Path]) -> None:
    path = folders["adaptlab"] / "adapter.json"
    settings = json.loads(path.read_text())
    settings["families"][0].update(change)
    path.write_text(json.dumps(settings))
    with pytest.raises(LibraryError, match="damaged"):
        read_adapter(folders["adaptlab"])


@pytest.mark.parametrize(
    "change", [{"lora_alpha": float("nan")}, {"lora_alpha": 10**400}, {"lora_alpha": None}, {"r": "8"}]
)
def test_peft_settings_that_are_no_numbers_are_refused(
    change: dict[str, object], folders: dict[str, Path], llama: BaseModel
) -> None:
    path = folders["peft"] / "adapter_config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    with pytest.raises((LibraryError, ConfigurationError), match=r"lora_alpha|alpha must be finite"):
        read("peft", folders["peft"], llama)
