import datetime as dt
from typing import Annotated

import polars as pl

from pipeline import Condition, Param, Price, indicator


@indicator
def session(
    close: Price,
    *,
    start: Annotated[dt.time, Param("Local time of the first bar that belongs to it")] = dt.time(9, 30),
    end: Annotated[dt.time, Param("Local time of the first bar that no longer does")] = dt.time(16, 0),
    timezone: Annotated[str, Param("Time zone of both: UTC, America/New_York")] = "UTC",
) -> Condition:
    """True on bars that begin from `start` to before `end`, local time; over midnight when end is not after start.

    Warm-up: none. Missing: never, not even where the close is: only the time of a bar counts. Edges: changes of the
    clock are those of the time zone. Source: the bar's start, which is in UTC.
    """
    local = pl.col("ts").dt.convert_time_zone(timezone).dt.time()
    begun, over = local >= start, local >= end
    inside = begun & ~over if start < end else begun | ~over
    # the port says which bars are asked about, its values do not matter
    return inside & (close.is_null() | close.is_not_null())
