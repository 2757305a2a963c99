from typing import Annotated

import polars as pl

from pipeline import Event, Param, Signal, strategy


@strategy
def vote(
    first: Event,
    second: Event,
    third: Event = None,
    *,
    first_weight: Annotated[float, Param("Say of the first event", ge=0.0, le=1e6)] = 1.0,
    second_weight: Annotated[float, Param("Say of the second event", ge=0.0, le=1e6)] = 1.0,
    third_weight: Annotated[float, Param("Say of the third event, if it is wired", ge=0.0, le=1e6)] = 1.0,
    threshold: Annotated[float, Param("Share of the say that must agree on one side", gt=0.0, le=1.0)] = 0.5,
) -> Signal:
    """Weigh two or three events of one bar against each other: buy or sell where enough of them agree.

    The score is the weighted mean of the wired events, from -1 to 1. Where its size reaches `threshold` the
    event is its sign and the strength its size; elsewhere both are 0. Warm-up: none. Missing: a missing event
    is a hold and keeps its say, so the result is never missing. Edges: when all weights are 0 nothing is ever
    done. Source: a weighted majority, after Littlestone and Warmuth, The Weighted Majority Algorithm (1994).
    """
    ballots = [(first, first_weight), (second, second_weight)]
    if third is not None:
        ballots.append((third, third_weight))
    say = sum(weight for _, weight in ballots) or 1.0
    score = pl.sum_horizontal(event.fill_null(0).cast(pl.Float64) * (weight / say) for event, weight in ballots)
    # a hair below the threshold is on it: three thirds of a say do not add up to 1 in binary
    decided = score.abs() >= threshold - 1e-12
    strength = pl.when(decided).then(score.abs().clip(0.0, 1.0)).otherwise(0.0)
    return pl.when(decided).then(score.sign()).otherwise(0.0).cast(pl.Int8), strength
