from typing import Annotated, NamedTuple

from nodes.kernels.oscillation import place_in_range
from nodes.kernels.window import average_windows
from pipeline import Param, Percent, Price, indicator


class StochasticFast(NamedTuple):
    """Where the close stands in the range, and the average of that."""

    k: Percent
    d: Percent


@indicator(style="kernel", warmup=lambda p: p.period + p.signal - 2)
def stochastic_fast(
    high: Price,
    low: Price,
    close: Price,
    *,
    period: Annotated[int, Param("Bars of the range", ge=1, le=100_000)] = 5,
    signal: Annotated[int, Param("Length of the average that gives d, in bars", ge=1, le=100_000)] = 3,
) -> StochasticFast:
    """Fast stochastic: where the close stands between the lowest low (0) and the highest high (100) of `period` bars.

    Warm-up: period + signal - 2 rows for both lines. Missing: a window that contains a missing value is
    missing. Units: percent, 0 to 100. Edges: 0 where the range is flat, as in TA-Lib. Source: Lane; TA-Lib
    STOCHF with simple averages.
    """
    k = place_in_range(high, low, close, period, 0.0, 0.0)
    d = average_windows(k, signal)
    k[: period + signal - 2] = d[: period + signal - 2]
    return StochasticFast(k, d)
