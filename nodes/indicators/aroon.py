from typing import Annotated, NamedTuple

from nodes.kernels.order import age_of_top
from pipeline import Number, Param, Percent, Price, indicator


class Aroon(NamedTuple):
    """How young the highest high is, how young the lowest low is, and the difference."""

    up: Percent
    down: Percent
    oscillator: Number


@indicator(style="kernel", warmup=lambda p: p.period)
def aroon(
    high: Price, low: Price, *, period: Annotated[int, Param("Bars to look back", ge=2, le=100_000)] = 14
) -> Aroon:
    """Aroon: 100 where the highest high (up) or lowest low (down) of period + 1 bars is this one, 0 where the oldest.

    Warm-up: period rows. Missing: a window that contains a missing value is missing. Units: percent, 0 to 100;
    the oscillator is up less down, -100 to 100. Edges: of equal extremes the latest counts. Source: Chande
    (1995); TA-Lib AROON, AROONOSC.
    """
    up = age_of_top(high, period + 1, 1.0)
    down = age_of_top(low, period + 1, -1.0)
    oscillator = down - up
    for i in range(len(high)):
        up[i] = 100.0 * (period - up[i]) / period
        down[i] = 100.0 * (period - down[i]) / period
        oscillator[i] = 100.0 * oscillator[i] / period
    return Aroon(up, down, oscillator)
