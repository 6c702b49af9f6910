"""Say warnings as lines of a conversation instead of Python's traces."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console


@contextmanager
def warnings_to(console: Console) -> Iterator[None]:
    """Print what is warned of within, one line each, when all is done."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield
    for warning in caught:
        console.print(f"warning: {warning.message}", markup=False, highlight=False)
