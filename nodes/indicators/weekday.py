from typing import Annotated

import polars as pl

from pipeline import Number, Param, Price, indicator


@indicator
def weekday(
    close: Price, *, timezone: Annotated[str, Param("Time zone of the day: UTC, America/New_York")] = "UTC"
) -> Number:
    """The day of the week on which a bar begins, local time: 1 Monday to 7 Sunday.

    Warm-up: none. Missing: never, not even where the close is: only the time of a bar counts. Units: days. Edges:
    `between` makes a condition of it. Source: ISO 8601.
    """
    day = pl.col("ts").dt.convert_time_zone(timezone).dt.weekday().cast(pl.Float64)
    # the port says which bars are asked about, its values do not matter
    return pl.when(close.is_null() | close.is_not_null()).then(day)
