from typing import Annotated

import numpy as np

from nodes.kernels.recursion import smooth
from pipeline import Number, Param, Price, Volume, indicator


@indicator(style="kernel", warmup=lambda p: p.period, recursive=True)
def force_index(
    close: Price,
    volume: Volume,
    *,
    period: Annotated[int, Param("Length of the exponential average, in bars", ge=1, le=100_000)] = 13,
) -> Number:
    """Elder's force index: the exponential average of price change times volume.

    Warm-up: period rows. Missing: a bar with a missing value is missing and skipped; the next change is counted
    from the last known close. Units: price times volume. Edges: 0 when nothing ever moved. Source: Elder, Trading
    for a Living (1993); TA-Lib EFI.
    """
    force = np.full(len(close), np.nan)
    last = np.nan
    for i in range(len(close)):
        if np.isfinite(close[i]) and np.isfinite(volume[i]):
            force[i] = (close[i] - last) * volume[i]
            last = close[i]
    return smooth(force, period, 2.0 / (period + 1.0), 0)
