"""Rows that a panel node makes: made of those of its first port, checked, and tried before there are any."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl

from pipeline.errors import NodeError, TradegraphError
from pipeline.model.bars import Panel
from pipeline.model.node import NodeType
from pipeline.model.period import bar_ends

__all__ = ["AXIS_COLUMNS", "axis_frame", "made_rows", "try_rows"]

AXIS_COLUMNS = {"symbol": pl.String(), "ts": pl.Datetime("us", "UTC"), "end": pl.Datetime("us", "UTC")}
"""What rows are made of: a bar's symbol, its begin, and the instant at which it is over."""


def axis_frame(panel: Panel, timeframe: str) -> pl.DataFrame:
    """The rows of a panel: symbol, ts and end."""
    end = bar_ends(panel.ts, timeframe) if panel.end is None else panel.end
    return pl.DataFrame([panel.symbol_column, panel.ts.alias("ts"), end.alias("end")])


def made_rows(node: NodeType, params: Mapping[str, Any], axis: pl.DataFrame) -> Panel:
    """The rows that a node makes of those of its first port, checked: sorted by symbol and ts, each once."""
    found = _made(node, params, axis)
    if not isinstance(found, pl.DataFrame) or dict(found.schema) != AXIS_COLUMNS:
        got = dict(found.schema) if isinstance(found, pl.DataFrame) else type(found).__name__
        raise NodeError(f"{node.id!r} made rows of {got}, expected symbol, ts and end", code="TG502")
    runs = found["symbol"].rle().struct.unnest()
    offsets = np.concatenate(([0], np.cumsum(runs["len"].to_numpy()))).astype(np.int64)
    ts = found["ts"].to_physical().to_numpy()
    ascending = np.diff(ts) > 0
    ascending[offsets[1:-1] - 1] = True  # from one symbol to the next
    symbols = runs["value"].to_list()
    if any(found.null_count().row(0)) or not ascending.all() or symbols != sorted(set(symbols)):
        raise NodeError(f"{node.id!r} made rows that are not sorted by symbol and ts, each once", code="TG502")
    return Panel(tuple(symbols), offsets, found["ts"], {}, found["end"])


def try_rows(node: NodeType, params: Mapping[str, Any]) -> None:
    """Let a node make rows of none, so that params that it cannot take are found before a bar is read.

    Raises what its function raises of ours, NodeError TG501 for anything else.
    """
    if not callable(node.rows):
        return
    try:
        _made(node, params, pl.DataFrame(schema=AXIS_COLUMNS))
    except TradegraphError:
        raise
    except Exception as error:  # the author's code
        raise NodeError(f"{node.id!r} cannot make rows: {type(error).__name__}: {error}") from error


def _made(node: NodeType, params: Mapping[str, Any], axis: pl.DataFrame) -> Any:
    assert callable(node.rows)
    return node.rows(axis, **{name: params[name] for name in node.row_params})
