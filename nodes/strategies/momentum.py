from typing import Annotated

import polars as pl

from pipeline import Number, Param, Signal, strategy


@strategy
def momentum(
    score: Number,
    *,
    threshold: Annotated[float, Param("Moves of at most this, up or down, are noise", ge=0.0, le=1e6)] = 0.0,
    full: Annotated[float, Param("Size of the score at which the strength is 1", gt=0.0, le=1e6)] = 0.2,
) -> Signal:
    """Buy while a score of trend is above a threshold, sell while it is below minus that.

    A score is `returns` over half a year, say.

    The strength is the size of the score over `full`, at most 1. Warm-up: none. Missing: where the score is
    missing. Units: those of the score. Edges: within the threshold it holds. Source: time-series momentum,
    Moskowitz, Ooi and Pedersen (2012), without their scaling by volatility: see `volatility_target`.
    """
    event = pl.when(score > threshold).then(1).when(score < -threshold).then(-1).when(score.is_not_null()).then(0)
    return event.cast(pl.Int8), (score.abs() / full).clip(0.0, 1.0)
