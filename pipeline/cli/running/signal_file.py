"""Bars and signals from one file, and the node that trades them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from pipeline.errors import MarketError, UsageError, did_you_mean
from pipeline.execution.kernel import KernelCache
from pipeline.market.moment import moments
from pipeline.plugins.discover import build_registry

__all__ = ["SignalFile", "Traded", "read_signals", "trade"]

_PRICES = ("open", "high", "low", "close")
_STOPS = {"stop_loss": "stop", "take_profit": "profit", "trailing_stop": "trail"}
"""Options that are a number or a column, and the ports that take the column."""
_MISSING = ["", "NA", "N/A", "null", "None"]


@dataclass(frozen=True)
class SignalFile:
    """What stands in a file: the axis, a label for each bar as it was written, bars, the columns that were named."""

    path: Path
    axis: pl.DataFrame
    labels: pl.Series
    bars: dict[str, pl.Series]
    columns: dict[str, pl.Series]


@dataclass(frozen=True)
class Traded:
    """What the node gave, and what it warns of."""

    equity: pl.Series
    metrics: pl.DataFrame
    trades: pl.DataFrame
    orders: pl.DataFrame
    caution: str


def read_signals(path: Path, given: Mapping[str, str | None]) -> SignalFile:
    """The file and the columns that `given` names. Raises MarketError TG304 for a file that cannot be used."""
    if bool(given["signals"]) == bool(given["target"]):
        raise UsageError("give --signals or --target, one of the two", hint="Each names a column of the file.")
    frame = _read(path)
    names = {name.strip().lower(): name for name in frame.columns}
    stamp = next((names[name] for name in ("timestamp", "ts", "datetime", "date", "time") if name in names), "")
    lacking = [name for name in _PRICES if name not in names]
    if not stamp or lacking:
        missing = ", ".join([*([] if stamp else ["timestamp"]), *lacking])
        raise MarketError(f"{path} has no column {missing}", code="TG304", hint=f"It has: {', '.join(frame.columns)}.")
    ts = moments(frame[stamp], daily=False)
    if ts.null_count():
        row = ts.is_null().to_list().index(True)
        raise MarketError(f"{path}, data row {row}: {frame[stamp][row]!r} is no time", code="TG304")
    if not ts.is_sorted() or ts.n_unique() < len(ts):
        raise MarketError(f"the times of {path} do not ascend", code="TG304", hint="Sort the bars, one row for each.")
    if "symbol" in names and frame[names["symbol"]].n_unique() > 1:
        raise MarketError(
            f"{path} has bars of several symbols", code="TG304", hint="One symbol a file; a graph does many."
        )
    columns = {}
    for option in ("signals", "strength", "target", *_STOPS):
        column = given[option]
        if column is None or (option in _STOPS and _is_number(column)):
            continue
        if column not in frame.columns:
            hint = did_you_mean(column, frame.columns, otherwise=f"It has: {', '.join(frame.columns)}.")
            raise UsageError(f"--{option.replace('_', '-')}: {path} has no column {column!r}", hint=hint)
        columns[option] = _numbers(path, frame[column])
    if "signals" in columns:
        wrong = columns["signals"].filter(~columns["signals"].is_in([-1.0, 0.0, 1.0]))
        if len(wrong):
            raise MarketError(f"column {given['signals']!r} holds {wrong[0]:g}, allowed: -1, 0, 1", code="TG304")
    axis = pl.DataFrame([pl.Series("symbol", [path.stem] * len(ts), dtype=pl.String), ts.alias("ts")])
    bars = {name: _numbers(path, frame[names[name]]).alias(name) for name in _PRICES}
    return SignalFile(path, axis, frame[stamp].alias("timestamp"), bars, columns)


def trade(file: SignalFile, given: Mapping[str, str | None], kernels: Path | None) -> Traded:
    """Trade what stands in a file, by the node that graphs use. Raises UsageError for a value that it refuses."""
    weights = "target" in file.columns
    node = build_registry([]).registry["backtest_weights" if weights else "backtest"]
    options: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    for name in ("signals", "strength", "target", *(set(_STOPS) & set(file.columns))):
        options.pop(name, None)
    unfit = [name for name in options if node.params.get(name) is None]
    if "strength" in file.columns and weights:
        unfit.append("strength")
    unfit += [name for name in _STOPS if weights and name in file.columns]
    if unfit:
        option = f"--{unfit[0].replace('_', '-')}"
        raise UsageError(f"{option} does not go with --target", hint="It is for signals: a target says all by itself.")
    params, faults = node.params.check(options, owner="the back-test")
    if faults:
        fault = faults[0]
        raise UsageError(f"--{fault.name.replace('_', '-')}: {fault.message}", code=fault.code, hint=fault.hint)
    KernelCache(kernels).attach(node)
    if weights:
        found = node.fn(file.axis, file.bars, file.columns["target"], **params)
    else:
        event = file.columns["signals"]
        strength = file.columns.get("strength", event.is_not_null().cast(pl.Float64))
        stops = {port: file.columns.get(option) for option, port in _STOPS.items()}
        found = node.fn(file.axis, file.bars, {"event": event, "strength": strength}, **stops, **params)
    return Traded(found.equity, found.metrics, found.trades, found.orders, node.caution_of(params))


def _read(path: Path) -> pl.DataFrame:
    try:
        if path.suffix.lower() in (".parquet", ".pq"):
            return pl.read_parquet(path)
        return pl.read_csv(path, infer_schema=False, null_values=_MISSING)
    except FileNotFoundError as error:
        raise MarketError(f"{path} does not exist", code="TG304") from error
    except (OSError, pl.exceptions.PolarsError) as error:
        raise MarketError(f"{path} cannot be read: {error}", code="TG304", hint="CSV or Parquet is taken.") from error


def _numbers(path: Path, column: pl.Series) -> pl.Series:
    """The column as numbers, null where missing."""
    numbers = column.str.strip_chars() if column.dtype == pl.String else column
    found = numbers.cast(pl.Float64, strict=False)
    wrong = found.is_null() & column.is_not_null()
    if wrong.any():
        row = wrong.to_list().index(True)
        raise MarketError(f"{path}, data row {row}: {column.name} is {column[row]!r}, no number", code="TG304")
    return found.fill_nan(None)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
