from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl

from pipeline.market.action import NO_ACTIONS
from pipeline.market.part import Rows
from pipeline.market.verify import check_bars


def checks(frame: pl.DataFrame, timeframe: str = "1d") -> dict[str, int]:
    return {f.check: f.count for f in check_bars("A", timeframe, Rows.of(frame), NO_ACTIONS)}


def test_clean_bars_give_no_finding(days) -> None:
    assert checks(days(bars=30)) == {}


def test_disorder_and_duplicates_are_errors(days) -> None:
    frame = pl.concat([days(bars=3), days(bars=3, start="2020-01-03")])
    assert checks(frame) == {"duplicate": 1}
    assert checks(days(bars=3).reverse()) == {"disorder": 2}


def test_a_daily_gap_counts_from_eight_days(days) -> None:
    assert checks(pl.concat([days(bars=2), days(start="2020-01-09", bars=2)])) == {}
    found = check_bars("A", "1d", Rows.of(pl.concat([days(bars=2), days(start="2020-01-10", bars=2)])), NO_ACTIONS)
    assert [(f.check, f.count, f.severity) for f in found] == [("gap", 1, "warning")]
    assert found[0].first == dt.datetime(2020, 1, 2, tzinfo=dt.UTC)
    assert "8 days" in found[0].detail


def test_every_missing_minute_counts(days) -> None:
    minutes = [0, 1, 2, 5, 6, 10]
    start = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
    ts = pl.Series([start + dt.timedelta(minutes=m) for m in minutes]).cast(pl.Datetime("us", "UTC"))
    found = check_bars("A", "1m", Rows.of(days(bars=6).with_columns(ts=ts)), NO_ACTIONS)
    assert [(f.check, f.count) for f in found] == [("gap", 5)]
    assert "5 of 11 slots" in found[0].detail
    assert "0:04:00, follows 2020-01-01 00:06" in found[0].detail


def test_a_jump_like_a_split_is_named_unless_a_split_explains_it(market, put, days) -> None:
    closes = np.array([100.0, 101, 51, 52, 53])
    frame = days().with_columns(open=closes, high=closes + 1, low=closes - 1, close=closes)
    assert checks(frame) == {"split_missing": 1, "extreme_move": 1}
    put(frame.with_columns(split=pl.Series([1.0, 1, 2, 1, 1])))
    assert market.verify() == []
    put(frame.with_columns(split=pl.Series([1.0, 1, 1, 3, 1])))
    assert [f.check for f in market.verify()] == ["extreme_move", "split_mismatch", "split_missing"]


def test_a_dividend_of_a_fifth_of_the_price_is_named(market, put, days) -> None:
    put(days(dividend=[0, 0, 30, 0, 0]))
    assert [f.check for f in market.verify()] == ["large_dividend"]


def test_known_defects_of_real_bars_are_found(shared) -> None:
    year = shared / "crypto_1m/LTCUSD_2019.parquet"
    frame = pl.read_parquet(year)
    found = {f.check: f for f in check_bars("LTC", "1m", Rows.of(frame), NO_ACTIONS)}
    assert found["gap"].count == 525_600 - len(frame)
