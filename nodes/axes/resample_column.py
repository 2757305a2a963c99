import datetime as dt
from typing import Annotated, Literal

from nodes.kernels.slower import DayStart, Timeframe, Unfinished, Weekdays, Zone, slower
from pipeline import Axis, Number, Param, SameKind, indicator
from pipeline.model.period import Periods
from pipeline.model.resample import gather


@indicator(style="panel", rows=slower)
def resample_column(
    rows: Axis,
    x: Number,
    *,
    timeframe: Timeframe,
    how: Annotated[
        Literal["first", "last", "highest", "lowest", "sum", "mean"], Param("Which value stands for a period")
    ] = "last",
    zone: Zone = "UTC",
    day_start: DayStart = dt.time(0),
    weekdays: Weekdays = False,
    unfinished: Unfinished = False,
) -> SameKind:
    """One value for each slower bar: the last, first, highest or lowest of its values, their sum or mean.

    It stands on the axis that `resample` makes with the same params. Warm-up: none. Missing: missing values do
    not count; missing where all are. Units: those of the input. Edges: as `resample`, an unfinished last bar is
    left out. Source: `resample`.
    """
    return gather(rows, x, Periods(timeframe, zone, day_start, weekdays), how)
