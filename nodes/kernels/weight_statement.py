"""Target weights from the axis to the tables: what the two nodes that trade weights share."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from nodes.kernels.measure import METRICS
from nodes.kernels.statement import (
    FILLS,
    benchmark_of,
    count_within,
    floats,
    prices_of,
    segments_of,
    tell_metrics,
    tell_orders,
    tell_trades,
    years_of,
)
from nodes.kernels.weight_account import WHEN, WHOSE, trade_weights


@dataclass(frozen=True)
class Terms:
    """On which terms an account trades."""

    fill: str
    fee: float
    slippage: float
    cash: float
    bars_per_year: float

    def row(self, years: float) -> tuple[float, ...]:
        """The settings of one account, as the kernel takes them."""
        return (FILLS.index(self.fill), 0.0, self.fee, self.slippage, self.cash, self.bars_per_year, years)


@dataclass(frozen=True)
class Traded:
    """What accounts on weights gave: columns on the axis, tables, and the curve of each account."""

    equity: pl.Series
    position: pl.Series
    benchmark: pl.Series
    metrics: pl.DataFrame
    trades: pl.DataFrame
    orders: pl.DataFrame
    curve: pl.DataFrame


def trade_apart(axis: pl.DataFrame, bars: Mapping[str, pl.Series], weight: pl.Series, terms: Terms) -> Traded:
    """Each symbol has an account; it orders when its weight differs from that of the bar before."""
    symbols, offsets = segments_of(axis)
    times, prices, target = axis["ts"].to_numpy(), prices_of(bars), floats(weight).copy()
    same = np.zeros(len(target), dtype=bool)
    same[1:] = target[1:] == target[:-1]
    same[offsets[:-1][np.diff(offsets) > 0]] = False
    target[same] = np.nan
    room = np.array([np.count_nonzero(np.isfinite(target[a:b])) + 1 for a, b in pairwise(offsets)], np.int64)
    booked = np.cumsum(room) - room
    alone = np.arange(len(symbols))
    spans = np.column_stack(
        (
            offsets[:-1],
            np.diff(offsets),
            np.ones_like(alone),
            offsets[:-1],
            booked,
            booked + alone,
            np.zeros_like(alone),
        )
    ).astype(np.int64)
    settings = [terms.row(years_of(times[a:b])) for a, b in pairwise(offsets)]
    curve, units, orders, trades, metrics, counts = _run(prices, target, np.arange(len(times)), spans, settings)
    benchmark = benchmark_of(prices[3], offsets, terms.cash)
    labels = [times[a:b] for a, b in pairwise(offsets)]
    book = _used(orders, spans[:, 4], counts[:, 0])
    owner = np.repeat(alone, counts[:, 0])
    held = _used(trades, spans[:, 5], counts[:, 1])
    account = {
        "symbol": symbols,
        "bars": np.diff(offsets),
        "bars_per_year": [terms.bars_per_year] * len(symbols),
        "initial_cash": [terms.cash] * len(symbols),
        "final_equity": curve[offsets[1:] - 1],
    }
    grown = benchmark[offsets[1:] - 1] / terms.cash - 1.0
    return Traded(
        pl.Series(curve),
        pl.Series(units),
        pl.Series(benchmark, nan_to_null=True),
        tell_metrics(account, metrics, pl.Series(grown, nan_to_null=True).to_list()),
        tell_trades(symbols, held, np.repeat(alone, counts[:, 1]), labels),
        tell_orders(symbols, owner, count_within(owner), book[:, [WHEN, 2, 3, 4, 5]], labels),
        pl.DataFrame(),
    )


def trade_together(
    axis: pl.DataFrame, bars: Mapping[str, pl.Series], weight: pl.Series, terms: Terms, rebalance: str
) -> Traded:
    """All symbols have one account; it orders on bars on which a weight is given, on the first of each period alone."""
    symbols, offsets = segments_of(axis)
    times, prices, target = axis["ts"].to_numpy(), prices_of(bars), floats(weight)
    labels, place = np.unique(times, return_inverse=True)
    if rebalance != "bar":
        target = np.where(_begins(labels, rebalance)[place], target, np.nan)
    clock = np.full((len(labels), len(symbols)), -1, np.int64)
    for s, (a, b) in enumerate(pairwise(offsets)):
        clock[place[a:b], s] = np.arange(a, b)
    room = int(np.count_nonzero(np.isfinite(target))) + len(symbols)
    spans = np.array([[0, len(labels), len(symbols), 0, 0, 0, 0]], np.int64)
    settings = [terms.row(years_of(labels))]
    curve, units, orders, trades, metrics, counts = _run(
        prices, target, clock.ravel(), spans, settings, room=(room, room + len(symbols), len(labels))
    )
    book, held = orders[: counts[0, 0]], trades[: counts[0, 1]]
    benchmark = _equal_shares(benchmark_of(prices[3], offsets, terms.cash), clock)
    clocks = [labels] * len(symbols)
    one = min(len(labels), 1)  # without bars there is no account to speak of
    account = {
        "symbol": [None] * one,
        "symbols": [len(symbols)] * one,
        "bars": [len(labels)] * one,
        "bars_per_year": [terms.bars_per_year] * one,
        "initial_cash": [terms.cash] * one,
        "final_equity": curve[-one:] if one else [],
    }
    grown = pl.Series(benchmark[-1:] / terms.cash - 1.0, nan_to_null=True).to_list()
    return Traded(
        pl.Series(curve[place]),
        pl.Series(units),
        pl.Series(benchmark[place], nan_to_null=True),
        tell_metrics(account, metrics[:one], grown),
        tell_trades(symbols, held, held[:, 9].astype(np.int64), clocks),
        tell_orders(
            symbols, book[:, WHOSE].astype(np.int64), np.arange(len(book)), book[:, [WHEN, 2, 3, 4, 5]], clocks
        ),
        pl.DataFrame(
            [
                pl.Series("ts", labels).cast(pl.Datetime("us")).dt.replace_time_zone("UTC"),
                pl.Series("equity", curve),
                pl.Series("benchmark", benchmark, nan_to_null=True),
            ]
        ),
    )


def _begins(labels: NDArray[np.datetime64], period: str) -> NDArray[np.bool_]:
    """Which labels are the first of their day, week (from Monday), month or quarter, in UTC."""
    days = labels.astype("datetime64[D]").astype(np.int64)
    months = labels.astype("datetime64[M]").astype(np.int64)
    number = {"day": days, "week": (days + 3) // 7, "month": months, "quarter": months // 3}[period]
    begins = np.ones(len(labels), dtype=bool)
    begins[1:] = number[1:] != number[:-1]
    return begins


def _run(
    prices: NDArray[np.float64],
    target: NDArray[np.float64],
    rows: NDArray[np.int64],
    spans: NDArray[np.int64],
    settings: list[tuple[float, ...]],
    room: tuple[int, int, int] | None = None,
) -> tuple[NDArray[Any], ...]:
    """The kernel's answer: curves, units, orders, trades, metrics, counts; `room` says how long three of them are."""
    accounts = len(spans)
    if room is None:
        known = int(np.count_nonzero(np.isfinite(target))) + accounts
        room = (known, known + accounts, len(rows))
    orders, trades, curve = np.zeros((room[0], 6)), np.zeros((room[1], 10)), np.zeros(room[2])
    units, metrics = np.zeros(len(target)), np.empty((accounts, len(METRICS)))
    terms = np.array(settings, dtype=np.float64).reshape(accounts, 7)
    counts = trade_weights(prices, target, rows, spans, terms, curve, units, orders, trades, metrics)
    return curve, units, orders, trades, metrics, counts


def _used(rows: NDArray[np.float64], starts: NDArray[np.int64], counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """The rows that were written, account by account."""
    within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    used: NDArray[np.float64] = rows[np.repeat(starts, counts) + within]
    return used


def _equal_shares(worth: NDArray[np.float64], clock: NDArray[np.int64]) -> NDArray[np.float64]:
    """The mean over symbols of what the cash became in each, the last known value where one has no bar."""
    if not clock.size:
        return np.empty(0)
    grid: NDArray[np.float64] = np.where(clock >= 0, worth[clock], np.nan)
    frame = pl.DataFrame(grid, schema=[f"{s}" for s in range(clock.shape[1])]).fill_nan(None)
    first = pl.all().backward_fill().first()  # before a symbol has bars, its share waits in cash
    shares = frame.with_columns(pl.all().forward_fill().fill_null(first)).mean_horizontal()
    return floats(shares)
