"""Fixtures of the execution room: `world` in memory and `site` on disk, see `world.py`."""

import runpy
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from pipeline.execution import recipe
from pipeline.execution.kernel import KernelCache
from pipeline.market import MemoryMarket

NOUNS = runpy.run_path(str(Path(__file__).parent / "world.py"))


@pytest.fixture(scope="session")
def nouns() -> dict[str, Any]:
    """What `world.py` defines, for fixtures of a wider scope."""
    return NOUNS


@pytest.fixture(scope="session")
def kernel_folder(compiled_kernels: Path) -> Path:
    return compiled_kernels


@pytest.fixture(scope="session")
def kernels(kernel_folder: Path) -> KernelCache:
    """Compiled kernels, shared by all tests: they are found by their code digest."""
    return KernelCache(kernel_folder)


@pytest.fixture
def world(tmp_path: Path, kernels: KernelCache, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A world in memory: 3 symbols, 12 daily bars."""
    monkeypatch.setenv(NOUNS["CALLS"], str(tmp_path / "calls"))
    return NOUNS["World"](tmp_path / "world", kernels)


@pytest.fixture(scope="session")
def stage(tmp_path_factory: pytest.TempPathFactory, kernel_folder: Path) -> Any:
    """The project that `site` begins with."""
    site = NOUNS["Site"](tmp_path_factory.mktemp("stage") / "site", kernel_folder)
    site.snapshot()
    return site


@pytest.fixture
def site(stage: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A project on disk: 3 symbols, 12 daily bars."""
    monkeypatch.setenv(NOUNS["CALLS"], str(stage.root.with_name("calls")))
    return stage.restored()


@pytest.fixture
def upgrade(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """`upgrade("polars")`: from now on the library says that it has another version."""
    plain = recipe.version

    def to(library: str) -> None:
        recipe.library_versions.cache_clear()
        monkeypatch.setattr(recipe, "version", lambda name: "0.0.1" if name == library else plain(name))

    yield to
    recipe.library_versions.cache_clear()


@pytest.fixture
def uneven(world: Any) -> Any:
    """Four symbols of 1, 2, 5 and 9 bars with gaps in the closes: segments where a leak would show."""
    lengths = {"AAA": 1, "BBB": 2, "CCC": 5, "DDD": 9}
    frame = pl.concat(
        world.bars(tuple(lengths), rows=9).filter(pl.col("symbol") == s).head(n) for s, n in lengths.items()
    )
    closes = np.random.default_rng(5).normal(100.0, 10.0, len(frame))
    gap = pl.int_range(pl.len()) % 5 == 3
    world.market = MemoryMarket({"1d": frame.with_columns(close=pl.when(~gap).then(pl.Series(closes)))})
    return world
