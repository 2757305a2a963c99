"""A call of a node type of the guide's kind over made-up bars."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from pipeline.execution.attempt import Call
from pipeline.frame import DataFrame, Series
from pipeline.model.bars import Panel
from pipeline.model.column import Column
from pipeline.model.kind import Kind
from pipeline.model.node import NodeType

__all__ = ["other_inputs", "sample_call"]

_SYMBOL = "SAMPLE"


def sample_call(node: NodeType, params: Mapping[str, Any], bars: DataFrame) -> Call:
    """The call over `bars` of one symbol; inputs beside the bars get columns that wander about the close."""
    fields = {name: _column(bars[name].to_numpy()) for name in ("open", "high", "low", "close", "volume")}
    others = [_column(other.to_numpy()) for other in other_inputs(node, bars)]
    ts = bars["timestamp"].to_polars().cast(pl.Datetime("us")).dt.replace_time_zone("UTC").alias("ts")
    panel = Panel((_SYMBOL,), np.array([0, len(bars)], dtype=np.int64), ts, {})
    kinds = {output.name: output.kind for output in node.outputs if isinstance(output.kind, Kind)}
    return Call(node, (fields, *others), params, node.columns(kinds), panel)


def other_inputs(node: NodeType, bars: DataFrame) -> list[Series]:
    """A column for each port after the bars."""
    wave = 0.9 + 0.01 * np.sin(np.arange(len(bars)) / 7.0)
    return [bars["close"] * (wave + 0.02 * number) for number in range(1, len(node.ports))]


def _column(values: npt.NDArray[Any]) -> Column:
    return Column(series=pl.Series(np.array(values, dtype=np.float64), nan_to_null=True))
