from typing import Annotated, Literal

import polars as pl

from pipeline import Number, Param, Ratio, indicator


@indicator(scope="cross-section")
def zscore_symbols(
    x: Number, *, ddof: Annotated[Literal[0, 1], Param("The divisor of the variance is symbols - ddof")] = 0
) -> Ratio:
    """How many standard deviations a symbol lies from the mean of all symbols of the same bar.

    Warm-up: none. Missing: where the value is missing; a symbol without value on a bar does not count there.
    Units: standard deviations. Edges: null where all symbols of a bar have the same value, or one is alone.
    Source: the standard score.
    """
    lead = x - x.mean().over("ts")
    deviation = x.std(ddof=ddof).over("ts")
    # equal values may leave a rounding error as their deviation
    unequal = x.max().over("ts") > x.min().over("ts")
    return pl.when(unequal).then(lead / deviation)
