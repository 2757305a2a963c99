"""Many results side by side, as the script takes them: cells with their params, and metrics by node and symbol."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from pipeline.report.pack import pack_columns

__all__ = ["METRICS", "VALUES", "Cell", "grid_data"]

VALUES = 1_500_000
"""Metrics that a page holds at most, all cells and symbols together; then it has means over symbols alone."""

METRICS = (
    "sharpe", "total_return", "cagr", "max_drawdown", "sortino", "calmar", "volatility", "profit_factor", "win_rate",
    "n_trades", "exposure", "turnover_per_year", "fees_paid", "benchmark_return",
)  # fmt: skip
"""What results are compared by, in this order; others that nodes gave come after them."""
_ALIKE = {"trades": "n_trades", "buy_and_hold": "benchmark_return"}
"""What `performance` calls by another name than the back-tests do."""
_NO_MEASURE = frozenset({"bars", "bars_per_year", "initial_cash", "final_equity", "max_drawdown_bars"})


@dataclass(frozen=True)
class Cell:
    """One result: what it is called, its params, how it ended."""

    name: str
    params: Mapping[str, Any]
    status: str


def grid_data(cells: Sequence[Cell], long: pl.DataFrame) -> dict[str, Any]:
    """What the script is given. `long` has cell (the place in `cells`), node, symbol, metric, value.

    Values of a param are told once, numbers by size, everything else as it comes.
    """
    long = long.with_columns(pl.col("metric").replace(_ALIKE))
    params = [_param(name, [cell.params.get(name) for cell in cells]) for name in cells[0].params] if cells else []
    names = long["metric"].unique(maintain_order=True).to_list()
    metrics = [name for name in METRICS if name in names]
    metrics += [name for name in names if name not in METRICS and name not in _NO_MEASURE]
    symbols = sorted(long["symbol"].drop_nulls().unique())
    nodes = long["node"].unique(maintain_order=True).to_list()
    whole = long["symbol"].null_count() > 0
    if len(symbols) * len(metrics) * len(nodes) * len(cells) > VALUES:
        long, symbols, whole = _means(long), [], True
    groups = [*symbols, *([None] if whole else [])]
    values = {(n, m, s): np.full(len(cells), np.nan) for n in nodes for m in metrics for s in groups}
    for (node, metric, symbol), part in long.group_by("node", "metric", "symbol", maintain_order=True):
        column = values.get((str(node), str(metric), None if symbol is None else str(symbol)))
        if column is not None:
            column[part["cell"].to_numpy()] = part["value"].cast(pl.Float64).fill_null(float("nan")).to_numpy()
    return {
        "params": params,
        "cells": [
            {"name": c.name, "status": c.status, "at": [p["values"].index(c.params.get(p["name"])) for p in params]}
            for c in cells
        ],
        "nodes": nodes,
        "metrics": metrics,
        "symbols": symbols,
        "means": bool(whole and not symbols),
        "columns": [[nodes.index(n), metrics.index(m), -1 if s is None else symbols.index(s)] for n, m, s in values],
        "packed": pack_columns({str(at): column for at, column in enumerate(values.values())}),
    }


def _param(name: str, found: Sequence[Any]) -> dict[str, Any]:
    values = list(dict.fromkeys(found))
    numeric = all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)
    return {"name": name, "values": sorted(values) if numeric else values, "numeric": numeric}


def _means(long: pl.DataFrame) -> pl.DataFrame:
    mean = long.group_by("cell", "node", "metric", maintain_order=True).agg(pl.col("value").mean())
    return mean.with_columns(symbol=pl.lit(None, pl.String))
