from typing import Annotated, NamedTuple

import numpy as np

from nodes.kernels.window import bound_windows
from pipeline import Param, Price, indicator


class Donchian(NamedTuple):
    """The channel and its middle."""

    upper: Price
    middle: Price
    lower: Price


@indicator(style="kernel", warmup=lambda p: p.period - 1)
def donchian(
    high: Price, low: Price, *, period: Annotated[int, Param("Window length, in bars", ge=2, le=100_000)] = 20
) -> Donchian:
    """Donchian channel: the highest high and the lowest low of the last `period` bars, and the middle between them.

    Warm-up: period - 1 rows. Missing: a window that contains a missing value is missing. Units: price. Edges: this
    bar is in the window, so a breakout is a cross of the close with `shift` of a line. Source: TA-Lib DONCHIAN.
    """
    upper, lower = bound_windows(high, low, period)
    middle = np.empty(len(high))
    for i in range(len(high)):
        middle[i] = lower[i] + 0.5 * (upper[i] - lower[i])
    return Donchian(upper, middle, lower)
