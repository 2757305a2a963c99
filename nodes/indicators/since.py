import polars as pl

from pipeline import Condition, Number, indicator


@indicator(recursive=True)
def since(condition: Condition) -> Number:
    """How many bars ago the condition was last true; 0 while it is.

    Warm-up: none. Missing: null until it is true for the first time; an unknown condition is not true. Units: bars.
    Edges: the state depends on all bars before. Source: the "bars since" of charting packages.
    """
    row = pl.int_range(pl.len())
    return (row - pl.when(condition).then(row).forward_fill()).cast(pl.Float64)
