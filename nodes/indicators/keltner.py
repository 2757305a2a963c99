from typing import Annotated, NamedTuple

import numpy as np

from nodes.kernels.recursion import range_bars, smooth
from pipeline import Param, Price, indicator


class Keltner(NamedTuple):
    """The channel and its middle."""

    upper: Price
    middle: Price
    lower: Price


@indicator(style="kernel", warmup=lambda p: max(p.period - 1, p.atr_period), recursive=True)
def keltner(
    high: Price,
    low: Price,
    close: Price,
    *,
    period: Annotated[int, Param("Length of the exponential average in the middle, in bars", ge=2, le=100_000)] = 20,
    atr_period: Annotated[
        int, Param("Wilder smoothing length of the average true range, in bars", ge=1, le=100_000)
    ] = 10,
    multiplier: Annotated[float, Param("Distance of each line, in average true ranges", gt=0.0, le=1_000.0)] = 2.0,
) -> Keltner:
    """Keltner channel: some average true ranges around an exponential average of the typical price.

    Warm-up: the longer of period - 1 and atr_period rows; both averages are seeded so that they begin there.
    Missing: a bar with a missing value is missing and skipped. Units: price. Edges: on a series that never moved all
    three lines are one. Source: Keltner (1960), Raschke; TA-Lib KC.
    """
    start = max(period - 1, atr_period)
    reach = smooth(range_bars(high, low, close), atr_period, 1.0 / atr_period, start - atr_period)
    middle = smooth((high + low + close) / 3.0, period, 2.0 / (period + 1.0), start - period + 1)
    lower = np.full(len(close), np.nan)
    upper = reach  # its memory is taken
    for i in range(len(close)):
        half = multiplier * reach[i]
        upper[i] = middle[i] + half
        lower[i] = middle[i] - half
        if np.isnan(half):
            middle[i] = np.nan
    return Keltner(upper, middle, lower)
