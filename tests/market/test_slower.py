"""Slower bars as a source: each symbol by its own exchange's clock, through daylight saving, never ahead of time."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.market import Market, MemoryMarket, import_files
from pipeline.market.clock import Clock, clock_of
from pipeline.market.facts import Facts
from pipeline.model.bars import BarsRequest, Resample

NEW_YORK, TOKYO = Facts(zone="America/New_York"), Facts(zone="Asia/Tokyo")
COLUMNS = ("open", "high", "low", "close", "volume", "n", "vwap", "partial")


def spaced(symbol: str, start: dt.datetime, bars: int, minutes: int) -> pl.DataFrame:
    """Bars without a gap; the close counts up."""
    ts = [start + dt.timedelta(minutes=minutes * i) for i in range(bars)]
    close = np.arange(bars) + 100.0
    return pl.DataFrame(
        {"symbol": [symbol] * bars, "ts": ts, "open": close, "high": close + 1, "low": close - 1, "close": close}
        | {"volume": np.full(bars, 2.0)}
    ).with_columns(pl.col("ts").cast(pl.Datetime("us")))


def table(market, request: BarsRequest) -> pl.DataFrame:
    panel = market.read(market.resolve(request), COLUMNS)
    return pl.DataFrame(
        [panel.symbol_column, panel.ts.alias("ts"), panel.end, *(c.series.alias(n) for n, c in panel.columns.items())]
    )


def test_days_are_those_of_each_symbols_exchange() -> None:
    bars = pl.concat(spaced(symbol, dt.datetime(2024, 1, 8), 24 * 5, 60) for symbol in ("HERE", "NYC", "TYO"))
    market = MemoryMarket({"1h": bars}, {"NYC": NEW_YORK, "TYO": TOKYO})
    found = table(market, BarsRequest("1d", resample=Resample("1h")))
    first = found.group_by("symbol", maintain_order=True).first()
    assert first.select("symbol", pl.col("ts").dt.day(), "n").rows() == [("HERE", 8, 24), ("NYC", 7, 5), ("TYO", 8, 15)]
    assert first["end"].dt.hour().to_list() == [0, 5, 15]
    assert found["symbol"].is_sorted()


@pytest.mark.parametrize(
    ("facts", "start", "partial"),
    [
        (Facts(), dt.datetime(2024, 1, 8, 13), True),
        (Facts(), dt.datetime(2024, 1, 8), False),
        (Facts(calendar="24/7"), dt.datetime(2024, 1, 8, 0, 30), True),
        (NEW_YORK, dt.datetime(2024, 1, 8, 5), False),
        (Facts(calendar="weekdays", zone="America/New_York"), dt.datetime(2024, 1, 8, 14, 30), False),
    ],
)
def test_a_first_day_that_began_before_its_bars_is_partial(facts, start, partial) -> None:
    market = MemoryMarket({"30m": spaced("A", start, 48 * 3, 30)}, {"A": facts})
    days = table(market, BarsRequest("1d", resample=Resample("30m")))
    assert days["partial"].to_list() == [partial, *[False] * (len(days) - 1)]


def test_what_the_source_says_goes_before_what_is_known() -> None:
    market = MemoryMarket({"1h": spaced("NYC", dt.datetime(2024, 1, 8), 48, 60)}, {"NYC": NEW_YORK})
    said = table(market, BarsRequest("1d", resample=Resample("1h", zone="UTC")))
    assert said["n"].to_list() == [24.0, 24.0]


@pytest.mark.parametrize(("day", "halves"), [("2021-03-14", 46), ("2021-11-07", 50), ("2021-07-01", 48)])
def test_a_day_has_the_hours_that_daylight_saving_leaves_it(day, halves) -> None:
    start = dt.datetime.fromisoformat(day) - dt.timedelta(days=2)
    market = MemoryMarket({"30m": spaced("NYC", start, 48 * 5, 30)}, {"NYC": NEW_YORK})
    days = table(market, BarsRequest("1d", resample=Resample("30m")))
    (row,) = days.filter(pl.col("ts") == dt.datetime.fromisoformat(day).replace(tzinfo=dt.UTC)).rows(named=True)
    assert row["n"] == halves
    assert not row["partial"]
    hours = table(market, BarsRequest("1h", resample=Resample("30m")))
    assert hours["n"].unique().to_list() == [2.0]
    assert hours["ts"].diff().drop_nulls().unique().to_list() == [dt.timedelta(hours=1)]


def test_a_fact_that_moves_days_makes_other_bars(market, put) -> None:
    put(spaced("A", dt.datetime(2024, 1, 8), 48, 60), "1h")
    silent, said = (BarsRequest("1d", resample=Resample("1h", zone=zone, weekdays=False)) for zone in (None, "UTC"))
    before = market.resolve(silent), market.resolve(said)
    market.describe(["A"], zone="America/New_York")
    after = market.resolve(silent), market.resolve(said)
    assert before[0].digests != after[0].digests
    assert before[1].digests == after[1].digests
    # a plan of before still reads what it planned
    assert len(market.read(before[0], ["close"])) == 2
    assert market.read(after[0], ["close"]).columns["close"].array.tolist() == [104.0, 128.0]


def test_the_clock_of_a_calendar() -> None:
    pytest.importorskip("exchange_calendars", reason="the extra `calendars` is not installed")
    rule = Resample("1h")
    assert clock_of(rule, Facts(calendar="XNYS")) == Clock("America/New_York", dt.time(0), weekdays=True)
    assert clock_of(rule, Facts(calendar="24/7")) == Clock()
    assert clock_of(rule, Facts(calendar="weekdays", zone="Europe/London")) == Clock("Europe/London", weekdays=True)
    assert clock_of(rule, Facts(calendar="CMES")) == Clock("America/Chicago", dt.time(17), weekdays=True)
    # an evening in Chicago means nothing on another clock, and Sunday's bars are Sunday's there
    assert clock_of(rule, Facts(calendar="CMES", zone="UTC")) == Clock()
    assert clock_of(Resample("1h", weekdays=False), Facts(calendar="XNYS")).weekdays is False


def test_sunday_evening_of_a_future_is_mondays() -> None:
    pytest.importorskip("exchange_calendars", reason="the extra `calendars` is not installed")
    # from Sunday 17:00 in Chicago to Friday 16:00, an hour each
    bars = spaced("6E", dt.datetime(2024, 1, 7, 23), 24 * 5 - 1, 60)
    market = MemoryMarket({"1h": bars}, {"6E": Facts(calendar="CMES")})
    days = table(market, BarsRequest("1d", resample=Resample("1h")))
    assert days["ts"].dt.weekday().to_list() == [1, 2, 3, 4]
    assert days["n"].to_list() == [24.0] * 4
    market = MemoryMarket({"1d": days.drop("n", "vwap", "partial", "end")}, {"6E": Facts(calendar="CMES")})
    assert len(table(market, BarsRequest("1w", resample=Resample("1d")))) == 0  # Friday is not over


def test_real_hours_make_the_vendors_days_by_the_calendar_alone(market: Market, shared) -> None:
    pytest.importorskip("exchange_calendars", reason="the extra `calendars` is not installed")
    import_files(market, [shared / "raw/lean_zip/aapl_daily.zip", shared / "raw/lean_zip/aapl_hour.zip"])
    market.describe(["AAPL"], calendar="XNYS")
    made = table(market, BarsRequest("1d", adjust="none", resample=Resample("1h")))
    theirs = market.show("AAPL", "1d", limit=None)
    both = made.join(theirs, on="ts", suffix="_theirs")
    assert len(both) == len(made) >= 5848
    for name in ("open", "high", "low", "close"):
        assert both[name].equals(both[f"{name}_theirs"].alias(name)), name


@given(
    cut=st.integers(1, 400),
    hours=st.sampled_from(["1h", "4h", "1d", "1w", "1mo"]),
    facts=st.sampled_from([Facts(), NEW_YORK, TOKYO, Facts(zone="Australia/Lord_Howe"), Facts(calendar="weekdays")]),
    start=st.sampled_from([dt.datetime(2021, 3, 8), dt.datetime(2021, 10, 30), dt.datetime(2021, 7, 5)]),
)
@settings(derandomize=True, deadline=None, database=None, max_examples=60)
def test_no_bar_changes_for_what_comes_later(cut, hours, facts, start) -> None:
    bars = spaced("A", start, 400, 30)
    if facts.calendar:
        bars = bars.filter(pl.col("ts").dt.weekday() <= 5)
    whole = MemoryMarket({"30m": bars}, {"A": facts})
    request = BarsRequest(hours, resample=Resample("30m"))
    early = table(MemoryMarket({"30m": bars.head(cut)}, {"A": facts}), request)
    later = table(whole, request)
    assert early.equals(later.head(len(early)))
    # and whatever is over by then is there
    end = bars["ts"][min(cut, len(bars)) - 1].replace(tzinfo=dt.UTC) + dt.timedelta(minutes=30)
    assert len(early) == int((later["end"] <= end).sum())
