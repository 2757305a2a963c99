"""Extended precision is the oracle where TA-Lib has no such node or loses digits itself."""

from fractions import Fraction

import numpy as np
import pytest
from numpy.lib.stride_tricks import sliding_window_view

from nodes.kernels.recursion import smooth
from nodes.kernels.window import (
    average_windows,
    measure_windows,
    sum_windows,
    top_windows,
    weigh_windows,
)

MILLION = 1_000_000
EPSILON = np.finfo(np.float64).eps


def hard(rows: int) -> np.ndarray:
    """A walk whose level is far above its moves, with a burst of 1e9 in the middle that must not be remembered."""
    rng = np.random.default_rng(11)
    x = 1e4 + np.cumsum(rng.normal(0.0, 1e-2, rows))
    x[rows // 2 : rows // 2 + 50] += 1e9
    return x


def sampled(rows: int, period: int) -> np.ndarray:
    """Ends of 400 windows, many of them just after the burst."""
    rng = np.random.default_rng(12)
    after = rows // 2 + 50 + period
    return np.unique(np.concatenate((rng.integers(period - 1, rows, 300), np.arange(after, after + 100), [rows - 1])))


@pytest.mark.parametrize("period", [2, 20, 1_000])
def test_windows_over_a_million_bars_agree_with_extended_precision(helper, period):
    x = hard(MILLION)
    ends = sampled(MILLION, period)
    windows = sliding_window_view(x, period)[ends - period + 1].astype(np.longdouble)
    mean = windows.mean(axis=1)
    variance = ((windows - mean[:, None]) ** 2).mean(axis=1)
    weights = np.arange(1, period + 1, dtype=np.longdouble)
    means, deviations, leads = helper(measure_windows)(x, period, 0)
    sample = helper(measure_windows)(x, period, 1)[1]
    for found, expected in (
        (helper(sum_windows)(x, period), windows.sum(axis=1)),
        (helper(average_windows)(x, period), mean),
        (helper(weigh_windows)(x, period), windows @ weights / weights.sum()),
        (means, mean),
        (deviations, np.sqrt(variance)),
        (sample, np.sqrt(variance * period / (period - 1))),
    ):
        np.testing.assert_allclose(found[ends], expected.astype(np.float64), rtol=1e-12, atol=0.0)
    score = (leads / deviations)[ends]
    np.testing.assert_allclose(score, ((x[ends] - mean) / np.sqrt(variance)).astype(np.float64), rtol=1e-9, atol=1e-12)


def test_smoothing_over_a_million_bars_agrees_with_extended_precision(helper):
    x = hard(MILLION)
    period, reach = 30, 1_000
    alpha = 2.0 / (period + 1.0)
    found = helper(smooth)(x, period, alpha, 0)
    weights = alpha * (np.longdouble(1.0) - np.longdouble(alpha)) ** np.arange(reach)[::-1]
    ends = sampled(MILLION, reach)
    windows = sliding_window_view(x, reach)[ends - reach + 1].astype(np.longdouble)
    np.testing.assert_allclose(found[ends], (windows @ weights).astype(np.float64), rtol=1e-12)


def test_a_deviation_keeps_its_digits_when_an_outlier_is_the_anchor(helper):
    x = np.random.default_rng(13).normal(0.0, 1.0, 3_000)
    x[::1_000] = 1e6
    found = helper(measure_windows)(x, 1_000, 0)[1][999:]
    windows = sliding_window_view(x, 1_000).astype(np.longdouble)
    np.testing.assert_allclose(found, windows.std(axis=1).astype(np.float64), rtol=1e-10)


def test_small_windows_agree_with_fractions(compute):
    x = np.random.default_rng(14).normal(0.0, 1.0, 40) * 10.0 ** np.random.default_rng(15).integers(-6, 6, 40)
    period = 7
    mean, deviation, weighted = compute("sma", x, period=7), compute("rolling_std", x, period=7, ddof=1), None
    weighted = compute("wma", x, period=period)
    for end in range(period - 1, len(x)):
        window = [Fraction(float(value)) for value in x[end - period + 1 : end + 1]]
        size = float(max(map(abs, window)))
        middle = sum(window) / period
        spread = sum((value - middle) ** 2 for value in window) / (period - 1)
        assert mean[end] == pytest.approx(float(middle), rel=0.0, abs=4 * EPSILON * size)
        assert deviation[end] ** 2 == pytest.approx(float(spread), rel=1e-13)
        exact = sum(k * value for k, value in enumerate(window, 1)) / 28
        assert weighted[end] == pytest.approx(float(exact), rel=0.0, abs=4 * EPSILON * size)


@pytest.mark.parametrize("period", [1, 2, 3, 10, 64])
@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_extremes_agree_with_every_window(helper, period, sign):
    x = np.random.default_rng(16).integers(-20, 20, 500).astype(np.float64)
    windows = sliding_window_view(x, period)
    expected = windows.max(axis=1) if sign > 0 else windows.min(axis=1)
    np.testing.assert_array_equal(helper(top_windows)(x, period, sign)[period - 1 :], expected)


@pytest.mark.parametrize("level", [0.1, 1e-12, 123.456, 1e12 / 3])
@pytest.mark.parametrize("period", [2, 5, 20, 77])
def test_a_flat_window_after_a_wild_one_is_exactly_flat(compute, level, period):
    wild = np.random.default_rng(17).normal(0.0, 1e6, 133)
    x = np.concatenate((wild, np.full(400, level), wild, np.full(400, level)))
    flat = sliding_window_view(x, period)
    flat = np.concatenate((np.zeros(period - 1, bool), (flat == flat[:, :1]).all(axis=1)))
    assert flat.sum() >= 800 - 2 * period
    assert (compute("rolling_std", x, period=period)[flat] == 0.0).all()
    assert (compute("sma", x, period=period)[flat] == level).all()
    assert (compute("wma", x, period=period)[flat] == level).all()
    assert np.isnan(compute("zscore", x, period=period)[flat]).all()
    bands = compute("bollinger", x, period=period)
    assert (bands.upper[flat] == level).all()
    assert (bands.lower[flat] == level).all()
    assert (bands.bandwidth[flat] == 0.0).all()
    assert np.isnan(bands.percent_b[flat]).all()


def test_averages_of_a_flat_series_are_its_value_so_that_nothing_crosses(compute):
    x = np.full(500, 0.1)
    lines = [compute("sma", x, period=n)[60:] for n in (5, 12, 48)]
    lines += [
        compute("ema", x, period=12)[60:],
        compute("wilder", x, period=14)[60:],
        compute("dema", x, period=9)[60:],
    ]
    for line in lines:
        assert (line == 0.1).all()


def test_zscore_and_percent_b_agree_with_extended_precision(compute):
    x = hard(5_000)
    windows = sliding_window_view(x, 20).astype(np.longdouble)
    windows = windows - windows[:, :1]  # exact, and without it even the oracle runs out of digits at 1e9
    score = (windows[:, -1] - windows.mean(axis=1)) / windows.std(axis=1)
    np.testing.assert_allclose(compute("zscore", x, period=20)[19:], score.astype(np.float64), rtol=1e-9, atol=1e-12)
    percent_b = compute("bollinger", x).percent_b[19:]
    np.testing.assert_allclose(percent_b, (0.5 + score / 4).astype(np.float64), rtol=1e-9, atol=1e-12)


def test_sums_of_counts_are_exact(compute):
    x = np.random.default_rng(18).integers(0, 2, 10_000).astype(np.float64)
    np.testing.assert_array_equal(compute("rolling_sum", x, period=37)[36:], sliding_window_view(x, 37).sum(axis=1))


def test_strength_and_direction_stay_where_nothing_moves_for_thousands_of_bars(compute):
    # averages shrink to numbers without digits; 0 would read as deeply oversold
    x = np.concatenate((np.random.default_rng(19).normal(100.0, 1.0, 50), np.full(12_000, 101.0)))
    for period in (2, 5, 14):
        found = compute("rsi", x, period=period)
        np.testing.assert_allclose(found[50:], found[50], rtol=1e-9)
        index = compute("tsi", x, first=period, second=2)
        assert (np.abs(index[200:]) > 0.5 * abs(index[200])).all()  # smoothed twice, it settles in its time
        lines = compute("directional_index", x + 0.1, x - 0.1, x, period=period)
        np.testing.assert_allclose(lines.dx[50:], lines.dx[50], rtol=1e-9)
        assert (lines.plus[50:] >= 0.0).all()
