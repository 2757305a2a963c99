"""Wilder's directional movement: how far a bar reaches beyond the one before, up and down."""

import numpy as np
from numpy.typing import NDArray


def direct_bars(
    high: NDArray[np.float64], low: NDArray[np.float64], close: NDArray[np.float64], period: int
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """+DI, -DI and DX, seeded as in TA-Lib; NaN for the first `period` known bars and for missing ones.

    Where nothing moved at all both are 0 and DX keeps its last value, 0 at first.
    """
    rows = len(close)
    plus = np.full(rows, np.nan)
    minus = np.full(rows, np.nan)
    index = np.full(rows, np.nan)
    keep = 1.0 - 1.0 / period  # a product, so that no step waits for a division
    seen = 0
    last_high = 0.0
    last_low = 0.0
    last_close = 0.0
    up = 0.0
    down = 0.0
    reach = 0.0
    latest = 0.0
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
                plus[i] = 0.0
                minus[i] = 0.0
                if reach > 0.0:
                    plus[i] = 100.0 * (up / reach)
                    minus[i] = 100.0 * (down / reach)
                if up + down > 0.0:
                    latest = 100.0 * (abs(down - up) / (up + down))
                index[i] = latest
        last_high = high[i]
        last_low = low[i]
        last_close = close[i]
        seen += 1
    return plus, minus, index
