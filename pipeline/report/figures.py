"""The columns of a chart, symbol by symbol, on the rows of the bars that it shows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.errors import StoreError
from pipeline.report.account import Account
from pipeline.report.bars import RunBars
from pipeline.report.series import Series
from pipeline.report.told import Told
from pipeline.store.query import Database

__all__ = ["Axis", "Chosen", "Figures", "figures_of"]

Array = NDArray[np.float64]
_KEYS = ["symbol", "ts"]


@dataclass(frozen=True)
class Axis:
    """The rows of one symbol: their times, and columns by name, NaN where missing."""

    times: Array
    columns: dict[str, Array] = field(default_factory=dict)


@dataclass(frozen=True)
class Chosen:
    """What is shown of a run: its accounts, all of its symbols, and what is charted: symbols, columns.

    `left_out` counts the columns that are not.
    """

    accounts: Sequence[Account]
    every: Sequence[str]
    symbols: Sequence[str]
    series: Sequence[Series]
    left_out: int = 0


@dataclass(frozen=True)
class Figures:
    """What charts are made of: for each symbol the axis of its bars, and the axes of nodes that have other rows.

    `lost` says of nodes why their values are not there.
    """

    axes: Mapping[str, Axis]
    others: Mapping[str, Mapping[str, Axis]]
    lost: Mapping[str, str]

    def beside_closes(self, column: str) -> list[tuple[Array, Array]]:
        """The values of a column and the closes at their times, a pair for each symbol that has both."""
        found = []
        for symbol, axis in self.axes.items():
            close = axis.columns.get("c")
            if close is None:
                continue
            for own in (axis, *self.others.get(symbol, {}).values()):
                if column in own.columns:
                    rows = np.searchsorted(axis.times, own.times).clip(max=len(close) - 1)
                    found.append((own.columns[column], close[rows]))
        return found


def figures_of(
    told: Told,
    bars: RunBars,
    chosen: Chosen,
    database: Database,
) -> Figures:
    """The columns of some symbols. A value that is no longer stored is missing, and its node told of."""
    wanted: dict[str, dict[str, str]] = {}
    symbols, accounts = list(chosen.symbols), chosen.accounts
    for one in chosen.series:
        wanted.setdefault(one.node, {})[one.column] = one.id
    for at, account in enumerate(accounts):
        for role, column in (("e", account.equity), ("b", account.benchmark), ("p", account.position)):
            if column is not None:
                wanted.setdefault(column[0], {})[column[1]] = f"{role}{at}"
    values, lost = _values(told, wanted, symbols, database)
    rows = bars.frame.filter(pl.col("symbol").is_in(symbols))
    if not rows.height and values:  # without bars the longest value is the axis
        rows = max(values.values(), key=lambda frame: frame.height).select(_KEYS)
    axes = {symbol: Axis(times, columns) for symbol, times, columns in _split(rows, _PRICES)}
    others: dict[str, dict[str, Axis]] = {}
    for node, frame in values.items():
        names = wanted[node]
        if _stands_on(frame, rows):
            aligned = rows.select(_KEYS).join(frame, on=_KEYS, how="left", maintain_order="left")
            for symbol, _, columns in _split(aligned, names):
                axes[symbol].columns.update(columns)
        else:
            for symbol, times, columns in _split(frame, names):
                others.setdefault(symbol, {})[node] = Axis(times, columns)
    for at, account in enumerate(accounts):
        if account.equity is not None and account.benchmark is None and not account.curve:
            for axis in axes.values():
                _hold(axis, f"e{at}", f"b{at}")
    return Figures(axes, others, lost)


_PRICES = {"open": "o", "high": "h", "low": "l", "close": "c", "volume": "v"}


def _values(
    told: Told, wanted: Mapping[str, Mapping[str, str]], symbols: Sequence[str], database: Database
) -> tuple[dict[str, pl.DataFrame], dict[str, str]]:
    values: dict[str, pl.DataFrame] = {}
    lost: dict[str, str] = {}
    for name, columns in wanted.items():
        if not told.by_name[name].has_value:
            continue
        try:
            frame = database.output(told.run_id, told.graph, name)
        except StoreError as error:
            lost[name] = error.faults[0].message
            continue
        values[name] = frame.filter(pl.col("symbol").is_in(list(symbols))).select(*_KEYS, *columns)
    return values, lost


def _stands_on(frame: pl.DataFrame, rows: pl.DataFrame) -> bool:
    """True when a value has nearly all rows of the bars and no others; most slower ones begin with a faster one."""
    common = frame.join(rows, on=_KEYS, how="semi").height
    between = pl.col("ts").is_between(frame["ts"].min(), frame["ts"].max())
    near = rows.filter(between & pl.col("symbol").is_in(frame["symbol"].unique().to_list())).height
    return common >= 0.9 * max(frame.height, near, 1)


def _split(frame: pl.DataFrame, names: Mapping[str, str]) -> Iterator[tuple[str, Array, dict[str, Array]]]:
    """Each symbol with its times, in seconds, and the columns that are there under their other names."""
    for part in frame.partition_by("symbol", maintain_order=True):
        times = part["ts"].dt.epoch("us").to_numpy() / 1e6
        columns = {
            new: part[old].cast(pl.Float64).fill_null(float("nan")).to_numpy()
            for old, new in names.items()
            if old in part.columns
        }
        yield part["symbol"][0], times, columns


def _hold(axis: Axis, equity: str, benchmark: str) -> None:
    """Buying at the first known close and holding: 1 at the start, as the growth that it is compared with."""
    close = axis.columns.get("c")
    if close is None or equity not in axis.columns:
        return
    known = np.flatnonzero(np.isfinite(close) & (close > 0.0))
    if len(known):
        latest = np.maximum.accumulate(np.where(np.isfinite(close), np.arange(len(close)), 0))
        worth = close[latest] / close[known[0]]
        axis.columns[benchmark] = np.where(np.arange(len(close)) < known[0], 1.0, worth)
