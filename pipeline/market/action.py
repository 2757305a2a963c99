"""Corporate actions: the cash dividends and splits of every symbol, one immutable table for the market.

The table is small (504 stocks over ten years have 15,000 rows), so resolving a request reads it whole
and digests exactly the actions before the asked end: a later split or dividend, or a later
correction, leaves the digest of an earlier range as it is.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl

from pipeline.market.part import TS, Floats, Int64s
from pipeline.model.bars import Adjust

__all__ = [
    "NO_ACTIONS",
    "ActionTable",
    "Actions",
    "actions_of",
    "decode_actions",
    "encode_actions",
    "ex_dates",
    "same_actions",
]


@dataclass(frozen=True, slots=True, eq=False)
class Actions:
    """The actions of one symbol by ascending ex-date, which is midnight UTC of the session's day.

    `dividend` is cash per share in quote currency (0.0 is none), `split` the coefficient (2.0 gives
    two shares for one, 1.0 is none), `close` the unadjusted close of the ex-day (NaN if unknown).
    """

    ts: Int64s
    dividend: Floats
    split: Floats
    close: Floats

    def __len__(self) -> int:
        return len(self.ts)

    def take(self, which: npt.NDArray[np.bool_] | slice) -> Actions:
        """The actions that `which` selects."""
        return Actions(self.ts[which], self.dividend[which], self.split[which], self.close[which])

    def that_matter(self, adjust: Adjust, end: int | None) -> Actions:
        """The actions before `end` that `adjust` looks at: none, the splits, the dividends, or all."""
        if adjust == "none":
            return NO_ACTIONS
        matter = self.dividend != 0.0 if adjust == "dividends" else self.split != 1.0
        if adjust in ("total", "forward"):
            matter |= self.dividend != 0.0
        if end is not None:
            matter &= self.ts < end
        if not matter.any():
            return NO_ACTIONS
        found = self.take(matter)
        if adjust == "splits":
            return Actions(found.ts, np.zeros(len(found)), found.split, found.close)
        if adjust == "dividends":
            return Actions(found.ts, found.dividend, np.ones(len(found)), found.close)
        return found

    def form(self) -> bytes:
        """The bytes that a digest takes: empty without actions, and without dividends the same in every mode."""
        if not len(self):
            return b""
        pays = self.dividend != 0.0
        if not pays.any():
            return b"splits" + self.ts.tobytes() + self.split.tobytes()
        close = np.where(np.isnan(self.close) | ~pays, np.nan, self.close)
        return b"total" + b"".join(column.tobytes() for column in (self.ts, self.split, self.dividend, close))

    def merged(self, newer: Actions, covered: Int64s) -> Actions:
        """These actions with those at `covered` instants replaced by `newer`."""
        if not len(self):
            return newer
        older = self.take(~np.isin(self.ts, covered, kind="sort"))
        joined = Actions(
            np.concatenate([older.ts, newer.ts]),
            np.concatenate([older.dividend, newer.dividend]),
            np.concatenate([older.split, newer.split]),
            np.concatenate([older.close, newer.close]),
        )
        order = np.argsort(joined.ts, kind="stable")
        return Actions(joined.ts[order], joined.dividend[order], joined.split[order], joined.close[order])

    def with_closes(self, ts: Int64s, close: Floats) -> Actions:
        """These actions with the ex-day close taken from bars at the same instants."""
        at = np.minimum(np.searchsorted(ts, self.ts), len(ts) - 1)
        return Actions(self.ts, self.dividend, self.split, np.where(ts[at] == self.ts, close[at], self.close))

    def on(self, ts: Int64s) -> tuple[Floats, Floats]:
        """Split and dividend of each bar at `ts`, 1 and 0 where it has none: those that stand on a bar's own day."""
        split, dividend = np.ones(len(ts)), np.zeros(len(ts))
        days = ex_dates(ts)
        at = np.minimum(np.searchsorted(days, self.ts), len(ts) - 1)
        known = days[at] == self.ts
        split[at[known]], dividend[at[known]] = self.split[known], self.dividend[known]
        return split, dividend

    def equals(self, other: Actions) -> bool:
        """True when nothing differs."""
        return (
            np.array_equal(self.ts, other.ts)
            and np.array_equal(self.dividend, other.dividend)
            and np.array_equal(self.split, other.split)
            and np.array_equal(self.close, other.close, equal_nan=True)
        )


def same_actions(first: Actions | None, second: Actions | None) -> bool:
    """True when both adjust bars alike; None is no actions."""
    return (first or NO_ACTIONS).form() == (second or NO_ACTIONS).form()


def actions_of(ts: Int64s, dividend: Floats, split: Floats, close: Floats) -> Actions:
    """The actions among bars: one a day, with the day's largest dividend, split and last close."""
    if not len(ts) or not ((dividend != 0.0) | (split != 1.0)).any():
        return NO_ACTIONS
    days = ex_dates(ts)
    starts = np.flatnonzero(np.append(True, days[1:] != days[:-1]))
    ends = np.append(starts[1:], len(days)) - 1
    # a day's bars name its split once or all alike: the one farthest from 1
    low, high = np.minimum.reduceat(split, starts), np.maximum.reduceat(split, starts)
    daily = Actions(days[starts], np.maximum.reduceat(dividend, starts), np.where(high > 1.0, high, low), close[ends])
    return daily.take((daily.dividend != 0.0) | (daily.split != 1.0))


def ex_dates(ts: Int64s) -> Int64s:
    """The UTC day, as an instant at midnight, of each bar: an action takes effect on bars from there on."""
    return ts // _DAY * _DAY


_DAY = 86_400_000_000
_NONE = np.zeros(0)
NO_ACTIONS = Actions(np.zeros(0, dtype=np.int64), _NONE, _NONE, _NONE)

ActionTable: TypeAlias = Mapping[str, Actions]
"""The actions of each symbol that has any."""


def encode_actions(table: ActionTable) -> bytes:
    """The Parquet file of a table, sorted by symbol and ts."""
    rows = sorted((symbol, actions) for symbol, actions in table.items() if len(actions))
    frame = pl.DataFrame(
        {
            "symbol": pl.Series([s for s, a in rows for _ in range(len(a))], dtype=pl.String),
            "ts": pl.Series(np.concatenate([NO_ACTIONS.ts, *(a.ts for _, a in rows)])).cast(TS),
            "dividend": np.concatenate([_NONE, *(a.dividend for _, a in rows)]),
            "split": np.concatenate([_NONE, *(a.split for _, a in rows)]),
            "close": pl.Series(np.concatenate([_NONE, *(a.close for _, a in rows)]), nan_to_null=True),
        }
    )
    buffer = io.BytesIO()
    frame.write_parquet(buffer, compression="lz4", statistics=False)
    return buffer.getvalue()


def decode_actions(data: bytes) -> dict[str, Actions]:
    """The table of a Parquet file."""
    frame = pl.read_parquet(data)
    symbols = frame["symbol"]
    lengths = symbols.rle().struct.unnest()
    ts = frame["ts"].cast(pl.Int64).to_numpy()
    dividend, split = frame["dividend"].to_numpy(), frame["split"].to_numpy()
    close = frame["close"].fill_null(float("nan")).to_numpy()
    table, start = {}, 0
    for symbol, length in zip(lengths["value"], lengths["len"], strict=True):
        piece = slice(start, start + length)
        table[symbol] = Actions(ts[piece], dividend[piece], split[piece], close[piece])
        start += length
    return table
