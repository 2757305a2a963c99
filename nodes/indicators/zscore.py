from typing import Annotated, Literal

import numpy as np

from nodes.kernels.window import measure_windows
from pipeline import Number, Param, Ratio, indicator


@indicator(style="kernel", warmup=lambda p: p.period - 1)
def zscore(
    x: Number,
    *,
    period: Annotated[int, Param("Window length, in bars", ge=2, le=100_000)] = 20,
    ddof: Annotated[Literal[0, 1], Param("The divisor of the variance is period - ddof")] = 0,
) -> Ratio:
    """How many standard deviations the value lies from the mean of the last `period` values, itself included.

    Warm-up: period - 1 rows. Missing: a window that contains a missing value is missing. Units: standard
    deviations, at most sqrt(period - 1) for ddof 0. Edges: null on a flat window (0 / 0). Source: the
    standard score; TA-Lib has none, it is (x - SMA) / STDDEV.
    """
    _, deviation, lead = measure_windows(x, period, ddof)
    out = np.full(len(x), np.nan)
    for i in range(len(x)):
        if deviation[i] > 0.0:
            out[i] = lead[i] / deviation[i]
    return out
