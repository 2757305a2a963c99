import datetime as dt
from typing import NamedTuple

import polars as pl

from nodes.kernels.slower import DayStart, Timeframe, Unfinished, Weekdays, Zone, slower
from pipeline import Axis, Bars, Condition, Number, Price, indicator
from pipeline.model.period import Periods
from pipeline.model.resample import slower_bars


class Resampled(NamedTuple):
    """Slower bars, and what is known about each."""

    bars: Bars
    n: Number
    vwap: Price
    partial: Condition


@indicator(style="panel", rows=slower)
def resample(
    rows: Axis,
    bars: Bars,
    n: Number = None,
    vwap: Price = None,
    *,
    timeframe: Timeframe,
    zone: Zone = "UTC",
    day_start: DayStart = dt.time(0),
    weekdays: Weekdays = False,
    unfinished: Unfinished = False,
) -> Resampled:
    """Make slower bars: first open, highest high, lowest low, last close, summed volume.

    The outputs stand on an axis of their own; `align` brings what is computed there back to the faster bars.
    `n` counts the bars inside (the sum of `n`, where the bars were made of faster ones). `vwap` is the average
    of (high + low + close) / 3, or of `vwap` where it is wired, weighed by volume. `partial` marks a symbol's
    first bar when its beginning may be lacking, and an unfinished last one.
    Warm-up: none. Missing: a column is missing where it is missing in all bars inside; `vwap` also where nothing was
    traded. Edges: a bar that is not over when the data end is left out unless `unfinished` keeps it, so no
    value changes when bars are appended. Days begin at `day_start` in `zone`, through daylight saving; weeks on
    Monday, months on the first. Fails (TG501) where a bar ends after its period, as a Saturday under `weekdays` does.
    Source: resampling by calendar periods; pandas' resample agrees wherever bars are whole.
    """
    frame: pl.DataFrame = bars
    if n is not None:
        frame = frame.with_columns(n["value"].alias("n"))
    if vwap is not None:
        frame = frame.with_columns(vwap["value"].alias("vwap"))
    made = slower_bars(rows, frame, Periods(timeframe, zone, day_start, weekdays))
    columns = [pl.col(name).alias(f"bars_{name}") for name in ("open", "high", "low", "close", "volume")]
    return made.select(*columns, "n", "vwap", "partial")  # type: ignore[return-value]
