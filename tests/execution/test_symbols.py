"""A symbol fails alone: the others have values, what follows goes on without it, nothing of it is cached."""

import polars as pl
import pytest

PICKY = '''
@indicator(style="frame")
def picky(x: Number) -> Number:
    """The value; a symbol of prices above 200 and below 300 is refused while there is a file `broken`."""
    note(f"picky {float(x.iloc[0]):g}")
    if 200 <= float(x.iloc[0]) < 300:
        breaking()
    return x * 1.0


@indicator(style="kernel")
def strict(x: Number) -> Number:
    """The same as a kernel; it refuses for good."""
    if x[0] >= 200.0 and x[0] < 300.0:
        raise ValueError("refused by the kernel")
    return x * 1.0


@strategy
def odd(x: Number) -> Event:
    """An event, and a 2 where the price is 205."""
    return pl.when(x == 205.0).then(2).otherwise(0)


@indicator(scope="cross-section")
def ranked(x: Number) -> Number:
    """The rank among all symbols."""
    return x.rank().over("ts")


def breaking():
    import os
    from pathlib import Path
    broken = Path(os.environ["TRADEGRAPH_TEST_CALLS"]).with_name("broken")
    if broken.exists():
        raise ValueError(broken.read_text())
'''
NODES = """
a: {use: picky, in: daily.close}
b: {use: plus, in: a, with: {by: 1}}
apart: {use: plus, in: daily.close, with: {by: 5}}
"""


@pytest.fixture
def picky(site):
    site.node("picky", PICKY)
    return site


def test_the_others_have_values_and_what_follows_goes_on_without_it(picky) -> None:
    picky.break_("no quotes")
    result = picky.run(NODES)
    assert result.run.exit_status == 1
    assert [record.status for record in result.run.records] == ["computed"] * 3
    expected = [x + 1 for x in picky.bars(("AAA",))["close"]] + [x + 200 + 1 for x in picky.bars(("AAA",))["close"]]
    found = result.output("b")
    assert found["symbol"].unique(maintain_order=True).to_list() == ["AAA", "CCC"]
    assert found["value"].to_list() == expected
    assert picky.engine().sql("select distinct symbol from g.b order by 1")["symbol"].to_list() == ["AAA", "CCC"]
    assert result.output("apart")["symbol"].n_unique() == 3


def test_the_record_says_which_symbol_and_why(picky) -> None:
    picky.break_("no quotes")
    picky.run(NODES)
    engine = picky.engine()
    failures = engine.sql("select node, symbol, code, message, cause from failures order by node")
    assert failures.rows() == [
        ("a", "BBB", "TG501", "ValueError: no quotes", ""),
        ("b", "BBB", "TG503", "it needs 'a', which failed", "a"),
    ]
    timings = engine.sql(
        "select node, symbol, status, ms is null as untimed from node_timings where symbol is not null"
    )
    assert sorted(timings.rows()) == [("a", "BBB", "failed", True), ("b", "BBB", "skipped", True)]


def test_a_failure_is_not_cached_and_the_others_are(picky) -> None:
    picky.break_("no quotes")
    picky.run(NODES)
    picky.calls()
    again = picky.run(NODES)
    assert picky.calls() == ["picky 200"]
    assert again.run.exit_status == 1
    assert again.run.record("g", "b").status == "cached"
    picky.mend()
    result = picky.run(NODES)
    assert picky.calls() == ["picky 200", "plus 1"]
    assert result.run.exit_status == 0
    assert result.output("b")["value"].to_list() == [x + 1 for x in picky.bars()["close"]]


def test_a_kernel_and_wrong_events_of_a_symbol_fail_it_alone(picky) -> None:
    result = picky.run("a: {use: strict, in: daily.close}\nb: {use: odd, in: daily.close}")
    assert {name: list(result.run.record("g", name).symbols) for name in "ab"} == {"a": ["BBB"], "b": ["BBB"]}
    assert "refused by the kernel" in result.run.record("g", "a").symbols["BBB"].message
    assert "allowed: -1, 0, 1" in result.run.record("g", "b").symbols["BBB"].message
    assert result.output("a")["value"].to_list() == [float(x) for s in (1, 3) for x in range(100 * s, 100 * s + 12)]


def test_a_node_over_all_symbols_is_skipped_with_the_cause(picky) -> None:
    picky.break_("no quotes")
    result = picky.run(NODES + "c: {use: ranked, in: b}\n")
    record = result.run.record("g", "c")
    assert record.status == "skipped"
    assert record.failure.message == "it needs all symbols of 'a', which failed for BBB"
    assert record.failure.cause == "a"


def test_a_failure_of_every_symbol_is_that_of_the_node(picky) -> None:
    picky.break_("no quotes")
    result = picky.run(NODES, bars="daily: {timeframe: 1d, symbols: [BBB]}")
    assert [result.run.record("g", name).status for name in ("a", "b")] == ["failed", "skipped"]


def test_a_table_goes_on_without_it(picky) -> None:
    picky.break_("no quotes")
    picky.node(
        "tables",
        """
        from pipeline import Axis, Metrics
        @portfolio(style="table")
        def largest(axis: Axis, x: Number) -> Metrics:
            '''The largest value of each symbol.'''
            return axis.with_columns(x).group_by("symbol", maintain_order=True).agg(most=pl.col("x").max())
        """,
    )
    result = picky.run(NODES + "most: {use: largest, in: b}\n")
    assert result.output("most").rows() == [("AAA", 112.0), ("CCC", 312.0)]
    assert picky.engine().sql("select symbol, value from metrics order by 1").rows() == [("AAA", 112.0), ("CCC", 312.0)]


def test_values_of_fewer_symbols_can_be_taken_in_parts(picky) -> None:
    picky.break_("no quotes")
    picky.run(NODES)
    picky.calls()
    result = picky.run(NODES, bars="daily: {timeframe: 1d, symbols: [CCC]}")
    assert picky.calls() == []
    assert result.output("b")["value"].to_list() == [x + 201 for x in picky.bars(("AAA",))["close"]]
    assert isinstance(result.output("b"), pl.DataFrame)
