from typing import Annotated, Literal

from nodes.kernels.window import measure_windows
from pipeline import Number, Param, SameKind, indicator


@indicator(style="kernel", warmup=lambda p: p.period - 1)
def rolling_std(
    x: Number,
    *,
    period: Annotated[int, Param("Window length, in bars", ge=2, le=100_000)] = 5,
    ddof: Annotated[Literal[0, 1], Param("The divisor is period - ddof: 0 as TA-Lib, 1 as pandas")] = 0,
) -> SameKind:
    """Standard deviation of the last `period` values.

    Warm-up: period - 1 rows. Missing: a window that contains a missing value is missing. Units: those of the
    input. Edges: a flat window gives exactly 0 and nothing else does: TA-Lib says 0 below a
    variance of 1e-14, here the scale does not matter. Source: TA-Lib STDDEV (ddof 0).
    """
    return measure_windows(x, period, ddof)[1]
