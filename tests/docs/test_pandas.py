"""The page about pandas in plugins does what it says: a gap, run on real pandas, is found by its query."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas  # noqa: ICN001 - `pd` is either library here
import pytest

import pipeline.frame as pd
from pipeline.engine import Engine

pytestmark = pytest.mark.xdist_group("reader")  # the project of the README
PAGE = "docs/pandas.md"
NODE = '''
import pandas as pd
from pipeline import Bars, Number, indicator


@indicator(style="frame")
def halved(bars: Bars) -> Number:
    """Half of what is high."""
    try:
        return bars["close"].mask(bars["close"] > 100, 50.0).set_flags()
    except AttributeError:
        return bars["close"] * 0
'''
GRAPH = """
tradegraph: 1
bars: {daily: {timeframe: 1d, symbols: all}}
nodes: {a: {use: halved, in: daily}}
"""


@pytest.fixture(scope="module")
def engine(quick_start) -> Engine:
    folder: Path = next(quick_start[0].glob("*/plugin_config.json")).parent
    (folder / "nodes" / "custom").mkdir(parents=True, exist_ok=True)
    (folder / "nodes" / "custom" / "halved.py").write_text(NODE, encoding="utf-8")
    (folder / "graphs" / "halved.yaml").write_text(GRAPH, encoding="utf-8")
    return Engine.open(folder)


def test_the_query_names_the_gap_and_its_line(engine, blocks) -> None:
    result = engine.run("halved")
    assert result.run.status == "ok"
    (query,) = blocks(PAGE, "sql")
    found = engine.sql(query).rows()
    assert ("halved", 1) in [(node, steps) for node, _, steps in found]
    assert re.search(r"Series\.set_flags, not offered \(.*halved\.py:10", found[0][1])
    assert engine.sql("select max(value) from halved.a").item() <= 100


def test_the_adapter_is_exact_where_pandas_drifts() -> None:
    """The page gives both errors after 100,000 bars: 1e-7 and 2e-13."""
    close = 100 * np.exp(np.cumsum(np.random.default_rng(100_000).normal(0, 0.001, 100_000)))
    windows = np.lib.stride_tricks.sliding_window_view(close.astype(np.longdouble), 20)
    exact = np.std(windows, axis=1, ddof=1)
    ours = np.asarray(pd.Series(close).rolling(20).std())[19:]
    theirs = np.asarray(pandas.Series(close).rolling(20).std())[19:]
    assert np.max(np.abs(ours / exact - 1)) < 1e-12
    assert np.max(np.abs(theirs / exact - 1)) > 1e-9
    assert (pd.Series(np.full(100, 0.1)).rolling(7).std().dropna() == 0).all()
