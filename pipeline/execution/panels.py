"""Panel nodes: ports on axes of their own in, columns on another axis out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from pipeline.errors import NodeError
from pipeline.execution.arguments import Argument
from pipeline.model.kind import Dtype
from pipeline.model.node import NodeType

__all__ = ["evaluate_panels", "panel_arguments"]


def panel_arguments(ports: Sequence[Argument], axes: Sequence[pl.DataFrame | None]) -> list[pl.DataFrame | None]:
    """What the function of a panel node gets: its rows, then a frame per port, None for one that is not wired."""
    args: list[pl.DataFrame | None] = [axes[0]]
    for port, axis in zip(ports, axes[1:], strict=True):
        if axis is None or port is None:
            args.append(None)
            continue
        assert isinstance(port, Mapping)
        named = port if len(port) != 1 else {"value": next(iter(port.values()))}
        args.append(axis.with_columns(column.series.alias(name) for name, column in named.items()))
    return args


def evaluate_panels(
    node: NodeType,
    args: Sequence[pl.DataFrame | None],
    params: Mapping[str, Any],
    columns: Sequence[tuple[str, Dtype]],
) -> list[pl.Series]:
    """The node's columns, uncast: those of the frame that its function gives, or the one series."""
    result = node.fn(*args, **params)
    if isinstance(result, pl.Series) and len(columns) == 1:
        return [result]
    names = [name for name, _ in columns]
    if not isinstance(result, pl.DataFrame) or not set(names) <= set(result.columns):
        got = ", ".join(result.columns) if isinstance(result, pl.DataFrame) else type(result).__name__
        raise NodeError(f"{node.id!r} gave {got}, expected a frame with {', '.join(names)}", code="TG502")
    return [result[name] for name in names]
