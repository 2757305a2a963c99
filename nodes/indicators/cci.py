from typing import Annotated

import numpy as np

from nodes.kernels.order import distance_windows
from nodes.kernels.window import measure_windows
from pipeline import Number, Param, Price, indicator


@indicator(style="kernel", warmup=lambda p: p.period - 1)
def cci(
    high: Price,
    low: Price,
    close: Price,
    *,
    period: Annotated[int, Param("Window length, in bars", ge=2, le=100_000)] = 14,
) -> Number:
    """Commodity channel index: the typical price's distance from its mean, in mean distances times 0.015.

    Warm-up: period - 1 rows. Missing: a window that contains a missing value is missing. Units: none; most values lie
    between -100 and 100. Edges: 0 on a flat window, as in TA-Lib. A row costs O(period) up to 1,024 bars and
    O(log period) beyond. Source: Lambert, Commodities (October 1980); TA-Lib CCI.
    """
    typical = (high + low + close) / 3.0
    lead = measure_windows(typical, period, 0)[2]
    out = distance_windows(typical, period, lead)
    for i in range(period - 1, len(close)):
        # below the last digit of the price, distances are rounding errors
        if out[i] > 1e-14 * abs(typical[i]):
            out[i] = lead[i] / (0.015 * out[i])
        elif not np.isnan(out[i]):
            out[i] = 0.0
    return out
