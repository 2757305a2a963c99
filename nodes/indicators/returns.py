from typing import Annotated

import polars as pl

from pipeline import Param, Price, Returns, indicator


@indicator(warmup=lambda p: p.periods)
def returns(close: Price, *, periods: Annotated[int, Param("Over how many bars", ge=1, le=100_000)] = 1) -> Returns:
    """Simple return: the close over the close `periods` bars ago, less 1.

    Warm-up: periods rows. Missing: where either close is missing. Units: 0.01 is one percent. Edges: null where
    the close before is 0. Source: TA-Lib ROCP.
    """
    before = close.shift(periods)
    return pl.when(before != 0).then(close / before - 1.0)
