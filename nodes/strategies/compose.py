from typing import Annotated

import polars as pl

from pipeline import Param, Signal, strategy


@strategy
def compose(
    first: Signal,
    second: Signal,
    third: Signal = None,
    fourth: Signal = None,
    *,
    first_weight: Annotated[float, Param("Say of the first signal", ge=0.0, le=1e6)] = 1.0,
    second_weight: Annotated[float, Param("Say of the second signal", ge=0.0, le=1e6)] = 1.0,
    third_weight: Annotated[float, Param("Say of the third signal, if it is wired", ge=0.0, le=1e6)] = 1.0,
    fourth_weight: Annotated[float, Param("Say of the fourth signal, if it is wired", ge=0.0, le=1e6)] = 1.0,
    threshold: Annotated[float, Param("Size of the score from which it trades", gt=0.0, le=1.0)] = 0.3,
) -> Signal:
    """Combine two to four signals of one bar into one: the mean of event times strength, by weight.

    Where the size of that score, which is at most 1, reaches `threshold`, the event is its sign and the
    strength its size; elsewhere both are 0. `vote` does the same for bare events. Warm-up: none. Missing: a
    missing event or strength is a hold and keeps its say, so the result is never missing. Edges: when all
    weights are 0 nothing is ever done. Source: a weighted mean of opinions with a threshold, after Clemen,
    Combining Forecasts (1989).
    """
    voices = [(first, first_weight), (second, second_weight)]
    voices += [
        (voice, weight) for voice, weight in ((third, third_weight), (fourth, fourth_weight)) if voice is not None
    ]
    say = sum(weight for _, weight in voices) or 1.0
    score = pl.sum_horizontal(
        (voice["event"].cast(pl.Float64) * voice["strength"].clip(0.0, 1.0)).fill_null(0.0) * (weight / say)
        for voice, weight in voices
    )
    # a hair below the threshold is on it: three thirds of a say do not add up to 1 in binary
    decided = score.abs() >= threshold - 1e-12
    strength = pl.when(decided).then(score.abs().clip(0.0, 1.0)).otherwise(0.0)
    return pl.when(decided).then(score.sign()).otherwise(0.0).cast(pl.Int8), strength
