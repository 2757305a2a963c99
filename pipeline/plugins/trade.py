"""The back-test of a strategy object: its signals, traded by the node type `backtest` that graphs use."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np
import polars as pl

from pipeline.errors import NodeError, did_you_mean
from pipeline.frame import DataFrame, Series
from pipeline.frame.library.guest import Back, guest
from pipeline.model.node import NodeType
from pipeline.plugins.codes import read_codes
from pipeline.plugins.guide import ParameterError, sized
from pipeline.plugins.load import Loader
from pipeline.plugins.shipped import read_shipped
from pipeline.plugins.source import shipped_nodes

__all__ = ["backtest"]

_SYMBOL = "data"


def backtest(strategy: Any, data: Any, options: Mapping[str, Any]) -> dict[str, Any]:
    """Metrics by name, `trades`, `equity` and `signals`; frames are of the kind of `data`.

    The rules are those of the node type `backtest`, whose params `options` are; a decision of a bar is filled at the
    next open unless said otherwise. Raises ParameterError for an option that it does not take, NodeError TG502 for
    signals that are none.
    """
    node = _node()
    params = _params(node, options)
    bars, back = guest(data)
    signals = strategy.generate_signals(data)
    event, strength = (_numbers(part) for part in sized(strategy, guest(signals)[0]))
    wrong = event.drop_nulls().filter(~event.drop_nulls().is_in([-1.0, 0.0, 1.0]))
    if len(wrong):
        raise NodeError(f"generate_signals gave the signal {wrong[0]:g}, allowed: -1, 0, 1", code="TG502")
    axis = pl.DataFrame([pl.Series("symbol", [_SYMBOL] * len(bars), dtype=pl.String), _times(bars)])
    prices = {name: _price(bars, name) for name in ("open", "high", "low", "close")}
    found = node.fn(axis, prices, {"event": event, "strength": strength}, **params)
    metrics = {name: value for name, value in found.metrics.to_dicts()[0].items() if name != "symbol"}
    return {
        **metrics,
        "trades": _framed(found.trades.drop("symbol"), data, back),
        "equity": back(Series._of(Series(found.equity)._values, bars.index, "equity")),
        "signals": signals,
    }


@cache
def _node() -> NodeType:
    home = shipped_nodes()
    path = home / "portfolio" / "backtest.py"
    return Loader(read_codes(read_shipped(home))).load(path, home).types[0]


def _params(node: NodeType, options: Mapping[str, Any]) -> dict[str, Any]:
    names = [param.name for param in node.params]
    for name in options:
        if name not in names:
            hint = did_you_mean(name, names)
            raise ParameterError(f"backtest has no option {name!r}", code="TG221", hint=hint)
    found, faults = node.params.check(
        {name: float(value) if type(value) is int else value for name, value in options.items()}, owner="backtest"
    )
    if faults:
        raise ParameterError(faults[0].message, code=faults[0].code, hint=faults[0].hint)
    return found


def _numbers(part: Series) -> pl.Series:
    """A column of signals, null where missing."""
    return part.to_polars().cast(pl.Float64).fill_nan(None)


def _price(bars: DataFrame, name: str) -> pl.Series:
    if name in bars.columns:
        return _numbers(bars[name]).alias(name)
    if "close" not in bars.columns:
        raise NodeError("the data have no column 'close'", code="TG502", hint="A back-test needs prices.")
    # bars of closes alone: every price of a bar is its close
    return _numbers(bars["close"]).alias(name)


def _times(bars: DataFrame) -> pl.Series:
    """The times of the bars: a column `timestamp` or `date`, else the index; a day per row where there are none."""
    known = next((name for name in ("timestamp", "datetime", "date", "ts", "time") if name in bars.columns), None)
    series: pl.Series | None = bars[known].to_polars() if known else None
    if series is not None and series.dtype == pl.String:
        series = series.str.to_datetime(strict=False)
    if series is None or not series.dtype.is_temporal():
        labels = np.asarray(bars.index.to_numpy())
        days = np.datetime64("1970-01-01", "us") + np.arange(len(bars)).astype("timedelta64[D]")
        series = pl.Series(labels if labels.dtype.kind == "M" else days)
    if isinstance(series.dtype, pl.Datetime) and series.dtype.time_zone is not None:
        return series.dt.convert_time_zone("UTC").dt.cast_time_unit("us").alias("ts")
    return series.cast(pl.Datetime("us")).dt.replace_time_zone("UTC").alias("ts")


def _framed(table: pl.DataFrame, data: Any, back: Back) -> Any:
    if isinstance(data, pl.DataFrame | pl.LazyFrame):
        return table
    return back(DataFrame.from_columns({name: table[name] for name in table.columns}))
