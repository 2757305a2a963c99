from typing import Annotated

from nodes.kernels.window import average_weighted
from pipeline import Number, Param, SameKind, Volume, indicator


@indicator(style="kernel", warmup=lambda p: p.period - 1)
def vwma(
    x: Number, volume: Volume, *, period: Annotated[int, Param("Window length, in bars", ge=1, le=100_000)] = 20
) -> SameKind:
    """Volume-weighted moving average: the mean of the last `period` values, each weighted by its volume.

    Warm-up: period - 1 rows. Missing: a window that contains a missing value or volume is missing. Units: those
    of the input. Edges: null where nothing was traded in the whole window. Source: TA-Lib VWMA.
    """
    return average_weighted(x, volume, period)
