from typing import Annotated

from pipeline import Condition, Number, Param, indicator


@indicator
def between(
    x: Number,
    *,
    low: Annotated[float, Param("The lower end, included", ge=-1e15, le=1e15)],
    high: Annotated[float, Param("The upper end, included", ge=-1e15, le=1e15)],
) -> Condition:
    """True while the column is from `low` to `high`.

    Warm-up: none. Missing: where the value is missing. Edges: both ends belong to the range; when low is above
    high nothing is between them. Source: SQL's between.
    """
    return (x >= low) & (x <= high)
