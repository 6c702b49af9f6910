"""Laws of checkpoints: whatever happens while one is written, a whole one can be read, and damage is noticed."""

import resource
from pathlib import Path

import pytest
import torch

from adaptlab.errors import CheckpointError
from adaptlab.training.checkpoints import SafeCheckpointIO, digests, previous, whole_checkpoint

IO = SafeCheckpointIO()


def state(step: int) -> dict[str, object]:
    return {"step": step, "weights": torch.full((1000,), float(step))}


def step_in(path: Path) -> int:
    return int(IO.load_checkpoint(path)["step"])


@pytest.fixture
def path(tmp_path: Path) -> Path:
    for step in (1, 2):
        IO.save_checkpoint(state(step), tmp_path / "last.ckpt")
    return tmp_path / "last.ckpt"


def test_the_newest_is_read_and_the_one_before_is_kept(path: Path) -> None:
    assert step_in(path) == 2
    assert torch.load(previous(path), weights_only=True)["step"] == 1
    assert {file.name for file in path.parent.iterdir()} == {path.name, previous(path).name, digests(path).name}


@pytest.mark.parametrize("damage", ["cut", "changed", "gone"])
def test_a_damaged_file_is_noticed_and_the_one_before_is_used(path: Path, damage: str) -> None:
    content = bytearray(path.read_bytes())
    if damage == "gone":
        path.unlink()
    else:
        content[len(content) // 2] ^= 1
        path.write_bytes(bytes(content[: len(content) // 2]) if damage == "cut" else bytes(content))
    with pytest.warns(UserWarning, match="damaged or missing; using the one before"):
        assert step_in(path) == 1


def test_two_damaged_files_are_an_error(path: Path) -> None:
    path.write_bytes(b"x")
    previous(path).write_bytes(b"x")
    with pytest.raises(CheckpointError, match="damaged, and there is none before it"):
        whole_checkpoint(path)
    with pytest.raises(CheckpointError, match="there is no checkpoint"):
        whole_checkpoint(path.with_name("other.ckpt"))


def test_a_file_from_elsewhere_is_taken_as_it_is(tmp_path: Path) -> None:
    torch.save(state(7), tmp_path / "copy.ckpt")
    assert step_in(tmp_path / "copy.ckpt") == 7


@pytest.mark.parametrize("links", [True, False])
@pytest.mark.parametrize("limit", [1, 2, 3])
def test_a_kill_between_any_two_renames_leaves_a_whole_checkpoint(
    limit: int, links: bool, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, calls = Path.replace, []

    def no_links(self: Path, target: Path) -> None:
        raise PermissionError("this filesystem has no hard links")

    def killed(self: Path, target: Path) -> Path:
        calls.append(self)
        if len(calls) == limit:
            raise KeyboardInterrupt
        return real(self, target)

    if not links:
        monkeypatch.setattr(Path, "hardlink_to", no_links)
    monkeypatch.setattr(Path, "replace", killed)
    with pytest.raises(KeyboardInterrupt):
        IO.save_checkpoint(state(3), path)
    monkeypatch.setattr(Path, "replace", real)
    assert path.is_file() or not links
    assert torch.load(whole_checkpoint(path), weights_only=True)["step"] == 2


def test_a_full_disk_is_said_and_leaves_the_last_one(path: Path) -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2000, before[1]))
    try:
        with pytest.raises(CheckpointError, match=r"cannot be written .* make room on the disk"):
            IO.save_checkpoint(state(3), path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert step_in(path) == 2
    assert not list(path.parent.glob("*.partial")) + list(path.parent.glob(".*.partial"))


def test_a_damaged_file_never_takes_the_place_of_the_one_before(path: Path) -> None:
    path.write_bytes(b"damaged")
    IO.save_checkpoint(state(3), path)
    assert step_in(path) == 3
    assert torch.load(previous(path), weights_only=True)["step"] == 1


def test_what_a_kill_left_half_written_is_cleared_away(path: Path) -> None:
    path.with_name(f".{path.name}.12345.partial").write_bytes(b"half")
    path.with_name(f".{path.name}.link.partial").hardlink_to(path)
    IO.save_checkpoint(state(3), path)
    assert {file.name for file in path.parent.iterdir()} == {path.name, previous(path).name, digests(path).name}


def test_removing_removes_everything(path: Path) -> None:
    IO.remove_checkpoint(path)
    assert not list(path.parent.iterdir())
