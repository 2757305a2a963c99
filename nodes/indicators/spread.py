from typing import Annotated

import polars as pl

from pipeline import Number, Param, Price, indicator


@indicator(scope="cross-section")
def spread(
    close: Price,
    *,
    first: Annotated[str, Param("The symbol that counts up")],
    second: Annotated[str, Param("The symbol that counts down")],
) -> Number:
    """How far two symbols have parted: the logarithm of the first price less that of the second.

    The same number stands with every symbol of a bar, so that `zscore` and `pairs` can follow. Warm-up: none.
    Missing: on bars on which one of the two is missing. Units: logarithm of a ratio, about a share when it is
    small. Edges: missing for prices of 0 or less. Source: Vidyamurthy, Pairs Trading (2004), with a hedge ratio
    of 1.
    """
    log = pl.when(close > 0).then(close.log())
    one = pl.when(pl.col("symbol") == first).then(log).max().over("ts")
    two = pl.when(pl.col("symbol") == second).then(log).max().over("ts")
    return one - two
