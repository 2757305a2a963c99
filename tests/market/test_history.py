"""The log of a market, differences between its states, facts of symbols, and calendars."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest

from pipeline.errors import MarketError, UsageError
from pipeline.market import import_files, import_frame
from pipeline.market.calendar import sessions
from pipeline.market.facts import Facts
from pipeline.market.manifest import KEPT


def checks(market):
    return {(f.symbol, f.check): f.count for f in market.verify()}


# --- what was done ------------------------------------------------------------------------------------


def test_every_change_is_logged_with_its_counts(market, put, days) -> None:
    put(days("A", bars=5))
    put(days("A", bars=5))  # changes nothing, so it is no state
    put(pl.concat([days("A", bars=6, close=200.0), days("B", bars=2)]))
    market.remove("B", "1d")
    log = market.log()
    assert [number for number, _ in log] == [3, 2, 1]
    assert [(n.what, n.symbols, n.new, n.replaced, n.removed) for _, n in log] == [
        ("remove", ("B",), 0, 0, 2),
        ("import", ("A", "B"), 3, 5, 0),
        ("import", ("A",), 5, 0, 0),
    ]
    assert log[1][1].source == "test"
    assert dt.datetime.fromisoformat(log[0][1].at).tzinfo is not None


def test_the_log_outlives_the_states_that_are_kept(market, put, days) -> None:
    for bars in range(1, KEPT + 6):
        put(days("A", bars=bars))
    assert [number for number, _ in market.log()] == list(range(KEPT + 5, 0, -1))
    with pytest.raises(UsageError, match="state 2 is not kept"):
        market.diff(2)


def test_a_writer_that_dies_while_it_prunes_takes_no_line_of_the_log_with_it(market, put, days, monkeypatch) -> None:
    for bars in range(1, KEPT + 1):
        put(days("A", bars=bars))

    def die(*_) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("pathlib.Path.rename", die)
        with pytest.raises(KeyboardInterrupt):
            put(days("A", bars=KEPT + 1))
    put(days("A", bars=KEPT + 2))
    assert [number for number, _ in market.log()] == list(range(KEPT + 2, 0, -1))


def test_a_difference_counts_what_came_went_and_changed(market, put, days) -> None:
    put(pl.concat([days("A", bars=5), days("B", bars=3)]))
    put(days("A", bars=7).with_columns(close=pl.when(pl.int_range(pl.len()) == 1).then(99.5).otherwise("close")))
    market.remove("B", "1d")
    (a,) = market.diff(1, 2)
    assert (a.symbol, a.added, a.removed, a.changed) == ("A", 2, 0, 1)
    assert (a.first.day, a.last.day) == (2, 7)
    assert [(d.symbol, d.removed) for d in market.diff(2)] == [("B", 3)]
    assert [(d.symbol, d.added) for d in market.diff(0, 1)] == [("A", 5), ("B", 3)]
    assert market.diff(3) == []


def test_a_correction_in_a_long_history_is_one_difference(market, put, days) -> None:
    put(days("A", bars=3000))
    put(days("A", start="2024-01-01", bars=1, close=7.0))
    (found,) = market.diff(1)
    assert (found.added, found.removed, found.changed) == (0, 0, 1)


# --- facts --------------------------------------------------------------------------------------------


def test_facts_are_kept_beside_the_bars_and_changed_one_by_one(market, put, days) -> None:
    put(days("A", bars=2))
    market.describe(["A", "B"], calendar="weekdays", currency="USD", tick=0.01)
    market.describe(["A"], zone="America/New_York", asset_class="equity")
    assert market.facts() == {
        "A": Facts("equity", "weekdays", "America/New_York", 0.01, "USD"),
        "B": Facts(None, "weekdays", None, 0.01, "USD"),
    }
    assert [note.what for _, note in market.log()] == ["describe", "describe", "import"]
    market.describe(["A"], tick=0.01)
    assert len(market.log()) == 3


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"asset_class": "stock"}, "'stock' is no asset class"),
        ({"zone": "Mars"}, "'Mars' is not a time zone"),
        ({"tick": -1.0}, "the tick is -1.0"),
    ],
)
def test_impossible_facts_are_refused(market, facts, said) -> None:
    with pytest.raises(UsageError, match=said):
        market.describe(["A"], **facts)


# --- calendars ----------------------------------------------------------------------------------------


def test_a_calendar_finds_the_session_that_a_gap_of_days_hides(market, put, days) -> None:
    weekdays = days("A", "2024-01-01", 12).filter(pl.col("ts").dt.weekday() <= 5)
    put(weekdays.filter(pl.col("ts").dt.day() != 3))
    assert checks(market) == {}
    market.describe(["A"], calendar="weekdays")
    assert checks(market) == {("A", "missing_session"): 1}
    market.describe(["A"], calendar="24/7")
    assert checks(market)["A", "missing_session"] == 3


def test_bars_of_a_closed_day_are_named(market, put, days) -> None:
    put(days("A", "2024-01-01", 7))
    market.describe(["A"], calendar="weekdays")
    assert checks(market) == {("A", "no_session"): 2}


def test_an_unknown_calendar_is_named(market) -> None:
    pytest.importorskip("exchange_calendars", reason="the extra `calendars` is not installed")
    with pytest.raises(MarketError, match="there is no calendar 'XNYZ'") as caught:
        market.describe(["A"], calendar="XNYZ")
    assert caught.value.hint.startswith("Did you mean")
    assert caught.value.faults[0].code == "TG309"


def test_opening_hours_follow_daylight_saving() -> None:
    pytest.importorskip("exchange_calendars", reason="the extra `calendars` is not installed")
    found = sessions("XNYS", dt.date(2021, 3, 12), dt.date(2021, 3, 15))
    hours = [(found.opens[i] - found.days[i]) / 3.6e9 for i in range(2)]
    assert hours == [14.5, 13.5]
    thanksgiving = sessions("XNYS", dt.date(2020, 11, 25), dt.date(2020, 11, 27))
    assert [(c - o) / 3.6e9 for o, c in zip(thanksgiving.opens, thanksgiving.closes, strict=True)] == [6.5, 3.5]


def test_ten_real_years_have_every_session(market, shared) -> None:
    pytest.importorskip("exchange_calendars", reason="the extra `calendars` is not installed")
    path = shared / "equities_us_1d/ohlcv_2011-04_2021-04.parquet"
    frame = pl.scan_parquet(path).filter(pl.col("symbol").is_in(["AAPL", "MSFT", "VAR"])).collect()
    import_frame(market, frame, "1d", source="shared")
    market.describe(["AAPL", "MSFT", "VAR"], calendar="XNYS")
    assert {f.check for f in market.verify()} & {"missing_session", "no_session", "gap"} == set()
    assert len(sessions("XNYS", dt.date(2011, 4, 18), dt.date(2021, 4, 21)).days) == 2519


def test_a_night_is_no_gap_for_bars_of_an_exchange(market, shared) -> None:
    pytest.importorskip("exchange_calendars", reason="the extra `calendars` is not installed")
    import_files(market, [shared / "raw/lean_zip/aapl_hour.zip"])
    (before,) = [f for f in market.verify() if f.check == "gap"]
    market.describe(["AAPL"], calendar="XNYS")
    after = [f for f in market.verify() if f.check == "gap"]
    assert before.count == 162_911
    assert sum(f.count for f in after) < 1_000
