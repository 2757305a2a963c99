from typing import Annotated

from nodes.kernels.direction import direct_bars, index_of
from nodes.kernels.recursion import smooth
from pipeline import Param, Percent, Price, indicator


@indicator(style="kernel", warmup=lambda p: 2 * p.period - 1, recursive=True)
def adx(
    high: Price,
    low: Price,
    close: Price,
    *,
    period: Annotated[int, Param("Wilder smoothing length, in bars", ge=2, le=100_000)] = 14,
) -> Percent:
    """Average directional index: Wilder's smoothing of DX, the strength of a trend whatever its direction.

    Warm-up: 2 * period - 1 rows; the first value is the mean of the first `period` values of DX. Missing: a bar with a
    missing value is missing and skipped. Units: percent, 0 to 100. Edges: a series that never moved gives 0.
    Source: Wilder, New Concepts in Technical Trading Systems (1978); TA-Lib ADX.
    """
    up, down, _ = direct_bars(high, low, close, period)
    return smooth(index_of(up, down), period, 1.0 / period, 0)
