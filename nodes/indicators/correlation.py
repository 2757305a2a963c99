from typing import Annotated

import numpy as np

from nodes.kernels.pair import pair_windows
from pipeline import Number, Param, Ratio, indicator


@indicator(style="kernel", warmup=lambda p: p.period - 1)
def correlation(
    x: Number, y: Number, *, period: Annotated[int, Param("Window length, in bars", ge=2, le=100_000)] = 30
) -> Ratio:
    """Pearson's correlation of two columns over the last `period` bars.

    Warm-up: period - 1 rows. Missing: a window in which either value is missing is missing. Units: -1 to 1. Edges:
    null where either column is flat (TA-Lib gives 0). Of prices it mostly measures the trend: correlate `returns`.
    Source: TA-Lib CORREL.
    """
    xx, out, yy = pair_windows(x, y, period)
    for i in range(len(x)):
        both = np.sqrt(xx[i]) * np.sqrt(yy[i]) if xx[i] > 0.0 and yy[i] > 0.0 else np.nan
        out[i] = max(-1.0, min(1.0, out[i] / both)) if both > 0.0 else np.nan
    return out
