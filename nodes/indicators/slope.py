from typing import Annotated

from nodes.kernels.window import slope_windows
from pipeline import Number, Param, indicator


@indicator(style="kernel", warmup=lambda p: p.period - 1)
def slope(x: Number, *, period: Annotated[int, Param("Window length, in bars", ge=2, le=100_000)] = 14) -> Number:
    """Slope of the least-squares line through the last `period` values.

    Warm-up: period - 1 rows. Missing: a window that contains a missing value is missing. Units: those of the input, per
    bar. Edges: a flat window gives exactly 0. Source: TA-Lib LINEARREG_SLOPE.
    """
    return slope_windows(x, period)
