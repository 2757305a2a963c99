"""Fixtures of the store room: `site` is that of `tests/execution/world.py`, with a graph that has run."""

import runpy
from pathlib import Path
from typing import Any

import pytest

NOUNS = runpy.run_path(str(Path(__file__).parents[1] / "execution" / "world.py"))


def run_chain(site: Any) -> Any:
    site.path = site.graph(
        site.CHAIN.replace("by: 2", "by: $step"),
        params="step: {type: float, default: 2}",
        outputs="result: c",
    )
    site.first = site.run(site.path)
    site.calls()
    return site


def build(tmp_path_factory: pytest.TempPathFactory, name: str) -> Any:
    root = tmp_path_factory.mktemp(name)
    (root / "kernels").mkdir()
    return NOUNS["Site"](root / "site", root / "kernels")


@pytest.fixture(scope="session")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The project that `site` begins with."""
    site = build(tmp_path_factory, "stage")
    site.snapshot()
    return site


@pytest.fixture
def site(stage: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A project on disk: 3 symbols, 12 daily bars."""
    monkeypatch.setenv(NOUNS["CALLS"], str(stage.root.with_name("calls")))
    return stage.restored()


@pytest.fixture(scope="session")
def run_stage(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The project that `ran` begins with."""
    with pytest.MonkeyPatch.context() as patch:
        site = build(tmp_path_factory, "ran")
        patch.setenv(NOUNS["CALLS"], str(site.root.with_name("calls")))
        run_chain(site).snapshot()
        return site


@pytest.fixture
def ran(run_stage: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A site whose chain a → b → c has run, with `result` declared and a graph param."""
    monkeypatch.setenv(NOUNS["CALLS"], str(run_stage.root.with_name("calls")))
    return run_stage.restored()


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The same for questions alone: it is shared, nothing may change it."""
    with pytest.MonkeyPatch.context() as patch:
        site = build(tmp_path_factory, "published")
        patch.setenv(NOUNS["CALLS"], str(site.root.with_name("calls")))
        site = run_chain(site)
    site.asks = site.engine().database
    return site
