"""Order statistics of long windows: O(log period) a row, where looking at the whole window would be O(period).

Rows are taken in blocks as long as the window. All values that windows ending in a block can hold, two blocks of
them, are sorted once; from then on a value is its place in that order, and what a window holds is a tree over the
places: counts to find ranks and quantiles, counts and sums to find mean distances. Sums of a node are always made
anew of its two halves, never by taking something out, so nothing remains of a value that has left. A window that
contains a missing value is missing.
"""

import numpy as np
from numpy.typing import NDArray

from nodes.kernels.window import blank_gaps, warm_up


def rank_below(x: NDArray[np.float64], period: int) -> NDArray[np.float64]:
    """Share of the `period` values before this one that are below it, 0 to 1."""
    rows = len(x)
    out = warm_up(rows, period + 1)
    for first in range(period, rows, period):
        last = min(first + period, rows)
        held = x[first - period : last]
        order = np.argsort(held)
        places = places_of(order)
        lowest = lowest_equals(held, order)
        counts = np.zeros(len(held) + 1, dtype=np.int64)
        for k in range(period):
            count_in(counts, places[k], 1)
        there = out[first:last]
        for k in range(len(there)):
            there[k] = count_below(counts, lowest[period + k]) / period
            count_in(counts, places[period + k], 1)
            count_in(counts, places[k], -1)
    blank_gaps(x, period + 1, out)
    return out


def rank_quantile(x: NDArray[np.float64], period: int, below: int, part: float) -> NDArray[np.float64]:
    """The value of rank `below` (from 0) of the last `period`, moved by `part` towards the next one."""
    rows = len(x)
    out = warm_up(rows, period)
    above = min(below + 1, period - 1)
    for first in range(period - 1, rows, period):
        last = min(first + period, rows)
        held = x[first - period + 1 : last]
        order = np.argsort(held)
        places = places_of(order)
        counts = np.zeros(len(held) + 1, dtype=np.int64)
        for k in range(period - 1):
            count_in(counts, places[k], 1)
        there = out[first:last]
        for k in range(len(there)):
            count_in(counts, places[period - 1 + k], 1)
            low = held[order[place_of_rank(counts, below)]]
            high = held[order[place_of_rank(counts, above)]]
            there[k] = low + part * (high - low)
            count_in(counts, places[k], -1)
    blank_gaps(x, period, out)
    return out


def rank_distance(x: NDArray[np.float64], period: int, leads: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean distance of the last `period` values from their mean, given as what the last one is above it.

    Distances above the mean add up to those below, so twice the latter is enough: how many values are below, and
    their sum. Values count from the first of the block, which lies in every window that ends there, so they keep
    their digits.
    """
    rows = len(x)
    out = warm_up(rows, period)
    if rows < period:
        return out
    leaves = 1
    while leaves < 2 * period:
        leaves *= 2
    counts = np.empty(2 * leaves)
    sums = np.empty(2 * leaves)
    for first in range(period - 1, rows, period):
        last = min(first + period, rows)
        held = x[first - period + 1 : last] - x[first]
        order = np.argsort(held)
        places = places_of(order)
        values = held[order]
        for i in range(2 * leaves):
            counts[i] = 0.0
            sums[i] = 0.0
        for k in range(period - 1):
            counts[leaves + places[k]] = 1.0
            sums[leaves + places[k]] = held[k]
        for i in range(leaves - 1, 0, -1):
            counts[i] = counts[2 * i] + counts[2 * i + 1]
            sums[i] = sums[2 * i] + sums[2 * i + 1]
        there, lead = out[first:last], leads[first:last]
        for k in range(len(there)):
            new = held[period - 1 + k]
            put_leaf(counts, sums, leaves + places[period - 1 + k], 1.0, new)
            mean = new - lead[k]
            i = leaves + np.searchsorted(values, mean)
            below = 0.0
            total = 0.0
            while i > 1:
                if i & 1:  # a right half: all of the left one is below
                    below += counts[i - 1]
                    total += sums[i - 1]
                i >>= 1
            there[k] = 2.0 * (below * mean - total) / period
            put_leaf(counts, sums, leaves + places[k], 0.0, 0.0)
    return out


def put_leaf(counts: NDArray[np.float64], sums: NDArray[np.float64], leaf: int, count: float, value: float) -> None:
    """Change a leaf and make all nodes above it anew."""
    counts[leaf] = count
    sums[leaf] = value
    i = leaf >> 1
    while i > 0:
        counts[i] = counts[2 * i] + counts[2 * i + 1]
        sums[i] = sums[2 * i] + sums[2 * i + 1]
        i >>= 1


def places_of(order: NDArray[np.int64]) -> NDArray[np.int64]:
    """Where each value stands, given which value stands where."""
    places = np.empty(len(order), dtype=np.int64)
    for place in range(len(order)):
        places[order[place]] = place
    return places


def lowest_equals(x: NDArray[np.float64], order: NDArray[np.int64]) -> NDArray[np.int64]:
    """The place of the first value that equals this one: how many are below."""
    lowest = np.empty(len(order), dtype=np.int64)
    start = 0
    for place in range(len(order)):
        if x[order[place]] != x[order[start]]:
            start = place
        lowest[order[place]] = start
    return lowest


def count_in(counts: NDArray[np.int64], place: int, by: int) -> None:
    """Count a value in at its place, or out (Fenwick's tree)."""
    i = place + 1
    while i < len(counts):
        counts[i] += by
        i += i & -i


def count_below(counts: NDArray[np.int64], place: int) -> int:
    """How many that are counted in stand before a place."""
    found = 0
    i = place
    while i > 0:
        found += counts[i]
        i -= i & -i
    return found


def place_of_rank(counts: NDArray[np.int64], rank: int) -> int:
    """The place of the value that has `rank` values before it."""
    step = 1
    while 2 * step < len(counts):
        step *= 2
    place = 0
    while step > 0:
        if place + step < len(counts) and counts[place + step] <= rank:
            place += step
            rank -= counts[place]
        step >>= 1
    return place
