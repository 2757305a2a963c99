from typing import Annotated, NamedTuple

from nodes.kernels.direction import direct_bars, index_of, percent_of
from pipeline import Param, Percent, Price, indicator


class DirectionalIndex(NamedTuple):
    """Movement up, movement down, and how one-sided they are."""

    plus: Percent
    minus: Percent
    dx: Percent


@indicator(style="kernel", warmup=lambda p: p.period, recursive=True)
def directional_index(
    high: Price,
    low: Price,
    close: Price,
    *,
    period: Annotated[int, Param("Wilder smoothing length, in bars", ge=2, le=100_000)] = 14,
) -> DirectionalIndex:
    """Wilder's +DI, -DI and DX: how much of the range was movement upwards, downwards, and to one side.

    Warm-up: period rows. Missing: a bar with a missing value is missing and skipped. Units: percent, 0 to 100.
    Edges: a series that never moved gives 0; where both are 0, DX keeps its last value, and after thousands of bars
    without any movement all three do. Source: Wilder, New Concepts in Technical Trading Systems (1978); TA-Lib PLUS_DI,
    MINUS_DI, DX.
    """
    up, down, reach = direct_bars(high, low, close, period)
    return DirectionalIndex(percent_of(up, reach), percent_of(down, reach), index_of(up, down))
