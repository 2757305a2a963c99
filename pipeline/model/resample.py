"""Slower bars out of faster ones: which rows they are, and what each of them holds.

Frames are sorted by symbol and ts. `axis` has symbol, ts and end (the instant at which a bar is over); the
bars that fall into one period of one symbol make one slower bar. A slower bar that is not over at the end
of the last bar of its symbol is unfinished: its values would still change, so it is left out unless asked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl

from pipeline.errors import NodeError
from pipeline.model.period import Periods

__all__ = ["SLOWER", "How", "gather", "periods_of", "slower_bars", "slower_rows"]

How: TypeAlias = Literal["first", "last", "highest", "lowest", "sum", "mean", "count"]
SLOWER = ("open", "high", "low", "close", "volume", "n", "vwap", "partial")
"""The columns of slower bars."""

_DAY = 86_400_000_000
Int64s: TypeAlias = npt.NDArray[np.int64]
Floats: TypeAlias = npt.NDArray[np.float64]


def periods_of(axis: pl.DataFrame, periods: Periods) -> Periods:
    """The periods, knowing whether the bars of `axis` are daily or slower."""
    lengths = (axis["end"] - axis["ts"]).dt.total_microseconds().head(64)
    daily = bool(len(lengths)) and int(lengths.max() or 0) >= _DAY  # type: ignore[arg-type]
    return Periods(periods.timeframe, periods.zone, periods.day_start, periods.weekdays, daily)


def slower_rows(axis: pl.DataFrame, periods: Periods, *, unfinished: bool = False) -> pl.DataFrame:
    """The rows (symbol, ts, end) of the slower bars. Raises NodeError TG501 when bars outlast their period."""
    periods = periods_of(axis, periods)
    starts = periods.starts(axis["ts"])
    firsts, lasts = _edges(axis["symbol"], starts)
    rows = pl.DataFrame([axis["symbol"].gather(firsts), starts.gather(firsts).alias("ts")])
    ends = periods.ends(rows["ts"])
    last_ends = axis["end"].gather(lasts)
    late = (last_ends > ends).to_numpy()
    if late.any():
        at = int(late.argmax())
        symbol, ts = rows.row(at)
        hint = "Bars must fit into the slower ones; leave `weekdays` false where Saturdays and Sundays are traded."
        raise NodeError(
            f"a bar of {symbol} ends at {last_ends[at]}, after the {periods.timeframe} bar of {ts} that it falls into",
            hint=hint,
        )
    rows = rows.with_columns(ends.alias("end"))
    if unfinished:
        return rows
    # only the last bar of a symbol can be unfinished: the others have a later bar behind them
    open_ = np.zeros(len(rows), dtype=bool)
    tails = _last_of_runs(rows["symbol"])
    open_[tails] = (last_ends < ends).to_numpy()[tails]
    return rows.filter(pl.Series(~open_))


def slower_bars(rows: pl.DataFrame, bars: pl.DataFrame, periods: Periods) -> pl.DataFrame:
    """The slower bars of `rows`: `SLOWER`, one row for each.

    `bars` has symbol, ts, end, open, high, low, close, volume and perhaps n and vwap of bars that were made of faster
    ones themselves. No value is made up: a column is null where all its values are. `n` counts the bars inside,
    `vwap` is the mean of (high + low + close) / 3, or of `vwap`, by volume (null where nothing was traded),
    `partial` says that a symbol's first bar may lack its beginning, or that its last is unfinished.
    """
    periods = periods_of(bars, periods)
    starts = periods.starts(bars["ts"])
    firsts, lasts = _edges(bars["symbol"], starts)
    names = ["open", "high", "low", "close", "volume"]
    array = {name: bars[name].cast(pl.Float64).fill_null(np.nan).to_numpy() for name in names}
    hows: Sequence[How] = ("first", "highest", "lowest", "last", "sum")
    made = {name: _gathered(array[name], firsts, how) for name, how in zip(names, hows, strict=True)}
    known = ~np.isnan(array["close"])
    counts = bars["n"].fill_null(0).to_numpy().astype(np.float64) if "n" in bars.columns else known.astype(np.float64)
    made["n"] = _sums(counts, firsts)
    if "vwap" in bars.columns:
        price = bars["vwap"].cast(pl.Float64).fill_null(np.nan).to_numpy()
    else:
        price = (array["high"] + array["low"] + array["close"]) / 3.0
    weight = np.where(np.isnan(price) | np.isnan(array["volume"]), 0.0, array["volume"])
    traded = _sums(weight, firsts)
    with np.errstate(invalid="ignore", divide="ignore"):
        made["vwap"] = _sums(weight * np.nan_to_num(price), firsts) / np.where(traded > 0.0, traded, np.nan)
    frame = pl.DataFrame(
        [bars["symbol"].gather(firsts), starts.gather(firsts).alias("ts")]
        + [pl.Series(name, values, nan_to_null=True) for name, values in made.items()]
    )
    frame = frame.with_columns(_partial(frame, bars, periods, lasts))
    return _on(rows, frame).select(SLOWER)


def gather(rows: pl.DataFrame, values: pl.DataFrame, periods: Periods, how: How) -> pl.Series:
    """One value for each of `rows` out of the column `value` of `values`, missing ones left out."""
    starts = periods_of(values, periods).starts(values["ts"])
    firsts, _ = _edges(values["symbol"], starts)
    found = _gathered(values["value"].cast(pl.Float64).fill_null(np.nan).to_numpy(), firsts, how)
    frame = pl.DataFrame(
        [
            values["symbol"].gather(firsts),
            starts.gather(firsts).alias("ts"),
            pl.Series("value", found, nan_to_null=True),
        ]
    )
    return _on(rows, frame)["value"]


def _on(rows: pl.DataFrame, frame: pl.DataFrame) -> pl.DataFrame:
    """The frame's values on `rows`, whose symbol and ts are among its own."""
    if len(rows) == len(frame):
        return frame
    return rows.select("symbol", "ts").join(frame, on=["symbol", "ts"], how="left", maintain_order="left")


def _edges(symbol: pl.Series, starts: pl.Series) -> tuple[Int64s, Int64s]:
    """First and last row of each run of equal symbol and period."""
    if not len(starts):
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    at = starts.to_physical().to_numpy()
    new = np.empty(len(at), dtype=bool)
    new[0] = True
    np.not_equal(at[1:], at[:-1], out=new[1:])
    new[_last_of_runs(symbol)[:-1] + 1] = True
    firsts = np.flatnonzero(new).astype(np.int64)
    return firsts, np.append(firsts[1:], len(at)) - 1


def _last_of_runs(symbol: pl.Series) -> Int64s:
    return np.cumsum(symbol.rle().struct.field("len").to_numpy()).astype(np.int64) - 1


def _gathered(values: Floats, firsts: Int64s, how: How) -> Floats:
    """One value a run: NaN where none of its values is known."""
    if not len(firsts):
        return np.zeros(0)
    known = ~np.isnan(values)
    if how == "highest":
        return np.fmax.reduceat(values, firsts)
    if how == "lowest":
        return np.fmin.reduceat(values, firsts)
    if how in ("first", "last"):
        row = np.arange(len(values))
        if how == "first":
            at = np.minimum.reduceat(np.where(known, row, len(values)), firsts)
        else:
            at = np.maximum.reduceat(np.where(known, row, -1), firsts)
        there = (at >= 0) & (at < len(values))
        return np.where(there, values[np.where(there, at, 0)], np.nan)
    count = _sums(known.astype(np.float64), firsts)
    if how == "count":
        return count
    total = np.where(count > 0.0, _sums(np.where(known, values, 0.0), firsts), np.nan)
    return total / np.maximum(count, 1.0) if how == "mean" else total


def _sums(values: Floats, firsts: Int64s) -> Floats:
    return np.add.reduceat(values, firsts) if len(firsts) else np.zeros(0)


def _partial(frame: pl.DataFrame, bars: pl.DataFrame, periods: Periods, lasts: Int64s) -> pl.Series:
    partial = np.zeros(len(frame), dtype=bool)
    if not len(frame):
        return pl.Series("partial", partial)
    tails = _last_of_runs(frame["symbol"])
    heads = np.append(0, tails[:-1] + 1)
    begins = periods.first_days(frame["ts"]) if periods.by_date else frame["ts"]
    first_bar = np.append(0, lasts[:-1] + 1)
    seen = bars["ts"].gather(first_bar)
    if periods.by_date and not periods.daily:
        if periods.weekdays:
            # an exchange that rests at weekends rests at night too: when on its day it opens is not known here
            seen = periods.day_labels(seen)
        else:
            begins = periods.day_begins(begins)
    partial[heads] = (seen > begins).to_numpy()[heads]
    partial[tails] |= (bars["end"].gather(lasts) < periods.ends(frame["ts"])).to_numpy()[tails]
    return pl.Series("partial", partial)
