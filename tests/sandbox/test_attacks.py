"""Hostile programs: none passes, none reaches what lies outside, none outlives its limit; each runs isolated only."""

import itertools
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from adaptlab.errors import SandboxError
from adaptlab.sandbox import Isolation, Limits, Outcome, Program, choose_level, run_program

SECRET = "a-secret-that-no-program-may-read"
SLEEP = "86399.25"  # seconds, in the command line of a process that an attack starts
WALL_SECONDS = 0.5
TESTS = "assert solve(3) == 9\nassert solve(-4) == 16"
NUMBERS = itertools.count(1)

TEXT = Path(__file__).with_name("attacks.txt").read_text(encoding="ascii")
SECTIONS = (section.partition("\n") for section in re.split("^##? ", TEXT, flags=re.MULTILINE)[1:])
ATTACKS = {name: source for name, _, source in SECTIONS if source.strip()}


@dataclass(frozen=True)
class Outside:
    """What a program that breaks out could reach: a folder open to all, and listeners."""

    folder: Path
    listeners: tuple[socket.socket, ...]
    abstract: str

    def aimed(self, source: str) -> str:
        """The source of an attack with the places it is aimed at."""
        port = self.listeners[0].getsockname()[1]
        places = {"FOLDER": self.folder, "PORT": port, "ABSTRACT": self.abstract, "TEST_PID": os.getpid()}
        for name, aim in {**places, "SECRET": SECRET, "SLEEP": SLEEP}.items():
            source = source.replace(name, str(aim))
        return source

    def untouched(self) -> bool:
        """Whether nobody called and the folder is as it was."""
        calls = 0
        for listener in self.listeners:
            try:
                listener.accept()[0].close()
                calls += 1
            except BlockingIOError:
                pass
        names = sorted(path.name for path in self.folder.iterdir())
        whole = (self.folder / "secret").read_text(encoding="ascii") == SECRET
        return calls == 0 and names == ["secret", "socket"] and whole and self.folder.stat().st_mode & 0o777 == 0o777


@pytest.fixture
def outside(monkeypatch: pytest.MonkeyPatch) -> Iterator[Outside]:
    """Built where everyone may go, so that nothing but the isolation keeps a program away."""
    monkeypatch.setenv("ADAPTLAB_TEST_TOKEN", SECRET)
    folder = Path(tempfile.mkdtemp(dir="/tmp"))
    secret = folder / "secret"
    secret.write_text(SECRET, encoding="ascii")
    secret.chmod(0o666)
    abstract = f"adaptlab-{os.getpid()}-{next(NUMBERS)}"
    listeners = (socket.create_server(("127.0.0.1", 0)), *(socket.socket(socket.AF_UNIX) for _ in range(2)))
    for listener, name in zip(listeners[1:], (str(folder / "socket"), f"\0{abstract}"), strict=True):
        listener.bind(name)
        listener.listen()
    (folder / "socket").chmod(0o777)
    folder.chmod(0o777)
    for listener in listeners:
        listener.setblocking(False)
    yield Outside(folder, listeners, abstract)
    for listener in listeners:
        listener.close()
    shutil.rmtree(folder)


@cache
def isolation(level: str) -> Isolation | str:
    try:
        return choose_level(level, unsafe=level == "rlimit")
    except SandboxError as error:
        return str(error)


def isolated(level: str) -> Isolation:
    found = isolation(level)
    if isinstance(found, str):
        pytest.skip(found)
    return found


def attack(level: str, source: str) -> tuple[Outcome, list[int]]:
    """Run a program; gives its outcome and the processes that it left behind, known by limits that are its own."""
    limits = Limits(
        wall_seconds=WALL_SECONDS + next(NUMBERS) * 1e-6 + os.getpid() * 1e-12,
        memory_bytes=1 << 28,
        file_bytes=1 << 23,
        processes=8,
        output_bytes=1 << 18,
    )
    outcome = run_program(Program(source, TESTS, ("solve",)), limits, isolated(level))
    return outcome, survivors(str(limits.wall_seconds))


def survivors(mark: str) -> list[int]:
    """Processes with a mark in their command line, after the second that a killed process may take to go."""
    for _ in range(20):
        if not running(mark):
            return []
        time.sleep(0.05)
    return running(mark)


def running(mark: str) -> list[int]:
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = path.read_bytes().decode(errors="replace")
        except OSError:
            continue
        if mark in line or SLEEP in line:
            found.append(int(path.parent.name))
    return found


@pytest.mark.parametrize("level", ["bwrap", "unshare"])
@pytest.mark.parametrize("name", ATTACKS)
def test_attack(name: str, level: str, outside: Outside) -> None:
    outcome, left = attack(level, outside.aimed(ATTACKS[name]))
    assert not outcome.passed, outcome
    assert outcome.reason in {"failed", "ended", "killed", "timeout", "output"}
    assert outcome.seconds < WALL_SECONDS + 1.5
    assert not left
    assert outside.untouched()
    for word in (SECRET, "REACHED", "root:"):
        assert word not in outcome.output
    assert len(outcome.output) < 6000


@pytest.mark.parametrize("level", ["bwrap", "unshare"])
@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("endless loop", "timeout"),
        ("memory bomb", "failed"),
        ("endless output", "output"),
        ("exits with 0", "ended"),
        ("exits with 0 in the test", "ended"),
        ("kills everything", "failed"),
        ("is equal to everything", "failed"),
        ("the internet", "failed"),
    ],
)
def test_reasons(name: str, reason: str, level: str) -> None:
    assert attack(level, ATTACKS[name])[0].reason == reason


@pytest.mark.parametrize(
    "name",
    ["reads a file outside", "writes outside", "own loopback", "abstract socket", "socket file"],
)
def test_without_isolation_these_attacks_succeed(name: str, outside: Outside) -> None:
    outcome, _ = attack("rlimit", outside.aimed(ATTACKS[name]))
    assert SECRET in outcome.output or not outside.untouched()


@pytest.mark.parametrize("level", ["bwrap", "unshare"])
def test_nothing_outlives_a_killed_caller(level: str) -> None:
    isolated(level)
    mark = 600 + os.getpid() * 1e-9
    caller = f"""
from adaptlab.sandbox import *
program = Program({ATTACKS["ignores signals"]!r}, {TESTS!r}, ("solve",))
run_program(program, Limits(wall_seconds={mark}), choose_level({level!r}))
"""
    with subprocess.Popen([sys.executable, "-c", caller]) as process:
        for _ in range(200):
            if len(running(str(mark))) > 3:  # the caller itself, and the processes of two isolations
                break
            time.sleep(0.05)
        else:
            pytest.fail("the two isolations never ran")
        process.kill()
    assert not survivors(str(mark))
