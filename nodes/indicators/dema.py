from typing import Annotated

from nodes.kernels.recursion import smooth
from pipeline import Number, Param, SameKind, indicator


@indicator(style="kernel", warmup=lambda p: 2 * (p.period - 1), recursive=True)
def dema(
    x: Number, *, period: Annotated[int, Param("Length of both averages, in bars", ge=1, le=100_000)] = 30
) -> SameKind:
    """Double exponential moving average: twice the EMA less the EMA of the EMA, which takes most of the lag out.

    Warm-up: 2 * (period - 1) rows. Missing: a missing bar is missing and skipped, both averages are held
    over it. Units: those of the input, but it overshoots: the average of a percent may leave 0 to 100.
    Edges: a flat series gives exactly its value. Source: Mulloy, Stocks & Commodities 12:1 (1994); TA-Lib DEMA.
    """
    alpha = 2.0 / (period + 1.0)
    once = smooth(x, period, alpha, 0)
    twice = smooth(once, period, alpha, 0)
    for i in range(len(x)):
        once[i] = 2.0 * once[i] - twice[i]
    return once
