"""Keep what a model answered, one line an answer, so that nothing is asked twice: identity -> outcomes on disk.

A file belongs to everything that an answer depends on: the frozen model's weights and type, what adapts it, how and
behind which text it is asked, and the code that does all this. Within a file, a question goes by its hash. A kill
leaves at most one torn line, which the next run drops and asks again. Several processes may share a folder.
"""

import hashlib
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from filelock import FileLock

from adaptlab.errors import RecordError

CODE = ("adapters", "basemodels", "embeddings", "evaluation", "hypernetworks", "sandbox", "tasks", "tuners")
"""What of the package answers depend on."""


@cache
def code_hash() -> str:
    """Stands for the code that answers depend on, so that a change of it asks anew."""
    root = Path(__file__).resolve().parents[1]
    digest = hashlib.sha256()
    for file in sorted(file for folder in CODE for file in (root / folder).rglob("*.py")):
        digest.update(file.relative_to(root).as_posix().encode() + file.read_bytes())
    return digest.hexdigest()[:16]


class KeptAnswers:
    """Outcomes of questions under one identity.

    Args:
        folder: where files are; made if absent.
        identity: all that an answer depends on, beside the question; plain JSON types.

    Raises:
        RecordError: the file is another identity's, or damaged before its last line.
    """

    def __init__(self, folder: Path, identity: Mapping[str, Any]) -> None:
        self.identity = json.loads(json.dumps({"code": code_hash(), **identity}, sort_keys=True))
        content = json.dumps(self.identity, sort_keys=True)
        name = hashlib.sha256(content.encode()).hexdigest()[:24]
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / f"{name}.jsonl"
        self.outcomes: dict[str, Any] = {}
        self._lock = FileLock(folder / ".lock")
        with self._lock:  # or the line that another process is writing would be taken for torn
            if self.path.exists():
                self._read()
            if not self.path.exists():
                self._append([self.identity])

    def _read(self) -> None:
        content = self.path.read_bytes()
        whole = content[: content.rfind(b"\n") + 1]
        if len(whole) < len(content):
            with self.path.open("r+b") as file:
                file.truncate(len(whole))
        if not whole:
            self.path.unlink()
            return
        try:
            head, *lines = [json.loads(line) for line in whole.splitlines()]
            self.outcomes = {line["example"]: line["outcome"] for line in lines}
        except (ValueError, KeyError, TypeError) as error:
            raise RecordError(
                f"{self.path} is damaged ({error}); remove it, and its questions are asked again"
            ) from error
        if head != self.identity:
            raise RecordError(f"{self.path} holds answers of something else; remove it")

    def add(self, outcomes: Mapping[str, Any]) -> None:
        """Keep the outcomes of some questions; they are on disk when this returns."""
        with self._lock:
            self._append([{"example": example, "outcome": outcome} for example, outcome in outcomes.items()])
        self.outcomes.update(outcomes)

    def _append(self, lines: list[Any]) -> None:
        with self.path.open("ab") as file:
            file.write("".join(json.dumps(line) + "\n" for line in lines).encode())
            file.flush()
