from __future__ import annotations

import datetime as dt

import polars as pl
import pytest

from pipeline.errors import UsageError
from pipeline.market import synthesise
from pipeline.market.part import Rows
from pipeline.market.synth import store_synthetic

START = dt.datetime(2020, 1, 1)


def content(frame: pl.DataFrame) -> str:
    return Rows.of(frame).digest()


def test_the_same_seed_gives_the_same_universe_everywhere() -> None:
    # golden: computed once on x86-64 Linux; prices are in cents, so no platform has a say in it
    assert content(synthesise(3, "1d", START, 500, 7)) == "0a67e250c388a886d5c4f812bc9dc596"


def test_a_symbol_does_not_depend_on_how_many_there_are() -> None:
    few, many = synthesise(2, "1d", START, 50, 1), synthesise(5, "1d", START, 50, 1)
    assert few.equals(many.head(100))
    assert content(few) != content(synthesise(2, "1d", START, 50, 2))


@pytest.mark.parametrize("timeframe", ["1m", "1h", "1d", "1w"])
def test_bars_are_consistent(timeframe) -> None:
    frame = synthesise(8, timeframe, START, 1000, 11)
    top, bottom = pl.max_horizontal("open", "close"), pl.min_horizontal("open", "close")
    assert frame.filter((pl.col("high") < top) | (pl.col("low") > bottom) | (pl.col("low") <= 0)).is_empty()
    assert frame.filter(pl.col("volume") < 0).is_empty()
    assert frame.null_count().sum_horizontal().item() == 0


def test_daily_bars_skip_weekends() -> None:
    frame = synthesise(1, "1d", dt.datetime(2020, 1, 4), 10, 1)
    assert frame["ts"][0] == dt.datetime(2020, 1, 6, tzinfo=dt.UTC)
    assert frame["ts"].dt.weekday().max() == 5


def test_an_empty_universe_is_refused() -> None:
    with pytest.raises(UsageError):
        synthesise(0, "1d", START, 10, 1)


def test_a_stored_universe_is_marked_and_has_no_defects(market) -> None:
    store_synthetic(market, n_symbols=20, timeframe="1d", start=START, bars=1000)
    coverage = market.coverage()
    assert [c.symbol for c in coverage[:2]] == ["SYN0001", "SYN0002"]
    assert all(c.synthetic and c.source == "synthetic" for c in coverage)
    assert [f for f in market.verify() if f.severity != "info"] == []
    assert any(len(market.actions(c.symbol)) for c in coverage)
