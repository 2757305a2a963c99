from typing import Annotated

import polars as pl

from pipeline import Condition, Param, indicator


@indicator
def hold_for(
    condition: Condition, *, bars: Annotated[int, Param("How many bars, the first one included", ge=1, le=100_000)]
) -> Condition:
    """True from a bar on which the condition is true for `bars` bars; each new one begins the count anew.

    Warm-up: none. Missing: an unknown condition is not true, the result is never missing. Edges: with 1 bar it is the
    condition itself. Source: the "sticky" condition of charting packages.
    """
    row = pl.int_range(pl.len())
    age = row - pl.when(condition).then(row).forward_fill()
    return (age < bars).fill_null(value=False)
