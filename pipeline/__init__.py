"""tradegraph's engine. This root offers what a node author needs, nothing more.

A node is a function from columns to columns. Declare one with `indicator`, `strategy` or `portfolio`::

    from typing import Annotated
    from pipeline import Number, Param, SameKind, indicator

    @indicator
    def doubled(x: Number, *, times: Annotated[int, Param("How often", ge=1)] = 2) -> SameKind:
        \"\"\"Multiply a column.\"\"\"
        return x * times
"""

from pipeline.model.declare import indicator, portfolio, strategy
from pipeline.model.kernel import kernel
from pipeline.model.kind import (
    Anything,
    Axis,
    Bars,
    Condition,
    Equity,
    Event,
    Fraction,
    Metrics,
    Number,
    Percent,
    Price,
    Ratio,
    Returns,
    Same,
    SameKind,
    Signal,
    Table,
    Trades,
    Volume,
    Weight,
)
from pipeline.model.param import Param

__all__ = [
    "Anything",
    "Axis",
    "Bars",
    "Condition",
    "Equity",
    "Event",
    "Fraction",
    "Metrics",
    "Number",
    "Param",
    "Percent",
    "Price",
    "Ratio",
    "Returns",
    "Same",
    "SameKind",
    "Signal",
    "Table",
    "Trades",
    "Volume",
    "Weight",
    "indicator",
    "kernel",
    "portfolio",
    "strategy",
]
