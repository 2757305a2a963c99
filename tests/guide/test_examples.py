"""The examples: admitted in full, right against TA-Lib and pandas, and used by a graph that ships."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import pandas  # noqa: ICN001 - a reference here
import polars as pl
import pytest
import talib

from pipeline.execution.attempt import InProcess
from pipeline.execution.kernel import KernelCache
from pipeline.graph.check import check_file
from pipeline.market import synthesise
from pipeline.plugins.discover import build_registry
from pipeline.plugins.examination.examine import examine
from pipeline.plugins.examination.examined import examined_text
from pipeline.plugins.instance import calculate_indicator, create_strategy
from pipeline.plugins.load import Loader
from pipeline.plugins.monitor import MemoryEvents, Monitor
from pipeline.settings import PerformanceMonitoring

CHECKOUT = Path(__file__).parents[2]
EXAMPLES = CHECKOUT / "examples"
FILES = sorted(path.name for path in EXAMPLES.glob("*.py"))
IDS = {
    "bollinger_bands", "custom_rsi", "macd_variants", "macd_turn", "volume_flow",
    "momentum_strategy", "mean_reversion_strategy", "pairs_arbitrage",
}  # fmt: skip


@pytest.fixture(scope="module")
def bars() -> pl.DataFrame:
    """Three hundred made-up daily bars."""
    frame = synthesise(1, "1d", dt.datetime(2020, 1, 6), 300, 4).drop("dividend", "split", "symbol")
    return frame.rename({"ts": "timestamp"})


@pytest.fixture(scope="module")
def discovery():
    return build_registry([EXAMPLES])


@pytest.fixture
def calculate(discovery, bars):
    """`calculate("custom_rsi", period=14)`: an indicator over the bars."""
    monitor = Monitor(PerformanceMonitoring(), MemoryEvents())
    return lambda name, **params: calculate_indicator(discovery.plugins[name], bars, params, monitor, 30.0)


@pytest.fixture
def signals(discovery, bars):
    """`signals("momentum_strategy", data=…)`: a strategy's signals as arrays."""

    def made(name: str, data: pl.DataFrame = bars, **params):
        monitor = Monitor(PerformanceMonitoring(), MemoryEvents())
        found = create_strategy(discovery.plugins[name], params, monitor, 30.0).generate_signals(data)
        return found["signal"].to_numpy(), found["signal_strength"].to_numpy()

    return made


def test_the_list_of_examined_files_is_that_of_the_examples() -> None:
    kept = (CHECKOUT / "pipeline/plugins/examination/examined.json").read_text(encoding="utf-8")
    assert kept == examined_text(EXAMPLES), "run `make manifest`"


@pytest.mark.parametrize("exhaustive", [False, pytest.param(True, marks=pytest.mark.heavy)])
@pytest.mark.parametrize("name", FILES)
def test_each_passes_the_examination_and_needs_no_pandas(name, exhaustive) -> None:
    loader = Loader()
    for node in loader.load(EXAMPLES / name, EXAMPLES).types:
        tree = loader.tree.read(EXAMPLES / name, EXAMPLES).tree
        found = examine(node, tree, InProcess(KernelCache(None)), exhaustive=exhaustive)
        assert found.faults == ()
        assert found.fallback == ""


def test_the_guides_examples_are_there_and_all_are_used_by_the_graph(discovery) -> None:
    assert discovery.plugins.keys() == IDS
    used = {
        node.type.id for node in check_file(CHECKOUT / "graphs/guide_plugins.yaml", discovery.registry).nodes.values()
    }
    assert used >= IDS - {"momentum_strategy"}
    crossing = check_file(CHECKOUT / "graphs/ema_cross.yaml", discovery.registry)
    assert "momentum_strategy" in {node.type.id for node in crossing.nodes.values()}


def array(series: pl.Series) -> np.ndarray:
    return series.to_numpy()


def test_bollinger_bands_are_those_of_talib(calculate, bars) -> None:
    found = calculate("bollinger_bands", period=15, std_dev=1.5)
    upper, middle, lower = talib.BBANDS(array(bars["close"]), 15, 1.5, 1.5)
    np.testing.assert_allclose(found["sma"], middle, rtol=1e-12)
    np.testing.assert_allclose(found["upper_band"], upper, rtol=1e-9)
    np.testing.assert_allclose(found["lower_band"], lower, rtol=1e-9)
    np.testing.assert_allclose(found["percent_b"], (array(bars["close"]) - lower) / (upper - lower), rtol=1e-7)


@pytest.mark.parametrize("period", [5, 14, 50])
def test_the_rsi_is_that_of_talib(calculate, bars, period) -> None:
    found = calculate("custom_rsi", period=period)
    np.testing.assert_allclose(found["rsi"], talib.RSI(array(bars["close"]), period), rtol=1e-10)
    zone = np.where(found["rsi"] > 70, 1.0, np.where(found["rsi"] < 30, -1.0, 0.0))
    np.testing.assert_array_equal(found["zone"], np.where(np.isnan(array(found["rsi"])), 0.0, zone))


def test_the_macd_is_that_of_pandas(calculate, bars) -> None:
    close = pandas.Series(array(bars["close"]))
    line = close.ewm(span=12, adjust=False).mean() - close.ewm(span=26, adjust=False).mean()
    found = calculate("macd_variants")
    np.testing.assert_allclose(found["macd"], line, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(found["signal_line"], line.ewm(span=9, adjust=False).mean(), rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(array(calculate("macd_turn"))[1:], np.diff(array(found["histogram"])), atol=1e-12)
    simple = calculate("macd_variants", variant="simple")["macd"]
    np.testing.assert_allclose(simple, close.rolling(12).mean() - close.rolling(26).mean(), rtol=1e-9, atol=1e-12)
    # an average that has caught up with a straight line has no lag left, whatever its length
    assert abs(array(calculate("macd_variants", variant="zero_lag")["macd"])).max() > 0


def test_volume_flow_is_that_of_talib(calculate, bars) -> None:
    high, low, close, volume = (array(bars[name]) for name in ("high", "low", "close", "volume"))
    found = calculate("volume_flow", period=20)
    # TA-Lib begins with the first volume where this begins with 0
    np.testing.assert_allclose(array(found["obv"]), talib.OBV(close, volume) - volume[0], rtol=1e-12, atol=1e-6)
    flow = np.diff(talib.AD(high, low, close, volume), prepend=0.0)
    expected = pandas.Series(flow).rolling(20).sum() / pandas.Series(volume).rolling(20).sum()
    np.testing.assert_allclose(found["money_flow"], expected, rtol=1e-7, atol=1e-9)
    assert np.nanmax(np.abs(array(found["money_flow"]))) <= 1.0


def test_momentum_buys_what_rises_and_sells_what_falls(signals, bars) -> None:
    up = bars.with_columns(close=pl.Series(100 * 1.01 ** np.arange(300)))
    event, strength = signals("momentum_strategy", up)
    assert event[:49].tolist() == [0] * 49
    assert event[49:].tolist() == [1] * 251
    assert strength[60:].min() == 1.0
    down = bars.with_columns(close=pl.Series(100 * 0.99 ** np.arange(300)))
    assert set(signals("momentum_strategy", down)[0][20:].tolist()) == {-1}


def test_mean_reversion_buys_far_below_the_average_alone(signals, bars) -> None:
    close = pandas.Series(array(bars["close"]))
    zscore = (close - close.rolling(20).mean()) / close.rolling(20).std()
    event, strength = signals("mean_reversion_strategy", entry=1.5)
    np.testing.assert_array_equal(event, np.where(zscore < -1.5, 1, np.where(zscore > 0, -1, 0)))
    np.testing.assert_allclose(strength, (zscore.abs() / 3).clip(0, 1).fillna(0), rtol=1e-9, atol=1e-12)


def test_mean_reversion_sizes_are_its_own(discovery, bars) -> None:
    monitor = Monitor(PerformanceMonitoring(), MemoryEvents())
    plugin = discovery.plugins["mean_reversion_strategy"]
    whole, part = (
        create_strategy(plugin, {"max_position": share}, monitor, 30.0).backtest(bars) for share in (1.0, 0.25)
    )
    assert whole["n_trades"] == part["n_trades"] > 0
    assert part["trades"]["size"][0] == pytest.approx(whole["trades"]["size"][0] / 4)


def test_pairs_trade_the_distance_of_two_prices(signals, bars) -> None:
    close = array(bars["close"])
    other = close * np.exp(0.02 * np.sin(np.arange(300) / 10.0))
    spread = pandas.Series(np.log(close) - np.log(other))
    zscore = (spread - spread.rolling(40).mean()) / spread.rolling(40).std()
    event, _ = signals("pairs_arbitrage", bars.with_columns(other=pl.Series(other)), lookback=40, entry=1.2)
    np.testing.assert_array_equal(event, np.where(zscore < -1.2, 1, np.where(zscore > 1.2, -1, 0)))
    assert {-1, 0, 1} == set(event.tolist())
