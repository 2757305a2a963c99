from typing import Annotated, NamedTuple

from nodes.kernels.oscillation import place_in_range
from nodes.kernels.window import average_windows
from pipeline import Param, Percent, Price, indicator


class Stochastic(NamedTuple):
    """The slowed place in the range, and the average of that."""

    k: Percent
    d: Percent


@indicator(style="kernel", warmup=lambda p: p.period + p.slowing + p.signal - 3)
def stochastic(
    high: Price,
    low: Price,
    close: Price,
    *,
    period: Annotated[int, Param("Bars of the range", ge=1, le=100_000)] = 5,
    slowing: Annotated[int, Param("Length of the average that slows k, in bars", ge=1, le=100_000)] = 3,
    signal: Annotated[int, Param("Length of the average that gives d, in bars", ge=1, le=100_000)] = 3,
) -> Stochastic:
    """Slow stochastic: where the close stands in the range of `period` bars, averaged over `slowing` bars.

    Warm-up: period + slowing + signal - 3 rows for both lines. Missing: a window that contains a missing value is
    missing. Units: percent, 0 is the lowest low, 100 the highest high. Edges: a flat range counts as 0, as in
    TA-Lib. Source: Lane; TA-Lib STOCH with simple averages.
    """
    k = average_windows(place_in_range(high, low, close, period, 0.0, 0.0), slowing)
    d = average_windows(k, signal)
    k[: period + slowing + signal - 3] = d[: period + slowing + signal - 3]
    return Stochastic(k, d)
