from typing import Annotated

import numpy as np

from nodes.kernels.known import pick, rows_known, spread
from nodes.kernels.window import sum_windows
from pipeline import Number, Param, SameKind, indicator


@indicator(style="kernel", warmup=lambda p: p.period, recursive=True)
def kama(
    x: Number,
    *,
    period: Annotated[int, Param("Over how many bars the efficiency of moves is measured", ge=2, le=100_000)] = 30,
) -> SameKind:
    """Kaufman's adaptive moving average: fast where price goes one way, slow where it goes back and forth.

    The factor lies between those of exponential averages of 2 and 30 bars, squared; the share is the efficiency
    ratio, the whole move over the sum of all moves. Warm-up: period rows; the average begins at the value before the
    first one shown. Missing: a missing bar is missing and skipped. Units: those of the input. Edges: a flat
    series gives exactly its value. Source: Kaufman, Smarter Trading (1995); TA-Lib KAMA.
    """
    rows = rows_known(x, x)
    known = pick(x, rows)
    out = np.full(len(known), np.nan)
    if len(known) > period:
        moves = np.zeros(len(known))
        for i in range(1, len(known)):
            moves[i] = abs(known[i] - known[i - 1])
        paths = sum_windows(moves, period)
        state = known[period - 1]
        for i in range(period, len(known)):
            whole = known[i] - known[i - period]
            ratio = 1.0
            if paths[i] > whole and paths[i] > 0.0:
                ratio = abs(whole / paths[i])
            factor = ratio * (2.0 / 3.0 - 2.0 / 31.0) + 2.0 / 31.0
            state += factor * factor * (known[i] - state)
            out[i] = state
    return spread(out, rows, len(x))
