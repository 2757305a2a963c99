"""The guide's blocks, a project in which they are at home, and pandas as it is installed or not."""

from __future__ import annotations

import importlib.util
import re
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pandas  # noqa: ICN001 - one of the two libraries that are called so here
import polars as pl
import pytest

import bot_engine.plugin_manager_integration as integration
import pipeline.frame

HERE = Path(__file__).parent
CHECKOUT = HERE.parents[1]
STEPS = np.arange(300)
BARS = {
    "timestamp": np.datetime64("2023-01-02T00:00", "us") + STEPS.astype("m8[h]"),
    "open": 100 + 5 * np.sin(STEPS / 9.0),
    "high": 102 + 5 * np.sin(STEPS / 9.0),
    "low": 98 + 5 * np.sin(STEPS / 9.0),
    "close": 100 + 5 * np.sin((STEPS + 1) / 9.0) + STEPS % 3,
    "volume": 1000 + STEPS * 37 % 900,
}


def read_blocks() -> dict[int, tuple[str, str, str]]:
    """(heading, language, text) of every block of the guide by its number."""
    text = (HERE / "blocks.txt").read_text(encoding="utf-8")
    found = re.findall(r"^## (\d+) ([^\n]*)\n\n```(\w*)\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    return {int(number): (heading, language, block) for number, heading, language, block in found}


@pytest.fixture(scope="session")
def blocks() -> dict[int, tuple[str, str, str]]:
    """(heading, language, text) of every block of the guide by its number."""
    return read_blocks()


@pytest.fixture(scope="session")
def block(blocks: dict[int, tuple[str, str, str]]) -> Callable[[int], str]:
    """The text of a block, to the letter."""
    return lambda number: blocks[number][2]


@pytest.fixture(params=["no pandas", "pandas"])
def library(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """What `import pandas` gives to a user's script: pandas, or where none is installed the adapter by our runner."""
    if request.param == "pandas":
        return pandas
    there = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *rest: None if name == "pandas" else there(name, *rest)
    )
    monkeypatch.setitem(sys.modules, "pandas", pipeline.frame)
    return pipeline.frame


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory, blocks: dict[int, tuple[str, str, str]]) -> Path:
    """A project with the guide's own two plugins and the examples."""
    root = tmp_path_factory.mktemp("guide") / "project"
    for folder in ("nodes/strategies", "nodes/indicators", "examples", "graphs"):
        (root / folder).mkdir(parents=True)
    (root / "plugin_config.json").write_text(
        '{"plugin_directories": ["nodes/strategies", "nodes/indicators", "examples"]}'
    )
    (root / "nodes/strategies/my_custom_strategy.py").write_text(blocks[2][2])
    (root / "nodes/indicators/my_custom_indicator.py").write_text(blocks[3][2])
    for path in (CHECKOUT / "examples").glob("*.py"):
        shutil.copy(path, root / "examples")
    integration.PluginManagerIntegration(root).get_available_strategies()  # so that copies know the verdicts
    return root


@pytest.fixture
def project(template: Path, registries: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy of that project, as the working directory.

    It lies where that of the test before lay, so that its registry is known, see `registries`.
    """
    root = template.parent.with_name("place") / "project"
    shutil.rmtree(root.parent, ignore_errors=True)
    shutil.copytree(template, root)
    monkeypatch.chdir(root)
    monkeypatch.delenv("TRADEGRAPH_PROJECT", raising=False)
    monkeypatch.setattr("pipeline.plugins.system.build_registry", registries)
    yield root
    integration._managers.pop(root, None)


@pytest.fixture
def bars() -> Callable[[Any], Any]:
    """`bars(library)`: 300 hourly bars as a frame of a library (polars too)."""
    return lambda library: library.DataFrame(BARS)


@pytest.fixture
def frames(bars: Callable[[Any], Any]) -> dict[str, Any]:
    """The same bars in each of the three kinds."""
    return {"adapter": bars(pipeline.frame), "pandas": bars(pandas), "polars": bars(pl)}
