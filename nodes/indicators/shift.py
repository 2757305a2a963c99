from typing import Annotated

from pipeline import Number, Param, SameKind, indicator


@indicator(warmup=lambda p: p.periods)
def shift(
    x: Number, *, periods: Annotated[int, Param("How many bars back; 0 is the value itself", ge=0, le=100_000)] = 1
) -> SameKind:
    """The value of `periods` bars ago.

    Warm-up: periods rows. Missing: where the value of then is missing. Units: those of the input. Edges: it
    looks back only; a value of a later bar cannot be had, so no graph can look ahead by it. Source: the lag
    operator of time series analysis; shift of pandas.
    """
    return x.shift(periods)
