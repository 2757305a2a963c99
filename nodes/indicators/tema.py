from typing import Annotated

from nodes.kernels.recursion import smooth
from pipeline import Number, Param, SameKind, indicator


@indicator(style="kernel", warmup=lambda p: 3 * (p.period - 1), recursive=True)
def tema(
    x: Number, *, period: Annotated[int, Param("Length of the three averages, in bars", ge=1, le=100_000)] = 30
) -> SameKind:
    """Triple exponential moving average: 3 EMA - 3 EMA of EMA + EMA of EMA of EMA, with less lag than one alone.

    Warm-up: 3 * (period - 1) rows. Missing: a missing bar is missing and skipped, the averages are held over it.
    Units: those of the input, but it overshoots. Edges: a flat series gives exactly its value. Source: Mulloy, Stocks &
    Commodities 12:1 (1994); TA-Lib TEMA.
    """
    alpha = 2.0 / (period + 1.0)
    once = smooth(x, period, alpha, 0)
    twice = smooth(once, period, alpha, 0)
    thrice = smooth(twice, period, alpha, 0)
    for i in range(len(x)):
        thrice[i] += 3.0 * (once[i] - twice[i])
    return thrice
