"""Rolling windows in O(n), whatever the period, without drift.

The rows are cut into blocks as long as the window. A window that ends in a block is then a tail of the block
before (accumulated backwards) and a head of this one (accumulated forwards): values are only ever
added, never taken out again. So nothing drifts however long the series is, no error of a large value
outlives its window, and a missing value (NaN) blanks exactly the windows that contain it.

Averages and deviations add distances from the first value of the block, the anchor, which lies in every
window that ends there: a flat window has distances of exactly 0, hence its own value as mean and a
deviation of 0, and sums of squares lose at most a factor of the period in precision.

Short windows are looked at as a whole, many of them at once; what divides or takes roots does so apart from the sums,
where nothing waits for anything.
"""

import numpy as np
from numpy.typing import NDArray

SHORT = 8
"""Windows up to this long are added up one by one."""
TILE = 512
"""Rows that are taken at once where many windows are made side by side: they stay in the processor's nearest memory."""


def sum_windows(x: NDArray[np.float64], period: int) -> NDArray[np.float64]:
    """Sum of the last `period` values; exact for counts and other integers."""
    rows = len(x)
    out = warm_up(rows, period)
    if rows < period:
        return out
    tail = np.zeros(period + 1)
    for block in range(0, rows, period):
        total = 0.0
        if block > 0:
            before = x[block - period : block]
            for j in range(period - 1, 0, -1):
                total += before[j]
                tail[j] = total
        head = 0.0
        end = min(block + period, rows)
        here, there = x[block:end], out[block:end]
        for k in range(end - block):
            head += here[k]
            there[k] = tail[k + 1] + head
    for i in range(period - 1):
        out[i] = np.nan
    return out


def average_windows(x: NDArray[np.float64], period: int) -> NDArray[np.float64]:
    """Mean of the last `period` values."""
    rows = len(x)
    out = warm_up(rows, period)
    if rows < period:
        return out
    if period <= SHORT:
        average_short(x, period, out)
        return out
    drift = 0.0
    for i in range(period):
        drift += x[i] - x[0]
    out[period - 1] = x[0] + drift / period
    tail = np.zeros(period + 1)
    for block in range(period, rows, period):
        anchor = x[block]
        total = 0.0
        before = x[block - period : block]
        for j in range(period - 1, 0, -1):
            total += before[j] - anchor
            tail[j] = total
        end = min(period, rows - block)
        here, there = x[block : block + end], out[block : block + end]
        head = 0.0
        for k in range(end):
            head += here[k] - anchor
            there[k] = tail[k + 1] + head
        for k in range(end):  # apart from the sums, several divisions are made at once
            there[k] = anchor + there[k] / period
    return out


def average_short(x: NDArray[np.float64], period: int, out: NDArray[np.float64]) -> None:
    """Means of short windows into `out`, lag by lag: many windows at once, and no block is worth its begin."""
    rows = len(x)
    there, now = out[period - 1 : rows], x[period - 1 : rows]
    for k in range(len(there)):
        there[k] = 0.0
    for lag in range(1, period):
        here = x[period - 1 - lag : rows - lag]
        for k in range(len(there)):
            there[k] += here[k] - now[k]
    for k in range(len(there)):
        there[k] = now[k] + there[k] / period


def weigh_windows(x: NDArray[np.float64], period: int) -> NDArray[np.float64]:
    """Mean of the last `period` values with weights 1 (oldest) to `period` (newest)."""
    rows = len(x)
    out = warm_up(rows, period)
    if rows < period:
        return out
    away = np.empty(rows)
    weights = 0.5 * period * (period + 1.0)
    tail = np.zeros(period + 1)
    for block in range(0, rows, period):
        anchor = x[block]
        total = 0.0
        weighted = 0.0
        if block > 0:
            for j in range(period - 1, 0, -1):
                total += x[block - period + j] - anchor
                weighted += total  # one row further back, every weight is one higher
                tail[j] = weighted
        head = 0.0
        weighted = 0.0
        weight = 1.0 * period
        for k in range(min(period, rows - block)):
            distance = x[block + k] - anchor
            weight -= 1.0  # of the newest value of the tail
            head += distance
            weighted += (k + 1.0) * distance
            away[block + k] = distance
            out[block + k] = tail[k + 1] + weighted + weight * head
    for i in range(rows):
        out[i] = x[i] - (away[i] - out[i] / weights)
    for i in range(period - 1):
        out[i] = np.nan
    return out


def measure_windows(
    x: NDArray[np.float64], period: int, ddof: int
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Mean and standard deviation (divisor period - ddof) of the last `period` values, and the last one less the mean.

    The third is more than x - mean: it keeps its digits when the level is far above the deviations.
    """
    rows = len(x)
    means = warm_up(rows, period)
    deviations = warm_up(rows, period)
    leads = warm_up(rows, period)
    if rows < period:
        return means, deviations, leads
    tail = np.zeros(period + 1)
    tail_squares = np.zeros(period + 1)
    for block in range(0, rows, period):
        anchor = x[block]
        total = 0.0
        squares = 0.0
        if block > 0:
            for j in range(period - 1, 0, -1):
                distance = x[block - period + j] - anchor
                total += distance
                squares += distance * distance
                tail[j] = total
                tail_squares[j] = squares
        head = 0.0
        squares = 0.0
        for k in range(min(period, rows - block)):
            distance = x[block + k] - anchor
            head += distance
            squares += distance * distance
            leads[block + k] = distance
            means[block + k] = tail[k + 1] + head
            deviations[block + k] = tail_squares[k + 1] + squares
    for i in range(period - 1):  # sums of no whole window
        means[i] = np.nan
    share = 1.0 / (period - ddof)
    for i in range(rows):  # apart from the sums, several divisions and roots are made at once
        away = means[i] / period
        spread = deviations[i] - means[i] * away
        leads[i] -= away
        means[i] = x[i] - leads[i]
        deviations[i] = np.sqrt(share * (spread if spread > 0.0 else abs(0.0 * spread)))
    return means, deviations, leads


def top_windows(x: NDArray[np.float64], period: int, sign: float) -> NDArray[np.float64]:
    """Largest of the last `period` values with sign 1.0, smallest with sign -1.0."""
    out = warm_up(len(x), period)
    if len(x) < period:
        return out
    if period <= 64:
        top_short(x, period, sign, out)
    else:
        top_long(x, period, sign, out)
    blank_gaps(x, period, out)
    return out


def top_short(x: NDArray[np.float64], period: int, sign: float, out: NDArray[np.float64]) -> None:
    """By doubling: the largest of 2, 4, 8 … values is the larger one of two halves, many windows at once."""
    rows = len(x)
    here = np.empty(TILE + period)
    there = np.empty(TILE + period)
    for first in range(period - 1, rows, TILE):
        last = min(first + TILE, rows)
        given = x[first - period + 1 : last]
        count = len(given)
        for k in range(count):
            here[k] = sign * given[k]
        size = 1
        while 2 * size <= period:
            count -= size
            take_larger(here[:count], here[size : size + count], there)
            here, there = there, here
            size *= 2
        found = out[first:last]
        count = last - first
        take_larger(here[:count], here[period - size : period - size + count], found)
        for k in range(count):
            found[k] *= sign


def take_larger(x: NDArray[np.float64], y: NDArray[np.float64], out: NDArray[np.float64]) -> None:
    """The larger one of each two values."""
    for k in range(len(x)):
        out[k] = max(x[k], y[k])


def top_long(x: NDArray[np.float64], period: int, sign: float, out: NDArray[np.float64]) -> None:
    """By blocks, after van Herk, Gil and Werman."""
    rows = len(x)
    tail = np.full(period + 1, -np.inf)
    for block in range(0, rows, period):
        best = -np.inf
        if block > 0:
            before = x[block - period : block]
            for j in range(period - 1, 0, -1):
                best = max(best, sign * before[j])  # passes over NaN
                tail[j] = best
        best = -np.inf
        end = min(block + period, rows)
        here, there = x[block:end], out[block:end]
        for k in range(end - block):
            best = max(best, sign * here[k])
            there[k] = sign * max(best, tail[k + 1])


def bound_windows(
    high: NDArray[np.float64], low: NDArray[np.float64], period: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Largest of the last `period` values of `high` and smallest of `low`."""
    return top_windows(high, period, 1.0), top_windows(low, period, -1.0)


def warm_up(rows: int, period: int) -> NDArray[np.float64]:
    """A column whose first `period` - 1 values are missing, the others not yet written."""
    out = np.empty(rows)
    for i in range(min(period - 1, rows)):
        out[i] = np.nan
    return out


def blank_gaps(x: NDArray[np.float64], period: int, out: NDArray[np.float64]) -> None:
    """Make every window missing that is not whole or contains a missing value: for what passed over them."""
    missing = 0
    for i in range(len(x)):
        missing += np.isnan(x[i])
    for i in range(min(period - 1, len(x))):
        out[i] = np.nan
    if missing == 0:  # nearly always, and this counts many at once
        return
    last = -period
    for i in range(len(x)):
        if np.isnan(x[i]):
            last = i
        if i - last < period:
            out[i] = np.nan


def average_weighted(x: NDArray[np.float64], weight: NDArray[np.float64], period: int) -> NDArray[np.float64]:
    """Mean of the last `period` values, each with its own weight; NaN where the weights add up to 0."""
    rows = len(x)
    out = np.full(rows, np.nan)
    if rows < period:
        return out
    tail = np.zeros(period + 1)
    tail_weight = np.zeros(period + 1)
    for block in range(0, rows, period):
        anchor = x[block]
        total = 0.0
        weights = 0.0
        if block > 0:
            for j in range(period - 1, 0, -1):
                w = weight[block - period + j]
                total += w * (x[block - period + j] - anchor)
                weights += w
                tail[j] = total
                tail_weight[j] = weights
        head = 0.0
        weights = 0.0
        for i in range(block, min(block + period, rows)):
            head += weight[i] * (x[i] - anchor)
            weights += weight[i]
            if i >= period - 1:
                whole = tail_weight[i - block + 1] + weights
                if whole != 0.0:
                    out[i] = anchor + (tail[i - block + 1] + head) / whole
    return out


def slope_windows(x: NDArray[np.float64], period: int) -> NDArray[np.float64]:
    """Slope per row of the least-squares line through the last `period` values."""
    rows = len(x)
    out = np.full(rows, np.nan)
    if rows < period:
        return out
    middle = 0.5 * (period + 1.0)
    spread = period * (period * period - 1.0) / 12.0
    tail = np.zeros(period + 1)
    tail_weighted = np.zeros(period + 1)
    for block in range(0, rows, period):
        anchor = x[block]
        total = 0.0
        weighted = 0.0
        if block > 0:
            for j in range(period - 1, 0, -1):
                total += x[block - period + j] - anchor
                weighted += total
                tail[j] = total
                tail_weighted[j] = weighted
        head = 0.0
        weighted = 0.0
        for i in range(block, min(block + period, rows)):
            k = i - block + 1
            distance = x[i] - anchor
            head += distance
            weighted += k * distance
            if i >= period - 1:
                numbered = tail_weighted[k] + weighted + (period - k) * head
                out[i] = (numbered - middle * (tail[k] + head)) / spread
    return out
