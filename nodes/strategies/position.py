from typing import Annotated, Literal

import polars as pl

from pipeline import Event, Param, Weight, strategy


@strategy(recursive=True)
def position(
    event: Event,
    *,
    direction: Annotated[
        Literal["long", "short", "both"],
        Param("long: buy opens, sell closes; short: sell opens, buy closes; both: each opens its side"),
    ] = "long",
) -> Weight:
    """The position held after the event of each bar: 1 all in, 0 flat, -1 all short.

    The last event that is not 0 decides. With `direction` long a buy gives 1 and a sell 0, with short a sell gives
    -1 and a buy 0, with both they give 1 and -1 and it is never flat again. Warm-up: none; flat until the
    first event. Missing: a missing event holds, the weight is never missing. Units: share of
    equity. Edges: the state depends on all bars before. Source: the event mode of the back-test, without costs.
    """
    last = pl.when(event != 0).then(event).forward_fill().fill_null(0).cast(pl.Float64)
    lowest = 0.0 if direction == "long" else -1.0
    highest = 0.0 if direction == "short" else 1.0
    return last.clip(lowest, highest)
