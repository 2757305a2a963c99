from typing import Annotated

from nodes.kernels.window import sum_windows
from pipeline import Number, Param, indicator


@indicator(style="kernel", warmup=lambda p: p.period - 1)
def rolling_sum(x: Number, *, period: Annotated[int, Param("Window length, in bars", ge=1, le=100_000)] = 30) -> Number:
    """Sum of the last `period` values.

    Warm-up: period - 1 rows. Missing: a window that contains a missing value is missing. Units: those of the
    input. Edges: sums of integers are exact, no rounding outlives its window. Source: TA-Lib SUM.
    """
    return sum_windows(x, period)
