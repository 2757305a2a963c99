"""Fixtures of the store room: `site` is that of `tests/execution/world.py`, with a graph that has run."""

import runpy
from pathlib import Path
from typing import Any

import pytest

NOUNS = runpy.run_path(str(Path(__file__).parents[1] / "execution" / "world.py"))


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A project on disk: 3 symbols, 12 daily bars."""
    (tmp_path / "kernels").mkdir()
    monkeypatch.setenv(NOUNS["CALLS"], str(tmp_path / "calls"))
    return NOUNS["Site"](tmp_path / "site", tmp_path / "kernels")


def run_chain(site: Any) -> Any:
    site.path = site.graph(
        site.CHAIN.replace("by: 2", "by: $step"),
        params="step: {type: float, default: 2}",
        outputs="result: c",
    )
    site.first = site.run(site.path)
    site.calls()
    return site


@pytest.fixture
def ran(site: Any) -> Any:
    """A site whose chain a → b → c has run, with `result` declared and a graph param."""
    return run_chain(site)


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The same for questions alone: it is shared, nothing may change it."""
    root = tmp_path_factory.mktemp("published")
    (root / "kernels").mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(NOUNS["CALLS"], str(root / "calls"))
        site = run_chain(NOUNS["Site"](root / "site", root / "kernels"))
        site.asks = site.engine().database
        yield site
