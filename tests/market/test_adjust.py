"""Adjustment by hand, and against a vendor's adjusted closes."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from pipeline.market import Market, MemoryMarket
from pipeline.market.action import Actions
from pipeline.market.adjust import factors
from pipeline.market.importing import import_frame
from pipeline.model.bars import BarsRequest

DAY = 86_400_000_000
TS = np.arange(4, dtype=np.int64) * DAY
CLOSES = np.array([100.0, 102.0, 50.0, 51.0])


def actions(day: int, *, dividend: float = 0.0, split: float = 1.0, close: float = np.nan) -> Actions:
    return Actions(np.array([day * DAY]), np.array([dividend]), np.array([split]), np.array([close]))


def test_a_split_halves_the_prices_before_it_and_doubles_the_volume() -> None:
    price, volume = factors(TS, actions(2, split=2.0), None)
    assert price.tolist() == [0.5, 0.5, 1.0, 1.0]
    assert volume.tolist() == [2.0, 2.0, 1.0, 1.0]


def test_a_dividend_counts_with_the_close_of_the_ex_day() -> None:
    price, volume = factors(TS, actions(2, dividend=1.0), CLOSES)
    assert price.tolist() == [50 / 51, 50 / 51, 1.0, 1.0]
    assert volume.tolist() == [1.0] * 4


def test_a_split_with_a_dividend_multiplies_both() -> None:
    price, _ = factors(TS, actions(2, dividend=1.0, split=2.0), CLOSES)
    assert price[0] == pytest.approx(50 / ((50 + 1) * 2), rel=1e-15)


def test_without_a_bar_on_the_ex_day_the_stored_close_counts_then_the_next_bar() -> None:
    gap = np.array([0, 1, 3]) * DAY
    closes = np.array([100.0, 102.0, 51.0])
    assert factors(gap, actions(2, dividend=1.0, close=60.0), closes)[0][0] == 60 / 61
    assert factors(gap, actions(2, dividend=1.0), closes)[0][0] == 51 / 52
    assert factors(gap, actions(9, dividend=1.0), closes)[0][0] == 1.0


def test_later_factors_multiply(days) -> None:
    frame = days("A", bars=4, split=[1, 2, 1, 4])
    market = MemoryMarket({"1d": frame})
    panel = market.read(market.resolve(BarsRequest("1d")), ["close", "volume"])
    assert panel.columns["close"].array.tolist() == [100 / 8, 101 / 4, 102 / 4, 103.0]
    assert panel.columns["volume"].array.tolist() == [8000.0, 4000.0, 4000.0, 1000.0]


def test_an_action_at_or_after_the_end_has_no_effect(days) -> None:
    market = MemoryMarket({"1d": days("A", bars=4, split=[1, 1, 2, 1])})
    before = market.resolve(BarsRequest("1d", end=dt.datetime(2020, 1, 3)))
    assert market.read(before, ["close"]).columns["close"].array.tolist() == [100.0, 101.0]
    after = market.resolve(BarsRequest("1d", end=dt.datetime(2020, 1, 4)))
    assert market.read(after, ["close"]).columns["close"].array.tolist() == [50.0, 50.5, 102.0]


def test_total_without_close_among_the_asked_columns_still_counts_dividends(days) -> None:
    market = MemoryMarket({"1d": days("A", bars=3, dividend=[0, 1, 0])})
    panel = market.read(market.resolve(BarsRequest("1d", adjust="total")), ["open"])
    assert list(panel.columns) == ["open"]
    assert panel.columns["open"].array[0] == pytest.approx(99.5 * 101 / 102, rel=1e-15)


def _worst(shared: Path, tmp_path: Path, symbols: list[str] | None) -> float:
    folder = shared / "equities_us_1d"
    expected = pl.read_parquet(folder / "adj_close_reference_2011-2021.parquet")
    chosen = expected["symbol"].unique().sort().to_list() if symbols is None else symbols
    frame = pl.scan_parquet(folder / "ohlcv_2011-04_2021-04.parquet").filter(pl.col("symbol").is_in(chosen)).collect()
    market = Market(tmp_path / "market")
    bars = frame.with_columns(ts=pl.col("date").cast(pl.Datetime("us")).dt.replace_time_zone("UTC"))
    import_frame(market, bars, "1d", source="shared")
    panel = market.read(market.resolve(BarsRequest("1d", adjust="total")), ["close"])
    ours = pl.DataFrame(
        {"symbol": panel.symbol_column, "date": panel.ts.dt.date(), "close": panel.columns["close"].series}
    )
    both = expected.join(ours, on=["symbol", "date"])
    assert len(both) == expected.filter(pl.col("symbol").is_in(chosen)).height
    return float((both["close"] / both["adj_close"] - 1).abs().max())


def test_total_agrees_with_the_vendor_for_some_symbols(shared, tmp_path) -> None:
    assert _worst(shared, tmp_path, ["AAPL", "NVDA", "KO", "TRMB"]) < 3e-6


@pytest.mark.heavy
def test_total_agrees_with_the_vendor_for_all_symbols(shared, tmp_path) -> None:
    assert _worst(shared, tmp_path, None) < 3e-6


def test_dividends_alone_leave_splits_as_they_were_traded(days) -> None:
    market = MemoryMarket({"1d": days("A", bars=4, dividend=[0, 1, 0, 0], split=[1, 1, 2, 1])})
    panel = market.read(market.resolve(BarsRequest("1d", adjust="dividends")), ["close", "volume"])
    assert panel.columns["close"].array.tolist() == pytest.approx([100.0 * 101 / 102, 101.0, 102.0, 103.0], rel=1e-15)
    assert panel.columns["volume"].array.tolist() == [1000.0] * 4


def test_forward_keeps_the_first_price_and_grows_as_total_does(days) -> None:
    market = MemoryMarket({"1d": days("A", bars=5, dividend=[0, 1, 0, 2, 0], split=[1, 1, 2, 1, 1])})
    closes = {
        adjust: market.read(market.resolve(BarsRequest("1d", adjust=adjust)), ["close"]).columns["close"].array
        for adjust in ("none", "total", "forward")
    }
    assert closes["forward"][0] == closes["none"][0]
    np.testing.assert_allclose(
        closes["forward"] / closes["forward"][0], closes["total"] / closes["total"][0], rtol=1e-14
    )


def test_forward_is_point_in_time(days) -> None:
    """A later dividend or split changes no bar before it; splits and total restate them all."""
    plain = days("A", bars=6, dividend=[0, 1, 0, 0, 0, 0], split=[1.0] * 6)
    later = plain.with_columns(dividend=pl.Series([0.0, 1, 0, 0, 3, 0]), split=pl.Series([1.0, 1, 1, 1, 2, 1]))

    def closes(frame, adjust):
        market = MemoryMarket({"1d": frame})
        return market.read(market.resolve(BarsRequest("1d", adjust=adjust)), ["close"]).columns["close"].array[:4]

    np.testing.assert_array_equal(closes(plain, "forward"), closes(later, "forward"))
    assert (closes(plain, "total") != closes(later, "total")).all()


EXCEPTIONS = {"TRMB": 1.01, "GE": 4e-6}
"""Where the vendor's long file is off: a split of 2007 that it does not name, and closes rounded more coarsely."""


def test_total_agrees_with_the_vendor_over_twenty_years_but_for_what_is_listed(shared, tmp_path) -> None:
    folder = shared / "equities_us_1d"
    long = pl.read_parquet(folder / "long_1999-11_2011-04_with_adj.parquet")
    symbols = long["symbol"].unique().to_list()
    recent = pl.read_parquet(folder / "ohlcv_2011-04_2021-04.parquet").filter(pl.col("symbol").is_in(symbols))
    market = Market(tmp_path / "market")
    import_frame(market, long, "1d", source="long")
    import_frame(market, recent, "1d", source="recent")
    panel = market.read(market.resolve(BarsRequest("1d", adjust="total")), ["close"])
    ours = pl.DataFrame(
        {"symbol": panel.symbol_column, "date": panel.ts.dt.date(), "ours": panel.columns["close"].series}
    )
    off = (
        long.join(ours, on=["symbol", "date"])
        .group_by("symbol")
        .agg(worst=(pl.col("ours") / pl.col("adj_close") - 1).abs().max())
    )
    assert len(off) == 28
    beyond = {symbol: worst for symbol, worst in off.iter_rows() if worst >= 3e-6}
    assert set(beyond) == set(EXCEPTIONS)
    assert all(beyond[symbol] < limit for symbol, limit in EXCEPTIONS.items())
