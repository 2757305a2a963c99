"""How each style of node is called: what it gets, what becomes of what it gives, and no leak between symbols."""

import importlib.util

import polars as pl
import pytest

from pipeline.execution.expression import works_row_by_row
from pipeline.model.bars import BarsRequest

UNEVEN = ("AAA", "BBB", "CCC", "DDD")


ROW_BY_ROW = {
    "arithmetic": "x * 2 + 1",
    "comparison": "pl.when(x > 100).then(1.0).otherwise(x)",
    "fill by value": "x.fill_null(0.0)",
    "clip": "x.clip(90.0, 110.0)",
    "log": "x.log()",
    "is_null": "x.is_null().cast(pl.Float64)",
    "coalesce": "pl.coalesce(x, pl.lit(3.0))",
    "horizontal": "pl.max_horizontal(x, x * -1)",
}
WINDOWS = {
    "shift": "x.shift(1)",
    "shift back": "x.shift(-1)",
    "diff": "x.diff()",
    "pct_change": "x.pct_change()",
    "cum_sum": "x.cum_sum()",
    "cum_max": "x.cum_max()",
    "cum_count": "x.cum_count().cast(pl.Float64)",
    "rolling_mean": "x.rolling_mean(2)",
    "rolling_max": "x.rolling_max(2)",
    "rolling_std": "x.rolling_std(2, ddof=0)",
    "ewm_mean": "x.ewm_mean(span=3)",
    "forward_fill": "x.forward_fill()",
    "backward_fill": "x.backward_fill()",
    "fill by strategy": "x.fill_null(strategy='forward')",
    "interpolate": "x.interpolate()",
    "rank": "x.rank()",
    "reverse": "x.reverse()",
    "row number": "pl.int_range(pl.len()).cast(pl.Float64)",
    "less its mean": "x - x.mean()",
    "over its first": "x / x.first()",
    "share of the sum": "x / x.sum()",
    "sorted": "x.sort()",
    "first distinct": "x.is_first_distinct().cast(pl.Float64)",
    "run length id": "(x > 100).rle_id().cast(pl.Float64)",
    "python": "x.map_batches(lambda s: s.cum_sum(), return_dtype=pl.Float64)",
    "window in a branch": "pl.when(x.is_null()).then(x.shift(1)).otherwise(x)",
    "inner window": "(x + x.shift(1)).fill_null(0.0) * 2",
    "filled by the mean": "x.fill_null(x.mean())",
    "its first": "x.get(0) + x",
}


def alone(world, symbol, nodes, node):
    """The value of a node over one symbol's bars and no others."""
    run = world.run(nodes, bars=f"daily: {{timeframe: 1d, symbols: [{symbol}]}}", cache=False)
    return world.values(run, node)


def closes(world, symbol) -> pl.DataFrame:
    panel = world.market.read(world.market.resolve(BarsRequest("1d", (symbol,))), ["close"])
    return pl.DataFrame({"x": panel.columns["close"].series})


@pytest.mark.parametrize("expression", [*ROW_BY_ROW.values(), *WINDOWS.values()], ids=[*ROW_BY_ROW, *WINDOWS])
def test_an_expression_sees_one_symbol_at_a_time(uneven, expression) -> None:
    uneven.node("tried", f'@indicator\ndef tried(x: Number) -> Number:\n    """Tried."""\n    return {expression}\n')
    run = uneven.run("a: {use: tried, in: daily.close}")
    assert run.exit_status == 0, run.records[0].failure
    frame = uneven.frame(run, "a")
    assert frame.height == 1 + 2 + 5 + 9
    plain = eval(expression, {"pl": pl, "x": pl.col("x")})
    for symbol in UNEVEN:
        together = frame.filter(pl.col("symbol") == symbol)["value"].to_list()
        alone = closes(uneven, symbol).select(plain.cast(pl.Float64).alias("value"))["value"].fill_nan(None).to_list()
        assert together == alone, symbol


@pytest.mark.parametrize("expression", ROW_BY_ROW.values(), ids=ROW_BY_ROW)
def test_what_works_row_by_row_is_known_and_runs_once_for_all_symbols(expression) -> None:
    assert works_row_by_row(eval(expression, {"pl": pl, "x": pl.col("x0")}))


@pytest.mark.parametrize("expression", WINDOWS.values(), ids=WINDOWS)
def test_what_looks_at_other_rows_is_known(expression) -> None:
    assert not works_row_by_row(eval(expression, {"pl": pl, "x": pl.col("x0")}))


def test_a_window_with_its_own_group_is_still_within_the_symbol(uneven) -> None:
    uneven.node(
        "tried",
        """
        @indicator
        def tried(x: Number) -> Number:
            \"\"\"Mean of the bars on the same side.\"\"\"
            return x.mean().over((x > 100).fill_null(False))
        """,
    )
    nodes = "a: {use: tried, in: daily.close}"
    frame = uneven.frame(uneven.run(nodes), "a")
    for symbol in UNEVEN:
        assert frame.filter(pl.col("symbol") == symbol)["value"].to_list() == alone(uneven, symbol, nodes, "a")


def test_several_outputs_each_find_their_column(world) -> None:
    world.node(
        "pair",
        """
        class Band(NamedTuple):
            low: Number
            high: Number

        @indicator
        def band(x: Number, *, width: Annotated[float, Param("Half of it")] = 1.0) -> Band:
            \"\"\"A band.\"\"\"
            return x - width, x + width
        """,
    )
    run = world.run("a: {use: band, in: daily.close}\nb: {use: plus, in: {x: a.high, y: a.low}}")
    assert world.values(run, "a", "low")[0] == 99.0
    assert world.values(run, "a", "high")[0] == 101.0
    assert world.values(run, "b")[0] == 200.0


def test_a_cross_section_sees_all_symbols_of_a_time(world) -> None:
    world.node(
        "ranked",
        """
        @indicator(scope="cross-section")
        def ranked(x: Number) -> Number:
            \"\"\"Rank among the symbols.\"\"\"
            return x.rank(descending=True).over("ts")

        @indicator(scope="cross-section")
        def relative(x: Number) -> Number:
            \"\"\"Distance from the mean of the symbols.\"\"\"
            return x - x.mean().over("ts")
        """,
    )
    run = world.run("a: {use: ranked, in: daily.close}\nb: {use: relative, in: daily.close}")
    # closes are 100.., 200.., 300..
    assert world.frame(run, "a").group_by("symbol", maintain_order=True).agg(pl.col("value").unique()).rows() == [
        ("AAA", [3.0]),
        ("BBB", [2.0]),
        ("CCC", [1.0]),
    ]
    assert set(world.values(run, "b")) == {-100.0, 0.0, 100.0}


def test_an_optional_port_is_none_when_it_is_not_wired(world) -> None:
    run = world.run("a: {use: plus, in: daily.close}\nb: {use: plus, in: {x: daily.close, y: daily.open}}")
    assert world.values(run, "a")[0] == 100.0
    assert world.values(run, "b")[0] == 199.5


def test_a_bundle_port_is_a_dict_of_expressions(world) -> None:
    world.node(
        "typical",
        """
        @indicator
        def typical(bars: Bars) -> Price:
            \"\"\"Mean of high, low and close.\"\"\"
            assert list(bars) == ["open", "high", "low", "close", "volume"]
            return (bars["high"] + bars["low"] + bars["close"]) / 3
        """,
    )
    run = world.run("a: {use: typical, in: daily}")
    assert world.values(run, "a")[0] == 100.0


def test_an_event_wired_to_a_signal_has_full_strength_where_it_is_known(world) -> None:
    world.node(
        "signals",
        """
        @strategy
        def late(x: Number) -> Event:
            \"\"\"Buy from the third bar on, unknown before.\"\"\"
            row = pl.int_range(pl.len())
            return pl.when(row >= 2).then(1)

        @indicator
        def strength(signal: Signal) -> Number:
            \"\"\"Event times strength.\"\"\"
            return signal["event"] * signal["strength"]
        """,
    )
    run = world.run(
        "a: {use: late, in: daily.close}\nb: {use: strength, in: a}", bars="daily: {timeframe: 1d, symbols: AAA}"
    )
    assert world.values(run, "b")[:4] == [None, None, 1.0, 1.0]


FRAMES = '''
@indicator(style="frame")
def smooth(bars: Bars, *, period: Annotated[int, Param("Rows", ge=1)] = 2) -> Number:
    """Rolling mean of the close."""
    assert list(bars.columns) == ["timestamp", "open", "high", "low", "close", "volume"]
    return bars["close"].rolling(window=period).mean()


@indicator(style="frame")
def high_enough(x: Number, *, level: Annotated[float, Param("Level")] = 100.0) -> Condition:
    """A condition on a series."""
    return x > level


@indicator(style="frame")
def cut(x: Number) -> Number:
    """Fewer rows than it got."""
    return x.dropna()


@indicator(style="frame")
def swallowing(x: Number) -> Number:
    """Its own except hides what the adapter lacks."""
    try:
        return x.to_sql("table", None)
    except Exception:
        return x * 0
'''


def test_a_frame_node_sees_one_symbol_at_a_time_and_gives_null_never_nan(uneven) -> None:
    uneven.node("frames", FRAMES)
    nodes = "a: {use: smooth, in: daily}\nb: {use: high_enough, in: daily.close}"
    run = uneven.run(nodes)
    frame = uneven.frame(run, "a")
    for symbol in UNEVEN:
        values = frame.filter(pl.col("symbol") == symbol)["value"].to_list()
        assert values[0] is None
        assert values == alone(uneven, symbol, nodes, "a")
    assert frame["value"].is_nan().sum() == 0
    assert uneven.column(run, "b").series.dtype == pl.Boolean
    assert set(uneven.values(run, "b")) == {True, False}


def test_a_frame_node_of_the_wrong_length_is_refused(uneven) -> None:
    uneven.node("frames", FRAMES)
    run = uneven.run("a: {use: cut, in: daily.close}")
    assert sorted(run.records[0].symbols) == ["CCC", "DDD"]  # those that have gaps
    failure = run.records[0].symbols["CCC"]
    assert failure.code == "TG502"
    assert failure.message == "'cut' gave 4 values of 'value' for the 5 bars of CCC"
    assert run.exit_status == 1


def test_a_gap_of_the_adapter_fails_the_node_even_if_its_except_swallowed_it(uneven, monkeypatch) -> None:
    there = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *rest: None if name == "pandas" else there(name, *rest)
    )
    uneven.node("frames", FRAMES)
    run = uneven.run("a: {use: swallowing, in: daily.close}\nb: {use: smooth, in: daily}")
    failure = run.record("g", "a").failure
    assert failure.code == "TG407"
    assert "to_sql" in failure.message
    assert run.record("g", "b").status == "computed"


def test_conditions_stay_conditions_from_style_to_style(uneven) -> None:
    uneven.node(
        "mixed",
        """
        @indicator
        def known(x: Number) -> Condition:
            \"\"\"True, false or unknown.\"\"\"
            return x > 100

        @indicator(style="kernel")
        def seen(c: Condition) -> Condition:
            \"\"\"The same condition.\"\"\"
            out = np.full(len(c), np.nan)
            for i in range(len(c)):
                out[i] = c[i]
            return out

        @indicator(style="frame")
        def framed(c: Condition) -> Condition:
            \"\"\"The same condition.\"\"\"
            return c
        """,
    )
    run = uneven.run(
        "a: {use: known, in: daily.close}\nb: {use: seen, in: a}\nc: {use: framed, in: b}\nd: {use: seen, in: c}"
    )
    assert run.exit_status == 0, [record.failure for record in run.records]
    values = uneven.values(run, "a")
    assert set(values) == {True, False, None}
    assert uneven.values(run, "b") == values
    assert uneven.values(run, "c") == values
    assert uneven.values(run, "d") == values
