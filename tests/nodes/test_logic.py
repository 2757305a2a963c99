"""Logic, time and cross-sections: the values by hand, and what null does to them."""

import datetime as dt

import numpy as np
import polars as pl
import pytest

from nodes.indicators.demean_symbols import demean_symbols
from nodes.indicators.of_symbol import of_symbol
from nodes.indicators.rank_symbols import rank_symbols
from nodes.indicators.top_symbols import top_symbols
from nodes.indicators.zscore_symbols import zscore_symbols

NAN = np.nan
YES, NO, UNKNOWN = 1.0, 0.0, NAN


def same(found, expected):
    np.testing.assert_array_equal(found, np.array(expected))


@pytest.mark.parametrize(
    ("op", "expected"),
    [
        (">", [NO, NO, YES]),
        (">=", [NO, YES, YES]),
        ("<", [YES, NO, NO]),
        ("<=", [YES, YES, NO]),
        ("==", [NO, YES, NO]),
        ("!=", [YES, NO, YES]),
    ],
)
def test_compare(compute, op, expected):
    same(compute("compare", [1.0, 2.0, 3.0, NAN], [2.0, 2.0, 2.0, 2.0], op=op), [*expected, UNKNOWN])


def test_since_counts_bars_from_the_last_true_one(compute):
    same(compute("since", [NO, YES, NO, UNKNOWN, NO, YES]), [NAN, 0.0, 1.0, 2.0, 3.0, 0.0])


def test_hold_for_keeps_a_condition_up(compute):
    same(compute("hold_for", [NO, YES, NO, UNKNOWN, NO, NO, YES], bars=3), [NO, YES, YES, YES, NO, NO, YES])
    same(compute("hold_for", [NO, YES, NO, UNKNOWN], bars=1), [NO, YES, NO, NO])


def test_a_latch_stays_where_it_was_put_and_reset_wins(compute):
    on, off = [NO, YES, UNKNOWN, NO, YES, YES], [NO, NO, NO, YES, UNKNOWN, YES]
    same(compute("latch", on, off), [NO, YES, YES, NO, YES, NO])


def test_when_chooses_and_knows_what_it_does_not_know(compute):
    same(compute("when", [YES, NO, UNKNOWN], [1.0, 2.0, 3.0], [4.0, 5.0, 6.0]), [1.0, 5.0, NAN])
    same(compute("when", [YES, NO, UNKNOWN], [1.0, 2.0, 3.0]), [1.0, NAN, NAN])


def test_a_session_is_local_time_and_may_pass_midnight(compute):
    close = np.ones(48)
    day = compute("session", close, start=dt.time(9, 30), end=dt.time(16, 0))
    assert np.flatnonzero(day).tolist() == [*range(10, 16), *range(34, 40)]
    night = compute("session", close, start=dt.time(22, 0), end=dt.time(2, 0))
    assert np.flatnonzero(night[:26]).tolist() == [0, 1, 22, 23, 24, 25]
    # New York is five hours behind in January
    local = compute("session", close, start=dt.time(9, 30), end=dt.time(16, 0), timezone="America/New_York")
    assert np.flatnonzero(local[:24]).tolist() == list(range(15, 21))
    assert compute("session", np.full(48, NAN), start=dt.time(9), end=dt.time(10)).sum() == 2


def test_weekdays_are_counted_from_monday(compute):
    found = compute("weekday", np.ones(24 * 8))
    assert [found[24 * day] for day in range(8)] == [1, 2, 3, 4, 5, 6, 7, 1]
    assert compute("weekday", np.ones(3), timezone="America/New_York")[0] == 7.0


FRAME = pl.DataFrame(
    {
        "ts": [1, 1, 1, 2, 2, 2, 3],
        "symbol": ["A", "B", "C", "A", "B", "C", "A"],
        "x": [3.0, 1.0, 2.0, 5.0, 5.0, None, 7.0],
    }
)


def across(node, **params):
    checked, faults = node.params.check(params, owner=node.id)
    assert not faults
    return FRAME.select(value=node.fn(pl.col("x"), **checked))["value"].to_list()


def test_ranks_lie_between_0_and_1_within_each_bar():
    assert across(rank_symbols) == [1.0, 0.0, 0.5, 0.5, 0.5, None, 0.5]


def test_demeaned_values_are_those_less_the_mean_of_the_bar():
    assert across(demean_symbols) == [1.0, -1.0, 0.0, 0.0, 0.0, None, 0.0]


def test_scores_are_null_where_all_symbols_are_equal():
    deviation = np.std([3.0, 1.0, 2.0])
    found = across(zscore_symbols)
    assert found[:3] == pytest.approx([1 / deviation, -1 / deviation, 0.0], rel=1e-12)
    assert found[3:] == [None] * 4


def test_the_top_are_so_many_whatever_the_ties():
    assert across(top_symbols, count=1) == [True, False, False, True, False, None, True]
    assert across(top_symbols, count=1, side="smallest") == [False, True, False, True, False, None, True]
    assert across(top_symbols, count=9) == [True, True, True, True, True, None, True]


def test_the_value_of_one_symbol_is_given_to_all():
    assert across(of_symbol, symbol="C") == [2.0, 2.0, 2.0, None, None, None, None]
    assert across(of_symbol, symbol="Z") == [None] * 7
