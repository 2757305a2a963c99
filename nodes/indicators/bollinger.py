from typing import Annotated, NamedTuple

import numpy as np

from nodes.kernels.window import measure_windows
from pipeline import Number, Param, Ratio, SameKind, indicator


class Bollinger(NamedTuple):
    """The bands, where the value stands between them, and how far apart they are."""

    upper: SameKind
    middle: SameKind
    lower: SameKind
    percent_b: Ratio
    bandwidth: Ratio


@indicator(style="kernel", warmup=lambda p: p.period - 1)
def bollinger(
    x: Number,
    *,
    period: Annotated[int, Param("Window length, in bars", ge=2, le=100_000)] = 20,
    deviations: Annotated[float, Param("Distance of each band, in standard deviations", gt=0.0, le=1_000.0)] = 2.0,
) -> Bollinger:
    """Bands of some standard deviations (divisor n) around the mean of the last `period` values.

    Warm-up: period - 1 rows. Missing: a window that contains a missing value is missing. Units: the bands have those
    of the input; percent_b is 0 on the lower and 1 on the upper band and may leave that range; bandwidth is
    (upper - lower) / middle. Edges: on a flat window the bands are exactly the value and percent_b is
    null (0 / 0); bandwidth is null where middle is 0. Source: Bollinger, Bollinger on Bollinger Bands (2001);
    TA-Lib BBANDS with one width for both sides.
    """
    middle, deviation, lead = measure_windows(x, period, 0)
    upper = np.empty(len(x))
    lower = np.empty(len(x))
    percent_b = lead  # no longer needed: its memory is taken
    bandwidth = deviation
    for i in range(len(x)):
        half = deviations * deviation[i]
        upper[i] = middle[i] + half
        lower[i] = middle[i] - half
        # not from the bands, whose rounding shows where they are narrow
        percent_b[i] = 0.5 + 0.5 * lead[i] / (half if half > 0.0 else np.nan)
        bandwidth[i] = 2.0 * half / (middle[i] if middle[i] != 0.0 else np.nan)
    return Bollinger(upper, middle, lower, percent_b, bandwidth)
