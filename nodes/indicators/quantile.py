from typing import Annotated

from nodes.kernels.order import quantile_windows
from pipeline import Number, Param, SameKind, indicator


@indicator(style="kernel", warmup=lambda p: p.period - 1)
def quantile(
    x: Number,
    *,
    period: Annotated[int, Param("Window length, in bars", ge=1, le=100_000)] = 100,
    share: Annotated[
        float, Param("Which quantile: 0 the smallest, 0.5 the median, 1 the largest", ge=0.0, le=1.0)
    ] = 0.5,
) -> SameKind:
    """A quantile of the last `period` values.

    Warm-up: period - 1 rows. Missing: a window that contains a missing value is missing. Units: those of the input.
    Edges: between two values it is linear, as numpy's default (Hyndman and Fan's type 7). A row
    costs O(period) up to 384 bars and O(log period) beyond. Source: numpy.quantile.
    """
    return quantile_windows(x, period, share)
