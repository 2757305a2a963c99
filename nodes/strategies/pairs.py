from typing import Annotated

import polars as pl

from pipeline import Number, Param, Weight, strategy


@strategy(scope="cross-section", recursive=True)
def pairs(
    score: Number,
    *,
    first: Annotated[str, Param("The symbol that is bought when it is cheap against the other")],
    second: Annotated[str, Param("The symbol that is sold then")],
    entry: Annotated[float, Param("Distance from the mean at which the pair is opened", gt=0.0, le=100.0)] = 2.0,
    exit: Annotated[  # noqa: A002 - the param's name in YAML
        float, Param("Distance at which it is closed", ge=0.0, le=100.0)
    ] = 0.5,
    size: Annotated[float, Param("Weight of each side while the pair is open", gt=0.0, le=10.0)] = 0.5,
) -> Weight:
    """Trade the spread of two symbols: buy the cheap one and sell the dear one when they part, close when they meet.

    `score` is the `zscore` of `spread`. Weights are `size` and minus `size` for the two symbols and 0 for all
    others, never missing: flat until there is a score, and where it is missing what was held is held. Warm-up:
    none. Missing: see above. Units: share of equity. Edges: a score beyond `entry` on the other side turns the
    pair around. Source: Gatev, Goetzmann and Rouwenhorst, Pairs Trading (2006); the exit on a score is of Chan
    (2013).
    """
    side = pl.when(score <= -entry).then(1.0).when(score >= entry).then(-1.0).when(score.abs() <= exit).then(0.0)
    held = side.forward_fill().over("symbol").fill_null(0.0)
    leg = pl.when(pl.col("symbol") == first).then(size).when(pl.col("symbol") == second).then(-size).otherwise(0.0)
    return held * leg + 0.0  # a flat short leg is 0, not -0
