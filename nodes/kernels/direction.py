"""Wilder's directional movement: how far a bar reaches beyond the one before, up and down."""

import numpy as np
from numpy.typing import NDArray

from nodes.kernels.recursion import VANISHING


def direct_bars(
    high: NDArray[np.float64], low: NDArray[np.float64], close: NDArray[np.float64], period: int
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Movement up, movement down and true range, each in Wilder's running sums seeded as in TA-Lib.

    Missing for the first `period` known bars and for bars with a missing value, which are skipped.
    """
    rows = len(close)
    ups = np.full(rows, np.nan)
    downs = np.full(rows, np.nan)
    reaches = np.full(rows, np.nan)
    keep = 1.0 - 1.0 / period  # a product, so that no step waits for a division
    seen = 0
    last_high = 0.0
    last_low = 0.0
    last_close = 0.0
    up = 0.0
    down = 0.0
    reach = 0.0
    for i in range(rows):
        if not (np.isfinite(high[i]) and np.isfinite(low[i]) and np.isfinite(close[i])):
            continue
        if seen > 0:
            above = high[i] - last_high
            below = last_low - low[i]
            width = max(high[i] - low[i], abs(high[i] - last_close), abs(low[i] - last_close))
            if seen >= period:
                up *= keep
                down *= keep
                reach *= keep
            # without branches: nobody guesses which way a bar reaches
            down += below if below > max(above, 0.0) else 0.0
            up += above if above > max(below, 0.0) else 0.0
            reach += width
            if seen >= period:
                ups[i] = up
                downs[i] = down
                reaches[i] = reach
        last_high = high[i]
        last_low = low[i]
        last_close = close[i]
        seen += 1
    return ups, downs, reaches


def index_of(up: NDArray[np.float64], down: NDArray[np.float64]) -> NDArray[np.float64]:
    """DX: how one-sided the movement was, 0 to 100; where there was none it keeps its last value, 0 at first."""
    return percent_of(np.abs(down - up), up + down)


def percent_of(part: NDArray[np.float64], whole: NDArray[np.float64]) -> NDArray[np.float64]:
    """A part in percent of the whole; where that has vanished the last value stays, 0 at first."""
    out = np.empty(len(part))
    vanished = 0
    for i in range(len(part)):
        out[i] = 100.0 * (part[i] / whole[i])
        vanished += whole[i] <= VANISHING
    if vanished > 0:  # hardly ever, and above many divisions are made at once
        latest = 0.0
        for i in range(len(part)):
            if whole[i] <= VANISHING:
                out[i] = latest
            elif not np.isnan(out[i]):
                latest = out[i]
    return out
