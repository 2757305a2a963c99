"""Where a close stands in a range: of some bars, or of its own bar."""

import numpy as np
from numpy.typing import NDArray

from nodes.kernels.window import bound_windows


def place_in_range(
    high: NDArray[np.float64],
    low: NDArray[np.float64],
    close: NDArray[np.float64],
    period: int,
    flat: float,
    least: float,
) -> NDArray[np.float64]:
    """0 at the lowest low, 100 at the highest high of the last `period` bars; `flat` where they are equal.

    They count as equal when they are not more than `least` apart.
    """
    top, out = bound_windows(high, low, period)
    for i in range(len(close)):
        reach = top[i] - out[i]
        wide = not reach <= least  # also for NaN
        place = 100.0 * ((close[i] - out[i]) / (reach if wide else 1.0))
        out[i] = place if wide else flat + 0.0 * close[i]
    return out


def flow_of_bars(
    high: NDArray[np.float64], low: NDArray[np.float64], close: NDArray[np.float64], volume: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Volume times where the close stands in its bar: 1 at the high, -1 at the low, 0 for a bar without range."""
    out = np.empty(len(close))
    for i in range(len(close)):
        reach = high[i] - low[i]
        place = ((close[i] - low[i]) - (high[i] - close[i])) / reach if reach > 0.0 else 0.0 * reach
        out[i] = place * volume[i] + 0.0 * close[i]
    return out
