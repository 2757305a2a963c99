"""Kinds: what the numbers of a column mean, and which meaning may stand in for which.

A kind is checked when a graph is checked, long before any bar is read: a percent wired where a
price belongs is a fault with a place, not a strange equity curve. Wider kinds accept narrower ones::

    number ── price
           ├─ volume
           ├─ percent          0..100
           ├─ ratio ─── fraction   0..1
           │         └─ returns    simple return of one bar
           ├─ weight           target share of equity, sign = side
           └─ event            -1 sell, 0 hold, +1 buy
    condition                  true, false or null (unknown)
    bars                       open, high, low, close, volume on one axis
    signal                     event and strength on one axis; a bare event has strength 1
    anything                   whatever has an axis; only its rows are seen
    equity, trades, metrics ── table    rows of their own, not on the axis
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, TypeAlias

__all__ = [
    "AXIS",
    "BY_NAME",
    "Anything",
    "Axis",
    "Bars",
    "Condition",
    "Equity",
    "Event",
    "Fraction",
    "Kind",
    "Metrics",
    "Number",
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
]

Dtype: TypeAlias = Literal["float", "event", "bool", "bundle", "table"]


@dataclass(frozen=True, slots=True)
class Kind:
    """What a column, a bundle of columns or a table means.

    `dtype` says how it is stored: "float" (Float64), "event" (Int8), "bool" (Boolean), "bundle"
    (several columns, see `fields`) or "table" (a frame with rows of its own).
    """

    name: str
    dtype: Dtype
    description: str
    wider: Kind | None = None
    fields: tuple[tuple[str, Kind], ...] = field(default=(), repr=False)

    def accepts(self, other: Kind) -> bool:
        """True when `other` is this kind, a narrower one, an event for a signal, whatever has an axis for anything."""
        if self is SIGNAL and other is EVENT:
            return True
        if self is ANYTHING:
            return other.on_axis
        step: Kind | None = other
        while step is not None:
            if step is self:
                return True
            step = step.wider
        return False

    @property
    def on_axis(self) -> bool:
        """True when a value has one row per bar; tables have rows of their own."""
        return self.dtype != "table"

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class Same:
    """The kind of an output that is the kind its input `port` got (of the first port when None)."""

    port: str | None = None


NUMBER = Kind("number", "float", "any real number")
PRICE = Kind("price", "float", "in the quote currency of the symbol", NUMBER)
VOLUME = Kind("volume", "float", "units traded in a bar", NUMBER)
PERCENT = Kind("percent", "float", "0 to 100", NUMBER)
RATIO = Kind("ratio", "float", "a quotient without unit", NUMBER)
FRACTION = Kind("fraction", "float", "0 to 1", RATIO)
RETURNS = Kind("returns", "float", "simple return of one bar, 0.01 is one percent", RATIO)
WEIGHT = Kind("weight", "float", "wanted share of equity, the sign is the side", NUMBER)
EVENT = Kind("event", "event", "+1 buy, -1 sell, 0 hold", NUMBER)
CONDITION = Kind("condition", "bool", "true, false, or null where unknown")
BARS = Kind(
    "bars",
    "bundle",
    "open, high, low, close and volume of each bar",
    None,
    (("open", PRICE), ("high", PRICE), ("low", PRICE), ("close", PRICE), ("volume", VOLUME)),
)
SIGNAL = Kind(
    "signal",
    "bundle",
    "an event and its strength from 0 to 1",
    None,
    (("event", EVENT), ("strength", FRACTION)),
)
ANYTHING = Kind("anything", "bundle", "whatever has an axis; only its rows are seen")
TABLE = Kind("table", "table", "rows of its own")
EQUITY = Kind("equity", "table", "the value of an account after each bar", TABLE)
TRADES = Kind("trades", "table", "one row per trade", TABLE)
METRICS = Kind("metrics", "table", "one row per symbol, one column per metric", TABLE)

BY_NAME: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        NUMBER,
        PRICE,
        VOLUME,
        PERCENT,
        RATIO,
        FRACTION,
        RETURNS,
        WEIGHT,
        EVENT,
        CONDITION,
        BARS,
        SIGNAL,
        ANYTHING,
        TABLE,
        EQUITY,
        TRADES,
        METRICS,
    )
}

# A port's static type depends on the node's style (expression, array, frame), so it is Any to a type checker.
Number: TypeAlias = Annotated[Any, NUMBER]
Price: TypeAlias = Annotated[Any, PRICE]
Volume: TypeAlias = Annotated[Any, VOLUME]
Percent: TypeAlias = Annotated[Any, PERCENT]
Ratio: TypeAlias = Annotated[Any, RATIO]
Fraction: TypeAlias = Annotated[Any, FRACTION]
Returns: TypeAlias = Annotated[Any, RETURNS]
Weight: TypeAlias = Annotated[Any, WEIGHT]
Event: TypeAlias = Annotated[Any, EVENT]
Condition: TypeAlias = Annotated[Any, CONDITION]
Bars: TypeAlias = Annotated[Any, BARS]
Signal: TypeAlias = Annotated[Any, SIGNAL]
Anything: TypeAlias = Annotated[Any, ANYTHING]
Table: TypeAlias = Annotated[Any, TABLE]
Equity: TypeAlias = Annotated[Any, EQUITY]
Trades: TypeAlias = Annotated[Any, TRADES]
Metrics: TypeAlias = Annotated[Any, METRICS]
SameKind: TypeAlias = Annotated[Any, Same()]

AXIS = "axis"
"""Marks the first argument of a table or panel node: it is no port, the engine gives it."""
Axis: TypeAlias = Annotated[Any, AXIS]
