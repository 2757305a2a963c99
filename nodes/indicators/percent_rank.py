from typing import Annotated

from nodes.kernels.order import share_below
from pipeline import Number, Param, Percent, indicator


@indicator(style="kernel", warmup=lambda p: p.period)
def percent_rank(
    x: Number, *, period: Annotated[int, Param("How many values before this one", ge=1, le=100_000)] = 100
) -> Percent:
    """How many of the `period` values before this one are below it, in percent.

    Warm-up: period rows. Missing: a window that contains a missing value is missing. Units: percent: 0 when none is,
    100 a new high. Edges: an equal value is not below, so a flat series gives 0. A row costs
    O(period) up to 768 bars and O(log period) beyond. Source: TA-Lib PERCENTRANK.
    """
    out = share_below(x, period)
    for i in range(len(x)):
        out[i] *= 100.0
    return out
