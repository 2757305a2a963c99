"""Rolling moments of two columns, and the third moment of one, in O(n) and without drift; see `window`.

A window in which either value is missing is missing.
"""

import numpy as np
from numpy.typing import NDArray


def pair_windows(
    x: NDArray[np.float64], y: NDArray[np.float64], period: int
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Sums over the last `period` rows of (dx dx, dx dy, dy dy), d being the distance from the window's mean."""
    rows = len(x)
    xx = np.full(rows, np.nan)
    xy = np.full(rows, np.nan)
    yy = np.full(rows, np.nan)
    if rows < period:
        return xx, xy, yy
    tail = np.zeros((5, period + 1))
    for block in range(0, rows, period):
        first_x = x[block]
        first_y = y[block]
        s0 = 0.0
        s1 = 0.0
        s2 = 0.0
        s3 = 0.0
        s4 = 0.0
        if block > 0:
            for j in range(period - 1, 0, -1):
                dx = x[block - period + j] - first_x
                dy = y[block - period + j] - first_y
                s0 += dx
                s1 += dy
                s2 += dx * dx
                s3 += dx * dy
                s4 += dy * dy
                tail[0, j] = s0
                tail[1, j] = s1
                tail[2, j] = s2
                tail[3, j] = s3
                tail[4, j] = s4
        s0 = 0.0
        s1 = 0.0
        s2 = 0.0
        s3 = 0.0
        s4 = 0.0
        for i in range(block, min(block + period, rows)):
            dx = x[i] - first_x
            dy = y[i] - first_y
            s0 += dx
            s1 += dy
            s2 += dx * dx
            s3 += dx * dy
            s4 += dy * dy
            if i >= period - 1:
                j = i - block + 1
                sum_x = tail[0, j] + s0
                sum_y = tail[1, j] + s1
                xx[i] = tail[2, j] + s2 - sum_x * (sum_x / period)
                xy[i] = tail[3, j] + s3 - sum_x * (sum_y / period)
                yy[i] = tail[4, j] + s4 - sum_y * (sum_y / period)
    return xx, xy, yy


def skew_windows(x: NDArray[np.float64], period: int) -> NDArray[np.float64]:
    """Third central moment over the standard deviation cubed (divisor n) of the last `period` values.

    NaN on a flat window. The moments are taken about the mean of the block before, so cancellation costs little.
    """
    rows = len(x)
    out = np.full(rows, np.nan)
    if rows < period:
        return out
    tail = np.zeros((3, period + 1))
    for block in range(0, rows, period):
        first = x[block]
        s1 = 0.0
        s2 = 0.0
        s3 = 0.0
        if block > 0:
            for j in range(period - 1, 0, -1):
                d = x[block - period + j] - first
                s1 += d
                s2 += d * d
                s3 += d * d * d
                tail[0, j] = s1
                tail[1, j] = s2
                tail[2, j] = s3
        s1 = 0.0
        s2 = 0.0
        s3 = 0.0
        for i in range(block, min(block + period, rows)):
            d = x[i] - first
            s1 += d
            s2 += d * d
            s3 += d * d * d
            if i >= period - 1:
                j = i - block + 1
                mean = (tail[0, j] + s1) / period
                square = (tail[1, j] + s2) / period
                cube = (tail[2, j] + s3) / period
                variance = square - mean * mean
                if variance > 0.0:
                    out[i] = (cube - mean * (3.0 * square - 2.0 * mean * mean)) / (variance * np.sqrt(variance))
    return out
