import polars as pl

from pipeline import Condition, Number, indicator


@indicator
def when(condition: Condition, x: Number, y: Number = None) -> Number:
    """The value of `x` where the condition is true, of `y` where it is false.

    Warm-up: none. Missing: where the condition is unknown, where the chosen value is missing, and where it is false
    and `y` is not wired. Units: those of the inputs. Edges: none. Source: SQL's case when.
    """
    other = pl.lit(None, pl.Float64) if y is None else y
    return pl.when(condition).then(x).when(~condition).then(other)
