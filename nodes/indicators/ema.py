from typing import Annotated

from nodes.kernels.recursion import smooth
from pipeline import Number, Param, SameKind, indicator


@indicator(style="kernel", warmup=lambda p: p.period - 1, recursive=True)
def ema(
    x: Number, *, period: Annotated[int, Param("Length, in bars: alpha = 2 / (period + 1)", ge=1, le=100_000)] = 30
) -> SameKind:
    """Exponential moving average: each value moves the average by 2 / (period + 1) of its distance.

    Warm-up: period - 1 rows; the first average is the mean of the first `period` known values, as in TA-Lib
    (pandas' ewm starts at the first value and differs for several periods). Missing: a missing bar is
    missing and skipped, the average is held over it. Units: those of the input. Edges: a flat series
    gives exactly its value. Source: TA-Lib EMA, default compatibility.
    """
    return smooth(x, period, 2.0 / (period + 1.0), 0)
