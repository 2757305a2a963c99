"""Frame nodes: pandas-style code on the adapter, one symbol at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

from pipeline.errors import NodeError
from pipeline.execution.arguments import Argument
from pipeline.frame import DataFrame, RangeIndex, Series
from pipeline.frame.library.real import has_twin, twin_of, with_way_out
from pipeline.model.bars import Panel
from pipeline.model.kind import Dtype
from pipeline.model.node import NodeType

__all__ = ["evaluate_frames"]


def evaluate_frames(
    node: NodeType,
    ports: Sequence[Argument],
    params: Mapping[str, Any],
    columns: Sequence[tuple[str, Dtype]],
    panel: Panel,
) -> list[pl.Series]:
    """The node's columns, uncast: its function is called once per symbol and the results are joined.

    A bundle port is a DataFrame with `timestamp` first and a RangeIndex, a column port a Series. Results are
    taken by their labels: one that was sorted goes back into the order of its bars, one whose labels are not
    those of its bars is refused. When an operation is hit that the adapter lacks, even where the plugin's own
    `except` swallowed it, all symbols are computed again on real pandas; without pandas the node fails.
    """

    def evaluated(function: Callable[..., Any]) -> list[pl.Series]:
        return _evaluate(function, node, ports, params, columns, panel)

    twin = (lambda: evaluated(twin_of(node.fn))) if has_twin(node.fn) else None
    found: list[pl.Series] = with_way_out(node.id, lambda: evaluated(node.fn), twin)
    return found


def _evaluate(  # noqa: PLR0917 - the node's own arguments
    function: Callable[..., Any],
    node: NodeType,
    ports: Sequence[Argument],
    params: Mapping[str, Any],
    columns: Sequence[tuple[str, Dtype]],
    panel: Panel,
) -> list[pl.Series]:
    pieces: list[list[pl.Series]] = [[] for _ in columns]
    for symbol, start, stop in zip(panel.symbols, panel.offsets[:-1].tolist(), panel.offsets[1:].tolist(), strict=True):
        args = [_argument(port, panel, start, stop - start) for port in ports]
        found = function(*args, **params)
        results = list(found) if isinstance(found, tuple) else [found]
        if len(results) != len(columns):
            raise NodeError(f"{node.id!r} gave {len(results)} series for {len(columns)} outputs", code="TG502")
        for piece, result, (name, dtype) in zip(pieces, results, columns, strict=True):
            series = _series(result, node, name, dtype, panel.ts.slice(start, stop - start))
            if len(series) != stop - start:
                raise NodeError(
                    f"{node.id!r} gave {len(series)} values of {name!r} for the {stop - start} bars of {symbol}",
                    code="TG502",
                )
            piece.append(series)
    return [pl.concat(piece) if piece else pl.Series(dtype=pl.Float64) for piece in pieces]


def _in_order(result: Series, node: NodeType, name: str, ts: pl.Series) -> pl.Series:
    """The values of `result` in the order of the bars, whose labels are their row numbers or their times."""
    series, rows = result.to_polars(), len(ts)
    if len(series) != rows or (isinstance(result.index, RangeIndex) and result.index.equals(RangeIndex(rows))):
        return series
    labels = np.asarray(result.index.to_numpy())
    known = ts.to_numpy() if labels.dtype.kind == "M" else np.arange(rows)
    if labels.dtype.kind not in "iuM" or not np.array_equal(np.sort(labels), known):
        raise NodeError(
            f"{node.id!r} gave {name!r} under labels that are not those of its bars",
            code="TG502",
            hint="Keep the index of the frame that came in.",
        )
    return series if np.array_equal(labels, known) else series.gather(np.argsort(labels, kind="stable"))


def _argument(port: Argument, panel: Panel, start: int, length: int) -> Any:
    if port is None:
        return None
    if isinstance(port, Mapping):
        data = {"timestamp": panel.ts.slice(start, length)}
        data.update({name: column.series.slice(start, length) for name, column in port.items()})
        return DataFrame.from_columns(data)
    return Series(port.series.slice(start, length))


def _series(result: Any, node: NodeType, name: str, dtype: Dtype, ts: pl.Series) -> pl.Series:
    if not isinstance(result, Series | pl.Series | np.ndarray | list):
        raise NodeError(f"{node.id!r} gave a {type(result).__name__} for {name!r}, expected a Series", code="TG502")
    if isinstance(result, Series):
        series = _in_order(result, node, name, ts)
    else:
        series = result if isinstance(result, pl.Series) else pl.Series(result)
    if not (series.dtype.is_numeric() or series.dtype in (pl.Boolean, pl.Null)):
        raise NodeError(f"{node.id!r} gave {series.dtype} for {name!r}, expected numbers", code="TG502")
    # one dtype for all symbols: a symbol may give whole numbers, or nothing but missing values
    conditions = dtype == "bool" and series.dtype in (pl.Boolean, pl.Null)
    return series.cast(pl.Boolean if conditions else pl.Float64)
