from typing import Annotated

import numpy as np

from pipeline import Param, Price, indicator


@indicator(style="kernel", warmup=1, recursive=True)
def parabolic_sar(
    high: Price,
    low: Price,
    *,
    acceleration: Annotated[float, Param("Acceleration at the start and per new extreme", ge=0.0, le=10.0)] = 0.02,
    maximum: Annotated[float, Param("Largest acceleration", ge=0.0, le=10.0)] = 0.2,
) -> Price:
    """Parabolic stop and reverse: a stop that runs after price, faster with each new extreme, and turns when it is hit.

    Warm-up: 1 row. The first side is short when the second bar reaches further down than up. Missing: a bar with a
    missing value is missing and skipped. Units: price. Edges: the state depends on all bars before. Source: Wilder,
    New Concepts in Technical Trading Systems (1978); TA-Lib SAR.
    """
    out = np.full(len(high), np.nan)
    step = min(acceleration, maximum)
    seen = 0
    long = True
    factor = step
    extreme = 0.0
    stop = 0.0
    last_high = 0.0
    last_low = 0.0
    for i in range(len(high)):
        top = high[i]
        bottom = low[i]
        if not (np.isfinite(top) and np.isfinite(bottom)):
            continue
        seen += 1
        if seen == 2:
            above = top - last_high
            below = last_low - bottom
            long = not (below > 0.0 and above < below)
            extreme = top if long else bottom
            stop = last_low if long else last_high
            last_high = top  # as in TA-Lib, whose first bar to look back on is this one itself
            last_low = bottom
        if seen >= 2:
            if (long and bottom <= stop) or (not long and top >= stop):
                stop = extreme
                stop = max(stop, last_high, top) if long else min(stop, last_low, bottom)
                out[i] = stop
                long = not long
                factor = step
                extreme = top if long else bottom
                stop += factor * (extreme - stop)
                stop = min(stop, last_low, bottom) if long else max(stop, last_high, top)
            else:
                out[i] = stop
                if (long and top > extreme) or (not long and bottom < extreme):
                    extreme = top if long else bottom
                    factor = min(factor + step, maximum)
                stop += factor * (extreme - stop)
                stop = min(stop, last_low, bottom) if long else max(stop, last_high, top)
        last_high = top
        last_low = bottom
    return out
