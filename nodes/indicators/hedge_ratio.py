from typing import Annotated

import numpy as np

from nodes.kernels.pair import pair_windows
from pipeline import Number, Param, Ratio, indicator


@indicator(style="kernel", warmup=lambda p: p.period - 1)
def hedge_ratio(
    x: Number, y: Number, *, period: Annotated[int, Param("Window length, in bars", ge=2, le=100_000)] = 60
) -> Ratio:
    """How many units of `y` go against one of `x`: the slope of the least-squares line of x on y, with an intercept.

    Warm-up: period - 1 rows. Missing: a window in which either value is missing is missing. Units: those of x per one
    of y. Edges: null where y is flat. `of_symbol` gives the price of another symbol as y. Source: ordinary least
    squares; pandas' rolling cov over var.
    """
    _, out, spread = pair_windows(x, y, period)
    for i in range(len(x)):
        out[i] = out[i] / spread[i] if spread[i] > 0.0 else np.nan
    return out
