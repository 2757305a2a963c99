from typing import Annotated

from nodes.kernels.recursion import range_bars, smooth
from pipeline import Param, Price, indicator


@indicator(style="kernel", warmup=lambda p: p.period, recursive=True)
def atr(
    high: Price,
    low: Price,
    close: Price,
    *,
    period: Annotated[int, Param("Wilder smoothing length, in bars", ge=1, le=100_000)] = 14,
) -> Price:
    """Average true range: Wilder's smoothing of the true range.

    Warm-up: period rows, the first average is the mean of the first `period` true ranges. Missing: a
    missing bar is missing and skipped; the next range is counted from the last known close. Units: price, as a
    difference. Edges: 0 when nothing ever moved. Source: Wilder, New Concepts in Technical Trading
    Systems (1978); TA-Lib ATR.
    """
    return smooth(range_bars(high, low, close), period, 1.0 / period, 0)
