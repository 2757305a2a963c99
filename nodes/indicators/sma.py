from typing import Annotated

from nodes.kernels.window import average_windows
from pipeline import Number, Param, SameKind, indicator


@indicator(style="kernel", warmup=lambda p: p.period - 1)
def sma(x: Number, *, period: Annotated[int, Param("Window length, in bars", ge=1, le=100_000)] = 30) -> SameKind:
    """Simple moving average: the mean of the last `period` values.

    Warm-up: period - 1 rows. Missing: a window that contains a missing value is missing. Units: those of the
    input. Edges: a flat window gives exactly its value, so two averages of a flat series never seem to cross.
    Source: TA-Lib SMA (which allows periods from 2).
    """
    return average_windows(x, period)
