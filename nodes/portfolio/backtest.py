from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Annotated, Any, Literal, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from nodes.kernels.event_account import gather_decisions, hold_positions, trade_events
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


def measure_cells(axis: pl.DataFrame, calls: Sequence[tuple[tuple[Any, ...], dict[str, Any]]]) -> pl.DataFrame:
    """The metrics of many back-tests over the same bars, those of each call below those of the one before."""
    symbols, offsets = segments_of(axis)
    times = axis["ts"].to_numpy()
    bars = calls[0][0][0]
    prices = np.array([bars[name] for name in ("open", "high", "low", "close")], dtype=np.float64, ndmin=2)
    years = [years_of(times[a:b]) for a, b in pairwise(offsets)]
    made = [decide(ports[1], ports[2:], params, offsets) for ports, params in calls]
    ends = np.cumsum([0, *(len(decisions) for decisions, _ in made)])
    decisions = np.concatenate([decisions for decisions, _ in made])
    bounds = np.concatenate([*(own[:-1] + end for (_, own), end in zip(made, ends, strict=False)), ends[-1:]])
    settings = np.array([settings_of(params, year) for _, params in calls for year in years], dtype=np.float64)
    spans = np.tile(np.column_stack((offsets[:-1], offsets[1:], np.full(len(symbols), -1))), (len(calls), 1))
    last = np.empty(len(spans))
    metrics = np.empty((len(spans), len(METRICS)))
    trades = np.zeros((len(decisions), 9))
    trade_events(prices, spans, decisions, bounds, settings, np.empty(0), last, trades, metrics)
    cash = [params["cash"] for _, params in calls]
    worth = {one: _benchmark_returns(prices[3], offsets, one) for one in set(cash)}
    accounts = {
        "symbol": symbols * len(calls),
        "bars": np.tile(np.diff(offsets), len(calls)),
        "bars_per_year": np.repeat([params["bars_per_year"] for _, params in calls], len(symbols)),
        "initial_cash": np.repeat(cash, len(symbols)),
        "final_equity": last,
    }
    return tell_metrics(accounts, metrics, [held for one in cash for held in worth[one]])


@portfolio(style="table", caution=warn_of_fill, cells=measure_cells)
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
    given = {
        "fill": fill, "direction": direction, "fee": fee, "slippage": slippage, "stop_loss": stop_loss,
        "take_profit": take_profit, "trailing_stop": trailing_stop, "cash": cash, "bars_per_year": bars_per_year,
    }  # fmt: skip
    event = {name: floats(series) for name, series in signal.items()}
    stops = [None if series is None else floats(series) for series in (stop, profit, trail)]
    decisions, bounds = decide(event, stops, given, offsets)
    settings = np.array(
        [settings_of(given, years_of(times[a:b])) for a, b in pairwise(offsets)], dtype=np.float64
    ).reshape(len(symbols), 7)
    spans = np.column_stack((offsets[:-1], offsets[1:], offsets[:-1]))
    equity = np.empty(len(times))
    position = np.zeros(len(times))
    trades = np.zeros((len(decisions), 9))
    metrics = np.empty((len(symbols), len(METRICS)))
    last = np.empty(len(symbols))
    counts = trade_events(prices, spans, decisions, bounds, settings, equity, last, trades, metrics)
    hold_positions(spans, trades, bounds, counts, position)
    owner = np.repeat(np.arange(len(symbols)), counts)
    kept = trades[np.arange(len(owner)) + np.repeat(bounds[:-1] - np.cumsum(counts) + counts, counts)]
    labels = [times[a:b] for a, b in pairwise(offsets)]
    benchmark = benchmark_of(prices[3], offsets, cash)
    accounts = {
        "symbol": symbols,
        "bars": np.diff(offsets),
        "bars_per_year": [bars_per_year] * len(symbols),
        "initial_cash": [cash] * len(symbols),
        "final_equity": last,
    }
    held = _benchmark_returns(prices[3], offsets, cash)
    return Backtest(
        pl.Series(equity),
        pl.Series(position),
        pl.Series(benchmark, nan_to_null=True),
        tell_metrics(accounts, metrics, held),
        tell_trades(symbols, kept, owner, labels),
        _orders(symbols, kept, owner, labels),
    )


def decide(
    signal: Mapping[str, NDArray[np.float64] | None],
    stops: Sequence[NDArray[np.float64] | None],
    params: Mapping[str, Any],
    offsets: NDArray[np.int64],
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """The decisions that the kernel takes: a row for each event that is one, and where those of each symbol begin."""
    event, strength, *series = map(_whole, (signal["event"], signal["strength"], *stops))
    numbers = [params[name] for name in ("stop_loss", "take_profit", "trailing_stop")]
    fixed = np.array([np.nan if number is None else number for number in numbers])
    bounds = np.empty(len(offsets), np.int64)
    what = event, strength, tuple(series), fixed, offsets
    decisions = np.empty((len(event) // 16, 6))  # a signal mostly holds
    count = gather_decisions(*what, decisions, bounds)
    if count > len(decisions):
        decisions = np.empty((count, 6))
        gather_decisions(*what, decisions, bounds)
    return decisions[:count], bounds


def _whole(series: NDArray[np.float64] | None) -> NDArray[np.float64]:
    """A series as the kernel takes it, which is compiled for one kind of array; none is one without values."""
    found = np.empty(0) if series is None else np.ascontiguousarray(series)
    found = found.view()
    found.flags.writeable = False
    return found


def settings_of(params: Mapping[str, Any], years: float) -> tuple[float, ...]:
    """The settings that the kernel takes, of an account whose bars span so many years."""
    fill, direction = FILLS.index(params["fill"]), DIRECTIONS[params["direction"]]
    return fill, direction, params["fee"], params["slippage"], params["cash"], params["bars_per_year"], years


def _benchmark_returns(close: NDArray[np.float64], offsets: NDArray[np.int64], cash: float) -> list[float | None]:
    """What each symbol's benchmark returns in the end, None where no close is known."""
    found: list[float | None] = []
    for a, b in pairwise(offsets):
        known = np.isfinite(close[a:b])
        paid = known & (close[a:b] > 0.0)
        first = int(paid.argmax()) if len(paid) else 0
        if not len(paid) or not paid[first]:
            found.append(None)
            continue
        worth = cash * close[b - 1 - known[::-1].argmax()] / close[a + first]
        found.append(float(worth / cash - 1.0))
    return found


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
