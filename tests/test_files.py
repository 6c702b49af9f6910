"""Laws of files: whole or not at all, and of several writers the first is taken."""

import os
import platform
from pathlib import Path

import pytest

from adaptlab.files import made_once, written_whole


def fill(folder: Path, text: str = "whole") -> None:
    folder.mkdir()
    (folder / "file").write_text(text)


def test_folder_is_made_once(tmp_path: Path) -> None:
    made = made_once(tmp_path / "folder", fill)
    again = made_once(tmp_path / "folder", lambda folder: pytest.fail("made twice"))
    assert made == again and (again / "file").read_text() == "whole"


def test_of_two_processes_the_first_is_taken(tmp_path: Path) -> None:
    def slow(folder: Path) -> None:
        fill(folder, "second")
        fill(tmp_path / "folder", "first")  # as another process would meanwhile

    assert (made_once(tmp_path / "folder", slow) / "file").read_text() == "first"
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


def test_error_of_the_maker_is_shown_and_leaves_nothing(tmp_path: Path) -> None:
    def full(folder: Path) -> None:
        fill(folder)
        raise OSError("no space left")

    with pytest.raises(OSError, match="no space left"):
        made_once(tmp_path / "folder", full)
    assert not list(tmp_path.iterdir())


def test_what_a_killed_process_of_the_same_number_left_is_no_obstacle(tmp_path: Path) -> None:
    fill(tmp_path / f".folder.{platform.node()}.{os.getpid()}.partial", "half")
    with written_whole(tmp_path / "folder") as aside:
        fill(aside)
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]
    assert (tmp_path / "folder" / "file").read_text() == "whole"
