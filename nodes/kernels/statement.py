"""Tables that tell of accounts: what is handed to the kernels, and what they wrote as polars frames."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from nodes.kernels.measure import (
    AT_END,
    ENTRY,
    EXIT,
    FEE,
    LEAVING_FEE,
    LEFT,
    METRICS,
    PRICE,
    REASON,
    SIDE,
    SIZE,
)

FILLS = ("next_open", "next_close", "same_close")
DIRECTIONS = {"long": 1.0, "short": -1.0, "both": 0.0}
REASONS = ("signal", "sl", "tp", "trail", "ruin", "end")
YEAR = np.timedelta64(31_557_600, "s")  # 365.25 days

OPTIMISTIC = (
    "fill same_close trades at the very close that decided: no market fills that, results are too good to be true"
)
"""What is said of the fill case `same_close`."""


def warn_of_fill(params: Any) -> str:
    """What to warn of when orders are filled at the close that decided them."""
    return OPTIMISTIC if params.fill == "same_close" else ""


def segments_of(axis: pl.DataFrame) -> tuple[list[str], NDArray[np.int64]]:
    """The symbols of an axis and where their rows begin, with the end of the last."""
    runs = axis["symbol"].rle().struct.unnest()
    lengths = runs["len"].to_numpy().astype(np.int64)
    return runs["value"].to_list(), np.concatenate((np.zeros(1, np.int64), np.cumsum(lengths)))


def prices_of(bars: Mapping[str, pl.Series]) -> NDArray[np.float64]:
    """Open, high, low and close as the rows of one array, NaN where missing."""
    return np.array([floats(bars[name]) for name in ("open", "high", "low", "close")], dtype=np.float64, ndmin=2)


def floats(series: pl.Series) -> NDArray[np.float64]:
    """The values as float64, NaN where missing."""
    values: NDArray[np.float64] = series.cast(pl.Float64).to_numpy()
    return values


def years_of(times: NDArray[np.datetime64]) -> float:
    """Years between the first and the last label."""
    return float((times[-1] - times[0]) / YEAR) if len(times) else 0.0


def benchmark_of(close: NDArray[np.float64], offsets: NDArray[np.int64], cash: float) -> NDArray[np.float64]:
    """What the cash became in the hands of somebody who bought at the first known close and held, without costs."""
    out = np.full(len(close), np.nan)
    for a, b in pairwise(offsets):
        known = np.flatnonzero(np.isfinite(close[a:b]) & (close[a:b] > 0.0))
        if len(known):
            latest = np.maximum.accumulate(np.where(np.isfinite(close[a:b]), np.arange(b - a), 0))
            worth = cash * close[a:b][latest] / close[a + known[0]]
            out[a:b] = np.where(np.arange(b - a) < known[0], cash, worth)
    return out


def tell_trades(
    symbols: Sequence[str], rows: NDArray[np.float64], owner: NDArray[np.int64], times: Sequence[NDArray[Any]]
) -> pl.DataFrame:
    """The table of trades; `owner` is the symbol of each, by number, `times` the labels that its bars count in."""
    side, size, price, left = rows[:, SIDE], rows[:, SIZE], rows[:, PRICE], rows[:, LEFT]
    fee, leaving = rows[:, FEE], rows[:, LEAVING_FEE]
    pnl = side * size * (left - price) - fee - leaving
    reason = rows[:, REASON].astype(np.int64)
    return pl.DataFrame(
        {
            "symbol": pl.Series([symbols[s] for s in owner], dtype=pl.String),
            "trade_id": count_within(owner),
            "direction": pl.Series(np.where(side > 0.0, "long", "short").tolist(), dtype=pl.String),
            "status": pl.Series(np.where(reason == AT_END, "open", "closed").tolist(), dtype=pl.String),
            "entry_idx": rows[:, ENTRY].astype(np.int64),
            "entry_time": labels_at(times, owner, rows[:, ENTRY]),
            "entry_price": price,
            "size": size,
            "entry_fee": fee,
            "exit_idx": rows[:, EXIT].astype(np.int64),
            "exit_time": labels_at(times, owner, rows[:, EXIT]),
            "exit_price": left,
            "exit_fee": leaving,
            "pnl": pnl,
            "return": pnl / (size * price),
            "exit_reason": pl.Series([REASONS[r] for r in reason], dtype=pl.String),
        }
    )


def count_within(owner: NDArray[np.int64]) -> NDArray[np.int64]:
    """0, 1, 2 … for the rows of each owner, which lie together."""
    return np.arange(len(owner)) - np.searchsorted(owner, owner)


def labels_at(times: Sequence[NDArray[Any]], owner: NDArray[np.int64], places: NDArray[np.float64]) -> pl.Series:
    """The label of each place in the labels of its owner, in UTC."""
    found = [times[s][int(place)] for s, place in zip(owner, places, strict=True)]
    return pl.Series(np.array(found, dtype="datetime64[us]")).cast(pl.Datetime("us")).dt.replace_time_zone("UTC")


def tell_orders(
    symbols: Sequence[str],
    owner: NDArray[np.int64],
    number: NDArray[np.int64],
    orders: NDArray[np.float64],
    times: Sequence[NDArray[Any]],
) -> pl.DataFrame:
    """The table of orders that were filled, in the order given; `number` is the id of each within its account.

    An order has the columns idx, signed size, price, fee and reason.
    """
    idx, units, price, fee, reason = orders.T
    return pl.DataFrame(
        {
            "symbol": pl.Series([symbols[s] for s in owner], dtype=pl.String),
            "order_id": number,
            "idx": idx.astype(np.int64),
            "time": labels_at(times, owner, idx),
            "side": pl.Series(np.where(units > 0.0, "buy", "sell").tolist(), dtype=pl.String),
            "size": np.abs(units),
            "price": price,
            "fee": fee,
            "reason": pl.Series([REASONS[int(r)] for r in reason], dtype=pl.String),
        }
    )


def tell_metrics(
    accounts: Mapping[str, Any], metrics: NDArray[np.float64], benchmark: Sequence[float | None]
) -> pl.DataFrame:
    """The table of metrics: what `accounts` says of each, then the numbers, null where undefined."""
    frame = pl.DataFrame(
        {name: pl.Series(name, metrics[:, i], nan_to_null=True) for i, name in enumerate(METRICS)},
        schema=dict.fromkeys(METRICS, pl.Float64),
    )
    head = [pl.Series(name, list(values), dtype=HEAD[name]) for name, values in accounts.items()]
    return pl.DataFrame(head).hstack(
        frame.with_columns(
            pl.col("max_drawdown_bars", "n_trades").cast(pl.Int64),
            pl.col("ruined") == 1.0,
            benchmark_return=pl.Series(list(benchmark), dtype=pl.Float64),
        )
    )


HEAD = {
    "symbol": pl.String,
    "symbols": pl.Int64,
    "bars": pl.Int64,
    "bars_per_year": pl.Float64,
    "initial_cash": pl.Float64,
    "final_equity": pl.Float64,
}
