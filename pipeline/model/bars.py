"""Bars as the engine sees them: what is asked of a market, the axis it spans, the panel it gives.

Times are bar starts in UTC. A panel holds many symbols as ONE set of columns sorted by (symbol, ts);
`offsets` says where each symbol's segment begins and ends, so a node costs one call, not one per symbol.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl

from pipeline.errors import MarketError
from pipeline.model.column import Column

__all__ = [
    "BAR_FIELDS",
    "Adjust",
    "BarsRequest",
    "Offsets",
    "Panel",
    "Resample",
    "ResolvedBars",
    "timeframe_seconds",
]

BAR_FIELDS = ("open", "high", "low", "close", "volume")
Adjust: TypeAlias = Literal["none", "splits", "dividends", "total", "forward"]
"""How prices are restated for corporate actions; `pipeline.market.adjust` has the formulas."""
Offsets: TypeAlias = npt.NDArray[np.int64]

_TIMEFRAME = re.compile(r"([1-9]\d{0,3})(s|m|h|d|w|mo)", re.ASCII)
_SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800, "mo": 2_592_000}


def timeframe_seconds(timeframe: str) -> int:
    """Seconds of a timeframe such as 1m, 5m, 1h, 1d, 1w, 1mo (a month counts 30 days).

    Raises MarketError TG306 when it is not a number from 1 to 9999 followed by s, m, h, d, w or mo.
    """
    found = _TIMEFRAME.fullmatch(timeframe)
    if not found:
        raise MarketError(
            f"{timeframe!r} is not a timeframe", code="TG306", hint="Write a number and a unit: 5m, 1h, 1d, 1w, 1mo."
        )
    return int(found[1]) * _SECONDS[found[2]]


@dataclass(frozen=True, slots=True)
class Resample:
    """The faster bars that slower ones are made of, and where their periods begin (see `model.period`).

    None leaves zone, begin of the day and weekdays to what the market knows about each symbol.
    """

    of: str
    zone: str | None = None
    day_start: dt.time | None = None
    weekdays: bool | None = None

    def __str__(self) -> str:
        weekdays = {None: None, True: "weekdays", False: "all days"}[self.weekdays]
        said = (self.zone, self.day_start, weekdays)
        return " ".join([f"of {self.of}", *(str(one) for one in said if one is not None)])


@dataclass(frozen=True, slots=True)
class BarsRequest:
    """What a graph asks of the market.

    `symbols` None means all symbols of the timeframe. `start` and `end` are instants in UTC: a bar
    belongs to the range when start <= ts < end; None leaves that side open. Bars before `start` are
    still read (history), so that a recursive value does not depend on where the range begins;
    `start` only says which rows are shown and which rows an account sees. With `resample` the bars are made of
    stored faster ones; one that is not over at the end of the data is not there.
    """

    timeframe: str
    symbols: tuple[str, ...] | None = None
    start: dt.datetime | None = None
    end: dt.datetime | None = None
    adjust: Adjust = "splits"
    resample: Resample | None = None
    _hash: int = field(init=False, repr=False, compare=False, default=0)

    def __post_init__(self) -> None:
        # a request is a key several times a node, and may hold five hundred symbols
        fields = (self.timeframe, self.symbols, self.start, self.end, self.adjust, self.resample)
        object.__setattr__(self, "_hash", hash(fields))

    def __hash__(self) -> int:
        return self._hash

    def __reduce__(self) -> tuple[type[BarsRequest], tuple[object, ...]]:
        # another process hashes texts with another seed: the hash must not travel
        return BarsRequest, (self.timeframe, self.symbols, self.start, self.end, self.adjust, self.resample)

    @property
    def token(self) -> str:
        """What tells two bars sources of one node apart, apart from their data."""
        return f"{self.timeframe} {self.adjust}" + (f" {self.resample}" if self.resample else "")


@dataclass(frozen=True, slots=True)
class ResolvedBars:
    """A request against the market as it is now: which symbols, and a digest of each one's data.

    `digests` comes from the manifests alone (the parts that overlap (-inf, end), the corporate
    actions before end, the adjustment), never from reading rows; `start` is no part of it.
    """

    request: BarsRequest
    symbols: tuple[str, ...]
    digests: tuple[str, ...]


@dataclass(frozen=True)
class Panel:
    """Bars of many symbols: `ts` (Datetime[us, UTC]) and columns of equal length, sorted by (symbol, ts).

    Rows `offsets[i]` to `offsets[i + 1]` belong to `symbols[i]`. Prices are Float64 in quote currency,
    volume Float64 in units; null where the market has none. `end` is the instant at which each bar is over; None
    leaves it to the timeframe.
    """

    symbols: tuple[str, ...]
    offsets: Offsets
    ts: pl.Series
    columns: dict[str, Column]
    end: pl.Series | None = None

    def __len__(self) -> int:
        return len(self.ts)

    def alone(self, symbol: str, start: int, stop: int) -> Panel:
        """The axis of one symbol, whose rows are those from `start` to before `stop`; no columns."""
        return Panel((symbol,), np.array([0, stop - start]), self.ts.slice(start, stop - start), {})

    @cached_property
    def instants(self) -> Offsets:
        """`ts` in microseconds since 1970, the same array each time."""
        return self.ts.cast(pl.Int64).to_numpy()

    @cached_property
    def symbol_column(self) -> pl.Series:
        """The symbol of each row, as strings; every file of values has it."""
        lengths = np.diff(self.offsets)
        codes = np.repeat(np.arange(len(self.symbols)), lengths)
        return pl.Series("symbol", self.symbols, dtype=pl.String).gather(codes)
