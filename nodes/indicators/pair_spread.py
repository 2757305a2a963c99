from typing import Annotated

import numpy as np

from nodes.kernels.pair import pair_windows
from nodes.kernels.window import measure_windows
from pipeline import Number, Param, SameKind, indicator


@indicator(style="kernel", warmup=lambda p: p.period - 1)
def pair_spread(
    x: Number, y: Number, *, period: Annotated[int, Param("Window length, in bars", ge=2, le=100_000)] = 60
) -> SameKind:
    """How far `x` is from what `y` says it should be: the last residual of the least-squares line of x on y.

    Warm-up: period - 1 rows. Missing: a window in which either value is missing is missing. Units: those of x. Edges:
    null where y is flat; its `zscore` is the usual signal of a pairs trade. Source: ordinary least squares
    over the last `period` bars, with an intercept.
    """
    lead = measure_windows(x, period, 0)[2]
    other = measure_windows(y, period, 0)[2]
    _, out, spread = pair_windows(x, y, period)
    for i in range(len(x)):
        out[i] = lead[i] - out[i] / spread[i] * other[i] if spread[i] > 0.0 else np.nan
    return out
