"""What is computed and what is taken from the cache, told by the calls of node functions."""

import polars as pl
import pytest

from pipeline.execution.inputs import Inputs
from pipeline.market import MemoryMarket

ALL = ["plus 1", "plus 2", "plus 3", "plus 4", "plus 5", "plus 6"]


def test_a_first_run_computes_every_node_once(world) -> None:
    run = world.run(world.TREE)
    assert sorted(world.calls()) == ALL
    assert run.counts == {"computed": 6, "cached": 0, "failed": 0, "skipped": 0}
    assert run.exit_status == 0


def test_a_second_run_computes_nothing(world) -> None:
    world.run(world.TREE)
    world.calls()
    run = world.run(world.TREE)
    assert world.calls() == []
    assert run.counts == {"computed": 0, "cached": 6, "failed": 0, "skipped": 0}


def test_both_runs_give_the_right_values(world) -> None:
    first = world.run(world.TREE)
    second = world.run(world.TREE)
    for run in (first, second):
        # left = close + 3, right = close + 4, joined = left + right + 4
        assert world.values(run, "joined")[:2] == [2 * 100 + 3 + 4 + 4, 2 * 101 + 3 + 4 + 4]


@pytest.mark.parametrize(
    ("node", "due"),
    [
        ("root", ["plus 2", "plus 3", "plus 4", "plus 5", "plus 9"]),
        ("left", ["plus 4", "plus 9"]),
        ("right", ["plus 4", "plus 5", "plus 9"]),
        ("joined", ["plus 9"]),
        ("leaf", ["plus 9"]),
        ("apart", ["plus 9"]),
    ],
)
def test_an_edited_param_recomputes_that_node_and_its_descendants(world, node, due) -> None:
    world.run(world.TREE)
    world.calls()
    world.run(world.TREE, overrides={"settings": {node: {"by": 9.0}}})
    assert sorted(world.calls()) == due


def test_a_param_set_back_recomputes_nothing(world) -> None:
    world.run(world.TREE)
    world.run(world.TREE, overrides={"settings": {"root": {"by": 9.0}}})
    world.calls()
    world.run(world.TREE)
    assert world.calls() == []


def test_renamed_nodes_graph_and_bars_recompute_nothing(world) -> None:
    world.run(world.CHAIN)
    world.calls()
    renamed = """
        one: {use: plus, in: days.close, with: {by: 1}}
        two: {use: plus, in: one, with: {by: 2}}
        three: {use: plus, in: two, with: {by: 3}}
    """
    run = world.run(renamed, bars="days: {timeframe: 1d}", name="other")
    assert world.calls() == []
    assert world.values(run, "three")[:2] == [106.0, 107.0]


def test_the_order_in_the_file_and_a_description_are_no_change(world) -> None:
    world.run(world.TREE)
    world.calls()
    lines = world.TREE.strip().splitlines()
    world.run("\n".join(reversed(lines)), params="unused: {type: int, default: 1, description: nobody}")
    assert world.calls() == []


def test_a_default_made_explicit_recomputes_nothing(world) -> None:
    world.run("a: {use: plus, in: daily.close}")
    assert world.calls() == ["plus 0"]
    world.run("a: {use: plus, in: daily.close, with: {times: 1, by: 0}}")
    world.run("a: {use: plus, in: {x: daily.close}, with: {by: $by}}", params="by: {type: float, default: 0}")
    assert world.calls() == []


def test_an_added_node_is_the_only_one_computed(world) -> None:
    world.run(world.CHAIN)
    world.calls()
    world.run(world.CHAIN + "d: {use: plus, in: b, with: {by: 4}}")
    assert world.calls() == ["plus 4"]


def test_a_diamond_is_computed_once(world) -> None:
    run = world.run("""
        top: {use: plus, in: daily.close, with: {by: 1}}
        left: {use: plus, in: top, with: {by: 2}}
        right: {use: plus, in: top, with: {by: 3}}
        bottom: {use: plus, in: {x: left, y: right}, with: {by: 4}}
    """)
    assert world.calls() == ["plus 1", "plus 2", "plus 3", "plus 4"]
    assert world.values(run, "bottom")[0] == (100 + 1 + 2) + (100 + 1 + 3) + 4


def test_two_nodes_with_one_computation_are_computed_once(world) -> None:
    run = world.run("""
        a: {use: plus, in: daily.close, with: {by: 1}}
        twin: {use: plus, in: daily.close, with: {by: 1}}
        after: {use: plus, in: a, with: {by: 2}}
        after_twin: {use: plus, in: twin, with: {by: 2}}
    """)
    assert world.calls() == ["plus 1", "plus 2"]
    assert run.counts["computed"] == 4
    assert world.values(run, "after") == world.values(run, "after_twin")
    assert world.values(run, "twin")[0] == 101.0


def test_the_same_columns_of_two_bars_sources_are_computed_once(world) -> None:
    world.run(
        "a: {use: plus, in: one.close}\nb: {use: plus, in: two.close}",
        bars="one: {timeframe: 1d}\ntwo: {timeframe: 1d, symbols: [AAA, BBB, CCC]}",
    )
    assert world.calls() == ["plus 0"]


def test_a_refreshed_node_is_computed_again_and_its_descendants_are_not(world) -> None:
    world.run(world.TREE)
    world.calls()
    run = world.run(world.TREE, refresh=["right"])
    assert world.calls() == ["plus 3"]
    assert [record.step.node.name for record in run.records if record.status == "computed"] == ["right"]


def test_without_the_cache_all_is_computed_and_stored_for_later(world) -> None:
    world.run(world.TREE)
    world.calls()
    world.run(world.TREE, cache=False)
    assert sorted(world.calls()) == ALL
    world.run(world.TREE)
    assert world.calls() == []


def corrected(frame: pl.DataFrame, symbol: str, date: str, close: float) -> MemoryMarket:
    there = (pl.col("symbol") == symbol) & (pl.col("ts").dt.to_string("%Y-%m-%d") == date)
    return MemoryMarket({"1d": frame.with_columns(close=pl.when(there).then(close).otherwise("close"))})


RANGE = "daily: {timeframe: 1d, to: 2020-01-10}"


def test_a_corrected_bar_inside_the_range_recomputes(world) -> None:
    world.run(world.CHAIN, bars=RANGE)
    world.calls()
    world.market = corrected(world.bars(), "BBB", "2020-01-05", 7.0)
    run = world.run(world.CHAIN, bars=RANGE)
    assert world.calls() == ["plus 1", "plus 2", "plus 3"]
    assert 7.0 + 6.0 in world.values(run, "c")


def test_a_corrected_bar_before_from_recomputes_for_history_counts(world) -> None:
    world.run(world.CHAIN, bars="daily: {timeframe: 1d, from: 2020-01-06}")
    world.calls()
    world.market = corrected(world.bars(), "BBB", "2020-01-02", 7.0)
    world.run(world.CHAIN, bars="daily: {timeframe: 1d, from: 2020-01-06}")
    assert world.calls() == ["plus 1", "plus 2", "plus 3"]


def test_bars_appended_after_the_range_recompute_nothing(world) -> None:
    world.on_disk()
    world.run(world.CHAIN, bars=RANGE)
    world.calls()
    world.put(world.bars(rows=20).filter(pl.col("ts") >= world.day("2020-01-13")))
    world.run(world.CHAIN, bars=RANGE)
    assert world.calls() == []


def test_bars_appended_to_an_open_range_recompute(world) -> None:
    world.on_disk()
    world.run(world.CHAIN)
    world.calls()
    world.put(world.bars(rows=20).filter(pl.col("ts") >= world.day("2020-01-13")))
    run = world.run(world.CHAIN)
    assert world.calls() == ["plus 1", "plus 2", "plus 3"]
    assert len(world.values(run, "c")) == 60


def test_bars_imported_a_second_time_recompute_nothing(world) -> None:
    world.on_disk()
    world.run(world.CHAIN)
    world.calls()
    world.put(world.bars())
    world.run(world.CHAIN)
    assert world.calls() == []


def test_a_split_after_the_range_recomputes_nothing_and_one_inside_does(world) -> None:
    world.on_disk()
    world.run(world.CHAIN, bars=RANGE)
    world.calls()
    later = world.bars(rows=20).filter(pl.col("ts") >= world.day("2020-01-13"))
    world.put(later.with_columns(split=pl.when(pl.col("ts") == world.day("2020-01-14")).then(2.0).otherwise(1.0)))
    world.run(world.CHAIN, bars=RANGE)
    assert world.calls() == []
    run = world.run(world.CHAIN, bars="daily: {timeframe: 1d, to: 2020-01-15}")
    assert world.calls() == ["plus 1", "plus 2", "plus 3"]
    assert world.values(run, "a")[0] == 50.0 + 1.0


def test_bars_of_a_symbol_that_is_not_asked_for_recompute_nothing(world) -> None:
    two = "daily: {timeframe: 1d, symbols: [AAA, BBB]}"
    world.run(world.CHAIN, bars=two)
    world.calls()
    world.market = corrected(world.bars(("AAA", "BBB", "CCC", "DDD")), "CCC", "2020-01-05", 7.0)
    world.run(world.CHAIN, bars=two)
    assert world.calls() == []


def test_other_symbols_are_other_values(world) -> None:
    world.run(world.CHAIN, bars="daily: {timeframe: 1d, symbols: [AAA]}")
    world.calls()
    run = world.run(world.CHAIN, bars="daily: {timeframe: 1d, symbols: [BBB]}")
    assert world.calls() == ["plus 1", "plus 2", "plus 3"]
    assert world.values(run, "c")[0] == 206.0


def test_the_asked_range_moves_an_account_and_what_follows_but_nothing_else(world) -> None:
    nodes = """
        price: {use: plus, in: daily.close, with: {by: 1}}
        ledger: {use: account, in: price, with: {by: 2}}
        after: {use: plus, in: ledger, with: {by: 3}}
    """
    world.run(nodes, bars="daily: {timeframe: 1d, from: 2020-01-04}")
    world.calls()
    run = world.run(nodes, bars="daily: {timeframe: 1d, from: 2020-01-11}")
    assert world.calls() == ["account 2", "plus 3"]
    # the last two of twelve bars: 110 + 1 and 111 + 1 for the first symbol
    assert world.values(run, "ledger")[:2] == [111.0 + 2.0, 111.0 + 112.0 + 2.0]
    assert len(world.values(run, "after")) == 2 * 3
    assert len(world.values(run, "price")) == 12 * 3


def test_planning_calls_no_node_and_reads_no_bar(world, monkeypatch) -> None:
    def read(*_: object) -> None:
        raise AssertionError("a plan read bars")

    monkeypatch.setattr(MemoryMarket, "read", read)
    plan = world.plan(world.TREE)
    assert world.calls() == []
    assert [step.action for step in plan.steps] == ["compute"] * 6


def test_a_run_of_cached_nodes_reads_neither_bars_nor_values(world, monkeypatch) -> None:
    world.run(world.TREE)

    def read(*_: object) -> None:
        raise AssertionError("a cached run read something")

    monkeypatch.setattr(MemoryMarket, "read", read)
    monkeypatch.setattr(type(world.store), "read", read)
    assert world.run(world.TREE).counts["cached"] == 6


def test_only_the_bar_columns_that_are_wired_are_read(world, monkeypatch) -> None:
    asked = []
    plain = MemoryMarket.read

    def read(self, resolved, columns):
        asked.append(list(columns))
        return plain(self, resolved, columns)

    monkeypatch.setattr(MemoryMarket, "read", read)
    world.run("a: {use: plus, in: {x: daily.high, y: daily.low}}\nb: {use: plus, in: a}")
    assert asked == [["high", "low"]]


def test_a_value_that_is_lost_after_planning_is_computed_again(world) -> None:
    world.run(world.CHAIN)
    plan = world.plan(world.CHAIN, overrides={"settings": {"c": {"by": 9.0}}})
    world.calls()
    world.store.values.clear()
    run = world.run(plan)
    assert world.calls() == ["plus 1", "plus 2", "plus 9"]
    assert world.values(run, "c")[0] == 112.0
    # the record tells what was done, not what was planned
    assert run.counts == {"computed": 3, "cached": 0, "failed": 0, "skipped": 0}


@pytest.fixture
def held(monkeypatch):
    """How many values were in memory after each step."""
    counts = []
    plain = Inputs.release

    def release(self, step):
        plain(self, step)
        counts.append(len(self._values))

    monkeypatch.setattr(Inputs, "release", release)
    return counts


def chain(length):
    return "\n".join(
        ["n0: {use: plus, in: daily.close}"] + [f"n{i}: {{use: plus, in: n{i - 1}}}" for i in range(1, length)]
    )


def test_nothing_is_kept_in_memory_that_nobody_waits_for(world, held) -> None:
    world.run(chain(9))
    assert held == [1] * 8 + [0]


def test_values_that_had_to_be_restored_are_let_go_as_well(world, held) -> None:
    world.run(chain(9))
    plan = world.plan(chain(9), overrides={"settings": {"n8": {"by": 2.0}}})
    world.store.values.clear()
    held.clear()
    world.run(plan)
    assert held[-1] == 0
