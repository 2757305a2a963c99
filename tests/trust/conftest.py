"""Fixtures of the proofs that nothing stale is served and nothing done is lost: projects on disk, see `world.py`."""

import os
import runpy
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pipeline.execution import recipe
from pipeline.execution.kernel import KernelCache

TESTS = Path(__file__).parents[1]
NOUNS = runpy.run_path(str(TESTS / "execution" / "world.py"))
STYLES = runpy.run_path(str(Path(__file__).parent / "styles.py"))


@pytest.fixture(scope="session")
def nouns() -> dict[str, Any]:
    """What `world.py` and `styles.py` define."""
    return {**NOUNS, **STYLES}


@pytest.fixture(scope="session")
def stage(tmp_path_factory: pytest.TempPathFactory, compiled_kernels: Path) -> Any:
    """The project that `site` begins with: 3 symbols, 12 daily bars, one node of each style over one far helper."""
    site = NOUNS["Site"](tmp_path_factory.mktemp("trust") / "site", compiled_kernels)
    STYLES["furnish"](site)
    site.snapshot()
    return site


@pytest.fixture(scope="session")
def kernels(compiled_kernels: Path) -> KernelCache:
    """Compiled kernels of this process and of all others."""
    return KernelCache(compiled_kernels)


@pytest.fixture
def noted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Compiled code cannot note its calls: here the demand for its driver, once a computation, stands for them."""
    plain = KernelCache.driver

    def driver(self: KernelCache, node: Any, args: Any) -> Any:
        with Path(os.environ[NOUNS["CALLS"]]).open("a") as file:
            file.write(f"{node.id}\n")
        return plain(self, node, args)

    monkeypatch.setattr(KernelCache, "driver", driver)


@pytest.fixture
def site(stage: Any, noted: None, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The project in its first state."""
    monkeypatch.setenv(NOUNS["CALLS"], str(stage.root.with_name("calls")))
    return stage.restored()


@pytest.fixture
def world(tmp_path: Path, kernels: KernelCache, noted: None, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The same in memory, with an answer to why: a run takes a hundredth of the time."""
    monkeypatch.setenv(NOUNS["CALLS"], str(tmp_path / "calls"))
    return STYLES["answering"](NOUNS["World"])(tmp_path / "world", kernels)


@pytest.fixture
def upgrade(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """`upgrade("polars")`: from now on the library says that it has another version."""
    plain, upgraded = recipe.version, set[str]()
    monkeypatch.setattr(recipe, "version", lambda name: "0.0.1" if name in upgraded else plain(name))

    def to(library: str) -> None:
        upgraded.add(library)
        recipe.library_versions.cache_clear()

    yield to
    recipe.library_versions.cache_clear()
