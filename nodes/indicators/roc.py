from typing import Annotated

import polars as pl

from pipeline import Number, Param, indicator


@indicator(warmup=lambda p: p.period)
def roc(x: Number, *, period: Annotated[int, Param("How many bars to look back", ge=1, le=100_000)] = 10) -> Number:
    """Rate of change: by how many percent of the value `period` bars ago the value has changed.

    Warm-up: period rows. Missing: where either value is missing. Units: percent, unbounded, hence a number.
    Edges: null where the value before is 0 (TA-Lib gives 0 there). Source: TA-Lib ROC.
    """
    before = x.shift(period)
    return pl.when(before != 0).then((x / before - 1.0) * 100.0)
