import polars as pl

from pipeline import Event, Weight, strategy


@strategy(warmup=0, recursive=True)
def to_events(weight: Weight) -> Event:
    """The events of a target weight: buy where it gets above 0, sell where it gets to 0 or below, else hold.

    The opposite of `position`, and poorer than what it is given: an event says no size, and cannot say "go
    flat" to somebody who is short. Warm-up: none; the first known weight counts as coming from 0. Missing: a
    missing weight is a hold. Edges: from a short weight to 0 is no event. Source: the sign changes of a weight;
    the converse of `position`.
    """
    side = weight.sign().fill_null(strategy="forward").fill_null(0.0)
    before = side.shift(1).fill_null(0.0)
    buys, sells = (side > 0) & (before <= 0), (side <= 0) & (before > 0) | (side < 0) & (before == 0)
    return pl.when(buys).then(1).when(sells).then(-1).otherwise(0).cast(pl.Int8)
