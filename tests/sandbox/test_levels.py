"""Levels: `auto` takes what works here, what is too weak is refused with a way out, and no process inside is root."""

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest

from adaptlab.errors import ConfigurationError, SandboxError
from adaptlab.sandbox import LAYERS, Isolation, Limits, Outcome, Program, choose_level, levels, run_program

LEVELS = ("bwrap", "unshare")


def isolated(level: str) -> Isolation:
    try:
        return choose_level(level, unsafe=level == "rlimit")
    except SandboxError as error:
        pytest.skip(str(error))


def said(level: str, source: str) -> str:
    """What a program prints that is wrong otherwise."""
    outcome: Outcome = run_program(Program(source, "assert False", ()), Limits(), isolated(level))
    assert outcome.reason == "failed", outcome
    return outcome.output


def without(monkeypatch: pytest.MonkeyPatch, *absent: str) -> None:
    """Levels of these names do not work here."""
    tried = levels._tried

    def trying(level: str) -> tuple[Isolation | None, str]:
        return (None, "not installed") if level in absent else tried(level)

    monkeypatch.setattr(levels, "_tried", trying)


@pytest.mark.parametrize("level", LEVELS)
def test_a_level_has_all_required_layers(level: str) -> None:
    isolation = isolated(level)
    assert isolation.level == level
    assert set(isolation.layers) >= levels.REQUIRED
    assert sorted((*isolation.layers, *isolation.refused)) == sorted(LAYERS)


def test_auto_takes_bubblewrap_first(monkeypatch: pytest.MonkeyPatch) -> None:
    assert isolated("bwrap") == choose_level()
    isolated("unshare")
    without(monkeypatch, "bwrap")
    assert choose_level().level == "unshare"


def test_auto_refuses_without_isolation(monkeypatch: pytest.MonkeyPatch) -> None:
    without(monkeypatch, "bwrap", "unshare")
    with pytest.raises(SandboxError, match=r"apt-get install bubblewrap\) or pass --unsafe_code true"):
        choose_level()
    assert choose_level(unsafe=True).level == "rlimit"


def test_limits_alone_are_refused_unless_called_unsafe() -> None:
    with pytest.raises(SandboxError, match="rlimit: lacks files, folder, network, processes"):
        choose_level("rlimit")
    isolation = choose_level("rlimit", unsafe=True)
    assert {"files", "folder", "network", "processes"} <= set(isolation.refused)
    assert "user" in isolation.layers


def test_a_level_asked_for_by_name_is_not_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(SandboxError, match="bwrap: not installed"):
        choose_level("bwrap", unsafe=True)
    with pytest.raises(SandboxError, match="there is no sandbox level 'docker'; choose auto, bwrap, unshare, rlimit"):
        choose_level("docker")


def test_what_the_kernel_refuses_is_left_out_and_said(monkeypatch: pytest.MonkeyPatch) -> None:
    isolated("bwrap")
    whole = levels._bubblewrap

    def forbidding(
        layers: Sequence[str], limits: Limits, folders: Sequence[str], files: Sequence[str], links: dict[str, str]
    ) -> list[str]:
        return ["/usr/bin/false"] if "namespaces" in layers else whole(layers, limits, folders, files, links)

    monkeypatch.setattr(levels, "_bubblewrap", forbidding)
    isolation = choose_level("bwrap")
    assert isolation.refused == ("namespaces",)
    assert "proc" in isolation.layers


def test_a_layer_that_does_not_hold_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    isolated("bwrap")
    whole = levels._bubblewrap

    def leaking(
        layers: Sequence[str], limits: Limits, folders: Sequence[str], files: Sequence[str], links: dict[str, str]
    ) -> list[str]:
        command = whole(layers, limits, [*folders, "/var"], files, links)
        return [*command[:-1], "--share-net", "--"]

    monkeypatch.setattr(levels, "_bubblewrap", leaking)
    with pytest.raises(SandboxError, match=r"bwrap: lacks files, network\)"):
        choose_level("bwrap")


@pytest.mark.parametrize("level", [*LEVELS, "rlimit"])
def test_never_root_inside(level: str) -> None:
    assert "ids {0}" not in said(level, "import os; print('ids', {*os.getresuid(), *os.getresgid(), *os.getgroups()})")
    source = "print(*(line for line in open('/proc/self/status') if line[:6] in ('CapEff', 'CapPrm', 'CapAmb')))"
    assert said(level, source).count("0000000000000000") == 3


@pytest.mark.parametrize("level", [*LEVELS, "rlimit"])
def test_environment_and_open_files_stay_outside(level: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ADAPTLAB_TEST_TOKEN", "a-secret")
    inherited = os.open(tmp_path / "open", os.O_CREAT)
    os.set_inheritable(inherited, True)
    printed = said(level, "import os; print(sorted(os.environ)); print(len(os.listdir('/proc/self/fd')) - 1)")
    os.close(inherited)
    names, files = printed.splitlines()[1:]
    assert set(eval(names)) <= {"LC_CTYPE", "PWD", "PYTHONHASHSEED"}
    assert files == "5"  # nothing, twice what it prints, requests and replies


@pytest.mark.parametrize("level", LEVELS)
def test_the_folder_is_empty_limited_and_gone_afterwards(level: str) -> None:
    source = """
import os
print(os.getcwd(), os.listdir())
open("kept", "w").write("x")
try:
    for number in range(99): open(str(number), "wb").write(bytes(1 << 20))
except OSError as error: print(error.strerror)
"""
    for _ in range(2):
        assert "/tmp []\nNo space left on device" in said(level, source)


@pytest.mark.parametrize("level", LEVELS)
def test_only_python_is_seen(level: str) -> None:
    prefix = Path(isolated(level).interpreter).parts[1]
    seen = set(eval(said(level, "import os; print(os.listdir('/'))").splitlines()[-1]))
    assert seen <= {"bin", "dev", "etc", "lib", "lib32", "lib64", "proc", "sbin", "tmp", "usr", prefix}
    assert said(level, "import os; print(os.listdir('/etc'))").endswith("['ld.so.cache']")


def test_limits_above_zero() -> None:
    with pytest.raises(ConfigurationError, match=r"\['cpu_seconds', 'processes'\] must be above 0"):
        Limits(cpu_seconds=0, processes=-1)
