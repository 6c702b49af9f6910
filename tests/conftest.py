"""Enforce the shapes that stand in signatures, and give tests tiny models, random adapters and the data folder."""

import os
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import torch
from commandline import adaptlab, configuration, write_suite
from jaxtyping import install_import_hook

install_import_hook("adaptlab", "beartype.beartype")  # must stand before anything imports adaptlab

if TYPE_CHECKING:
    from adaptlab.adapters import AdapterFamily
    from adaptlab.basemodels import BaseModel
    from adaptlab.contracts import AdapterParameters
    from adaptlab.hypernetworks import GeneratorContext

ARCHITECTURES = ("gemma2", "llama", "mistral", "qwen2", "qwen3")


def pytest_configure(config: pytest.Config) -> None:
    """Lightning's own type aliases use `typing.Iterable`, which beartype warns of; nothing here can change them."""
    ignored = "ignore::beartype.roar.BeartypeDecorHintPep585DeprecationWarning"
    config.addinivalue_line("filterwarnings", ignored)


@pytest.fixture(autouse=True)
def repeatable(request: pytest.FixtureRequest) -> Iterator[None]:
    """The same random numbers in every test; one thread for tiny models, all of them for tests marked slow."""
    threads = torch.get_num_threads()
    if "slow" not in request.keywords:
        torch.set_num_threads(1)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        yield
    torch.set_num_threads(threads)


@cache
def _tiny(architecture: str) -> "BaseModel":
    from adaptlab.basemodels import load_base_model

    return load_base_model(f"tiny-random:{architecture}")


@pytest.fixture(params=ARCHITECTURES)
def base(request: pytest.FixtureRequest) -> "BaseModel":
    """A tiny random model; the test runs once for each architecture."""
    return _tiny(request.param)


@pytest.fixture
def llama() -> "BaseModel":
    """A tiny random model, for laws that do not depend on the architecture."""
    return _tiny("llama")


@pytest.fixture
def context_for() -> Callable[..., "GeneratorContext"]:
    """`context_for(families, embedding_width=6)`: what a generator is built for."""
    from adaptlab.training.module import generator_context

    def build(families: "Sequence[AdapterFamily]", embedding_width: int = 6) -> "GeneratorContext":
        return generator_context(families, embedding_width)

    return build


@pytest.fixture
def random_adapters() -> Callable[..., "AdapterParameters"]:
    """`random_adapters(families, count, spread=0.2, seed=0)`: adapters that differ from one another and edit much."""
    from adaptlab.contracts import AdapterParameters

    def draw(
        families: "Sequence[AdapterFamily]", count: int, spread: float = 0.2, seed: int = 0
    ) -> "AdapterParameters":
        generator = torch.Generator().manual_seed(seed)
        groups = sorted((group for family in families for group in family.groups), key=lambda group: group.key)
        factors = {
            group.key: {
                factor.name: spread
                * torch.randn(count, len(group.sites), factor.rows, factor.width, generator=generator)
                for factor in group.factors
            }
            for group in groups
        }
        return AdapterParameters(tuple(groups), factors)

    return draw


@pytest.fixture
def fresh_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache folder, for tests that write embeddings; base models stay in the user's own."""
    monkeypatch.setenv("ADAPTLAB_CACHE", str(tmp_path))
    return tmp_path


@pytest.fixture(scope="session")
def small_suite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with fourteen tiny tasks."""
    return write_suite(tmp_path_factory.mktemp("data") / "suite")


@pytest.fixture(scope="session")
def trained_run(small_suite: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a finished small run of `adaptlab fit`, in one process."""
    folder = tmp_path_factory.mktemp("one")
    done = adaptlab(["fit", "--config", str(configuration(folder, small_suite))])
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="session")
def data_folder() -> Path:
    """The folder with the public task suites, which the repository does not hold."""
    named = os.environ.get("ADAPTLAB_DATA")
    if not named or not Path(named).is_dir():
        pytest.skip("set ADAPTLAB_DATA to the folder that holds the public task suites")
    return Path(named)
