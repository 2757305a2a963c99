import polars as pl

from pipeline import Number, indicator


@indicator
def divide(x: Number, y: Number) -> Number:
    """The first column over the second.

    Warm-up: none. Missing: where either value is missing. Units: those of `x` per one of `y`. Edges: division
    by zero gives null, never infinity. Source: arithmetic; TA-Lib DIV, which gives infinity for a division by
    zero.
    """
    return pl.when(y != 0).then(x / y)
