from typing import Annotated

from pipeline import Number, Param, SameKind, indicator


@indicator
def scale(x: Number, *, factor: Annotated[float, Param("What to multiply by", ge=-1e15, le=1e15)]) -> SameKind:
    """The column times a constant, as in two average true ranges.

    Warm-up: none. Missing: where the value is missing. Units: those of the input. Source: arithmetic.
    """
    return x * factor
