"""Recursions over one symbol. A bar whose value is missing or infinite is skipped: it gives NaN, the state
is held, and the rest goes on as if the bar did not exist. So no missing value lasts for ever.
"""

import numpy as np
from numpy.typing import NDArray

from nodes.kernels.known import pick, rows_known, spread

VANISHING = 1e-290
"""Averages of moves below this have lost digits: they are all that is left of moves thousands of bars ago."""


def smooth(x: NDArray[np.float64], period: int, alpha: float, skip: int) -> NDArray[np.float64]:
    """Exponential smoothing: the state moves by `alpha` of its distance to each value.

    It is seeded, as in TA-Lib, by the mean of the first `period` known values after `skip` of them, and
    missing before. A flat series gives exactly its value: seed and step add distances, which are 0.
    """
    first = 0
    while first < len(x) and not np.isfinite(x[first]):
        first += 1
    out = np.empty(len(x))
    whole = True
    for i in range(first, min(first + skip, len(x))):
        whole &= np.isfinite(x[i])
    # nothing is missing after the first known value, nearly always; where that was wrong the last average tells
    if whole and smooth_whole(x, first + skip, period, alpha, out):
        return out
    rows = rows_known(x, x)
    found = np.empty(len(rows))
    smooth_whole(pick(x, rows), skip, period, alpha, found)
    return spread(found, rows, len(x))


def smooth_whole(x: NDArray[np.float64], first: int, period: int, alpha: float, out: NDArray[np.float64]) -> bool:
    """`smooth` into `out` where nothing is missing from `first` on, four values at a time; False when something was.

    One step waits for the one before, twelve cycles each. Here four share that wait: their distances from the first of
    them are smoothed by themselves, and only the distance of that one from the state is added afterwards.
    """
    start = first + period - 1
    for i in range(min(start, len(x))):
        out[i] = np.nan
    if start >= len(x):
        return True
    drift = 0.0
    for i in range(first, start + 1):
        drift += x[i] - x[first]
    state = x[first] + drift / period
    out[start] = state
    keep = 1.0 - alpha
    two = 1.0 - keep * keep  # how far the state goes towards a value in two, three, four steps
    three = 1.0 - keep * keep * keep
    four = 1.0 - keep * keep * keep * keep
    i = start + 1
    while i + 3 < len(x):
        base = x[i]
        b = alpha * (x[i + 1] - base)
        c = keep * b + alpha * (x[i + 2] - base)
        d = keep * c + alpha * (x[i + 3] - base)
        away = base - state
        out[i] = state + alpha * away
        out[i + 1] = state + (two * away + b)
        out[i + 2] = state + (three * away + c)
        state += four * away + d
        out[i + 3] = state
        i += 4
    # up to three are left; the same steps, so that a value does not depend on how many follow it
    away = x[min(i, len(x) - 1)] - state
    if i < len(x):
        out[i] = state + alpha * away
    if i + 1 < len(x):
        b = alpha * (x[i + 1] - x[i])
        out[i + 1] = state + (two * away + b)
        if i + 2 < len(x):
            c = keep * b + alpha * (x[i + 2] - x[i])
            out[i + 2] = state + (three * away + c)
    return bool(np.isfinite(out[-1]))  # NaN and infinity never leave a state that they have entered


def weigh_moves(x: NDArray[np.float64], period: int) -> NDArray[np.float64]:
    """Wilder's relative strength: smoothed gains as a percentage of smoothed moves; 0 when nothing ever moved.

    Where nothing has moved for so long that both have lost their digits, the last value stays.
    """
    out = np.full(len(x), np.nan)
    alpha = 1.0 / period
    keep = 1.0 - alpha
    seen = 0
    last = 0.0
    gain = 0.0
    loss = 0.0
    latest = 0.0
    for i in range(len(x)):
        if not np.isfinite(x[i]):
            continue
        move = x[i] - last
        last = x[i]
        seen += 1
        if seen == 1:
            continue
        if seen <= period + 1:
            gain += alpha * max(move, 0.0)
            loss += alpha * max(-move, 0.0)
        else:
            # one product less to wait for than by adding distances; nothing that never moved leaves 0 by it
            gain = keep * gain + alpha * max(move, 0.0)
            loss = keep * loss + alpha * max(-move, 0.0)
        if seen > period:
            if gain + loss > VANISHING:
                latest = 100.0 * (gain / (gain + loss))
            out[i] = latest
    return out


def move_rows(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Each value less the last known one; NaN on the first and where the value is missing."""
    out = np.full(len(x), np.nan)
    last = np.nan
    for i in range(len(x)):
        if np.isfinite(x[i]):
            out[i] = x[i] - last
            last = x[i]
    return out


def range_bars(high: NDArray[np.float64], low: NDArray[np.float64], close: NDArray[np.float64]) -> NDArray[np.float64]:
    """True range of each bar against the last known close before it; NaN until there is one."""
    out = measure_ranges(high, low, close)
    missing = 0
    for i in range(1, len(out)):
        missing += not np.isfinite(out[i])
    if missing == 0:  # nearly always
        return out
    last = np.nan
    for i in range(len(close)):
        out[i] = np.nan
        if np.isfinite(high[i]) and np.isfinite(low[i]) and not np.isnan(last):
            out[i] = max(high[i] - low[i], abs(high[i] - last), abs(low[i] - last))
        if np.isfinite(close[i]):
            last = close[i]
    return out


def measure_ranges(
    high: NDArray[np.float64], low: NDArray[np.float64], close: NDArray[np.float64]
) -> NDArray[np.float64]:
    """`range_bars` where nothing is missing; NaN on the first bar, and where something is missing after all."""
    out = np.full(len(close), np.nan)
    if len(close) > 1:
        top, bottom, last, width = high[1:], low[1:], close[: len(close) - 1], out[1:]
        for k in range(len(width)):
            known = 0.0 * (top[k] + bottom[k] + last[k])
            width[k] = max(top[k] - bottom[k], abs(top[k] - last[k]), abs(bottom[k] - last[k])) + known
    return out


def cross_lines(fast: NDArray[np.float64], slow: NDArray[np.float64]) -> NDArray[np.float64]:
    """+1 where `fast` gets above `slow`, -1 where it gets below, else 0; the first known bar is NaN."""
    out = np.empty(len(fast))
    known = above = below = False  # as it was on the last bar on which both were known
    for i in range(len(fast)):
        over, under = fast[i] > slow[i], fast[i] < slow[i]
        side = 1.0 if over and not above else -1.0 if under and not below else 0.0
        both = over or under or fast[i] == slow[i]
        out[i] = side if both and known else np.nan
        if both:
            known, above, below = True, over, under
    return out
