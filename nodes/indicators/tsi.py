from typing import Annotated

import numpy as np

from nodes.kernels.recursion import VANISHING, move_rows, smooth
from pipeline import Number, Param, indicator


@indicator(style="kernel", warmup=lambda p: p.first + p.second - 1, recursive=True)
def tsi(
    x: Number,
    *,
    first: Annotated[int, Param("Length of the first smoothing, in bars", ge=1, le=100_000)] = 25,
    second: Annotated[int, Param("Length of the second smoothing, in bars", ge=1, le=100_000)] = 13,
) -> Number:
    """True strength index: moves smoothed twice, in percent of their sizes smoothed twice.

    Warm-up: first + second - 1 rows. Missing: a missing bar is missing and skipped, the next move is counted from the
    last known value. Units: percent, -100 to 100, hence a number. Edges: 0 where nothing ever moved; after thousands of
    bars without a move the last value stays. Source: Blau, Momentum, Direction, and Divergence (1995); TA-Lib TSI.
    """
    moves = move_rows(x)
    sizes = np.abs(moves)
    out = smooth(smooth(moves, first, 2.0 / (first + 1.0), 0), second, 2.0 / (second + 1.0), 0)
    sizes = smooth(smooth(sizes, first, 2.0 / (first + 1.0), 0), second, 2.0 / (second + 1.0), 0)
    latest = 0.0
    for i in range(len(x)):
        if sizes[i] > VANISHING:
            latest = 100.0 * (out[i] / sizes[i])
        out[i] = latest + 0.0 * out[i]
    return out
