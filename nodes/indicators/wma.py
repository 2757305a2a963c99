from typing import Annotated

from nodes.kernels.window import weigh_windows
from pipeline import Number, Param, SameKind, indicator


@indicator(style="kernel", warmup=lambda p: p.period - 1)
def wma(x: Number, *, period: Annotated[int, Param("Window length, in bars", ge=1, le=100_000)] = 30) -> SameKind:
    """Weighted moving average: the mean of the last `period` values with weights 1 (oldest) to period (newest).

    Warm-up: period - 1 rows. Missing: a window that contains a missing value is missing. Units: those of the
    input. Edges: a flat window gives exactly its value. Source: TA-Lib WMA.
    """
    return weigh_windows(x, period)
