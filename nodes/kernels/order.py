"""Where values stand among those of a window: age of the extreme, rank, quantile, mean distance.

A window that contains a missing value is missing. The age costs O(n) whatever the window. The others look at short
windows as a whole for each row, O(period), which a processor does at 0.2 ns a value: rank and distance take many
windows at once, the quantile moves what lies between the value that leaves a sorted window and the one that enters.
From some hundred values on a tree over ranks is faster, at O(log period): `nodes.kernels.rank`.
"""

import numpy as np
from numpy.typing import NDArray

from nodes.kernels.rank import rank_below, rank_distance, rank_quantile
from nodes.kernels.window import blank_gaps, warm_up

LONG_SHARE = 768
LONG_QUANTILE = 384
LONG_DISTANCE = 1024
"""Longest windows that are looked at as a whole: where both ways were measured to cost the same."""


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
    if period > LONG_SHARE:
        return rank_below(x, period)
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
    position = share * (period - 1)
    below = int(np.floor(position))
    above = min(below + 1, period - 1)
    part = position - below
    if period > LONG_QUANTILE:
        return rank_quantile(x, period, below, part)
    rows = len(x)
    out = np.full(rows, np.nan)
    window = np.empty(period)  # sorted
    size = 0
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
    if period > LONG_DISTANCE:
        return rank_distance(x, period, leads)
    rows = len(x)
    out = warm_up(rows, period)
    for first in range(period - 1, rows, 512):
        last = min(first + 512, rows)
        there, now, lead = out[first:last], x[first:last], leads[first:last]
        for k in range(len(there)):
            there[k] = 0.0
        lag = 0
        while lag + 3 < period:  # four at a time, for reading and writing sums costs as much as they do
            a, b = x[first - lag : last - lag], x[first - lag - 1 : last - lag - 1]
            c, d = x[first - lag - 2 : last - lag - 2], x[first - lag - 3 : last - lag - 3]
            for k in range(len(there)):
                one, two = abs((a[k] - now[k]) + lead[k]), abs((b[k] - now[k]) + lead[k])
                three, four = abs((c[k] - now[k]) + lead[k]), abs((d[k] - now[k]) + lead[k])
                there[k] += (one + two) + (three + four)
            lag += 4
        while lag < period:
            here = x[first - lag : last - lag]
            for k in range(len(there)):
                there[k] += abs((here[k] - now[k]) + lead[k])
            lag += 1
        for k in range(len(there)):
            there[k] /= period
    return out
