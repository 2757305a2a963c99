"""Known defects of real data are found, real moves are kept, and what is clean is called clean."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl
import pytest

from pipeline.market import Market, import_files
from pipeline.market.across import across, quiet_of
from pipeline.market.action import NO_ACTIONS
from pipeline.market.finding import CHECKS
from pipeline.market.part import Rows
from pipeline.market.verify import check_bars

BAD = ("error", "warning")
ONCE = pytest.mark.xdist_group("equities")
"""Ten years of 504 stocks are imported by one worker."""


def named(findings, check):
    return {finding.symbol for finding in findings if finding.check == check}


def minutes(days, gaps=(), count=600, start="2024-01-02"):
    """Minute bars without those of `gaps`, as (first, last) minute."""
    kept = [i for i in range(count) if not any(a <= i <= b for a, b in gaps)]
    first = dt.datetime.fromisoformat(start)
    ts = pl.Series([first + dt.timedelta(minutes=i) for i in kept]).cast(pl.Datetime("us", "UTC"))
    return Rows.of(days(bars=len(kept)).with_columns(ts=ts))


# --- checks of one symbol -----------------------------------------------------------------------------


def test_a_wick_beyond_body_and_neighbours_is_named(days) -> None:
    rows = minutes(days, count=50)
    high = rows.values[1].copy()
    high[20] *= 2.0
    found = check_bars("A", "1m", Rows(rows.ts, (rows.values[0], high, *rows.values[2:])), NO_ACTIONS)
    (wick,) = [finding for finding in found if finding.check == "wick"]
    assert (wick.count, wick.severity) == (1, "warning")
    assert wick.first == dt.datetime(2024, 1, 2, 0, 20, tzinfo=dt.UTC)


def test_a_move_that_the_neighbours_follow_is_no_wick(days) -> None:
    rows = minutes(days, count=50)
    doubled = [np.where(np.arange(50) < 20, column, 2 * column) for column in rows.values[:4]]
    found = check_bars("A", "1m", Rows(rows.ts, (*doubled, rows.values[4])), NO_ACTIONS)
    assert {finding.check for finding in found} == set()


def test_a_bar_that_repeats_the_one_before_is_stale(days) -> None:
    frame = days(bars=6)
    again = frame.with_columns(
        pl.when(pl.int_range(pl.len()) == 3).then(pl.col(n).shift()).otherwise(pl.col(n)).alias(n)
        for n in ("open", "high", "low", "close", "volume")
    )
    assert [(f.check, f.count) for f in check_bars("A", "1d", Rows.of(again), NO_ACTIONS)] == [("stale", 1)]


def test_a_real_crash_is_told_as_what_it_is_and_stays(market, put, days) -> None:
    closes = np.array([100.0, 101, 54, 53, 52])
    frame = days().with_columns(open=closes, high=closes + 1, low=closes - 1, close=closes)
    report = put(frame.with_columns(open=pl.Series([100.0, 101, 70, 53, 52]), high=pl.Series([101.0, 102, 71, 54, 53])))
    assert [(f.check, f.severity) for f in report.symbols[0].findings] == [("extreme_move", "info")]
    assert report.taken == 5


def test_a_coefficient_that_is_no_ratio_is_a_spin_off(market, put, days) -> None:
    closes = np.array([100.0, 101, 68, 67, 66])
    frame = days().with_columns(open=closes, high=closes + 1, low=closes - 1, close=closes)
    put(frame.with_columns(split=pl.Series([1.0, 1, 1.487, 1, 1])))
    assert named(market.verify(), "odd_split") == {"A"}
    put(frame.with_columns(split=pl.Series([1.0, 1, 1.5, 1, 1])))
    assert market.verify() == []


def test_an_adjusted_close_that_tells_another_story_is_named(market, put, days) -> None:
    frame = days(bars=4).with_columns(adj_close=pl.Series([50.0, 50.5, 102.0, 103.0]), split=pl.lit(1.0))
    findings = put(frame).symbols[0].findings
    assert [(f.check, f.count, str(f.first.date())) for f in findings] == [("adjusted_mismatch", 1, "2020-01-03")]


# --- checks of several symbols ------------------------------------------------------------------------


def test_an_hour_that_half_of_the_symbols_lack_is_an_outage(days) -> None:
    count = 60 * 24 * 12
    gone = [(5000, 5100)]
    rows = [minutes(days, gaps, count) for gaps in (gone, [(5010, 5090)], [])]
    (found,) = across("1m", [quiet_of(each.ts, "1m") for each in rows])
    assert (found.check, found.symbol, found.count) == ("outage", "", 1)
    assert "81 min" in found.detail
    assert across("1m", [quiet_of(each.ts, "1m") for each in (rows[0], rows[2], rows[2], rows[2])]) == []


def test_an_exchange_that_closes_every_night_is_not_down(days) -> None:
    nights = [(1440 * day + 600, 1440 * day + 1400) for day in range(12)]
    rows = [minutes(days, nights, 1440 * 12) for _ in range(3)]
    assert across("1m", [quiet_of(each.ts, "1m") for each in rows]) == []


def test_a_universe_without_the_dead_says_so(days) -> None:
    alive = [quiet_of(Rows.of(days(bars=900)).ts, "1d") for _ in range(30)]
    dead = [quiet_of(Rows.of(days(bars=500)).ts, "1d") for _ in range(5)]
    assert [finding.check for finding in across("1d", alive)] == ["survivorship"]
    assert across("1d", alive + dead) == []


def test_every_check_is_documented(request) -> None:
    page = (request.config.rootpath / "docs" / "market-data.md").read_text()
    for check, (severity, meaning) in CHECKS.items():
        assert f"| `{check}` | {severity} | {meaning} |" in page


# --- real data ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def equities(tmp_path_factory, shared):
    """What is found in ten years of 504 stocks."""
    market = Market(tmp_path_factory.mktemp("equities") / "market")
    report = import_files(market, [shared / "equities_us_1d/ohlcv_2011-04_2021-04.parquet"])
    assert (report.taken, report.dropped) == (1_218_365, 0)
    return market.verify()


@ONCE
def test_the_clean_baseline_is_clean(equities) -> None:
    assert {finding.check for finding in equities if finding.severity == "error"} == set()
    assert {f.check for f in equities} & {"duplicate", "disorder", "ohlc_order", "gap", "wick", "not_positive"} == set()


def day(finding) -> str:
    return str(finding.first.date())


@ONCE
def test_spin_offs_coded_as_dividends_are_found(equities) -> None:
    found = {f.symbol: day(f) for f in equities if f.check == "large_dividend"}
    assert found.items() >= {
        ("GOOGL", "2014-04-03"),
        ("ABT", "2013-01-02"),
        ("EBAY", "2015-07-20"),
        ("HPQ", "2015-11-02"),
        ("PENN", "2013-11-04"),
        ("DISCA", "2014-08-07"),
        ("DISCK", "2014-08-07"),
        ("NI", "2015-07-02"),
        ("JCI", "2012-10-01"),
        ("BAX", "2015-07-01"),
        # a split on the same day, whose coefficient the price does not follow because of it
        ("HLT", "2017-01-04"),
        ("LDOS", "2013-09-30"),
    }
    odd = {f.symbol: day(f) for f in equities if f.check == "odd_split"}
    assert odd.items() >= {("DD", "2019-04-02"), ("HSIC", "2019-02-08"), ("PFE", "2020-11-17")}
    assert "FMC" in odd


@ONCE
def test_real_moves_are_no_warnings(equities) -> None:
    moved = {"APA", "MRO", "OXY", "AMD", "VRTX", "ILMN"}
    told = {f.symbol: f for f in equities if f.check == "extreme_move"}
    assert moved <= told.keys()
    assert {symbol: day(told[symbol]) for symbol in ("MRO", "OXY", "AMD", "VRTX")} == {
        "MRO": "2020-03-09",
        "OXY": "2020-03-09",  # the ex-day of a dividend that explains a fiftieth of it
        "AMD": "2016-04-22",
        "VRTX": "2012-05-07",
    }
    assert {finding.severity for finding in told.values()} == {"info"}
    suspects = {(f.symbol, f.check) for f in equities if f.severity in BAD}
    assert {symbol for symbol, check in suspects if check in ("split_missing", "stale", "wick")} & moved == set()


@ONCE
def test_halted_and_stale_bars_are_found(equities) -> None:
    halted = {f.symbol: (day(f), f.count) for f in equities if f.check == "zero_volume"}
    assert halted == {
        "ABMD": ("2012-12-06", 1),
        "DXCM": ("2016-07-21", 1),
        "VRTX": ("2011-04-28", 1),
        "VAR": ("2021-04-15", 2),
    }
    stale = {f.symbol: (day(f), f.count) for f in equities if f.check == "stale"}
    assert stale == {"SPGI": ("2014-08-04", 2), "WELL": ("2014-08-04", 1), "VAR": ("2021-04-16", 1)}
    assert sum(f.count for f in equities if f.check == "flat") == 91
    assert named(equities, "survivorship") == {""}


def test_defects_of_raw_and_long_files_are_found(market, shared) -> None:
    found = {}
    for path in (shared / "raw/alphavantage_csv", shared / "equities_us_1d/long_1999-11_2011-04_with_adj.parquet"):
        for symbol in import_files(market, [path]).symbols:
            found[symbol.symbol] = {f.check: f for f in symbol.findings}
    assert day(found["GNRC"]["split_mismatch"]) == "2010-02-12"
    assert day(found["ANTM"]["split_mismatch"]) == "2002-03-18"
    assert day(found["ANTM"]["split_missing"]) == "2005-06-02"  # where the split of 2002 belongs
    assert day(found["KSU"]["large_dividend"]) == "2000-07-13"
    assert found["ODFL"]["zero_volume"].count == 81
    assert found["TRMB"]["adjusted_mismatch"].first == dt.datetime(2007, 2, 23, tzinfo=dt.UTC)
    assert [s for s, checks in found.items() if "adjusted_mismatch" in checks] == ["TRMB"]


@pytest.mark.heavy
def test_outages_and_bad_ticks_of_real_minutes_are_found(market, shared) -> None:
    import_files(market, [shared / "crypto_1m", shared / "crypto_5m"])
    findings = market.verify()
    (outage,) = [f for f in findings if f.check == "outage" and f.timeframe == "1m"]
    for day in ("2019-01-07", "2019-02-09", "2019-06-26", "2019-08-01"):
        assert day in outage.detail
    wicks = {f.symbol: f"{f.first:%m-%d %H:%M}" for f in findings if f.check == "wick"}
    assert wicks == {"NEOUSD_2019": "09-11 00:15", "IOTUSD_2019": "02-24 14:10", "ETHUSD_2019": "01-20 11:30"}
    rows = {c.symbol: c.rows for c in market.coverage() if c.timeframe == "1m"}
    missing = {f.symbol: f.count for f in findings if f.check == "gap" and f.timeframe == "1m"}
    share = {symbol[:3]: round(100 * rows[symbol] / (rows[symbol] + count), 1) for symbol, count in missing.items()}
    assert share == {"BTC": 97.6, "ETH": 86.8, "XRP": 84.6, "LTC": 70.1}
    assert {f.check for f in findings} & {"duplicate", "disorder", "ohlc_order"} == set()
    assert {f.check for f in findings if f.severity == "error"} == set()
