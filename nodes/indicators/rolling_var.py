from typing import Annotated, Literal

from nodes.kernels.window import measure_windows
from pipeline import Number, Param, indicator


@indicator(style="kernel", warmup=lambda p: p.period - 1)
def rolling_var(
    x: Number,
    *,
    period: Annotated[int, Param("Window length, in bars", ge=2, le=100_000)] = 5,
    ddof: Annotated[Literal[0, 1], Param("The divisor is period - ddof: 0 as TA-Lib, 1 as pandas")] = 0,
) -> Number:
    """Variance of the last `period` values.

    Warm-up: period - 1 rows. Missing: a window that contains a missing value is missing. Units: those of the
    input, squared. Edges: a flat window gives exactly 0. Source: TA-Lib VAR (ddof 0).
    """
    out = measure_windows(x, period, ddof)[1]
    for i in range(len(x)):
        out[i] *= out[i]
    return out
