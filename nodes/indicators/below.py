from typing import Annotated

from pipeline import Condition, Number, Param, indicator


@indicator
def below(
    x: Number, *, level: Annotated[float, Param("The level to compare with", ge=-1e15, le=1e15)] = 0.0
) -> Condition:
    """True while the column is below a level.

    Warm-up: none. Missing: where the value is missing. Edges: on the level is not below it. Source: a
    comparison with IEEE 754 doubles.
    """
    return x < level
