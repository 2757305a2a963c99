from typing import Annotated

import numpy as np

from nodes.kernels.window import average_windows
from pipeline import Param, Price, Ratio, indicator


@indicator(style="kernel", warmup=lambda p: p.period - 1)
def parkinson(
    high: Price, low: Price, *, period: Annotated[int, Param("Window length, in bars", ge=1, le=100_000)] = 20
) -> Ratio:
    """Volatility of one bar from its range: the root of the mean squared log of high over low, over 4 ln 2.

    Warm-up: period - 1 rows. Missing: a window that contains a missing value is missing. Units: 0.01 is one percent
    a bar; `scale` it by the root of the bars per year for an annual figure. Edges: null where a price is not
    above 0. Source: Parkinson, Journal of Business 53:1 (1980).
    """
    squares = np.full(len(high), np.nan)
    for i in range(len(high)):
        if high[i] > 0.0 and low[i] > 0.0:
            reach = np.log(high[i] / low[i])
            squares[i] = reach * reach
    out = average_windows(squares, period)
    for i in range(len(high)):
        out[i] = np.sqrt(max(out[i], 0.0) / (4.0 * np.log(2.0))) if not np.isnan(out[i]) else np.nan
    return out
