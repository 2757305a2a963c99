"""Fixtures of the plugin room: `world` and `site` are those of `tests/execution/world.py`."""

import runpy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline.execution.kernel import KernelCache

NOUNS = runpy.run_path(str(Path(__file__).parents[1] / "execution" / "world.py"))
GUIDE = Path(__file__).parent / "guide"


@pytest.fixture
def world(tmp_path: Path, compiled_kernels: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A world in memory: 3 symbols, 12 daily bars."""
    monkeypatch.setenv(NOUNS["CALLS"], str(tmp_path / "calls"))
    return NOUNS["World"](tmp_path / "world", KernelCache(compiled_kernels))


@pytest.fixture
def site(tmp_path: Path, compiled_kernels: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A project on disk: 3 symbols, 12 daily bars."""
    monkeypatch.setenv(NOUNS["CALLS"], str(tmp_path / "calls"))
    return NOUNS["Site"](tmp_path / "site", compiled_kernels)


@pytest.fixture
def refusals(world: Any) -> Callable[[], dict[str, str]]:
    """Reasons by file name of the files that are refused."""

    def found() -> dict[str, str]:
        records = world.discover().records
        return {Path(record.path).name: record.reason for record in records if record.status == "refused"}

    return found


@pytest.fixture(scope="session")
def guide() -> Callable[[str], str]:
    """The text of one of the guide's plugins, exactly as the guide writes it."""
    return lambda name: (GUIDE / f"{name}.txt").read_text()
