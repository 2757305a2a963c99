from typing import Annotated, NamedTuple

import numpy as np

from nodes.kernels.recursion import smooth
from pipeline import Number, Param, indicator


class Ppo(NamedTuple):
    """The three lines; they begin on the same bar."""

    ppo: Number
    signal: Number
    histogram: Number


@indicator(style="kernel", warmup=lambda p: max(p.fast, p.slow) + p.signal - 2, recursive=True)
def ppo(
    x: Number,
    *,
    fast: Annotated[int, Param("Length of the fast average, in bars", ge=2, le=100_000)] = 12,
    slow: Annotated[int, Param("Length of the slow average, in bars", ge=2, le=100_000)] = 26,
    signal: Annotated[int, Param("Length of the average of the oscillator, in bars", ge=1, le=100_000)] = 9,
) -> Ppo:
    """Percentage price oscillator: the MACD in percent of the slow average, so that symbols can be compared.

    Warm-up: slow + signal - 2 rows for all lines; each average is seeded by its own first values, other than in
    the MACD. Missing: a missing bar is missing and skipped, all averages are held over it. Units: percent,
    unbounded, hence numbers. Edges: null where the slow average is 0; when fast is longer than slow they are
    swapped. Source: Appel; TA-Lib PPO with exponential averages, which has the first line only.
    """
    short = min(fast, slow)
    long = max(fast, slow)
    line = smooth(x, short, 2.0 / (short + 1.0), 0)
    slower = smooth(x, long, 2.0 / (long + 1.0), 0)
    for i in range(len(x)):
        line[i] = 100.0 * ((line[i] - slower[i]) / slower[i]) if slower[i] != 0.0 else np.nan
    average = smooth(line, signal, 2.0 / (signal + 1.0), 0)
    histogram = slower  # no longer needed: its memory is taken
    for i in range(len(x)):
        histogram[i] = line[i] - average[i]
        if np.isnan(average[i]):
            line[i] = np.nan
    return Ppo(line, average, histogram)
