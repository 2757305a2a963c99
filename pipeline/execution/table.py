"""Table nodes: the axis and columns of all symbols in, frames with rows of their own out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from pipeline.errors import NodeError
from pipeline.execution.arguments import Argument
from pipeline.model.bars import Panel
from pipeline.model.node import NodeType

__all__ = ["evaluate_table"]


def evaluate_table(
    node: NodeType, ports: Sequence[Argument], params: Mapping[str, Any], panel: Panel
) -> tuple[dict[str, pl.DataFrame], list[pl.Series]]:
    """The node's tables by name, and its columns on the axis, uncast and in the order of its outputs.

    Its function gets the axis (symbol, ts), then a series per port. Raises NodeError TG502 for anything else
    than a frame per table and a series per output on the axis.
    """
    axis = pl.DataFrame([panel.symbol_column, panel.ts.alias("ts")])
    found = node.fn(axis, *(_series(port, spec.name) for port, spec in zip(ports, node.ports, strict=True)), **params)
    results = list(found) if isinstance(found, tuple) else [found]
    if len(results) != len(node.outputs):
        raise NodeError(f"{node.id!r} gave {len(results)} results for {len(node.outputs)} outputs", code="TG502")
    frames: dict[str, pl.DataFrame] = {}
    columns: list[pl.Series] = []
    for output, result in zip(node.outputs, results, strict=True):
        expected = pl.DataFrame if output.name in node.tables else pl.Series
        if not isinstance(result, expected):
            got = f"{node.id!r} gave {type(result).__name__} for {output.name!r}"
            raise NodeError(f"{got}, expected a polars {expected.__name__}", code="TG502")
        if isinstance(result, pl.DataFrame):
            frames[output.name] = result
        else:
            columns.append(result)
    return frames, columns


def _series(port: Argument, name: str) -> Any:
    if isinstance(port, Mapping):
        return {field: column.series.alias(field) for field, column in port.items()}
    return None if port is None else port.series.alias(name)
