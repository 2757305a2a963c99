"""Statistics that TA-Lib has not or has otherwise: pandas, numpy and plain definitions are the reference."""

import numpy as np
import pandas as pd
import pytest
from numpy.lib.stride_tricks import sliding_window_view

NAN = np.nan
PERIOD = 17


@pytest.fixture
def pair(bars):
    market = bars(400, seed=21)
    return market.close, market.close * 0.6 + bars(400, seed=22).close * 0.4


def windows(*columns):
    return zip(*(sliding_window_view(column, PERIOD) for column in columns), strict=True)


def test_quantiles_are_those_of_numpy(compute, bars):
    x = bars(300, seed=23).close
    for share in (0.0, 0.1, 0.5, 0.937, 1.0):
        found = compute("quantile", x, period=PERIOD, share=share)[PERIOD - 1 :]
        np.testing.assert_allclose(found, np.quantile(sliding_window_view(x, PERIOD), share, axis=1), rtol=1e-12)


def test_skewness_is_that_of_pandas(compute, bars):
    x = bars(300, seed=24).close
    found = compute("skew", x, period=PERIOD)
    np.testing.assert_allclose(found, pd.Series(x).rolling(PERIOD).skew(), rtol=1e-7, atol=1e-9)
    window = x[50 - PERIOD + 1 : 51] - x[50 - PERIOD + 1 : 51].mean()
    biased = compute("skew", x, period=PERIOD, bias=1)[50]
    assert biased == pytest.approx(np.mean(window**3) / np.mean(window**2) ** 1.5, rel=1e-9)


def test_hedge_ratio_and_spread_are_those_of_least_squares(compute, pair):
    x, y = pair
    ratio = compute("hedge_ratio", x, y, period=PERIOD)[PERIOD - 1 :]
    spread = compute("pair_spread", x, y, period=PERIOD)[PERIOD - 1 :]
    for k, (mine, other) in enumerate(windows(x, y)):
        slope, intercept = np.polyfit(other, mine, 1)
        assert ratio[k] == pytest.approx(slope, rel=1e-7)
        assert spread[k] == pytest.approx(mine[-1] - slope * other[-1] - intercept, rel=1e-6, abs=1e-8)


def test_a_flat_leg_has_no_ratio(compute):
    x, flat = np.arange(40.0), np.full(40, 5.0)
    for id_ in ("hedge_ratio", "pair_spread", "correlation"):
        assert np.isnan(compute(id_, x, flat, period=5)).all()
    assert np.isnan(compute("beta", x + 1.0, flat, period=5)).all()


def test_range_volatilities_are_their_formulas(compute, bars):
    b = bars(120, seed=25)
    ranges = np.log(b.high / b.low)
    expected = np.sqrt(sliding_window_view(ranges**2, PERIOD).mean(axis=1) / (4 * np.log(2)))
    np.testing.assert_allclose(compute("parkinson", b.high, b.low, period=PERIOD)[PERIOD - 1 :], expected, rtol=1e-12)
    terms = 0.5 * ranges**2 - (2 * np.log(2) - 1) * np.log(b.close / b.open) ** 2
    expected = np.sqrt(np.maximum(sliding_window_view(terms, PERIOD).mean(axis=1), 0.0))
    found = compute("garman_klass", b.open, b.high, b.low, b.close, period=PERIOD)[PERIOD - 1 :]
    np.testing.assert_allclose(found, expected, rtol=1e-10)


def test_drawdown_is_measured_from_the_highest_so_far(compute):
    found = compute("drawdown", [10.0, 12.0, NAN, 9.0, 15.0, 12.0])
    np.testing.assert_allclose(found, [0.0, 0.0, NAN, -0.25, 0.0, -0.2])


def test_vwap_begins_anew_with_each_session(compute, bars):
    b = bars(72, seed=26)
    typical, day = (b.high + b.low + b.close) / 3, np.arange(72) // 24
    expected = np.concatenate(
        [np.cumsum((typical * b.volume)[day == d]) / np.cumsum(b.volume[day == d]) for d in range(3)]
    )
    np.testing.assert_allclose(compute("vwap", b.high, b.low, b.close, b.volume), expected, rtol=1e-12)


def test_nothing_traded_has_no_vwap(compute):
    ones, volume = np.ones(4), np.array([0.0, 0.0, 2.0, 0.0])
    np.testing.assert_array_equal(compute("vwap", ones, ones, ones, volume), [NAN, NAN, 1.0, 1.0])
