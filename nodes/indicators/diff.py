from typing import Annotated

from pipeline import Number, Param, SameKind, indicator


@indicator(warmup=lambda p: p.periods)
def diff(x: Number, *, periods: Annotated[int, Param("How many bars to look back", ge=1, le=100_000)] = 1) -> SameKind:
    """The value less the value `periods` bars ago.

    Warm-up: periods rows. Missing: where either value is missing. Units: those of the input, as a
    difference. Source: TA-Lib MOM.
    """
    return x - x.shift(periods)
