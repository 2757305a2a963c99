from typing import Annotated, Literal

import polars as pl

from pipeline import Event, Number, Param, strategy


@strategy(warmup=1)
def macd_cross(
    macd: Number,
    signal: Number,
    *,
    variant: Annotated[
        Literal["signal", "zero", "confirmed"],
        Param("signal: crossings of the two lines; zero: of MACD and 0; confirmed: of the lines, on the far side of 0"),
    ] = "signal",
) -> Event:
    """Trade the lines of `macd`: buy when MACD gets above its signal line or above zero, sell when it gets below.

    `confirmed` buys crossings of the lines below zero alone and sells those above it: the start of a move, not its
    middle. Warm-up: 1 row. Missing: where a line, or the one of the bar before, is missing. Edges: touching is no
    crossing, leaving after a touch is one. Source: Appel (1979).
    """
    lead = macd if variant == "zero" else macd - signal
    before = lead.shift(1)
    buys, sells = (before <= 0) & (lead > 0), (before >= 0) & (lead < 0)
    if variant == "confirmed":
        buys, sells = buys & (macd < 0), sells & (macd > 0)
    known = lead.is_not_null() & before.is_not_null() & signal.is_not_null()
    return pl.when(known).then(pl.when(buys).then(1).when(sells).then(-1).otherwise(0)).cast(pl.Int8)
