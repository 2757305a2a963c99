"""Reuse of parts: symbols that were computed before, and the beginning of a longer range, are not computed again."""

import polars as pl
import pytest

from pipeline.engine import Overrides

FOUR = ("AAA", "BBB", "CCC", "DDD")
PER_SYMBOL = '''
@indicator(style="frame")
def framed(x: Number) -> Number:
    """Twice the value."""
    note(f"framed {len(x)}")
    return x * 2


@indicator(scope="cross-section")
def ranked(x: Number) -> Number:
    """The rank among all symbols."""
    note("ranked")
    return x.rank().over("ts")
'''
NODES = "a: {use: framed, in: daily.close}\nb: {use: plus, in: a, with: {by: 1}}"


def daily(symbols: str) -> str:
    return f"daily: {{timeframe: 1d, symbols: {symbols}}}"


@pytest.fixture
def four(site):
    site.node("per_symbol", PER_SYMBOL)
    site.put(site.bars(FOUR))
    return site


def frame(result, node: str) -> pl.DataFrame:
    return result.output(node).select("symbol", "ts", "value")


def test_some_of_the_symbols_that_were_computed_compute_nothing(four) -> None:
    whole = frame(four.run(NODES), "b")
    four.calls()
    result = four.run(NODES, bars=daily("[BBB, DDD]"))
    assert four.calls() == []
    assert result.run.counts["cached"] == 2
    assert frame(result, "b").equals(whole.filter(pl.col("symbol").is_in(["BBB", "DDD"])))
    shown = four.engine().sql("select symbol, ts, value from g.b order by symbol, ts")
    assert shown.equals(frame(result, "b"))


def test_only_symbols_that_were_not_computed_are(four) -> None:
    four.run(NODES, bars=daily("[BBB]"))
    four.calls()
    result = four.run(NODES)
    assert four.calls() == ["framed 12"] * 3 + ["plus 1"]
    assert frame(result, "b")["value"].to_list() == [x * 2 + 1 for x in four.bars(FOUR)["close"].to_list()]
    four.calls()
    assert four.run(NODES).run.counts["cached"] == 2
    assert four.calls() == []


def test_symbols_of_several_runs_make_one_value(four) -> None:
    four.run(NODES, bars=daily("[AAA, CCC]"))
    four.run(NODES, bars=daily("[BBB, DDD]"))
    four.calls()
    result = four.run(NODES)
    assert four.calls() == []
    assert [record.status for record in result.run.records] == ["cached", "cached"]
    assert frame(result, "a")["value"].to_list() == [x * 2 for x in four.bars(FOUR)["close"].to_list()]


def test_a_corrected_symbol_alone_is_computed_again(four) -> None:
    four.run(NODES)
    four.calls()
    four.put(four.bars(FOUR).filter(symbol="CCC").head(1).with_columns(close=pl.lit(7.0)))
    result = four.run(NODES)
    assert four.calls() == ["framed 12", "plus 1"]
    values = frame(result, "b")
    assert values.filter(symbol="CCC")["value"][0] == 15.0
    assert values.filter(symbol="DDD")["value"][0] == 801.0


def test_a_node_over_all_symbols_and_what_follows_it_is_never_taken_in_parts(four) -> None:
    nodes = "a: {use: ranked, in: daily.close}\nb: {use: plus, in: a, with: {by: 1}}"
    four.run(nodes)
    four.calls()
    result = four.run(nodes, bars=daily("[CCC, DDD]"))
    assert four.calls() == ["ranked", "plus 1"]
    assert set(frame(result, "b")["value"].to_list()) == {2.0, 3.0}


def test_a_shorter_range_of_shipped_nodes_is_the_beginning_of_a_longer_one(four) -> None:
    nodes = "a: {use: ema, in: daily.close, with: {period: 3}}\nb: {use: diff, in: a}"
    whole = frame(four.run(nodes, shipped=True), "b")
    result = four.run(nodes, Overrides(bars={"to": "2020-01-06"}), shipped=True)
    assert result.run.counts["cached"] == 2
    shorter = whole.filter(pl.col("ts") < four.day("2020-01-07"))
    assert frame(result, "b").equals(shorter)
    assert four.engine().sql("select symbol, ts, value from g.b order by symbol, ts").equals(shorter)
    # and a value that rests on a part of another is itself taken in parts
    one = four.run(nodes, Overrides(bars={"to": "2020-01-05", "symbols": "BBB"}), shipped=True)
    assert one.run.counts["cached"] == 2
    assert frame(one, "b").equals(whole.filter(pl.col("ts") < four.day("2020-01-06")).filter(symbol="BBB"))


def test_a_shorter_range_of_own_nodes_is_computed_for_they_may_look_ahead(four) -> None:
    four.node("ahead", '@indicator\ndef ahead(x: Number) -> Number:\n    """Of the mean."""\n    return x - x.mean()\n')
    nodes = "a: {use: ahead, in: daily.close}"
    four.run(nodes)
    result = four.run(nodes, Overrides(bars={"to": "2020-01-03"}))
    assert result.run.counts["computed"] == 1
    assert frame(result, "a")["value"].to_list() == [-1.0, 0.0, 1.0] * 4


def test_a_shorter_range_is_computed_where_a_later_split_restates_the_longer(four) -> None:
    nodes = "a: {use: diff, in: daily.close}"
    later = four.bars(FOUR).filter(pl.col("ts") == four.day("2020-01-10"), symbol="AAA")
    four.put(later.with_columns(split=pl.lit(2.0)))
    four.run(nodes, shipped=True)
    result = four.run(nodes, Overrides(bars={"to": "2020-01-06"}), shipped=True)
    (record,) = result.run.records
    assert record.status == "computed"
    values = frame(result, "a")
    assert values.filter(symbol="AAA")["value"].to_list()[1:] == [1.0] * 5
    assert values.filter(symbol="BBB")["value"].to_list()[1:] == [1.0] * 5


def test_bars_corrected_after_the_longer_run_do_not_serve(four) -> None:
    nodes = "a: {use: diff, in: daily.close}"
    four.run(nodes, shipped=True)
    four.put(four.bars(FOUR).filter(symbol="CCC").head(1).with_columns(close=pl.lit(7.0)))
    result = four.run(nodes, Overrides(bars={"to": "2020-01-06"}), shipped=True)
    assert result.run.records[0].status == "computed"
    values = frame(result, "a")
    assert values.filter(symbol="CCC")["value"][1] == 301.0 - 7.0
    assert values.filter(symbol="BBB")["value"][1] == 1.0


def test_a_table_that_ships_is_taken_in_parts(four) -> None:
    text = """
        earned: {use: position_returns, in: {close: daily.close, weight: held}}
        held: {use: position, in: entry}
        entry: {use: cross, in: {fast: daily.close, slow: daily.open}}
        stats: {use: performance, in: {close: daily.close, returns: earned, weight: held}}
    """
    whole = four.run(text, shipped=True).output("stats")
    result = four.run(text, bars=daily("[BBB, DDD]"), shipped=True)
    assert result.run.counts["cached"] == 4
    assert result.output("stats").equals(whole.filter(pl.col("symbol").is_in(["BBB", "DDD"])))
    assert four.engine().sql("select symbol from g.stats order by 1")["symbol"].to_list() == ["BBB", "DDD"]
