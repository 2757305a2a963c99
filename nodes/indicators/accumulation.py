import numpy as np

from nodes.kernels.oscillation import flow_of_bars
from pipeline import Number, Price, Volume, indicator


@indicator(style="kernel", recursive=True)
def accumulation(high: Price, low: Price, close: Price, volume: Volume) -> Number:
    """Accumulation/distribution: volume times where the close stands in its bar's range (-1 to 1), added up.

    Warm-up: none. Missing: a bar with a missing value is missing and skipped. Units: those of the volume; the level
    means nothing, only its changes do. Edges: a bar without range adds nothing. Source: Chaikin; TA-Lib AD.
    """
    out = flow_of_bars(high, low, close, volume)
    total = 0.0
    for i in range(len(out)):
        if np.isfinite(out[i]):
            total += out[i]
            out[i] = total
    return out
