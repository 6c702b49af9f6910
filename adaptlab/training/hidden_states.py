"""Keep what lies below the first adapted layer: examples -> their hidden states, computed once, on disk."""

import hashlib
import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from jaxtyping import Float
from torch import Tensor
from transformers import PreTrainedModel

from adaptlab.basemodels import states_below
from adaptlab.errors import ConfigurationError
from adaptlab.files import cache_folder
from adaptlab.training.batches import AdaptationBatch


class HiddenStateCache:
    """The input of one decoder layer for every example of some tasks, memory-mapped and filled as examples come by.

    All processes of a machine share the file, and a later run of the same tasks and model finds it filled.

    Args:
        model: the frozen model.
        layer: whose input is kept; at least 1.
        lengths: tokens of each example, per task.
        key: names everything else that the states follow from: token ids, weights, type.

    Raises:
        ConfigurationError: the disk has no room for all states.
    """

    def __init__(self, model: PreTrainedModel, layer: int, lengths: Sequence[npt.NDArray[np.int64]], key: str) -> None:
        self.model, self.layer = model, layer
        self._first = np.cumsum([0, *(len(of_task) for of_task in lengths)])
        self._starts = np.cumsum([0, *np.concatenate(lengths)])
        self._width = int(model.config.get_text_config().hidden_size)
        name = hashlib.sha256(f"{key}:{layer}".encode()).hexdigest()[:32]
        folder = cache_folder("hidden_states")
        self._make(folder / f"{name}.states", int(self._starts[-1]) * self._width * model.dtype.itemsize)
        size = int(self._starts[-1]) * self._width
        self._states = torch.from_file(str(folder / f"{name}.states"), shared=True, size=size, dtype=model.dtype)
        self._make(folder / f"{name}.known", len(self._starts) - 1)
        self._known = np.memmap(folder / f"{name}.known", dtype=np.uint8, mode="r+")

    @staticmethod
    def _make(path: Path, size: int) -> None:
        """Reserve the bytes of a file, or take it as it is when a process has made it."""
        if path.exists() and path.stat().st_size == size:
            return
        free = shutil.disk_usage(path.parent).free
        if size > free:
            raise ConfigurationError(
                f"hidden states would take {size / 2**30:.1f} GiB in {path.parent}, which has {free / 2**30:.1f}; "
                "set ADAPTLAB_CACHE to a larger disk, or leave model.cache_hidden_states out"
            )
        with path.open("ab") as file:
            file.truncate(size)

    def states(self, batch: AdaptationBatch) -> Float[Tensor, "batch tokens width"]:
        """The states of a batch, zero at padding; what is not known yet is computed and kept."""
        rows = self._first[batch.tasks.cpu().numpy()] + batch.examples.cpu().numpy()
        new = torch.from_numpy(self._known[rows] == 0)
        if bool(new.any()):
            own = new.to(batch.input_ids.device)
            computed = states_below(self.model, self.layer, batch.input_ids[own], batch.attention_mask[own])
            for row, values in zip(rows[new.numpy()].tolist(), computed.cpu(), strict=True):
                self._slot(row).copy_(values[: self._length(row)])
                self._known[row] = 1
        found = torch.zeros(*batch.input_ids.shape, self._width, dtype=self._states.dtype)
        for place, row in enumerate(rows.tolist()):
            found[place, : self._length(row)] = self._slot(row)
        return found.to(batch.input_ids.device)

    def _length(self, row: int) -> int:
        return int(self._starts[row + 1] - self._starts[row])

    def _slot(self, row: int) -> Tensor:
        start, stop = (int(self._starts[end]) * self._width for end in (row, row + 1))
        return self._states[start:stop].view(-1, self._width)
