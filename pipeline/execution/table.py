"""Table nodes: the axis and columns of all symbols in, one frame with rows of its own out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from pipeline.errors import NodeError
from pipeline.execution.arguments import Argument
from pipeline.model.bars import Panel
from pipeline.model.node import NodeType

__all__ = ["evaluate_table"]


def evaluate_table(node: NodeType, ports: Sequence[Argument], params: Mapping[str, Any], panel: Panel) -> pl.DataFrame:
    """The node's table. Its function gets the axis (symbol, ts), then a series per port."""
    axis = pl.DataFrame([panel.symbol_column, panel.ts.alias("ts")])
    result = node.fn(axis, *(_series(port, spec.name) for port, spec in zip(ports, node.ports, strict=True)), **params)
    if not isinstance(result, pl.DataFrame):
        raise NodeError(f"{node.id!r} gave {type(result).__name__}, expected a polars DataFrame", code="TG502")
    return result


def _series(port: Argument, name: str) -> Any:
    if isinstance(port, Mapping):
        return {field: column.series.alias(field) for field, column in port.items()}
    return None if port is None else port.series.alias(name)
