from typing import Annotated

import polars as pl

from pipeline import Number, Param, Signal, strategy


@strategy
def mean_reversion(
    score: Number,
    *,
    entry: Annotated[float, Param("Buy when the score is at most minus this", gt=0.0, le=100.0)] = 2.0,
    exit: Annotated[  # noqa: A002 - the param's name in YAML
        float, Param("Sell when the score is at least this: 0 is the mean, `entry` its mirror", ge=-100.0, le=100.0)
    ] = 0.0,
    full: Annotated[float, Param("Distance from the mean at which the strength is 1", gt=0.0, le=100.0)] = 3.0,
) -> Signal:
    """Buy what lies far below its mean, sell when it is back: for a score such as `zscore` of the close.

    The strength is the size of the score over `full`, at most 1. With direction `long` a sale closes; for a
    short side as well set `exit` to `entry` and the direction of the back-test to both. Warm-up: none. Missing:
    where the score is missing. Units: standard deviations. Edges: between the two levels it holds. Source:
    Chan, Algorithmic Trading (2013), entry and exit on a z-score.
    """
    event = pl.when(score <= -entry).then(1).when(score >= exit).then(-1).when(score.is_not_null()).then(0)
    return event.cast(pl.Int8), (score.abs() / full).clip(0.0, 1.0)
