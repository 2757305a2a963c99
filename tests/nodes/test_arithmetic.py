"""Arithmetic, comparison and logic: the values by hand, and what null does to them."""

import numpy as np
import pytest

NAN = np.nan
YES, NO, UNKNOWN = 1.0, 0.0, NAN


def same(found, expected):
    np.testing.assert_array_equal(found, np.array(expected))


def test_the_four_operations(compute):
    x, y = [6.0, 1.0, NAN, 4.0], [3.0, 2.0, 1.0, NAN]
    same(compute("add", x, y), [9.0, 3.0, NAN, NAN])
    same(compute("subtract", x, y), [3.0, -1.0, NAN, NAN])
    same(compute("multiply", x, y), [18.0, 2.0, NAN, NAN])
    same(compute("divide", x, y), [2.0, 0.5, NAN, NAN])


def test_division_by_zero_is_missing_never_infinite(compute):
    same(compute("divide", [1.0, -1.0, 0.0, 0.0, 3.0], [0.0, 0.0, 0.0, -0.0, 1.5]), [NAN, NAN, NAN, NAN, 2.0])


def test_scale_and_absolute(compute):
    same(compute("scale", [1.0, NAN, -2.0], factor=-0.5), [-0.5, NAN, 1.0])
    same(compute("absolute", [1.0, NAN, -2.0]), [1.0, NAN, 2.0])


def test_shift_looks_back_only(compute):
    same(compute("shift", [1.0, 2.0, 3.0], periods=0), [1.0, 2.0, 3.0])
    same(compute("shift", [1.0, 2.0, 3.0], periods=2), [NAN, NAN, 1.0])
    same(compute("shift", [1.0, 2.0, 3.0], periods=50), [NAN, NAN, NAN])


def test_changes_from_a_price_of_zero_are_missing(compute):
    close = [2.0, 0.0, 3.0, 6.0]
    same(compute("returns", close), [NAN, -1.0, NAN, 1.0])
    same(compute("roc", close, period=1), [NAN, -100.0, NAN, 100.0])
    same(compute("log_returns", close)[:3], [NAN, NAN, NAN])


def test_log_returns_add_up(compute, bars):
    close = bars(200, seed=1).close
    steps = compute("log_returns", close)
    assert np.nansum(steps) == pytest.approx(np.log(close[-1] / close[0]), rel=1e-12)
    same(compute("log_returns", [1.0, -2.0, -4.0])[:2], [NAN, NAN])


def test_comparison_with_a_level_is_strict_and_unknown_where_the_value_is(compute):
    x = [1.0, 2.0, 3.0, NAN]
    same(compute("above", x, level=2.0), [NO, NO, YES, UNKNOWN])
    same(compute("below", x, level=2.0), [YES, NO, NO, UNKNOWN])
    same(compute("between", x, low=2.0, high=3.0), [NO, YES, YES, UNKNOWN])
    same(compute("between", x, low=3.0, high=2.0), [NO, NO, NO, UNKNOWN])


def test_comparison_of_columns_is_strict_and_unknown_where_either_is(compute):
    x, y = [1.0, 2.0, 3.0, NAN, 1.0], [2.0, 2.0, 2.0, 2.0, NAN]
    same(compute("greater", x, y), [NO, NO, YES, UNKNOWN, UNKNOWN])
    same(compute("less", x, y), [YES, NO, NO, UNKNOWN, UNKNOWN])


def test_all_of_and_any_of_follow_kleene(compute):
    x, y = [YES, YES, YES, NO, NO, UNKNOWN], [YES, NO, UNKNOWN, NO, UNKNOWN, UNKNOWN]
    same(compute("all_of", x, y), [YES, NO, UNKNOWN, NO, NO, UNKNOWN])
    same(compute("any_of", x, y), [YES, YES, YES, NO, UNKNOWN, UNKNOWN])
    same(compute("negate", x), [NO, NO, NO, YES, YES, UNKNOWN])


def test_a_third_condition_counts_when_it_is_wired(compute):
    x, y, z = [YES, YES, NO], [YES, YES, NO], [YES, NO, YES]
    same(compute("all_of", x, y, z), [YES, NO, NO])
    same(compute("any_of", x, y, z), [YES, YES, YES])
