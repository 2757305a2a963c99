"""The axis of a node: who may change it, who shares it, and what runs and is reused on it."""

import datetime as dt

import polars as pl
import pytest

from pipeline.errors import GraphError
from pipeline.market import MemoryMarket

PANEL = '''
from pipeline import Axis, Anything


def odd(axis, *, keep):
    """Every `keep`th row of a symbol."""
    return axis.filter(pl.int_range(pl.len()).over("symbol") % keep == 0)


def unsorted(axis):
    return axis.reverse()


Keep = Annotated[int, Param("Every how manieth row", ge=1, le=9)]


@indicator(style="panel", rows=odd)
def thin(rows: Axis, x: Number, *, keep: Keep = 2, add: Annotated[float, Param("What is added")] = 0.0) -> SameKind:
    """Keep some rows."""
    note(f"thin {keep} {add:g}")
    return rows.join(x, on=["symbol", "ts"], how="left", maintain_order="left")["value"] + add


@indicator(style="panel", rows="to")
def onto(rows: Axis, x: Number, to: Anything) -> SameKind:
    """The last value at or before a row."""
    note("onto")
    return rows.join_asof(x.drop("end"), on="ts", by="symbol", check_sortedness=False)["value"]


@indicator(style="panel", rows=unsorted)
def backwards(rows: Axis, x: Number) -> SameKind:
    """Rows that are in disorder."""
    return x["value"]


@indicator(style="panel", rows="to")
def short(rows: Axis, x: Number, to: Anything) -> SameKind:
    """Too few values."""
    return x["value"].head(1)
'''
NODES = """
thinned: {use: thin, in: daily.close, with: {keep: 3}}
doubled: {use: plus, in: {x: thinned, y: thinned}}
other: {use: thin, in: daily.open, with: {keep: 3, add: 1}}
both: {use: plus, in: {x: doubled, y: other}}
back: {use: onto, in: {x: both, to: daily}}
all: {use: plus, in: {x: back, y: daily.close}}
"""


@pytest.fixture
def axes(world):
    world.node("axes", PANEL)
    return world


def test_nodes_on_made_rows_and_back(axes):
    run = axes.run(NODES)
    assert run.counts["computed"] == 6, run.records
    assert axes.values(run, "thinned") == [100.0, 103, 106, 109, 200, 203, 206, 209, 300, 303, 306, 309]
    # doubled is twice the close, other the open and 1: 2 * 100 + 99.5 + 1
    assert axes.values(run, "both")[:2] == [300.5, 309.5]
    assert axes.values(run, "back")[:6] == [300.5] * 3 + [309.5] * 3
    assert len(axes.values(run, "all")) == 36


def test_what_is_stored_on_made_rows_is_reused_alone(axes):
    axes.run(NODES)
    axes.calls()
    run = axes.run(NODES.replace("all: {use: plus", "all: {use: onto").replace("y: daily.close", "to: daily"))
    assert axes.calls() == ["onto"]
    assert run.counts["cached"] == 5
    # the rows are made anew for what is computed on them; the value that has them is not
    run = axes.run(NODES + "more: {use: plus, in: {x: other, y: doubled}, with: {by: 5}}\n")
    assert axes.calls() == ["plus 5"]
    assert axes.values(run, "more")[0] == 305.5


@pytest.mark.parametrize(
    ("wiring", "said"),
    [
        ("{x: thinned, y: daily.close}", "the rows made by node 'thinned' and those of 'daily'"),
        ("{x: daily.close, y: thinned}", "the rows of 'daily' and those made by node 'thinned'"),
        ("{x: thinned, y: fewer}", "the rows made by node 'thinned' and those made by node 'fewer'"),
    ],
)
def test_different_rows_are_a_fault_at_check_time(axes, wiring, said):
    with pytest.raises(GraphError) as caught:
        axes.check(
            f"""
            thinned: {{use: thin, in: daily.close, with: {{keep: 3}}}}
            fewer: {{use: thin, in: daily.close, with: {{keep: 4}}}}
            bad: {{use: plus, in: {wiring}}}
            """
        )
    (fault,) = caught.value.faults
    assert fault.code == "TG216"
    assert said in fault.message
    assert "align" in fault.hint


def test_another_timeframe_is_wired_by_a_node_that_has_the_rows_of_the_other(axes):
    minutes = axes.bars(rows=4).with_columns(ts=pl.col("ts") + dt.timedelta(hours=5))
    axes.market = MemoryMarket({"1d": axes.bars(), "1h": minutes})
    bars = "daily: {timeframe: 1d}\nhourly: {timeframe: 1h}"
    run = axes.run("seen: {use: onto, in: {x: daily.close, to: hourly}}", bars=bars)
    assert axes.values(run, "seen")[:4] == [100.0, 101.0, 102.0, 103.0]
    step = run.plan.step("g", "seen")
    assert {request.timeframe for request in step.requests} == {"1d", "1h"}
    assert step.axis.timeframe == "1h"


def test_an_account_on_made_rows_sees_the_asked_range(axes):
    bars = "daily: {timeframe: 1d, from: 2020-01-05}"
    run = axes.run(
        "thinned: {use: thin, in: daily.close, with: {keep: 3}}\nheld: {use: account, in: thinned}\n"
        "back: {use: onto, in: {x: held, to: daily}}",
        bars=bars,
    )
    assert axes.values(run, "held")[:2] == [106.0, 106.0 + 109.0]
    assert axes.values(run, "back")[:3] == [None, None, 106.0]
    assert run.records[-1].rows == 24


@pytest.mark.parametrize(
    ("nodes", "said"),
    [
        ("a: {use: backwards, in: daily.close}", "made rows that are not sorted"),
        ("a: {use: short, in: {x: daily.close, to: daily}}", "gave 1 values of 'value' for 36 rows"),
    ],
)
def test_what_a_panel_node_gives_is_checked(axes, nodes, said):
    (record,) = axes.run(nodes).records
    assert record.failure.code == "TG502"
    assert said in record.failure.message


def test_slower_bars_are_a_source(axes):
    run = axes.run(
        "a: {use: plus, in: weekly.close}\nb: {use: plus, in: weekly.n}",
        bars="weekly: {timeframe: 1w, resample: 1d, weekdays: false, symbols: all}",
    )
    # 2020-01-01 is a Wednesday: the first week has 5 bars, the second is over with Sunday the 12th
    assert axes.values(run, "a") == [104.0, 111.0, 204.0, 211.0, 304.0, 311.0]
    assert axes.values(run, "b")[:2] == [5.0, 7.0]


@pytest.mark.parametrize(
    ("bars", "code", "said"),
    [
        ("w: {timeframe: 1w, resample: 1w}", "TG223", "1w bars cannot be made of 1w bars"),
        ("w: {timeframe: 1w, weekdays: true}", "TG108", "`weekdays` is for slower bars"),
        ("w: {timeframe: 1w, resample: daily}", "TG306", "'daily' is not a timeframe"),
        ("w: {timeframe: 1w, resample: 1d, zone: Mars}", "TG222", "'Mars' is not a time zone"),
    ],
)
def test_faults_of_slower_sources_name_their_field(axes, bars, code, said):
    with pytest.raises(GraphError) as caught:
        axes.check("a: {use: plus, in: w.close}", bars=bars)
    assert [fault.code for fault in caught.value.faults] == [code]
    assert said in caught.value.faults[0].message


def test_stored_bars_have_no_count(axes):
    with pytest.raises(GraphError, match="bars 'daily' have no column 'n'"):
        axes.check("a: {use: plus, in: daily.n}")


def test_params_that_make_no_rows_are_found_before_a_bar_is_read(axes):
    axes.node("axes", PANEL.replace("def odd(axis, *, keep):", "def odd(axis, *, keep):\n    1 / (keep - 3)"))
    with pytest.raises(GraphError, match="cannot make rows: ZeroDivisionError"):
        axes.check("a: {use: thin, in: daily.close, with: {keep: 3}}")


def test_what_one_symbol_gives_to_all_is_not_reused_by_symbol(axes):
    """A corrected index changes what was aligned to it, also for symbols whose own bars are as they were."""
    axes.node(
        "spread",
        """
        from pipeline import Anything, Axis

        @indicator(style="panel", rows="to")
        def spread(rows: Axis, x: Number, to: Anything) -> SameKind:
            '''The first symbol's values for all.'''
            note("spread")
            first = x.filter(pl.col("symbol") == "AAA")
            return rows.join(first.select("ts", "value"), on="ts", how="left", maintain_order="left")["value"]
        """,
    )
    axes.on_disk()
    nodes = "a: {use: spread, in: {x: daily.close, to: daily}}\nb: {use: plus, in: a}"
    axes.run(nodes)
    axes.put(axes.bars(symbols=("AAA",)).with_columns(pl.col("close") + 0.25))
    run = axes.run(nodes)
    assert axes.values(run, "b")[12] == 100.25
    assert axes.values(axes.run(nodes, bars="daily: {timeframe: 1d, symbols: [AAA, CCC]}"), "b")[12] == 100.25


@pytest.mark.parametrize("bars", ["weekly: {timeframe: 1w, resample: 1d, to: 2020-01-08}"])
def test_a_shorter_range_of_slower_bars_has_no_bar_of_the_longer_one_that_is_unfinished(axes, bars):
    axes.run("a: {use: plus, in: weekly.close}", bars=bars.replace(", to: 2020-01-08", ""))
    run = axes.run("a: {use: plus, in: weekly.close}", bars=bars)
    assert axes.values(run, "a") == [104.0, 204.0, 304.0]
