from typing import Annotated, NamedTuple

import numpy as np

from nodes.kernels.recursion import range_bars, smooth
from pipeline import Number, Param, Price, indicator


class Supertrend(NamedTuple):
    """The line, and the side: 1 while it runs below price, -1 while above."""

    line: Price
    side: Number


@indicator(style="kernel", warmup=lambda p: p.period, recursive=True)
def supertrend(
    high: Price,
    low: Price,
    close: Price,
    *,
    period: Annotated[int, Param("Wilder smoothing length of the average true range, in bars", ge=1, le=100_000)] = 10,
    multiplier: Annotated[float, Param("Distance from the middle, in average true ranges", ge=0.0, le=1_000.0)] = 3.0,
) -> Supertrend:
    """SuperTrend: a band of average true ranges around the middle of the bar that only tightens until it is crossed.

    Warm-up: period rows. Missing: a bar with a missing value is missing and skipped. Units: price. Edges: it starts
    long; the state depends on all bars before. Source: Seban; TA-Lib SUPERTREND.
    """
    reach = smooth(range_bars(high, low, close), period, 1.0 / period, 0)
    line = np.full(len(close), np.nan)
    side = np.full(len(close), np.nan)
    upper = np.inf
    lower = -np.inf
    last = np.nan
    long = True
    for i in range(len(close)):
        if not np.isfinite(reach[i]) or not np.isfinite(close[i]):
            continue
        middle = 0.5 * (high[i] + low[i])
        top = middle + multiplier * reach[i]
        bottom = middle - multiplier * reach[i]
        upper = top if top < upper or last > upper else upper
        lower = bottom if bottom > lower or last < lower else lower
        if long and close[i] < lower:
            long = False
        elif not long and close[i] > upper:
            long = True
        line[i] = lower if long else upper
        side[i] = 1.0 if long else -1.0
        last = close[i]
    return Supertrend(line, side)
