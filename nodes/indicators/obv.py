import numpy as np

from pipeline import Number, Price, Volume, indicator


@indicator(style="kernel", recursive=True)
def obv(close: Price, volume: Volume) -> Number:
    """On-balance volume: the volume of rising bars less that of falling bars, added up from the first bar on.

    Warm-up: none; the first value is the first volume. Missing: a bar with a missing value is missing and skipped.
    Units: those of the volume; the level means nothing, only its changes do. Edges: an unchanged close adds
    nothing. Source: Granville, New Key to Stock Market Profits (1963); TA-Lib OBV.
    """
    out = np.full(len(close), np.nan)
    last = np.nan
    total = 0.0
    for i in range(len(close)):
        if not (np.isfinite(close[i]) and np.isfinite(volume[i])):
            continue
        if np.isnan(last):
            total = volume[i]
        else:  # without a branch: nobody guesses which way a price goes
            total += (volume[i] if close[i] > last else 0.0) - (volume[i] if close[i] < last else 0.0)
        out[i] = total
        last = close[i]
    return out
