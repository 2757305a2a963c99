"""Target weights from the axis to the tables: what the two nodes that trade weights share."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, TypeAlias

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

Calls: TypeAlias = Sequence[tuple[tuple[Any, ...], dict[str, Any]]]
"""The arrays of the ports and the params of many calls."""

_ROWS = 1 << 18
"""Weights that are traded at once: of each an order and a trade may come, which take twenty times its memory."""


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
    times, prices, target = axis["ts"].to_numpy(), prices_of(bars), _ordered(floats(weight), offsets)
    alone = np.arange(len(symbols))
    spans = _spans(target, offsets, 1)
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


def measure_apart(axis: pl.DataFrame, calls: Calls) -> pl.DataFrame:
    """The metrics of many such accounts over the same bars, those of each call below those of the one before."""
    symbols, offsets = segments_of(axis)
    times, bars = axis["ts"].to_numpy(), calls[0][0][0]
    prices = np.array([bars[name] for name in ("open", "high", "low", "close")], dtype=np.float64, ndmin=2)
    years = [years_of(times[a:b]) for a, b in pairwise(offsets)]
    last = offsets[1:] - 1
    worth = {cash: benchmark_of(prices[3], offsets, cash)[last] for cash in {params["cash"] for _, params in calls}}
    most = max(_ROWS // max(len(times), 1), 1)
    tables = []
    for some in (calls[first : first + most] for first in range(0, len(calls), most)):
        terms = [Terms(**params) for _, params in some]
        target = np.concatenate([_ordered(np.asarray(ports[1], np.float64), offsets) for ports, _ in some])
        settings = [one.row(year) for one in terms for year in years]
        curve, _, _, _, metrics, _ = _run(
            prices, target, np.arange(len(times)), _spans(target, offsets, len(some)), settings, curves=len(target)
        )
        grown = [worth[one.cash] / one.cash - 1.0 for one in terms]
        accounts = {
            "symbol": symbols * len(some),
            "bars": np.tile(np.diff(offsets), len(some)),
            "bars_per_year": np.repeat([one.bars_per_year for one in terms], len(symbols)),
            "initial_cash": np.repeat([one.cash for one in terms], len(symbols)),
            "final_equity": curve.reshape(len(some), len(times))[:, last].ravel(),
        }
        tables.append(tell_metrics(accounts, metrics, pl.Series(np.concatenate(grown), nan_to_null=True).to_list()))
    return pl.concat(tables)


def _ordered(weight: NDArray[np.float64], offsets: NDArray[np.int64]) -> NDArray[np.float64]:
    """The weights that are orders: those that differ from that of the bar before, NaN elsewhere."""
    same = np.zeros(len(weight), dtype=bool)
    same[1:] = weight[1:] == weight[:-1]
    same[offsets[:-1][np.diff(offsets) > 0]] = False
    ordered: NDArray[np.float64] = np.where(same, np.nan, weight)
    return ordered


def _spans(target: NDArray[np.float64], offsets: NDArray[np.int64], calls: int) -> NDArray[np.int64]:
    """What the kernel is told of accounts of one symbol each, over the same bars for each of the calls."""
    begins, ends = np.tile(offsets[:-1], calls), np.tile(offsets[1:], calls)
    shift = np.repeat(np.arange(calls) * offsets[-1], len(offsets) - 1)
    known = np.concatenate((np.zeros(1, np.int64), np.cumsum(np.isfinite(target))))
    room = known[ends + shift] - known[begins + shift] + 1
    booked = np.cumsum(room) - room
    number = np.arange(len(room))
    spans: NDArray[np.int64] = np.column_stack(
        (begins, ends - begins, np.ones_like(number), begins + shift, booked, booked + number, shift)
    ).astype(np.int64)
    return spans


def trade_together(
    axis: pl.DataFrame, bars: Mapping[str, pl.Series], weight: pl.Series, terms: Terms, rebalance: str
) -> Traded:
    """All symbols have one account; it orders on bars on which a weight is given, on the first of each period alone."""
    symbols, offsets = segments_of(axis)
    prices = prices_of(bars)
    labels, place = np.unique(axis["ts"].to_numpy(), return_inverse=True)
    target = _given(floats(weight), labels, place, rebalance)
    clock = _clock(labels, place, offsets)
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


def measure_together(axis: pl.DataFrame, calls: Calls) -> pl.DataFrame:
    """The metrics of many such accounts over the same bars, a row for each call."""
    symbols, offsets = segments_of(axis)
    labels, place = np.unique(axis["ts"].to_numpy(), return_inverse=True)
    bars, clock, year = calls[0][0][0], _clock(labels, place, offsets), years_of(labels)
    prices = np.array([bars[name] for name in ("open", "high", "low", "close")], dtype=np.float64, ndmin=2)
    worth = {
        cash: _equal_shares(benchmark_of(prices[3], offsets, cash), clock)[-1:] / cash - 1.0
        for cash in {params["cash"] for _, params in calls}
    }
    most, one = max(_ROWS // max(len(place), 1), 1), min(len(labels), 1)
    tables = []
    for some in (calls[first : first + most] for first in range(0, len(calls), most)):
        terms = [Terms(**{name: value for name, value in params.items() if name != "rebalance"}) for _, params in some]
        targets = [_given(np.asarray(ports[1]), labels, place, params["rebalance"]) for ports, params in some]
        room = np.array([np.count_nonzero(np.isfinite(target)) + len(symbols) for target in targets], np.int64)
        number, booked = np.arange(len(some)), np.cumsum(room) - room
        same = np.ones_like(number)
        spans = np.column_stack(
            (
                number * 0,
                same * len(labels),
                same * len(symbols),
                number * len(labels),
                booked,
                booked + number * len(symbols),
                number * len(place),
            )
        ).astype(np.int64)
        size = int(room.sum())
        lengths = (size, size + len(some) * len(symbols), len(some) * len(labels))
        settings = [own.row(year) for own in terms]
        curve, _, _, _, metrics, _ = _run(prices, np.concatenate(targets), clock.ravel(), spans, settings, lengths)
        account = {
            "symbol": [None] * len(some) * one,
            "symbols": [len(symbols)] * len(some) * one,
            "bars": [len(labels)] * len(some) * one,
            "bars_per_year": [own.bars_per_year for own in terms] * one,
            "initial_cash": [own.cash for own in terms] * one,
            "final_equity": curve.reshape(len(some), len(labels))[:, -1] if one else [],
        }
        grown = pl.Series(np.concatenate([worth[own.cash] for own in terms]), nan_to_null=True).to_list()
        tables.append(tell_metrics(account, metrics[: len(some) * one], grown))
    return pl.concat(tables)


def _given(
    weight: NDArray[np.float64], labels: NDArray[np.datetime64], place: NDArray[np.int64], rebalance: str
) -> NDArray[np.float64]:
    """The weights that are orders: those on the first bar of each period, NaN elsewhere."""
    if rebalance == "bar":
        return weight
    given: NDArray[np.float64] = np.where(_begins(labels, rebalance)[place], weight, np.nan)
    return given


def _clock(labels: NDArray[np.datetime64], place: NDArray[np.int64], offsets: NDArray[np.int64]) -> NDArray[np.int64]:
    """The row of each symbol (across) at each label (down), -1 where it has none."""
    clock = np.full((len(labels), len(offsets) - 1), -1, np.int64)
    for s, (a, b) in enumerate(pairwise(offsets)):
        clock[place[a:b], s] = np.arange(a, b)
    return clock


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
    curves: int | None = None,
) -> tuple[NDArray[Any], ...]:
    """The kernel's answer: curves, units, orders, trades, metrics, counts; `room` says how long three of them are.

    Without it that is worked out, but for the `curves` where they are not as long as the bars.
    """
    accounts = len(spans)
    if room is None:
        known = int(np.count_nonzero(np.isfinite(target))) + accounts
        room = (known, known + accounts, len(rows) if curves is None else curves)
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
