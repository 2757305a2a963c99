from typing import Annotated, Literal

import numpy as np

from nodes.kernels.pair import skew_windows
from pipeline import Number, Param, Ratio, indicator


@indicator(style="kernel", warmup=lambda p: p.period - 1)
def skew(
    x: Number,
    *,
    period: Annotated[int, Param("Window length, in bars", ge=3, le=100_000)] = 60,
    bias: Annotated[Literal[0, 1], Param("1: of these values; 0: corrected for a sample, as pandas")] = 0,
) -> Ratio:
    """Skewness of the last `period` values: below 0 where the long tail is on the left.

    Warm-up: period - 1 rows. Missing: a window that contains a missing value is missing. Units: none. Edges: null on a
    flat window (0 / 0). Source: Fisher's moment coefficient, corrected as in pandas' rolling skew.
    """
    out = skew_windows(x, period)
    if bias == 0:
        factor = np.sqrt(period * (period - 1.0)) / (period - 2.0)
        for i in range(len(x)):
            out[i] *= factor
    return out
