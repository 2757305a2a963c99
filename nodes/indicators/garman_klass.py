from typing import Annotated

import numpy as np

from nodes.kernels.window import average_windows
from pipeline import Param, Price, Ratio, indicator


@indicator(style="kernel", warmup=lambda p: p.period - 1)
def garman_klass(
    open: Price,  # noqa: A002 - the port's name in YAML
    high: Price,
    low: Price,
    close: Price,
    *,
    period: Annotated[int, Param("Window length, in bars", ge=1, le=100_000)] = 20,
) -> Ratio:
    """Volatility of one bar from its four prices: half the squared log range less 0.386 squared log bodies, averaged.

    Warm-up: period - 1 rows. Missing: a window that contains a missing value is missing. Units: 0.01 is one percent
    a bar; `scale` it by the root of the bars per year for an annual figure. Edges: null where a price is not
    above 0, and 0 where bodies that leave the range make the mean negative. Source: Garman and Klass, Journal of
    Business 53:1 (1980), their second estimator.
    """
    squares = np.full(len(high), np.nan)
    for i in range(len(high)):
        if high[i] > 0.0 and low[i] > 0.0 and open[i] > 0.0 and close[i] > 0.0:
            reach = np.log(high[i] / low[i])
            body = np.log(close[i] / open[i])
            squares[i] = 0.5 * reach * reach - (2.0 * np.log(2.0) - 1.0) * body * body
    out = average_windows(squares, period)
    for i in range(len(high)):
        out[i] = np.sqrt(max(out[i], 0.0)) if not np.isnan(out[i]) else np.nan
    return out
