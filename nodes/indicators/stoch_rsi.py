from typing import Annotated, NamedTuple

from nodes.kernels.oscillation import place_in_range
from nodes.kernels.recursion import weigh_moves
from nodes.kernels.window import average_windows
from pipeline import Param, Percent, Price, indicator


class StochRsi(NamedTuple):
    """Where the RSI stands in its own range, and the average of that."""

    k: Percent
    d: Percent


@indicator(style="kernel", warmup=lambda p: p.period + p.window + p.signal - 2, recursive=True)
def stoch_rsi(
    close: Price,
    *,
    period: Annotated[int, Param("Wilder smoothing length of the RSI, in bars", ge=2, le=100_000)] = 14,
    window: Annotated[int, Param("Bars of the RSI's range", ge=1, le=100_000)] = 5,
    signal: Annotated[int, Param("Length of the average that gives d, in bars", ge=1, le=100_000)] = 3,
) -> StochRsi:
    """Stochastic RSI: where the RSI stands between its lowest (0) and highest (100) of `window` bars.

    Warm-up: period + window + signal - 2 rows for both lines. Missing: a missing bar is skipped by the RSI, and missing
    in every window that contains it. Units: percent, 0 to 100. Edges: 0 where the RSI is flat (to 1e-10,
    for it is computed), as in TA-Lib.
    Source: Chande and Kroll, The New Technical Trader (1994); TA-Lib STOCHRSI with a simple average.
    """
    strength = weigh_moves(close, period)
    k = place_in_range(strength, strength, strength, window, 0.0, 1e-10)
    d = average_windows(k, signal)
    k[: period + window + signal - 2] = d[: period + window + signal - 2]
    return StochRsi(k, d)
