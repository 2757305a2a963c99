"""Rolling windows in O(n), whatever the period, without drift.

The rows are cut into blocks as long as the window. A window that ends in a block is then a tail of the block
before (accumulated backwards) and a head of this one (accumulated forwards): values are only ever
added, never taken out again. So nothing drifts however long the series is, no error of a large value
outlives its window, and a missing value (NaN) blanks exactly the windows that contain it.

Averages and deviations add distances from the first value of the block, the anchor, which lies in every
window that ends there: a flat window has distances of exactly 0, hence its own value as mean and a
deviation of 0, and sums of squares lose at most a factor of the period in precision.
"""

import numpy as np
from numpy.typing import NDArray


def sum_windows(x: NDArray[np.float64], period: int) -> NDArray[np.float64]:
    """Sum of the last `period` values; exact for counts and other integers."""
    rows = len(x)
    out = np.full(rows, np.nan)
    if rows < period:
        return out
    tail = np.zeros(period + 1)
    for block in range(0, rows, period):
        total = 0.0
        if block > 0:
            for j in range(period - 1, 0, -1):
                total += x[block - period + j]
                tail[j] = total
        head = 0.0
        for i in range(block, min(block + period, rows)):
            head += x[i]
            if i >= period - 1:
                out[i] = tail[i - block + 1] + head
    return out


def average_windows(x: NDArray[np.float64], period: int) -> NDArray[np.float64]:
    """Mean of the last `period` values."""
    rows = len(x)
    out = warm_up(rows, period)
    if rows < period:
        return out
    drift = 0.0
    for i in range(period):
        drift += x[i] - x[0]
    out[period - 1] = x[0] + drift / period
    tail = np.zeros(period + 1)
    for block in range(period, rows, period):
        anchor = x[block]
        total = 0.0
        for j in range(period - 1, 0, -1):
            total += x[block - period + j] - anchor
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


def weigh_windows(x: NDArray[np.float64], period: int) -> NDArray[np.float64]:
    """Mean of the last `period` values with weights 1 (oldest) to `period` (newest)."""
    rows = len(x)
    out = np.full(rows, np.nan)
    if rows < period:
        return out
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
        for i in range(block, min(block + period, rows)):
            k = i - block + 1
            distance = x[i] - anchor
            head += distance
            weighted += k * distance
            if i >= period - 1:
                # the head's weights begin above those of the period - k values of the tail
                out[i] = anchor + (tail[k] + weighted + (period - k) * head) / weights
    return out


def measure_windows(
    x: NDArray[np.float64], period: int, ddof: int
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Mean and standard deviation (divisor period - ddof) of the last `period` values, and the last one less the mean.

    The third is more than x - mean: it keeps its digits when the level is far above the deviations.
    """
    rows = len(x)
    means = np.full(rows, np.nan)
    deviations = np.full(rows, np.nan)
    leads = np.full(rows, np.nan)
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
        for i in range(block, min(block + period, rows)):
            distance = x[i] - anchor
            head += distance
            squares += distance * distance
            if i >= period - 1:
                total = tail[i - block + 1] + head
                spread = tail_squares[i - block + 1] + squares - total * (total / period)
                means[i] = anchor + total / period
                leads[i] = distance - total / period
                if spread > 0.0:
                    deviations[i] = np.sqrt(spread / (period - ddof))
                elif spread <= 0.0:
                    deviations[i] = 0.0
    return means, deviations, leads


def top_windows(x: NDArray[np.float64], period: int, sign: float) -> NDArray[np.float64]:
    """Largest of the last `period` values with sign 1.0, smallest with sign -1.0 (van Herk, Gil and Werman)."""
    rows = len(x)
    out = warm_up(rows, period)
    if rows < period:
        return out
    tail = np.full(period + 1, -np.inf)
    for block in range(0, rows, period):
        best = -np.inf
        if block > 0:
            for j in range(period - 1, 0, -1):
                value = sign * x[block - period + j]
                best = max(best, value)  # passes over NaN
                tail[j] = best
        best = -np.inf
        for i in range(block, min(block + period, rows)):
            value = sign * x[i]
            best = max(best, value)
            if i >= period - 1:
                other = tail[i - block + 1]
                out[i] = sign * (max(best, other))
    blank_gaps(x, period, out)
    return out


def bound_windows(
    high: NDArray[np.float64], low: NDArray[np.float64], period: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Largest of the last `period` values of `high` and smallest of `low`, in one pass: half the time of two."""
    rows = len(high)
    top = warm_up(rows, period)
    bottom = warm_up(rows, period)
    if rows < period:
        return top, bottom
    tail_top = np.full(period + 1, -np.inf)
    tail_bottom = np.full(period + 1, np.inf)
    for block in range(0, rows, period):
        most = -np.inf
        least = np.inf
        if block > 0:
            for j in range(period - 1, 0, -1):
                value, other = high[block - period + j], low[block - period + j]
                most = max(most, value)
                least = min(least, other)
                tail_top[j] = most
                tail_bottom[j] = least
        most = -np.inf
        least = np.inf
        for i in range(block, min(block + period, rows)):
            value, other = high[i], low[i]
            most = max(most, value)
            least = min(least, other)
            if i >= period - 1:
                value, other = tail_top[i - block + 1], tail_bottom[i - block + 1]
                top[i] = max(most, value)
                bottom[i] = min(least, other)
    blank_gaps(high, period, top)
    blank_gaps(low, period, bottom)
    return top, bottom


def warm_up(rows: int, period: int) -> NDArray[np.float64]:
    """A column whose first `period` - 1 values are missing, the others not yet written."""
    out = np.empty(rows)
    for i in range(min(period - 1, rows)):
        out[i] = np.nan
    return out


def blank_gaps(x: NDArray[np.float64], period: int, out: NDArray[np.float64]) -> None:
    """Make every window missing that contains a missing value: for what passed over them."""
    missing = 0
    for i in range(len(x)):
        missing += np.isnan(x[i])
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
