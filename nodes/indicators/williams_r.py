from typing import Annotated

from nodes.kernels.oscillation import place_in_range
from pipeline import Number, Param, Price, indicator


@indicator(style="kernel", warmup=lambda p: p.period - 1)
def williams_r(
    high: Price, low: Price, close: Price, *, period: Annotated[int, Param("Bars of the range", ge=2, le=100_000)] = 14
) -> Number:
    """Williams %R: how far the close stands below the highest high of `period` bars, in percent of the range.

    Warm-up: period - 1 rows. Missing: a window that contains a missing value is missing. Units: percent, from -100
    (the lowest low) to 0 (the highest high), hence a number. Edges: 0 where the range is flat, as in TA-Lib.
    Source: Williams, How I Made One Million Dollars (1973); TA-Lib WILLR.
    """
    out = place_in_range(high, low, close, period, 100.0, 0.0)
    for i in range(len(close)):
        out[i] -= 100.0
    return out
