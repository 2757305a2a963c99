"""What nodes that make slower bars share: their params' types, the periods that they mean, and their rows."""

import datetime as dt
from typing import Annotated

import polars as pl

from pipeline import Param
from pipeline.model.period import Periods
from pipeline.model.resample import slower_rows

Timeframe = Annotated[str, Param("Of the slower bars: 5m, 1h, 1d, 1w, 1mo")]
Zone = Annotated[str, Param("Time zone in which days begin, such as America/New_York; daily bars need none")]
DayStart = Annotated[dt.time, Param("Time of day at which a day begins; from 12:00 on it is the next date's day")]
Weekdays = Annotated[bool, Param("Nothing trades on Saturday and Sunday: a week is over with its Friday")]
Unfinished = Annotated[bool, Param("Keep a last bar that is not over yet; its values still change")]


def slower(
    axis: pl.DataFrame, *, timeframe: str, zone: str, day_start: dt.time, weekdays: bool, unfinished: bool
) -> pl.DataFrame:
    """The rows of the slower bars."""
    return slower_rows(axis, Periods(timeframe, zone, day_start, weekdays), unfinished=unfinished)
