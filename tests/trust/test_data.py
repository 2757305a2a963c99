"""Bars that change on disk: what stands on them is computed anew, what does not is left alone, and why says DATA."""

import runpy
from pathlib import Path

import polars as pl
import pytest

STYLES = runpy.run_path(str(Path(__file__).parent / "styles.py"))
in_every_style, nodes = STYLES["in_every_style"], STYLES["nodes"]
UNTIL = "daily: {timeframe: 1d, to: 2020-01-10}"
WITHIN = "daily: {timeframe: 1d, from: 2020-01-04, to: 2020-01-10}"


@pytest.fixture
def market(world):
    world.on_disk()
    return world


def one(world, day, symbol="BBB", **fields):
    """One stored bar with other fields."""
    there = (pl.col("ts") == world.day(day)) & (pl.col("symbol") == symbol)
    return world.bars().filter(there).with_columns(**{name: pl.lit(value) for name, value in fields.items()})


@in_every_style()
def test_a_corrected_bar_inside_the_range_is_seen(market, style) -> None:
    market.run(nodes(style), bars=UNTIL)
    market.calls()
    market.put(one(market, "2020-01-10", close=7.0, low=6.0))
    assert market.why(nodes(style), bars=UNTIL) == ["DATA"]
    run = market.run(nodes(style), bars=UNTIL)
    assert list(dict.fromkeys(market.calls())) == ["base", f"user_{style}"]
    value = market.store.values[run.plan.step("g", "user").key]
    found = value["value"] if isinstance(value, pl.DataFrame) else value["value"].series
    assert 14.0 in found.to_list()


@in_every_style()
def test_bars_appended_or_corrected_after_the_range_change_nothing(market, style) -> None:
    named = UNTIL.replace("1d", "1d, symbols: [AAA, BBB, CCC]")
    market.run(nodes(style), bars=named)
    market.calls()
    later = market.bars(rows=20).filter(pl.col("ts") > market.day("2020-01-12"))
    for frame in (later, later.with_columns(pl.col("close") + 0.25), market.bars(("DDD",))):
        market.put(frame)
        assert market.why(nodes(style), bars=named) == ["STORED"]
    market.run(nodes(style), bars=named)
    assert market.calls() == []


@in_every_style()
def test_a_bar_corrected_after_the_range_may_cost_a_computation_but_changes_no_value(market, style) -> None:
    """What is digested is a year of daily bars at a time: another bar of the same year cannot be told apart."""
    before = market.run(nodes(style), bars=UNTIL)
    market.put(one(market, "2020-01-11", close=7.0, low=6.0))
    after = market.run(nodes(style), bars=UNTIL)
    values = [market.store.values[run.plan.step("g", "user").key] for run in (before, after)]
    first, second = (v["value"] if isinstance(v, pl.DataFrame) else v["value"].series for v in values)
    assert first.equals(second)


@in_every_style()
@pytest.mark.parametrize("adjust", ["none", "splits", "total"])
def test_a_split_and_a_dividend_after_the_range_change_nothing_whatever_the_adjustment(market, style, adjust) -> None:
    bars = UNTIL.replace("1d", f"1d, adjust: {adjust}")
    first = market.first(market.run(nodes(style), bars=bars))
    market.calls()
    later = market.bars(rows=20).filter(pl.col("ts") > market.day("2020-01-12"))
    split = pl.when(pl.col("ts") == market.day("2020-01-14")).then(2.0).otherwise(1.0)
    dividend = pl.when(pl.col("ts") == market.day("2020-01-15")).then(0.5).otherwise(0.0)
    market.put(later.with_columns(split=split, dividend=dividend))
    assert market.why(nodes(style), bars=bars) == ["STORED"]
    assert market.first(market.run(nodes(style), bars=bars)) == first
    assert market.calls() == []


@pytest.mark.parametrize(("adjust", "value"), [("none", 100.0), ("splits", 50.0)])
def test_a_split_inside_the_range_is_seen_by_whoever_adjusts_for_it(market, adjust, value) -> None:
    graph, bars = "user: {use: base, in: daily.close}", UNTIL.replace("1d", f"1d, adjust: {adjust}")
    market.run(graph, bars=bars)
    market.calls()
    market.put(one(market, "2020-01-08", symbol="AAA").with_columns(split=pl.lit(2.0)))
    changed = adjust != "none"
    assert market.why(graph, bars=bars) == (["DATA"] if changed else ["STORED"])
    assert market.first(market.run(graph, bars=bars)) == value
    assert market.calls() == (["base"] if changed else [])


def test_a_bar_corrected_before_the_asked_range_is_seen_for_history_counts(market) -> None:
    graph = "user: {use: summed, in: daily.close}\npaid: {use: account, in: daily.close}"
    market.node(
        "summed",
        """
        @indicator(recursive=True)
        def summed(x: Number) -> Number:
            \"\"\"All so far.\"\"\"
            note("summed")
            return x.cum_sum()
        """,
    )
    before = market.first(market.run(graph, bars=WITHIN), "user")
    market.put(one(market, "2020-01-01", symbol="AAA", close=90.0, low=80.0))
    market.calls()
    assert market.why(graph, bars=WITHIN) == ["DATA"]
    assert market.first(market.run(graph, bars=WITHIN), "user") == before - 10.0
    # an account does not see that bar, but its node cannot know: its key is of the same bars
    assert market.calls() == ["summed", "account 0"]


def test_a_correction_taken_back_serves_the_old_value_again(market) -> None:
    graph = nodes("expression")
    market.run(graph)
    market.put(one(market, "2020-01-05", close=7.0, low=6.0))
    market.run(graph)
    market.calls()
    market.put(one(market, "2020-01-05"))
    market.run(graph)
    assert market.calls() == []


@pytest.mark.parametrize(("first", "second"), [("high", "low"), ("open", "close")])
def test_swapped_columns_of_an_import_are_seen(market, first, second) -> None:
    graph = f"user: {{use: base, in: daily.{first}}}"
    before = market.first(market.run(graph))
    swapped = market.bars().rename({first: second, second: first})
    market.put(swapped.select(market.bars().columns))
    assert market.why(graph) == ["DATA"]
    assert market.first(market.run(graph)) != before


@pytest.mark.parametrize("column", ["open", "high", "low", "close", "volume"])
def test_a_correction_of_one_column_alone_is_seen_by_nodes_that_read_it(market, column) -> None:
    graph = f"user: {{use: base, in: daily.{column}}}"
    before = market.first(market.run(graph))
    market.put(market.bars().head(1).with_columns(pl.col(column) + 0.25))
    assert market.first(market.run(graph)) == before + 0.25


def test_a_symbol_that_was_removed_and_imported_with_other_bars_is_seen(market) -> None:
    graph = nodes("expression")
    market.run(graph)
    market.put(market.bars(("AAA",)).with_columns(pl.col("close") * 2, pl.col("high") * 2))
    assert market.first(market.run(graph)) == 400.0


def test_bars_that_change_between_the_plan_and_its_run_do_not_mix_into_its_keys(market) -> None:
    """A plan names the bars that it saw; what is imported in between belongs to the next one."""
    planned = market.plan(nodes("expression"))
    market.put(one(market, "2020-01-01", symbol="AAA", close=90.0, low=80.0))
    assert market.first(market.run(planned)) == 200.0
    assert market.first(market.run(nodes("expression"))) == 180.0
