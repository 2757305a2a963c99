import datetime as dt
from typing import Annotated

from nodes.kernels.asof import latest
from pipeline import Anything, Axis, Condition, Param, indicator

NO_DELAY = dt.timedelta(0)


@indicator(style="panel", rows="to")
def align_condition(
    rows: Axis,
    x: Condition,
    to: Anything,
    *,
    symbol: Annotated[str | None, Param("Take this symbol's values for all; otherwise each symbol has its own")] = None,
    delay: Annotated[dt.timedelta, Param("How long after the end of its bar a value is known")] = NO_DELAY,
) -> Condition:
    """The latest condition of another axis that is known when a bar ends, as `align` has it for numbers.

    Warm-up: none of its own. Missing: before the first finished bar, and where the condition is missing.
    Source: `align`.
    """
    return latest(rows, x, symbol=symbol, delay=delay)["value"]
