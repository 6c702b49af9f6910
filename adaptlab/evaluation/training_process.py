"""Train one run after another in a process beside this one: configuration -> checkpoint, what is said -> a file."""

import gc
import os
import sys
import traceback
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context, parent_process
from pathlib import Path
from threading import Thread
from types import TracebackType

from adaptlab.errors import AdaptlabError, DivergenceError, TrainingError
from adaptlab.training.cli import fit


class TrainingProcess:
    """Runs `adaptlab fit` as often as asked; the first run alone pays for starting up, which small runs feel.

    The process starts with the first run and ends with the `with` block, or with the process that it belongs to. Beside
    a run stands what the one before it leaves, so the first run alone has a peak memory of its own.
    """

    def __enter__(self) -> "TrainingProcess":
        self._pool = _pool_of_one()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown()

    def fit(self, config: Path, output: Path) -> None:
        """Train a configuration, going on from its last checkpoint where there is one.

        Args:
            config: of one run on one device.
            output: where everything that the run prints is written.

        Raises:
            DivergenceError: the loss does not fall with these settings.
            TrainingError: saying what else went wrong; other runs can follow.
        """
        try:
            self._pool.submit(_fit, config, output).result()
        except BrokenProcessPool as error:
            self._pool = _pool_of_one()
            raise TrainingError("its process was killed, perhaps for want of memory") from error


def _pool_of_one() -> ProcessPoolExecutor:
    return ProcessPoolExecutor(1, get_context("spawn"), _end_with_parent)


def _end_with_parent() -> None:
    """Let a worker of a pool end when the pool's owner is gone, which by itself it would never notice."""
    owner = parent_process()
    assert owner is not None

    def watch() -> None:
        owner.join()
        os._exit(1)

    Thread(target=watch, daemon=True).start()


def _fit(config: Path, output: Path) -> None:
    with output.open("w") as file:
        os.dup2(file.fileno(), sys.__stdout__.fileno())  # type: ignore[union-attr]
        os.dup2(file.fileno(), sys.__stderr__.fileno())  # type: ignore[union-attr]
    try:
        fit(["--config", str(config), "--ckpt_path", "auto"])
    except DivergenceError:
        raise
    except AdaptlabError as error:
        raise TrainingError(str(error)) from None
    except SystemExit as stopped:
        if stopped.code:
            sys.stderr.flush()
            said = output.read_text(errors="replace").strip().splitlines()
            raise TrainingError(said[-1] if said else f"exit code {stopped.code}") from None
    except Exception as error:
        traceback.print_exc()
        raise TrainingError(f"{type(error).__name__}: {error}") from None
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        gc.collect()
