from typing import Annotated

from nodes.kernels.window import weigh_windows
from pipeline import Number, Param, SameKind, indicator


@indicator(style="kernel", warmup=lambda p: p.period + int(p.period**0.5) - 2)
def hma(x: Number, *, period: Annotated[int, Param("Window length, in bars", ge=2, le=100_000)] = 20) -> SameKind:
    """Hull moving average: a weighted average of twice a short weighted average less a long one.

    The short one has period // 2 bars, the last one int(sqrt(period)). Warm-up: period + int(sqrt(period)) - 2 rows.
    Missing: a window that contains a missing value is missing. Units: those of the input, but it overshoots.
    Edges: a flat series gives exactly its value. Source: Hull (2005); TA-Lib HMA.
    """
    line = weigh_windows(x, period // 2)
    long = weigh_windows(x, period)
    for i in range(len(x)):
        line[i] = 2.0 * line[i] - long[i]
    return weigh_windows(line, int(period**0.5))
