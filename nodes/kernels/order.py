"""Where values stand among those of a window: age of the extreme, rank, quantile.

A window that contains a missing value is missing. The age costs O(n) whatever the window. The others are no sums
that could be kept: rank and distance look at the whole window for each row, O(n period), at 0.2 ns for each value of
it; the quantile moves what lies between the value that leaves a sorted window and the one that enters.
"""

import numpy as np
from numpy.typing import NDArray

from nodes.kernels.window import blank_gaps, warm_up


def age_of_top(x: NDArray[np.float64], period: int, sign: float) -> NDArray[np.float64]:
    """Bars since the largest (sign 1.0) or smallest (-1.0) of the last `period` values; of equals, the latest."""
    rows = len(x)
    out = np.full(rows, np.nan)
    queue = np.empty(rows, dtype=np.int64)  # rows of falling values: the first is the extreme
    head = 0
    tail = 0
    missing = -1
    for i in range(rows):
        value = sign * x[i]
        if np.isnan(value):
            missing = i
            head = tail
            continue
        while tail > head and sign * x[queue[tail - 1]] <= value:
            tail -= 1
        queue[tail] = i
        tail += 1
        if queue[head] <= i - period:
            head += 1
        if i >= period - 1 and missing <= i - period:
            out[i] = i - queue[head]
    return out


def share_below(x: NDArray[np.float64], period: int) -> NDArray[np.float64]:
    """Share of the `period` values before this one that are below it, 0 to 1; lag by lag, as in `distance_windows`."""
    rows = len(x)
    out = warm_up(rows, period + 1)
    for first in range(period, rows, 512):
        last = min(first + 512, rows)
        there, now = out[first:last], x[first:last]
        for k in range(len(there)):
            there[k] = 0.0
        for lag in range(1, period + 1):
            here = x[first - lag : last - lag]
            for k in range(len(there)):
                there[k] += 1.0 if here[k] < now[k] else 0.0
        for k in range(len(there)):
            there[k] /= period
    blank_gaps(x, period + 1, out)
    return out


def quantile_windows(x: NDArray[np.float64], period: int, share: float) -> NDArray[np.float64]:
    """The `share` quantile (0 to 1) of the last `period` values, linear between its two neighbours."""
    rows = len(x)
    out = np.full(rows, np.nan)
    window = np.empty(period)  # sorted
    size = 0
    position = share * (period - 1)
    below = int(np.floor(position))
    above = min(below + 1, period - 1)
    part = position - below
    for i in range(rows):
        if np.isnan(x[i]):
            size = 0
            continue
        at = np.searchsorted(window[:size], x[i])
        if size < period:
            gap = size
            size += 1
        else:
            gap = np.searchsorted(window, x[i - period])  # where the oldest one leaves
        while gap < at - 1:
            window[gap] = window[gap + 1]
            gap += 1
        while gap > at:
            window[gap] = window[gap - 1]
            gap -= 1
        window[gap] = x[i]
        if size == period:
            out[i] = window[below] + part * (window[above] - window[below])
    return out


def distance_windows(x: NDArray[np.float64], period: int, leads: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean distance of the last `period` values from their mean, given as what the last one is above it.

    So the distances keep their digits when the level is far above them, as it would not with the rounded mean.
    Row by row each addition would wait for the one before; here some hundred windows take up one value each in turn.
    """
    rows = len(x)
    out = warm_up(rows, period)
    for first in range(period - 1, rows, 512):
        last = min(first + 512, rows)
        there, now, lead = out[first:last], x[first:last], leads[first:last]
        for k in range(len(there)):
            there[k] = 0.0
        for lag in range(period):
            here = x[first - lag : last - lag]
            for k in range(len(there)):
                there[k] += abs((here[k] - now[k]) + lead[k])
        for k in range(len(there)):
            there[k] /= period
    return out
