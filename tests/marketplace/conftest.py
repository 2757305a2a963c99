"""Fixtures of the marketplace: a `bazaar` with two authors, projects that trust it, a server, a clock that is set."""

from __future__ import annotations

import runpy
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pipeline.plugins import system as plugin_system

NOUNS = runpy.run_path(str(Path(__file__).with_name("bazaar.py")))


@pytest.fixture(scope="session")
def nouns() -> dict[str, Any]:
    """What `bazaar.py` defines."""
    return NOUNS


@pytest.fixture(scope="session")
def _template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A marketplace with `alice/mean_gap-1.0.0` and `bob/fast_trend-1.0.0`, made once."""
    place = tmp_path_factory.mktemp("template") / "bazaar"
    bazaar = NOUNS["Bazaar"](place)
    bazaar.found()
    bazaar.release("alice", "mean_gap", "1.0.0")
    bazaar.release("bob", "fast_trend", "1.0.0", kind="strategy")
    return place


@pytest.fixture
def bazaar(_template: Path, tmp_path: Path) -> Any:
    """A marketplace of its own for each test, an hour after it was made."""
    shutil.copytree(_template, tmp_path / "bazaar")
    bazaar = NOUNS["Bazaar"](tmp_path / "bazaar")
    bazaar.clock.forward(hours=1)
    return bazaar


@pytest.fixture
def shop(bazaar: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """`shop("one")`: a project; it trusts the bazaar unless told otherwise. Shipped nodes are left out, for speed."""
    shipped = tmp_path / "shipped"
    shipped.mkdir()
    (shipped / "manifest.json").write_text('{"files": {}}')
    build = plugin_system.build_registry

    def alone(folders: Any, **options: Any) -> Any:
        return build(folders, shipped=shipped, **options)

    monkeypatch.setattr(plugin_system, "build_registry", alone)

    def made(name: str = "one", *, trusting: bool = True, url: str = "", **options: Any) -> Any:
        site = NOUNS["Shop"](tmp_path / name, bazaar.clock, **options)
        if trusting:
            site.market.trust("community", url or str(bazaar.folder), bazaar.digest)
        return site

    return made


@pytest.fixture
def serve() -> Iterator[Callable[[Path], Any]]:
    """`serve(folder)`: that folder over HTTP, at `server.url`, until the test ends."""
    servers: list[Any] = []

    def started(folder: Path) -> Any:
        servers.append(NOUNS["Server"](folder))
        return servers[-1]

    yield started
    for server in servers:
        server.close()
