import datetime as dt
from typing import Annotated

import polars as pl

from nodes.kernels.asof import latest
from pipeline import Anything, Axis, Event, Param, indicator

NO_DELAY = dt.timedelta(0)


@indicator(style="panel", rows="to")
def align_event(
    rows: Axis,
    x: Event,
    to: Anything,
    *,
    symbol: Annotated[str | None, Param("Take this symbol's events for all; otherwise each symbol has its own")] = None,
    delay: Annotated[dt.timedelta, Param("How long after the end of its bar an event is known")] = NO_DELAY,
) -> Event:
    """An event of another axis, once: on the first bar that ends when its bar does or later; 0 on all others.

    A buy of a weekly bar is one buy on daily bars. Of several bars that end between two of `to` the last
    counts. Warm-up: none. Missing: a missing event is a hold. Source: `align`, each bar of the other axis seen
    once.
    """
    found = latest(rows, x, symbol=symbol, delay=delay)
    at = pl.col("at")
    other_symbol = (pl.col("symbol") != pl.col("symbol").shift()).fill_null(value=True)
    new = at.is_not_null() & (at.ne_missing(at.shift()) | other_symbol)
    return found.select(pl.when(new).then(pl.col("value").fill_null(0)).otherwise(0))["value"]
