import datetime as dt
from typing import Annotated

import polars as pl

from pipeline import Param, Price, Volume, indicator


@indicator(recursive=True)
def vwap(
    high: Price,
    low: Price,
    close: Price,
    volume: Volume,
    *,
    start: Annotated[dt.time, Param("Local time at which a session begins")] = dt.time(0, 0),
    timezone: Annotated[str, Param("Time zone of the session: UTC, America/New_York")] = "UTC",
) -> Price:
    """Volume-weighted average price of the session so far: typical price times volume over volume, from its start on.

    A session lasts from `start`, local time, to `start` of the next day, whatever the clock was changed by in between.
    Warm-up: none. Missing: a bar with a missing value is missing and skipped. Units: price. Edges: null until
    something was traded in the session. Source: Berkowitz, Logue and Noser (1988); TA-Lib VWAP never begins anew.
    """
    local = pl.col("ts").dt.convert_time_zone(timezone).dt.replace_time_zone(None)
    session = (local - dt.timedelta(hours=start.hour, minutes=start.minute, seconds=start.second)).dt.date()
    typical = (high + low + close) / 3.0
    traded = pl.when(typical.is_not_null()).then(volume).cum_sum().over(session)
    money = (typical * volume).cum_sum().over(session)
    return pl.when((typical * volume).is_not_null() & (traded > 0)).then(money / traded)
