from typing import Annotated

import numpy as np

from pipeline import Param, Ratio, Weight, strategy


@strategy(style="kernel", recursive=True)
def volatility_target(
    weight: Weight,
    volatility: Ratio,
    *,
    target: Annotated[float, Param("Volatility that is wanted, per year: 0.1 is ten percent", gt=0.0, le=10.0)] = 0.1,
    bars_per_year: Annotated[
        float, Param("252 daily equities, 365 daily crypto, 6048 hourly FX, 12 monthly bars", gt=0.0, le=4e7)
    ] = 252.0,
    most: Annotated[float, Param("Largest size of a weight", gt=0.0, le=100.0)] = 1.0,
    band: Annotated[float, Param("Share by which a weight must differ to be changed", ge=0.0, le=10.0)] = 0.1,
) -> Weight:
    """Scale weights so that what is held is expected to move by a wanted volatility: less of it when it is wild.

    `volatility` is the standard deviation of the returns of one bar, as `rolling_std` of `returns` gives it.
    The weight becomes weight * target / (volatility * sqrt(bars_per_year)), at most `most` either way; it is
    given anew only when it differs from the last by more than `band` of that, or its side changes, so small
    changes cost no fees. Warm-up: none: 0 until both inputs are known. Missing: the last weight is kept. Units:
    share of equity. Edges: no volatility at all gives `most`. Source: Moreira and Muir, Volatility-Managed
    Portfolios (2017), with the volatility in place of the variance.
    """
    out = np.zeros(len(weight))
    year = np.sqrt(bars_per_year)
    last = 0.0
    for i in range(len(weight)):
        if np.isfinite(weight[i]) and np.isfinite(volatility[i]):
            moved = volatility[i] * year
            wanted = weight[i] * target
            if wanted != 0.0:
                wanted = np.sign(wanted) * (min(abs(wanted) / moved, most) if moved > 0.0 else most)
            if wanted * last <= 0.0 or abs(wanted - last) > band * abs(last):
                last = wanted
        out[i] = last
    return out
