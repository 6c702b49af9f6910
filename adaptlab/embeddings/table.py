"""Keep the vectors of many descriptions on disk: descriptions -> rows of a memory-mapped table."""

import tempfile
from collections.abc import Sequence
from itertools import islice

import numpy as np
import torch
from rich.progress import track
from torch import Tensor

from adaptlab.embeddings.encoder import TaskEncoder
from adaptlab.files import cache_folder

CHUNK = 1024
"""Descriptions that are encoded, and are in memory, at once."""


class EmbeddingTable:
    """Vectors of descriptions, grouped by task: `[width]` float32 for (task, description).

    The table is a file without a name in the cache folder: it is gone with the process, and its pages, unlike memory of
    the process, are given back to the system whenever it needs them.

    Args:
        encoder: what embeds.
        descriptions: of each task.
        names: the tasks' names.
    """

    def __init__(self, encoder: TaskEncoder, descriptions: Sequence[Sequence[str]], names: Sequence[str]) -> None:
        self._starts = np.cumsum([0, *(len(texts) for texts in descriptions)])
        rows = int(self._starts[-1])
        flat = ((text, name) for texts, name in zip(descriptions, names, strict=True) for text in texts)
        with tempfile.TemporaryFile(dir=cache_folder("embeddings")) as file:
            self._table = np.memmap(file, dtype=np.float32, mode="w+", shape=(rows, encoder.width))
        size = CHUNK if encoder.by_text else rows
        for start in track(range(0, rows, size), "encoding descriptions", disable=rows <= size, transient=True):
            chunk = list(islice(flat, size))
            vectors = encoder.encode([text for text, _ in chunk], [name for _, name in chunk]).vectors
            self._table[start : start + len(chunk)] = vectors.numpy()
        self._table.flush()

    def vector(self, task: int, description: int) -> Tensor:
        """The vector of one description."""
        return torch.from_numpy(np.array(self._table[int(self._starts[task]) + description]))

    def vectors(self, task: int) -> Tensor:
        """The vectors of all descriptions of a task, `[descriptions, width]`."""
        return torch.from_numpy(np.array(self._table[int(self._starts[task]) : int(self._starts[task + 1])]))
