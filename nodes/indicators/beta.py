from typing import Annotated

import numpy as np

from nodes.kernels.pair import pair_windows
from pipeline import Number, Param, Ratio, indicator


@indicator(style="kernel", warmup=lambda p: p.period)
def beta(
    x: Number, benchmark: Number, *, period: Annotated[int, Param("How many returns", ge=2, le=100_000)] = 60
) -> Ratio:
    """Beta: by how much the returns of `x` change with those of the benchmark, over the last `period` returns.

    The slope of the least-squares line, with an intercept. Warm-up: period rows. Missing: a window with a return that
    is missing on either side is missing. Units: none; 1 moves as the benchmark. Edges: null where the benchmark's
    returns are all equal (TA-Lib gives 0) or a price before is 0. Source: TA-Lib BETA, which takes the benchmark first.
    """
    rows = len(x)
    mine = np.full(rows, np.nan)
    theirs = np.full(rows, np.nan)
    for i in range(1, rows):
        if x[i - 1] != 0.0 and benchmark[i - 1] != 0.0:
            mine[i] = (x[i] - x[i - 1]) / x[i - 1]
            theirs[i] = (benchmark[i] - benchmark[i - 1]) / benchmark[i - 1]
    _, out, spread = pair_windows(mine[1:], theirs[1:], period)
    found = np.full(rows, np.nan)
    for i in range(1, rows):
        if spread[i - 1] > 0.0:
            found[i] = out[i - 1] / spread[i - 1]
    return found
