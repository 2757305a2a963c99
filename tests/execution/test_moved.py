"""Two values of an output, and what differs between them."""

import datetime as dt

import polars as pl

from pipeline.execution.moved import Moving, moved

DAY = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)


def columns(values, symbols=("A", "B")):
    rows = [(symbol, DAY + dt.timedelta(days=n), value) for symbol in symbols for n, value in enumerate(values)]
    return pl.DataFrame(rows, schema=["symbol", "ts", "value"], orient="row")


def test_equal_values_do_not_differ_nulls_and_nan_included():
    frame = columns([1.0, None, float("nan")])
    found = moved("x", frame, frame.clone())
    assert (found.rows, found.differing, found.values) == (6, 0, ())


def test_of_columns_rows_are_counted_and_last_values_shown():
    found = moved("x", columns([1.0, 2.0, 3.0]), columns([1.0, None, 4.0]))
    assert found.differing == 4
    assert found.values == (Moving("A", "value", 3.0, 4.0), Moving("B", "value", 3.0, 4.0))


def test_rows_that_one_side_has_alone_differ():
    assert moved("x", columns([1.0, 2.0]), columns([1.0, 2.0, 2.0])).differing == 2
    assert moved("x", columns([1.0, 2.0, 2.0]), columns([1.0])).differing == 4


def test_of_a_table_with_a_row_for_each_symbol_the_numbers_that_differ_are_shown():
    before = pl.DataFrame({"symbol": ["A", "B"], "sharpe": [1.0, 2.0], "trades": [3, 4], "note": ["x", "y"]})
    now = before.with_columns(trades=pl.Series([3, None], dtype=pl.Int64))
    found = moved("stats", before, now)
    assert (found.differing, found.values) == (1, (Moving("B", "trades", 4.0, None),))


def test_many_symbols_are_compared_by_their_mean():
    before = pl.DataFrame({"symbol": list("ABCDE"), "sharpe": [1.0, 2.0, 3.0, 4.0, 5.0]})
    found = moved("stats", before, before.with_columns(pl.col("sharpe") + 1))
    assert (found.differing, found.values) == (5, (Moving(None, "sharpe", 3.0, 4.0),))


def test_trades_of_a_symbol_are_told_apart_by_their_order():
    before = pl.DataFrame({"symbol": ["A", "A", "B"], "pnl": [1.0, 1.0, 2.0]})
    now = pl.DataFrame({"symbol": ["A", "A", "A", "B"], "pnl": [1.0, 5.0, 1.0, 2.0]})
    found = moved("trades", before, now)
    assert (found.differing, found.values) == (2, ())


def test_other_columns_or_other_types_make_all_rows_differ():
    before = pl.DataFrame({"symbol": ["A", "B"], "x": [1.0, 2.0]})
    assert moved("t", before, before.rename({"x": "y"})).differing == 2
    assert moved("t", before, before.with_columns(x=pl.Series(["a", "b"]))).differing == 2


def test_a_table_without_symbols_is_compared_row_by_row():
    before = pl.DataFrame({"name": ["a", "b"], "x": [1.0, 2.0]})
    assert moved("t", before, before.with_columns(x=pl.Series([1.0, 3.0]))).differing == 1
