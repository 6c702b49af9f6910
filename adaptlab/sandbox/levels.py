"""Isolate a process: the name of a level -> an `Isolation` that was tried on this machine -> a started process.

`bwrap` (bubblewrap) and `unshare` (`enter.py`) give a process its own users, processes, network and a read-only file
system of little more than Python; they stand on the same features of the kernel. `rlimit` gives limits only. What a
level gives is not assumed: `probe.py` tries, inside, what each layer should forbid.
"""

import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from adaptlab.errors import ConfigurationError, SandboxError

LEVELS = ("bwrap", "unshare", "rlimit")
LAYERS = {
    "user": "not root, and no rights of root",
    "privileges": "no program can give it more rights (no_new_privs)",
    "files": "sees Python and its libraries, read-only, and no other files",
    "folder": "writes to an empty folder of limited size, which nobody else sees",
    "network": "no network, not even this machine's own",
    "processes": "sees no processes but its own, which all end with it",
    "proc": "/proc shows its own processes; without this layer there is no /proc",
    "namespaces": "cannot make namespaces of its own",
}
REQUIRED = frozenset(LAYERS) - {"proc", "namespaces"}
NOBODY = 65534
ENVIRONMENT = {"PYTHONHASHSEED": "0"}  # the same program gives the same verdict twice
SYSTEM_FOLDERS = ("/bin", "/lib", "/lib32", "/lib64", "/sbin")
DEVICES = ("/dev/null", "/dev/zero", "/dev/random", "/dev/urandom")
PROBE_SECONDS = 20


@dataclass(frozen=True)
class Limits:
    """What one of the two processes that judge a program may use.

    Args:
        wall_seconds: until everything is killed; counts from when both processes are up.
        cpu_seconds: of computing, for each process.
        memory_bytes: of address space, for each process.
        file_bytes: for each file, and for the working folder as a whole.
        processes: and threads, at one time.
        output_bytes: that may be printed before everything is killed.
    """

    wall_seconds: float = 10.0
    cpu_seconds: int = 10
    memory_bytes: int = 1 << 30
    file_bytes: int = 1 << 24
    processes: int = 8
    output_bytes: int = 1 << 20

    def __post_init__(self) -> None:
        low = [name for name, value in vars(self).items() if value <= 0]
        if low:
            raise ConfigurationError(f"the sandbox limits {low} must be above 0")


@dataclass(frozen=True)
class Isolation:
    """A level, with what it gives on this machine; `vars` of it belongs into records.

    Args:
        level: one of `LEVELS`.
        layers: names of `LAYERS` that hold.
        refused: the others.
        interpreter: the Python that runs inside.
    """

    level: str
    layers: tuple[str, ...]
    refused: tuple[str, ...]
    interpreter: str


def choose_level(wanted: str = "auto", unsafe: bool = False) -> Isolation:
    """Try levels on this machine; `auto` takes bwrap, else unshare.

    Args:
        wanted: `auto` or one of `LEVELS`.
        unsafe: allow `rlimit`, which `auto` then takes where nothing better works.

    Raises:
        SandboxError: no such level, or the level does not isolate here.
    """
    if wanted not in ("auto", *LEVELS):
        raise SandboxError(f"there is no sandbox level {wanted!r}; choose auto, {', '.join(LEVELS)}")
    reasons = []
    for level in LEVELS[:2] if wanted == "auto" else (wanted,):
        isolation, reason = _tried(level)
        if isolation and (set(isolation.layers) >= REQUIRED or (level == "rlimit" and unsafe)):
            return isolation
        lacking = sorted(REQUIRED & set(isolation.refused)) if isolation else []
        reasons.append(f"{level}: {reason or 'lacks ' + ', '.join(lacking)}")
    if wanted == "auto" and unsafe:
        return choose_level("rlimit", unsafe)
    raise SandboxError(
        f"code cannot be run in isolation here ({'; '.join(reasons)}); "
        "install bubblewrap (apt-get install bubblewrap) or pass --unsafe_code true"
    )


def launch(
    isolation: Isolation,
    limits: Limits,
    script: str,
    arguments: Sequence[str],
    *,
    stdin: IO[Any] | int,
    stdout: IO[Any] | int = subprocess.PIPE,
    pass_fds: Sequence[int] = (),
) -> subprocess.Popen[bytes]:
    """Start a script of this package inside; it inherits nothing but the given file descriptors.

    Args:
        isolation: from `choose_level`.
        limits: the size of the working folder is taken from here; the rest is for the script to set.
        script: name of the file.
        arguments: for the script.
        stdin: what the script reads.
        stdout: where the script writes; stderr is a pipe.
        pass_fds: further open files, kept under their numbers.

    Raises:
        SandboxError: the operating system could not start a process.
    """
    command = [isolation.interpreter, "-s", "-S", "-P", "-B", "-c", _source(script), *arguments]
    identity: dict[str, Any] = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.getuid() == 0 else {}
    try:
        return subprocess.Popen(
            [*_entry(isolation, limits), *command],
            stdin=stdin,
            stdout=stdout,
            stderr=subprocess.PIPE,
            pass_fds=tuple(pass_fds),
            cwd="/",
            env=ENVIRONMENT,
            start_new_session=True,
            **identity,
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise SandboxError(f"the sandbox {isolation.level} did not start: {error}") from error


def _source(script: str) -> str:
    return Path(__file__).with_name(script).read_text(encoding="utf-8")


def _tried(level: str) -> tuple[Isolation | None, str]:
    """The level with as many optional layers as the kernel allows, or why it does not work at all."""
    if level == "bwrap" and not shutil.which("bwrap"):
        return None, "not installed"
    reason = ""
    for optional in (("proc", "namespaces"), ("proc",), ()) if level == "bwrap" else ((),):
        plan = Isolation(level, optional, (), _interpreter())
        with socket.create_server(("127.0.0.1", 0)) as listener:
            limits = Limits()
            arguments = [str(listener.getsockname()[1]), str(limits.file_bytes)]
            process = launch(plan, limits, "probe.py", arguments, stdin=subprocess.DEVNULL)
            try:
                said, errors = process.communicate(timeout=PROBE_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                said, errors = process.communicate()
        if process.returncode == 0:
            holds: dict[str, bool] = json.loads(said)
            layers = tuple(name for name in LAYERS if holds[name])
            return Isolation(level, layers, tuple(name for name in LAYERS if not holds[name]), plan.interpreter), ""
        reason = reason or (errors.decode(errors="replace").strip().splitlines() or ["no answer"])[-1]
    return None, reason


def _interpreter() -> str:
    """This Python outside its virtual environment, or the system's Python of the same version.

    As root the interpreter runs as nobody, so it must lie where everyone may read. A home folder is never shown whole.

    Raises:
        SandboxError: neither will do.
    """
    home = Path(os.environ.get("HOME") or "/")
    name = f"python{sys.version_info.major}.{sys.version_info.minor}"
    for path in map(Path, (f"{sys.base_prefix}/bin/{name}", f"/usr/local/bin/{name}", f"/usr/bin/{name}")):
        readable = os.getuid() != 0 or all(folder.stat().st_mode & 0o001 for folder in path.parents)
        if readable and path.exists() and not home.is_relative_to(path.parent.parent):
            return str(path)
    raise SandboxError(f"{sys.base_prefix} cannot be read by an isolated process; install {name} in /usr")


def _entry(isolation: Isolation, limits: Limits) -> list[str]:
    """The command before the command: what puts it into isolation."""
    prefix = Path(isolation.interpreter).parent.parent
    folders = ["/usr"] if prefix.is_relative_to("/usr") else ["/usr", str(prefix)]
    folders += [name for name in SYSTEM_FOLDERS if Path(name).is_dir() and not Path(name).is_symlink()]
    links = {name: str(Path(name).readlink()) for name in SYSTEM_FOLDERS if Path(name).is_symlink()}
    files = [*DEVICES, *(name for name in ("/etc/ld.so.cache",) if Path(name).exists())]
    if isolation.level == "bwrap":
        return _bubblewrap(isolation.layers, limits, folders, files, links)
    if isolation.level == "unshare":
        view = {"folders": folders, "files": files, "links": links, "folder_bytes": limits.file_bytes}
        return [isolation.interpreter, "-s", "-S", "-P", "-B", "-c", _source("enter.py"), json.dumps(view)]
    setpriv = shutil.which("setpriv")
    return [setpriv, "--no-new-privs", "--"] if setpriv else []


def _bubblewrap(
    layers: Sequence[str], limits: Limits, folders: Sequence[str], files: Sequence[str], links: dict[str, str]
) -> list[str]:
    command = [
        shutil.which("bwrap") or "bwrap",
        "--unshare-all",
        "--unshare-user",
        "--uid",
        str(NOBODY),
        "--gid",
        str(NOBODY),
    ]
    command += ["--die-with-parent", "--new-session", "--cap-drop", "ALL"]
    for name in folders:
        command += ["--ro-bind", name, name]
    for name in files:
        command += ["--dev-bind" if name in DEVICES else "--ro-bind", name, name]
    for name, aim in links.items():
        command += ["--symlink", aim, name]
    command += ["--proc", "/proc"] if "proc" in layers else []
    command += ["--disable-userns"] if "namespaces" in layers else []
    command += ["--size", str(limits.file_bytes), "--tmpfs", "/tmp", "--remount-ro", "/", "--chdir", "/tmp"]
    return [*command, "--"]
