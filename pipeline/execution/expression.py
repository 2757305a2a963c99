"""Expression nodes: polars expressions over one symbol's rows, evaluated without grouping.

An expression that works row by row runs once over the whole panel. One with windows (shift, rolling,
cumulative …) runs once per segment: a group key costs as much, and string keys more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

from pipeline.errors import NodeError
from pipeline.execution.arguments import Argument, names_of, series_of
from pipeline.model.bars import Panel
from pipeline.model.kind import Dtype
from pipeline.model.node import NodeType

__all__ = ["evaluate_expression", "works_row_by_row"]


def evaluate_expression(
    node: NodeType,
    ports: Sequence[Argument],
    params: Mapping[str, Any],
    columns: Sequence[tuple[str, Dtype]],
    panel: Panel,
) -> list[pl.Series]:
    """The node's columns, uncast. An expression may use the column `ts`, the start of each bar, beside its ports.

    Raises NodeError TG502 for a wrong number of expressions.
    """
    frame = pl.DataFrame([*series_of(ports), panel.ts.alias("ts")])
    found = node.fn(*(_expression(port, names) for port, names in zip(ports, names_of(ports), strict=True)), **params)
    expressions = list(found) if isinstance(found, tuple) else [found]
    if len(expressions) != len(columns):
        raise NodeError(f"{node.id!r} gave {len(expressions)} expressions for {len(columns)} outputs", code="TG502")
    named = [_lifted(e).alias(name) for e, (name, _) in zip(expressions, columns, strict=True)]
    if node.scope == "cross-section":
        result = frame.with_columns(panel.symbol_column).select(named)
    elif len(panel.symbols) == 1 or all(map(works_row_by_row, named)):
        result = frame.select(named)
    else:
        segments = zip(panel.offsets[:-1].tolist(), np.diff(panel.offsets).tolist(), strict=True)
        result = pl.concat([frame.slice(start, length).select(named) for start, length in segments])
    if result.height == 1 != len(panel):
        raise NodeError(f"{node.id!r} gave one value, not one per row", code="TG502", hint="Do not aggregate.")
    return result.get_columns()


def works_row_by_row(expression: pl.Expr) -> bool:
    """True when every row of the result depends on the same row of the inputs alone.

    Asks polars of each part: it calls `x - x.mean()` separable as a whole, while `x.mean()` is not.
    """
    parts = [expression]
    while parts:
        part = parts.pop()
        try:
            if not part.meta.is_row_separable():
                return False
        except pl.exceptions.PolarsError:  # functions in Python: nothing is known of them
            return False
        parts += part.meta.pop()
    return True


def _expression(port: Argument, names: Sequence[str]) -> Any:
    if port is None:
        return None
    if isinstance(port, Mapping):
        return {field: pl.col(name) for field, name in zip(port, names, strict=True)}
    return pl.col(names[0])


def _lifted(value: Any) -> pl.Expr:
    return value if isinstance(value, pl.Expr) else pl.lit(value)
