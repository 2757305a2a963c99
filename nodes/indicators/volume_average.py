from typing import Annotated

from nodes.kernels.window import average_windows
from pipeline import Param, Volume, indicator


@indicator(style="kernel", warmup=lambda p: p.period - 1)
def volume_average(
    volume: Volume, *, period: Annotated[int, Param("Window length, in bars", ge=1, le=100_000)] = 20
) -> Volume:
    """The mean volume of the last `period` bars, this one included.

    Warm-up: period - 1 rows. Missing: a window that contains a missing volume is missing. Units: those of the
    volume. Edges: bars without trade count as 0. Source: TA-Lib SMA.
    """
    return average_windows(volume, period)
