from typing import Annotated

from nodes.kernels.recursion import smooth
from pipeline import Number, Param, SameKind, indicator


@indicator(style="kernel", warmup=lambda p: p.period - 1, recursive=True)
def wilder(
    x: Number, *, period: Annotated[int, Param("Length, in bars: alpha = 1 / period", ge=1, le=100_000)] = 14
) -> SameKind:
    """Wilder's smoothing: each value moves the average by 1 / period of its distance.

    Warm-up: period - 1 rows; the first average is the mean of the first `period` known values. Missing: a
    missing bar is missing and skipped, the average is held over it. Units: those of the input. Edges: a flat
    series gives exactly its value; an `ema` of period 2n - 1 has the same alpha but another seed.
    Source: Wilder, New Concepts in Technical Trading Systems (1978); the smoothing inside TA-Lib's ATR and RSI.
    """
    return smooth(x, period, 1.0 / period, 0)
