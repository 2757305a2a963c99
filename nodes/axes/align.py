import datetime as dt
from typing import Annotated

from nodes.kernels.asof import latest
from pipeline import Anything, Axis, Number, Param, SameKind, indicator

NO_DELAY = dt.timedelta(0)


@indicator(style="panel", rows="to")
def align(
    rows: Axis,
    x: Number,
    to: Anything,
    *,
    symbol: Annotated[str | None, Param("Take this symbol's values for all; otherwise each symbol has its own")] = None,
    delay: Annotated[dt.timedelta, Param("How long after the end of its bar a value is known")] = NO_DELAY,
) -> SameKind:
    """The latest value of another axis that is known when a bar ends: a weekly average on daily bars, say.

    A slower bar is seen by the first bar of `to` that ends when it does or later, and until the next one is
    over; an unfinished one never. A bar of `to` that ends before the first bar of `x` sees nothing. Warm-up:
    none of its own. Missing: before the first finished bar; a missing value of `x` stays missing until the next
    one. Units: those of the input. Edges: daily bars end 24 hours after their date's 00:00 UTC, which is after
    the close of any exchange; with `symbol`, an index or benchmark is wired to a whole universe. Source: the
    as-of join backwards by the ends of bars; join_asof of polars.
    """
    return latest(rows, x, symbol=symbol, delay=delay)["value"]
