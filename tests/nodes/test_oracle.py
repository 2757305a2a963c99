"""Extended precision beside us and TA-Lib: where the two differ by more than last digits, it is TA-Lib that rounds.

test_talib allows wide differences for a few nodes, because TA-Lib takes values out of running sums again and subtracts
sums of squares. Here every window is computed anew with 64 bits of mantissa, and ours is within 1e-9 of that.
"""

from types import SimpleNamespace

import numpy as np
import pytest
import talib
from numpy.lib.stride_tricks import sliding_window_view

MILLION = 1_000_000
LIMIT = 1e-9


def exact(x):
    return x.astype(np.longdouble)


def windows(x, period):
    return sliding_window_view(x, period)


def divide(x, y, otherwise):
    there = y > 0.0
    return np.where(there, x / np.where(there, y, 1.0), otherwise)


def typical(b):
    """In double precision: the nodes and TA-Lib get it so, and it is rounded once only."""
    return exact((b.high + b.low + b.close) / 3.0)


def moments(x, y, period):
    x, y = windows(exact(x), period), windows(exact(y), period)
    x, y = x - x.mean(axis=1)[:, None], y - y.mean(axis=1)[:, None]
    return (x * x).sum(axis=1), (x * y).sum(axis=1), (y * y).sum(axis=1)


def cci(b, period):
    price = windows(typical(b), period)
    mean = price.mean(axis=1)
    distance = np.abs(price - mean[:, None]).mean(axis=1)
    distance = np.where(distance > 1e-14 * price[:, -1], distance, 0.0)
    return divide(price[:, -1] - mean, np.longdouble("0.015") * distance, 0.0)


def mfi(b, period):
    price = typical(b)
    money, move = (price * b.volume)[1:], np.diff(price)
    still = 1e-14 * price[1:]
    rises = windows(np.where(move > still, money, 0.0), period).sum(axis=1)
    falls = windows(np.where(-move > still, money, 0.0), period).sum(axis=1)
    return divide(100.0 * rises, rises + falls, 0.0)


def cmf(b, period):
    high, low, close = exact(b.high), exact(b.low), exact(b.close)
    flow = divide((close - low) - (high - close), high - low, 0.0) * b.volume
    return divide(windows(flow, period).sum(axis=1), windows(exact(b.volume), period).sum(axis=1), 0.0)


def correlation(b, period):
    xx, xy, yy = moments(b.close, b.open, period)
    return divide(xy, np.sqrt(xx * yy), np.nan)


def beta(b, period):
    mine, theirs = (np.diff(exact(x)) / exact(x)[:-1] for x in (b.close, b.open))
    _, xy, yy = moments(mine, theirs, period)
    return divide(xy, yy, np.nan)


CASES = {
    "cci": (cci, 14, ("high", "low", "close"), talib.CCI),
    "mfi": (mfi, 14, ("high", "low", "close", "volume"), talib.MFI),
    "cmf": (cmf, 20, ("high", "low", "close", "volume"), talib.CMF),
    "correlation": (correlation, 10, ("close", "open"), talib.CORREL),
    "beta": (beta, 10, ("close", "open"), lambda x, benchmark, period: talib.BETA(benchmark, x, period)),
}


def stale(rows):
    """Minutes of a market in which hardly anything happens: whole cents at a level of 4000, most bars like the last."""
    rng = np.random.default_rng(31)
    close = 4_000.0 + np.cumsum(rng.integers(-3, 4, rows) * (rng.random(rows) < 0.2)) / 100.0
    opened = np.concatenate(([4_000.0], close[:-1]))
    busy = rng.random(rows) < 0.1
    high = np.maximum(opened, close) + busy * rng.integers(0, 3, rows) / 100.0
    low = np.minimum(opened, close) - busy * rng.integers(0, 3, rows) / 100.0
    volume = np.where(rng.random(rows) < 0.3, 0.0, rng.lognormal(0.0, 4.0, rows))
    return SimpleNamespace(open=opened, high=high, low=low, close=close, volume=volume)


def assert_ours_is_nearer(compute, id_, market):
    oracle, period, ports, reference = CASES[id_]
    columns = [getattr(market, port) for port in ports]
    expected = oracle(market, period)
    ours = compute(id_, *columns, period=period)[-len(expected) :]
    theirs = reference(*columns, period)[-len(expected) :]
    known = np.isfinite(expected)
    np.testing.assert_array_equal(np.isfinite(ours), known)
    np.testing.assert_allclose(ours[known], expected[known].astype(np.float64), rtol=LIMIT, atol=LIMIT)
    # so what is between us and TA-Lib beyond that is TA-Lib's own distance from the truth
    apart = known & (np.abs(theirs - ours) > 2.0 * LIMIT * np.maximum(np.abs(ours), 1.0))
    assert (np.abs(theirs - expected)[apart] > LIMIT).all()


@pytest.mark.parametrize("id_", CASES)
def test_on_bars_that_hardly_move_every_window_is_right(compute, id_):
    assert_ours_is_nearer(compute, id_, stale(20_000))


@pytest.mark.parametrize("id_", CASES)
def test_on_real_bars_every_window_is_right(compute, real_bars, id_):
    assert_ours_is_nearer(compute, id_, real_bars)


def smoothed_moves(x, period):
    """Wilder's RSI, each step in extended precision."""
    move = np.diff(exact(x))
    gain, loss = (np.maximum(side * move[:period], 0.0).mean() for side in (1, -1))
    alpha = 1 / np.longdouble(period)
    found = []
    for step in (None, *move[period:]):
        if step is not None:
            gain += alpha * (max(step, np.longdouble(0)) - gain)
            loss += alpha * (max(-step, np.longdouble(0)) - loss)
        found.append(100 * gain / (gain + loss) if gain + loss > 0 else np.longdouble(0))
    return np.array(found)


def test_a_stochastic_rsi_is_as_good_as_the_range_of_the_rsi_allows(compute):
    # the RSI is right to 1e-13; what is divided by a range of 1e-5 of it is right to 1e-6 of a percent, in any library
    x = stale(5_000).close
    strength = smoothed_moves(x, 14)
    np.testing.assert_allclose(compute("rsi", x, period=14)[14:], strength.astype(np.float64), rtol=1e-12, atol=1e-13)
    inside = windows(strength, 5)
    reach = inside.max(axis=1) - inside.min(axis=1)
    place = divide(100.0 * (inside[:, -1] - inside.min(axis=1)), np.where(reach > 1e-10, reach, 0.0), 0.0)
    found = compute("stoch_rsi", x, period=14, window=5, signal=1).k[-len(place) :]
    allowed = LIMIT + 1e-11 / np.maximum(reach, 1e-10)
    assert (np.abs(found - place) <= allowed).all()


def walk(rows):
    """Two related columns whose level is far above their moves, with a burst of 1e9 that must not be remembered."""
    rng = np.random.default_rng(32)
    x = 1e4 + np.cumsum(rng.normal(0.0, 1e-2, rows))
    y = 0.5 * x + np.cumsum(rng.normal(0.0, 1e-2, rows)) + 2e4
    x[rows // 2 : rows // 2 + 50] += 1e9
    return x, y


@pytest.mark.parametrize("period", [3, 60, 1_000])
def test_moments_of_two_columns_over_a_million_bars_agree(compute, period):
    x, y = walk(MILLION)
    after = MILLION // 2 + 50 + period
    ends = np.unique(np.concatenate((np.arange(period, MILLION, 3_001), np.arange(after, after + 100), [MILLION - 1])))
    a, b = (exact(windows(z, period)[ends - period + 1]) for z in (x, y))
    a, b = a - a.mean(axis=1)[:, None], b - b.mean(axis=1)[:, None]
    xx, xy, yy = (a * a).sum(axis=1), (a * b).sum(axis=1), (b * b).sum(axis=1)
    skewness = (a**3).mean(axis=1) / (a**2).mean(axis=1) ** np.longdouble(1.5)
    steps = [np.diff(exact(windows(z, period + 1)[ends - period])) for z in (x, y)]
    mine, theirs = (step / exact(windows(z, period)[ends - period]) for step, z in zip(steps, (x, y), strict=True))
    mine, theirs = mine - mine.mean(axis=1)[:, None], theirs - theirs.mean(axis=1)[:, None]
    slope = (mine * theirs).sum(axis=1) / (theirs * theirs).sum(axis=1)
    for found, expected in (
        (compute("correlation", x, y, period=period), xy / np.sqrt(xx * yy)),
        (compute("hedge_ratio", x, y, period=period), xy / yy),  # the covariance over a variance
        (compute("skew", x, period=period, bias=1), skewness),
        (compute("beta", x, y, period=period), slope),
    ):
        np.testing.assert_allclose(found[ends], expected.astype(np.float64), rtol=LIMIT, atol=LIMIT)
