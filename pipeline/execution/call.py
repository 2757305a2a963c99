"""Call a node: gather what its style takes, check what it gives."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from contextlib import redirect_stdout, suppress
from typing import Any

import numpy as np
import polars as pl

from pipeline.errors import NodeError
from pipeline.execution.arguments import Argument, flat
from pipeline.execution.array import evaluate_arrays
from pipeline.execution.expression import evaluate_expression
from pipeline.execution.frames import evaluate_frames
from pipeline.execution.kernel import KernelCache, kernel_arguments
from pipeline.execution.panels import evaluate_panels, panel_arguments
from pipeline.execution.protocols import Outputs
from pipeline.execution.table import evaluate_table
from pipeline.model.bars import Panel
from pipeline.model.column import Column, FloatArray, polars_dtype
from pipeline.model.kind import Dtype
from pipeline.model.node import NodeType

__all__ = ["WrongValues", "call", "check_codes", "prepare"]

_EVENTS = frozenset({-1, 0, 1})


class WrongValues(NodeError):
    """The output has the right form, and values that its kind does not allow."""

    code = "TG502"


def prepare(  # noqa: PLR0917 - called once a node, as `call`
    node: NodeType,
    ports: Sequence[Argument],
    params: Mapping[str, Any],
    panel: Panel,
    kernels: KernelCache,
    axes: Sequence[pl.DataFrame | None] = (),
) -> Any:
    """Whatever must not count as the node's own time: faces of columns are made, kernels compiled."""
    if node.style == "panel":
        return panel_arguments(ports, axes)
    if node.style == "kernel":
        outs = tuple([kernels.buffers.take(len(panel)) for _ in node.outputs])
        args = kernel_arguments(outs, ports, params, panel.offsets)
        return kernels.driver(node, args), args
    if node.style == "array":
        for column in flat(ports):
            column.array  # noqa: B018 - makes the face
        return None
    for column in flat(ports):
        column.series  # noqa: B018 - makes the face
    if node.style == "table" and kernels.attach(node):
        # compiling happens in the first call: let it be one over no rows
        with suppress(Exception), redirect_stdout(sys.stderr):  # whatever is wrong, the real call will say
            evaluate_table(
                node, [_no_rows(port) for port in ports], params, Panel((), np.zeros(1, np.int64), panel.ts.head(0), {})
            )
    return None


def _no_rows(port: Argument) -> Argument:
    if isinstance(port, Mapping):
        return {name: Column(dtype=column.dtype, series=column.series.head(0)) for name, column in port.items()}
    return None if port is None else Column(dtype=port.dtype, series=port.series.head(0))


def call(  # noqa: PLR0917 - called once, a keyword each costs a microsecond a node
    node: NodeType,
    ports: Sequence[Argument],
    params: Mapping[str, Any],
    columns: Sequence[tuple[str, Dtype]],
    panel: Panel,
    prepared: Any = None,
) -> Outputs:
    """What the node gives. `prepared` is what `prepare` gave for the same arguments.

    Raises whatever the node raises, and NodeError TG502 when the output has a wrong length, dtype or
    values.
    """
    if node.style == "kernel":
        driver, args = prepared
        odd = driver(*args)
        return _columns(node, columns, args[0], checked=not odd)
    # what a node prints must not end up in the middle of somebody's answer
    with redirect_stdout(sys.stderr):
        tables: dict[str, pl.DataFrame] = {}
        if node.style == "table":
            tables, found = evaluate_table(node, ports, params, panel)
        elif node.style == "array":
            return _columns(node, columns, evaluate_arrays(node, ports, params, columns, panel))
        elif node.style == "panel":
            found = evaluate_panels(node, prepared, params, columns)
        else:
            evaluate = evaluate_frames if node.style == "frame" else evaluate_expression
            found = evaluate(node, ports, params, columns, panel)
    given: Outputs = {
        name: Column(dtype=dtype, series=_checked(node, series, name, dtype, len(panel)))
        for (name, dtype), series in zip(columns, found, strict=True)
    }
    return given | tables


def _columns(
    node: NodeType, columns: Sequence[tuple[str, Dtype]], arrays: Sequence[FloatArray], *, checked: bool = False
) -> Outputs:
    """Fresh arrays as the columns of a value; nobody writes into them from now on."""
    for (name, dtype), array in zip(columns, arrays, strict=True):
        if not checked:
            check_codes(node, array, name, dtype)
        array.flags.writeable = False
    return {name: Column(dtype=dtype, array=array) for (name, dtype), array in zip(columns, arrays, strict=True)}


def check_codes(node: NodeType, array: FloatArray, name: str, dtype: Dtype) -> None:
    """An array holds floats whatever its kind: events must be -1, 0 or 1, conditions 0 or 1, or NaN.

    Raises NodeError TG502.
    """
    if dtype == "float":
        return
    wrong = ~((array == 0.0) | (array == 1.0) | np.isnan(array))
    if dtype == "event":
        wrong &= array != -1.0
    if wrong.any():
        allowed = "-1, 0, 1" if dtype == "event" else "0, 1"
        raise WrongValues(f"{node.id!r} gave {array[wrong][0]:g} for {name!r}, allowed: {allowed}")


def _checked(node: NodeType, series: pl.Series, name: str, dtype: Dtype, rows: int) -> pl.Series:
    if len(series) != rows:
        raise NodeError(f"{node.id!r} gave {len(series)} values of {name!r} for {rows} rows", code="TG502")
    fits = series.dtype == pl.Boolean if dtype == "bool" else series.dtype.is_numeric()
    if not fits and series.dtype != pl.Null:
        # a cast would take numbers out of text, and true for a buy
        got = "true/false" if series.dtype == pl.Boolean else series.dtype
        expected = "true/false" if dtype == "bool" else "numbers"
        raise NodeError(f"{node.id!r} gave {got} for {name!r}, expected {expected}", code="TG502")
    if dtype == "event":
        values = set(series.drop_nulls().unique().to_list())
        if not values <= _EVENTS:
            wrong = sorted(values - _EVENTS)[:3]
            raise WrongValues(f"{node.id!r} gave the events {wrong}, allowed: -1, 0, 1")
    cast = series.cast(polars_dtype(dtype))
    # null, never NaN: in polars NaN > 5 is true and would fire a buy
    return cast.fill_nan(None) if dtype == "float" else cast
