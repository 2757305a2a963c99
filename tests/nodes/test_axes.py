"""Axis nodes: slower bars agree with pandas, nothing unfinished is seen, and appending changes nothing."""

import datetime as dt

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nodes.axes.align import align
from nodes.axes.align_event import align_event
from nodes.axes.resample import resample
from nodes.axes.resample_column import resample_column
from nodes.axes.select_column import select_column
from pipeline.errors import NodeError
from pipeline.model.period import bar_ends
from pipeline.model.rows import made_rows

QUIET = settings(derandomize=True, deadline=None, database=None, max_examples=40)
INSTANT = pl.Datetime("us", "UTC")


def panel(moments, timeframe="5m", symbols=("A",), seed=1):
    """Bars at `moments` for each symbol, of a random walk."""
    rng = np.random.default_rng(seed)
    frames = []
    for symbol in symbols:
        close = 100.0 + np.cumsum(rng.normal(0, 1, len(moments)))
        opened = close + rng.normal(0, 0.5, len(moments))
        ts = pl.Series("ts", moments).cast(INSTANT)
        frames.append(
            pl.DataFrame(
                {
                    "symbol": pl.Series([symbol] * len(moments), dtype=pl.String),
                    "ts": ts,
                    "end": bar_ends(ts, timeframe),
                    "open": opened,
                    "high": np.maximum(opened, close) + 1.0,
                    "low": np.minimum(opened, close) - 1.0,
                    "close": close,
                    "volume": rng.integers(1, 100, len(moments)).astype(float),
                }
            )
        )
    return pl.concat(frames)


def every(minutes, count, start="2021-03-01"):
    first = dt.datetime.fromisoformat(start)
    return [first + dt.timedelta(minutes=minutes * i) for i in range(count)]


def run(node, *ports, **params):
    """A node that makes rows: they, and what it gives on them, as one frame."""
    checked, faults = node.params.check(params, owner=node.id)
    assert not faults, faults
    rows = made_rows(node, checked, ports[0].select("symbol", "ts", "end"))
    axis = pl.DataFrame([rows.symbol_column, rows.ts, rows.end])
    found = node.fn(axis, *ports, **checked)
    return (
        axis.with_columns(found.alias("value"))
        if isinstance(found, pl.Series)
        else pl.concat([axis, found.drop(axis.columns, strict=False)], how="horizontal")
    )


def aligned(node, x, to, **params):
    checked, faults = node.params.check(params, owner=node.id)
    assert not faults, faults
    return node.fn(to.select("symbol", "ts", "end"), x, to, **checked)


@pytest.mark.parametrize(("timeframe", "pandas"), [("15m", "15min"), ("1h", "1h"), ("4h", "4h"), ("1d", "1D")])
def test_slower_bars_are_those_of_pandas(timeframe, pandas):
    bars = panel(every(5, 2000), symbols=("A", "B"))
    found = run(resample, bars, timeframe=timeframe, unfinished=True)
    for symbol in ("A", "B"):
        mine = found.filter(symbol=symbol)
        frame = pd.DataFrame(bars.filter(symbol=symbol).drop("end").to_dict(as_series=False)).set_index("ts")
        groups = frame.resample(pandas)
        expected = groups.agg({"open": "first", "high": "max", "low": "min", "close": "last", "volume": "sum"})
        assert [t.timestamp() for t in expected.index] == [t.timestamp() for t in mine["ts"]]
        for name in expected:
            np.testing.assert_allclose(mine[f"bars_{name}"].to_numpy(), expected[name].to_numpy(), rtol=1e-12)
        assert mine["n"].to_list() == groups["close"].count().to_list()
        typical = (frame["high"] + frame["low"] + frame["close"]) / 3 * frame["volume"]
        vwap = typical.resample(pandas).sum() / expected["volume"]
        np.testing.assert_allclose(mine["vwap"].to_numpy(), vwap.to_numpy(), rtol=1e-12)


def test_weeks_begin_on_monday_and_months_on_the_first():
    bars = panel(every(1440, 90, "2021-01-06"), "1d")
    weekly, monthly = (run(resample, bars, timeframe=t, unfinished=True) for t in ("1w", "1mo"))
    assert {t.weekday() for t in weekly["ts"]} == {0}
    assert [t.day for t in monthly["ts"]] == [1, 1, 1, 1]
    assert weekly["partial"].to_list()[0]
    assert not any(weekly["partial"].to_list()[1:-1])


def test_two_steps_give_the_same_as_one_also_in_n_and_vwap():
    bars = panel(every(1, 3000), "1m")
    once = run(resample, bars, timeframe="1h")
    half = run(resample, bars, timeframe="5m")
    five = half.rename({f"bars_{n}": n for n in ("open", "high", "low", "close", "volume")})
    n, vwap = (five.select("symbol", "ts", "end", value=name) for name in ("n", "vwap"))
    twice = run(resample, five.drop("n", "vwap", "partial"), n, vwap, timeframe="1h")
    for name in once.columns[3:]:
        np.testing.assert_allclose(once[name].cast(float), twice[name].cast(float), rtol=1e-12)


def test_an_unfinished_bar_is_left_out_or_marked():
    bars = panel(every(5, 14))  # one hour and ten minutes
    assert run(resample, bars, timeframe="1h").height == 1
    kept = run(resample, bars, timeframe="1h", unfinished=True)
    assert kept["partial"].to_list() == [False, True]


def test_days_of_new_york_follow_daylight_saving():
    # 09:30 to 16:00 in New York is 14:30 UTC in winter and 13:30 in summer
    moments = [dt.datetime(2021, 3, day, hour, 30) for day, hour in ((11, 14), (12, 14), (15, 13), (16, 13))]
    bars = panel([m + dt.timedelta(hours=h) for m in moments for h in range(6)], "1h")
    found = run(resample, bars, timeframe="1d", zone="America/New_York", unfinished=True)
    assert found["ts"].dt.day().to_list() == [11, 12, 15, 16]
    assert found["end"].dt.hour().to_list() == [5, 5, 4, 4]
    assert found["n"].to_list() == [6.0] * 4


def test_the_repeated_hour_makes_two_hourly_bars_and_one_four_hour_bar_of_five():
    bars = panel(every(30, 48, "2021-11-07T04:00"), "30m")
    hourly = run(resample, bars, timeframe="1h", zone="America/New_York")
    assert hourly.height == 24
    assert hourly["n"].to_list() == [2.0] * 24
    four = run(resample, bars, timeframe="4h", zone="America/New_York", unfinished=True)
    assert four["n"].to_list()[0] == 10.0


def test_a_day_that_begins_at_five_in_the_evening_has_the_date_of_the_next():
    bars = panel(every(60, 48, "2021-06-06T21:00"), "1h")  # Sunday 17:00 in New York
    found = run(resample, bars, timeframe="1d", zone="America/New_York", day_start=dt.time(17))
    assert found["ts"].dt.date().to_list() == [dt.date(2021, 6, 7), dt.date(2021, 6, 8)]
    assert found["n"].to_list() == [24.0, 24.0]


def test_a_bar_on_saturday_contradicts_weekdays():
    bars = panel(every(1440, 10), "1d")
    with pytest.raises(NodeError, match=r"ends at 2021-03-08 .* after the 1w bar of 2021-03-01"):
        run(resample, bars, timeframe="1w", weekdays=True)


def test_fridays_bar_sees_the_week_of_weekdays_and_else_mondays():
    days = [d for d in every(1440, 21) if d.weekday() < 5]
    bars = panel(days, "1d")
    daily = bars.select("symbol", "ts", "end", value="close")
    for weekdays, first in ((True, dt.date(2021, 3, 5)), (False, dt.date(2021, 3, 8))):
        weekly = run(resample_column, daily, timeframe="1w", weekdays=weekdays)
        seen = daily.with_columns(aligned(align, weekly, daily).alias("seen")).drop_nulls("seen")
        assert seen["ts"].dt.date()[0] == first
        assert seen["seen"][0] == daily.filter(pl.col("ts").dt.date() == dt.date(2021, 3, 5))["value"].item()


def test_an_hour_is_seen_by_the_five_minutes_that_end_with_it():
    bars = panel(every(5, 40))
    x = bars.select("symbol", "ts", "end", value="close")
    hourly = run(resample_column, x, timeframe="1h")
    seen = x.with_columns(aligned(align, hourly, x).alias("seen"))
    assert seen["seen"].null_count() == 11
    assert seen["seen"][11] == seen["value"][11]
    late = aligned(align, hourly, x, delay=dt.timedelta(minutes=5))
    assert late.null_count() == 12


def test_one_symbol_is_wired_to_all():
    bars = panel(every(1440, 5), "1d", symbols=("A", "B", "C"))
    x = bars.select("symbol", "ts", "end", value="close")
    found = x.with_columns(aligned(align, x, x, symbol="B").alias("found"))
    index = x.filter(symbol="B")["value"].to_list()
    assert found["found"].to_list() == index * 3
    with pytest.raises(ValueError, match="there is no 'Z' among the symbols of `x`: A, B, C"):
        aligned(align, x, x, symbol="Z")


def test_an_event_is_seen_once():
    bars = panel(every(5, 36), symbols=("A", "B"))
    x = bars.select("symbol", "ts", "end", value=pl.lit(1, dtype=pl.Int8))
    hourly = run(resample_column, x, timeframe="1h", how="last").with_columns(pl.col("value").cast(pl.Int8))
    found = aligned(align_event, hourly, x)
    assert found.to_list() == ([0] * 11 + [1]) * 6


def test_what_is_selected_keeps_its_values():
    bars = panel(every(1440, 6), "1d", symbols=("A", "B"))
    x = bars.select("symbol", "ts", "end", value="close")
    found = run(select_column, x, symbols=["B"], since=dt.datetime(2021, 3, 3))
    assert found["symbol"].unique().to_list() == ["B"]
    assert found["value"].to_list() == x.filter(symbol="B")["value"].to_list()[2:]


@QUIET
@given(st.data())
def test_appended_bars_change_nothing_that_was_there(data):
    """A prefix of the bars gives a prefix of the slower bars, and of what the faster ones see of them."""
    gaps = data.draw(st.lists(st.integers(1, 40), min_size=2, max_size=80))
    moments = [dt.datetime(2021, 3, 12) + dt.timedelta(minutes=15 * int(m)) for m in np.cumsum(gaps)]
    timeframe = data.draw(st.sampled_from(["30m", "1h", "4h", "1d", "1w", "1mo"]))
    zone = data.draw(st.sampled_from(["UTC", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe"]))
    start = data.draw(st.sampled_from([dt.time(0), dt.time(9, 30), dt.time(17)]))
    bars = panel(moments, "15m")
    cut = data.draw(st.integers(1, len(moments) - 1))
    said = {"timeframe": timeframe, "zone": zone, "day_start": start}
    whole, part = run(resample, bars, **said), run(resample, bars.head(cut), **said)
    assert part.equals(whole.head(part.height))
    # no bar lies outside of its period, periods do not overlap, and every bar is in one
    kept = run(resample, bars, unfinished=True, **said)
    assert (kept["ts"].diff().drop_nulls() > dt.timedelta(0)).all()
    assert kept["n"].sum() == len(moments)
    x = bars.select("symbol", "ts", "end", value="close")
    slow = run(resample_column, x, **said)
    seen = aligned(align, slow, x)
    early = aligned(align, run(resample_column, x.head(cut), **said), x.head(cut))
    assert early.equals(seen.head(cut))


def given_bars(node, bars):
    """What a node of this room gives when every port gets the same bars, or a column of them."""
    columns = {"condition": pl.col("close") > pl.col("open"), "event": pl.lit(1, dtype=pl.Int8)}
    ports = []
    for port in node.ports:
        value = columns.get(port.takes.name, pl.col("close"))
        whole = port.takes.name in ("bars", "anything")
        optional = port.takes.name in ("number", "price") and port.name in ("n", "vwap")
        ports.append(None if optional else bars if whole else bars.select("symbol", "ts", "end", value=value))
    params = {"timeframe": "15m"} if "timeframe" in [param.name for param in node.params] else {}
    if node.rows == "to":
        found = aligned(node, *ports, **params)
        return bars.select("symbol", "ts", found)
    return run(node, *ports, **params)


AXIS_NODES = ("align", "align_condition", "align_event", "resample", "resample_column", "select", "select_column")


@pytest.fixture(params=AXIS_NODES)
def axis_node(request, registries):
    return registries([]).registry[request.param]


def test_the_laws_of_other_nodes_hold_where_they_make_sense(axis_node):
    bars = panel(every(5, 61), symbols=("A", "B"))
    whole = given_bars(axis_node, bars)
    assert whole.equals(given_bars(axis_node, bars))
    alone = given_bars(axis_node, bars.filter(symbol="A"))
    assert alone.equals(whole.filter(symbol="A"))
    assert given_bars(axis_node, bars.head(0)).height == 0
    assert given_bars(axis_node, bars.head(1)).height <= 1


def test_every_axis_node_is_tried(registries):
    assert {node.id for node in registries([]).registry if node.style == "panel"} == set(AXIS_NODES)
