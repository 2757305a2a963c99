"""Table nodes: one polars frame of all symbols in, one frame with rows of its own out."""

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
    """The node's table. Its input has symbol, ts and a column per port (port_field for a bundle)."""
    columns = [panel.symbol_column(), panel.ts.alias("ts")]
    for port, declared in zip(ports, node.ports, strict=True):
        if isinstance(port, Mapping):
            columns += [column.series.alias(f"{declared.name}_{field}") for field, column in port.items()]
        elif port is not None:
            columns.append(port.series.alias(declared.name))
    result = node.fn(pl.DataFrame(columns), **params)
    if not isinstance(result, pl.DataFrame):
        raise NodeError(f"{node.id!r} gave {type(result).__name__}, expected a polars DataFrame", code="TG502")
    return result
