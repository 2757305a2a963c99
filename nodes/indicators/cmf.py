from typing import Annotated

from nodes.kernels.oscillation import flow_of_bars
from nodes.kernels.window import sum_windows
from pipeline import Param, Price, Ratio, Volume, indicator


@indicator(style="kernel", warmup=lambda p: p.period - 1)
def cmf(
    high: Price,
    low: Price,
    close: Price,
    volume: Volume,
    *,
    period: Annotated[int, Param("Window length, in bars", ge=2, le=100_000)] = 20,
) -> Ratio:
    """Chaikin money flow: volume times where the close stands in its bar's range, over volume, both summed.

    Warm-up: period - 1 rows. Missing: a window that contains a missing value is missing. Units: -1 to 1. Edges: 0
    where nothing was traded in the window, as in TA-Lib; a bar without range counts as 0. Source: Chaikin; TA-Lib CMF.
    """
    out = sum_windows(flow_of_bars(high, low, close, volume), period)
    traded = sum_windows(volume, period)
    for i in range(len(out)):
        if traded[i] != 0.0:
            out[i] /= traded[i]
    return out
