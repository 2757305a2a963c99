from itertools import pairwise
from typing import Annotated, Literal, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from nodes.kernels.event_account import hold_positions, trade_events
from nodes.kernels.measure import AT_END, ENTRY, EXIT, FEE, LEAVING_FEE, LEFT, METRICS, PRICE, REASON, SIDE, SIZE
from nodes.kernels.statement import (
    DIRECTIONS,
    FILLS,
    benchmark_of,
    count_within,
    floats,
    prices_of,
    segments_of,
    tell_metrics,
    tell_orders,
    tell_trades,
    warn_of_fill,
    years_of,
)
from nodes.kernels.terms import BarsPerYear, Cash, Fee, Fill, Slippage
from pipeline import Axis, Bars, Metrics, Number, Param, Price, Signal, Table, Trades, portfolio


class Backtest(NamedTuple):
    """What became of the decisions."""

    equity: Price
    position: Number
    benchmark: Price
    metrics: Metrics
    trades: Trades
    orders: Table


@portfolio(style="table", caution=warn_of_fill)
def backtest(
    axis: Axis,
    bars: Bars,
    signal: Signal,
    stop: Number = None,
    profit: Number = None,
    trail: Number = None,
    *,
    fill: Fill = "next_open",
    direction: Annotated[
        Literal["long", "short", "both"],
        Param("long: buy opens, sell closes; short: sell opens, buy closes; both: each opens its side"),
    ] = "long",
    fee: Fee = 0.0,
    slippage: Slippage = 0.0,
    stop_loss: Annotated[
        float | None, Param("Leave when the price is this share worse than the fill", gt=0.0, le=1e6)
    ] = None,
    take_profit: Annotated[
        float | None, Param("Leave when the price is this share better than the fill", gt=0.0, le=1e6)
    ] = None,
    trailing_stop: Annotated[
        float | None, Param("Leave when the price is this share worse than the best close since", gt=0.0, le=1e6)
    ] = None,
    cash: Cash = 100_000.0,
    bars_per_year: BarsPerYear = 252.0,
) -> Backtest:
    """Trade a signal: each symbol has an account of its own, and a decision is filled with all that is in it.

    A decision of one bar is filled at the next (`same_close`: at its own close). An event against what is held closes
    it, and with `direction` both opens the other side at the same price; an event for what is held does nothing. The
    size is strength times what the cash buys, fee included. Shorts credit their proceeds; there is no borrow cost and
    no margin call. `stop`, `profit` and `trail` are the three stops as series, read at the bar of the signal; where
    wired they take the place of the numbers. An account that is worth nothing at a close is ruined: closed there, 0
    for ever.

    Outputs on the axis: `equity` after each close, `position` in units held there (below 0 short), `benchmark`, the
    cash put into the first known close and held. Tables: `metrics` (a row per symbol), `trades`, `orders`. An idx
    counts the bars of the symbol in the asked range, from 0.

    Missing: a missing event, strength or fill price is a hold; a bar without a close keeps the last one's value.
    Warm-up: none. Units: those of the price and of the cash; fee, slippage and stops are fractions. Edges: a metric
    that is undefined is null; a position at the end stays open, marked at the last close. Source: docs/backtest.md
    has every rule; it agrees with vectorbt's Portfolio.from_signals and with backtesting.py where they can say the
    same.
    """
    symbols, offsets = segments_of(axis)
    times = axis["ts"].to_numpy()
    prices = prices_of(bars)
    stops = [(stop, stop_loss), (profit, take_profit), (trail, trailing_stop)]
    decisions, bounds = decide(signal, stops, offsets)
    settings = np.array(
        [
            (FILLS.index(fill), DIRECTIONS[direction], fee, slippage, cash, bars_per_year, years_of(times[a:b]))
            for a, b in pairwise(offsets)
        ],
        dtype=np.float64,
    ).reshape(len(symbols), 7)
    spans = np.column_stack((offsets[:-1], offsets[1:], offsets[:-1]))
    equity = np.empty(len(times))
    position = np.zeros(len(times))
    trades = np.zeros((len(decisions), 9))
    metrics = np.empty((len(symbols), len(METRICS)))
    counts = trade_events(prices, spans, decisions, bounds, settings, equity, trades, metrics)
    hold_positions(spans, trades, bounds, counts, position)
    owner = np.repeat(np.arange(len(symbols)), counts)
    kept = trades[np.arange(len(owner)) + np.repeat(bounds[:-1] - np.cumsum(counts) + counts, counts)]
    labels = [times[a:b] for a, b in pairwise(offsets)]
    benchmark = benchmark_of(prices[3], offsets, cash)
    last = offsets[1:] - 1
    accounts = {
        "symbol": symbols,
        "bars": np.diff(offsets),
        "bars_per_year": [bars_per_year] * len(symbols),
        "initial_cash": [cash] * len(symbols),
        "final_equity": equity[last],
    }
    held = [None if np.isnan(worth) else float(worth) for worth in benchmark[last] / cash - 1.0]
    return Backtest(
        pl.Series(equity),
        pl.Series(position),
        pl.Series(benchmark, nan_to_null=True),
        tell_metrics(accounts, metrics, held),
        tell_trades(symbols, kept, owner, labels),
        _orders(symbols, kept, owner, labels),
    )


def decide(
    signal: dict[str, pl.Series], stops: list[tuple[pl.Series | None, float | None]], offsets: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """The decisions that the kernel takes: a row for each event that is one, and where those of each symbol begin."""
    event, strength = floats(signal["event"]), floats(signal["strength"])
    rows = np.flatnonzero(np.isfinite(event) & (event != 0.0) & np.isfinite(strength))
    starts = offsets[np.searchsorted(offsets, rows, side="right") - 1]
    columns = [rows - starts, np.sign(event[rows]), strength[rows]]
    for series, number in stops:
        given = np.full(len(rows), np.nan if number is None else number)
        columns.append(given if series is None else floats(series)[rows])
    return np.column_stack(columns).astype(np.float64), np.searchsorted(rows, offsets).astype(np.int64)


def _orders(
    symbols: list[str], trades: NDArray[np.float64], owner: NDArray[np.int64], labels: list[NDArray[np.datetime64]]
) -> pl.DataFrame:
    """The orders behind the trades: each has one to enter and, once it is closed, one to leave."""
    sides = trades[:, SIDE] * trades[:, SIZE]
    entries = (trades[:, ENTRY], sides, trades[:, PRICE], trades[:, FEE], np.zeros(len(trades)))
    exits = (trades[:, EXIT], -sides, trades[:, LEFT], trades[:, LEAVING_FEE], trades[:, REASON])
    both = np.stack((np.column_stack(entries), np.column_stack(exits)), axis=1).reshape(2 * len(trades), 5)
    filled = both[:, 4] != AT_END
    owners = np.repeat(owner, 2)[filled]
    return tell_orders(symbols, owners, count_within(owners), both[filled], labels)
