"""A small project, and two ways to use it: in this process, and as a process of its own."""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from click.testing import CliRunner

from pipeline.cli.app import app
from pipeline.market import Market
from pipeline.market.importing import import_frame
from pipeline.plugins.discover import Discovery

CHECKOUT = Path(__file__).parents[2]

SLOPE = """\
tradegraph: 1
name: slope
params:
  lag: {type: int, default: 1, min: 1, max: 5}
bars:
  daily: {timeframe: 1d, symbols: all}
nodes:
  move: {use: diff, in: daily.close, with: {periods: $lag}}
  twice: {use: scale, in: move, with: {factor: 2}}
  other: {use: scale, in: daily.open, with: {factor: 3}}
outputs:
  line: twice
  rest: other
"""

TROUBLE = """\
tradegraph: 1
name: trouble
bars:
  daily: {timeframe: 1d, symbols: [AAA]}
nodes:
  before: {use: scale, in: daily.close, with: {factor: 2}}
  broken: {use: breaks, in: before}
  after: {use: scale, in: broken, with: {factor: 2}}
  beside: {use: scale, in: before, with: {factor: 4}}
outputs:
  lost: after
  kept: beside
"""

NODES = '''\
import os
import signal

from pipeline import Number, SameKind, indicator


@indicator
def breaks(x: Number) -> SameKind:
    """Fail whatever comes."""
    raise ZeroDivisionError("no luck")


@indicator
def interrupts(x: Number) -> SameKind:
    """Press Ctrl-C in the middle of a run."""
    os.kill(os.getpid(), signal.SIGINT)
    return x
'''


@dataclass
class Answer:
    """What a command said, and how it ended."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one JSON document that is all of stdout."""
        return json.loads(self.out)


def bars(symbols: Sequence[str], rows: int = 12) -> pl.DataFrame:
    """Daily bars from 2024-01-01 on: the close of the n-th is 100 + n, the open one less."""
    start = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)
    close = [100.0 + n for n in range(rows)]
    one = pl.DataFrame(
        {
            "ts": pl.Series([start + dt.timedelta(days=n) for n in range(rows)], dtype=pl.Datetime("us", "UTC")),
            "open": [value - 1 for value in close],
            "high": [value + 2 for value in close],
            "low": [value - 2 for value in close],
            "close": close,
            "volume": [1000.0] * rows,
        }
    )
    return pl.concat(one.select(pl.lit(symbol).alias("symbol"), pl.all()) for symbol in symbols)


@pytest.fixture(scope="session")
def _template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("template") / "project"
    (root / "graphs").mkdir(parents=True)
    (root / "nodes/custom").mkdir(parents=True)
    (root / "plugin_config.json").write_text("{}\n")
    (root / "graphs/slope.yaml").write_text(SLOPE)
    (root / "graphs/trouble.yaml").write_text(TROUBLE)
    (root / "graphs/stop.yaml").write_text(TROUBLE.replace("trouble", "stop").replace("breaks", "interrupts"))
    (root / "nodes/custom/mine.py").write_text(NODES)
    import_frame(Market(root / "market"), bars(["AAA", "BBB"]), "1d", source="test bars")
    return root


@pytest.fixture
def project(_template: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with two symbols and three graphs of quick nodes; it is the working directory.

    It lies where that of the test before lay, so that its registry is known, see `registries`.
    """
    root = _template.with_name("place") / "project"
    shutil.rmtree(root.parent, ignore_errors=True)
    shutil.copytree(_template, root)
    monkeypatch.chdir(root)
    monkeypatch.delenv("TRADEGRAPH_PROJECT", raising=False)
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("COLUMNS", "120")
    return root


@pytest.fixture
def tradegraph(registries: Callable[..., Discovery], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Answer]:
    """`tradegraph("run", "slope")`: a command in this process."""
    monkeypatch.setattr("pipeline.plugins.system.build_registry", registries)

    def call(*args: object, stdin: str | None = None) -> Answer:
        result = CliRunner().invoke(app, [str(arg) for arg in args], input=stdin, prog_name="tradegraph")
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Answer(result.exit_code, result.stdout, result.stderr)

    return call


@pytest.fixture
def process() -> Callable[..., subprocess.CompletedProcess[str]]:
    """`process("run", "slope")`: a command as a process of its own."""

    def call(*args: object, script: str | None = None) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "pipeline.cli", *map(str, args)]
        env = {**os.environ, "PYTHONPATH": str(CHECKOUT)}
        if script is None:
            return subprocess.run(command, capture_output=True, text=True, env=env, check=False)
        env["TRADEGRAPH"] = " ".join(command)
        return subprocess.run(["bash", "-c", script], capture_output=True, text=True, env=env, check=False)

    return call
