from typing import Annotated, NamedTuple

import numpy as np

from nodes.kernels.recursion import smooth
from pipeline import Number, Param, SameKind, indicator


class Macd(NamedTuple):
    """The three lines; they begin on the same bar."""

    macd: SameKind
    signal: SameKind
    histogram: SameKind


@indicator(style="kernel", warmup=lambda p: max(p.fast, p.slow) + p.signal - 2, recursive=True)
def macd(
    x: Number,
    *,
    fast: Annotated[int, Param("Length of the fast average, in bars", ge=2, le=100_000)] = 12,
    slow: Annotated[int, Param("Length of the slow average, in bars", ge=2, le=100_000)] = 26,
    signal: Annotated[int, Param("Length of the average of the difference, in bars", ge=1, le=100_000)] = 9,
) -> Macd:
    """Moving average convergence divergence: the fast EMA less the slow one, its own EMA, and their difference.

    Warm-up: slow + signal - 2 rows for all three lines; both averages start where the slow one can, the
    fast one being seeded by the `fast` values before that bar. Missing: a missing bar is missing and
    skipped, all averages are held over it. Units: those of the input, as a difference. Edges: a flat series
    gives 0; when fast is longer than slow they are swapped, as TA-Lib does. Source: Appel, The Moving
    Average Convergence-Divergence Method (1979); TA-Lib MACD.
    """
    short = min(fast, slow)
    long = max(fast, slow)
    line = smooth(x, short, 2.0 / (short + 1.0), long - short)
    slower = smooth(x, long, 2.0 / (long + 1.0), 0)
    for i in range(len(x)):
        line[i] -= slower[i]
    average = smooth(line, signal, 2.0 / (signal + 1.0), 0)
    histogram = slower  # no longer needed: its memory is taken
    for i in range(len(x)):
        histogram[i] = line[i] - average[i]
        if np.isnan(average[i]):
            line[i] = np.nan
    return Macd(line, average, histogram)
