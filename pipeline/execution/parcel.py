"""A call in portable form: a head that JSON can hold, and arrays of eight bytes a value: its times, then its columns.

What travels is data alone: the receiver finds the node type by its id and code digest. Params are
written with their type where JSON has none of that kind, so 1, 1.0 and a date come back as they were.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from math import isfinite
from typing import Any

import numpy as np
import polars as pl

from pipeline.execution.arguments import Argument, flat
from pipeline.execution.attempt import Call
from pipeline.model.bars import Panel
from pipeline.model.column import Column
from pipeline.model.node import NodeType

__all__ = [
    "arrays_of",
    "axis_of",
    "call_of",
    "call_of_arrays",
    "dtypes_of",
    "head_of",
    "lengths_of",
    "plain_value",
    "typed",
]

_TIMES = ("ts", "end")
"""The columns of an axis besides the symbol."""


def head_of(call: Call) -> dict[str, Any]:
    """Everything of a call but its columns and times: node type, params, shapes of the ports, symbols.

    `axes` has the symbols and offsets of the output and of each port of a panel node, and nothing for any other.
    """
    ports: list[Any] = [
        None
        if port is None
        else {name: column.dtype for name, column in port.items()}
        if isinstance(port, Mapping)
        else port.dtype
        for port in call.ports
    ]
    return {
        "node_type": call.node.id,
        "code": call.node.code,
        "origin": call.node.origin,
        "params": {name: plain_value(value) for name, value in call.params.items()},
        "ports": ports,
        "columns": [list(column) for column in call.columns],
        "symbols": list(call.panel.symbols),
        "offsets": call.panel.offsets.tolist(),
        "axes": [None if axis is None else _shape(axis) for axis in call.axes],
    }


def arrays_of(call: Call) -> list[np.ndarray[Any, Any]]:
    """The times of a call in microseconds, the ends of its axes among them, then its columns with NaN where missing."""
    times = [axis[name].cast(pl.Int64).to_numpy() for axis in call.axes if axis is not None for name in _TIMES]
    return [call.panel.instants, *times, *(column.array for column in flat(call.ports))]


def lengths_of(head: Mapping[str, Any]) -> list[int]:
    """The rows of each of the arrays that go with a head."""
    own = [axis for axis in head["axes"] if axis is not None for _ in _TIMES]
    ports = head["axes"][1:] or [head] * len(head["ports"])
    wide = [len(port) if isinstance(port, Mapping) else 1 if port is not None else 0 for port in head["ports"]]
    columns = [axis for axis, width in zip(ports, wide, strict=True) for _ in range(width)]
    return [axis["offsets"][-1] for axis in (head, *own, *columns)]


def dtypes_of(head: Mapping[str, Any]) -> list[str]:
    """The dtypes of the columns that go with a head, in order."""
    found: list[str] = []
    for port in head["ports"]:
        if port is not None:
            found += port.values() if isinstance(port, Mapping) else [port]
    return found


def axis_of(shape: Mapping[str, Any], times: Iterator[pl.Series]) -> pl.DataFrame:
    """The axis that has a shape in a head; takes its ts and its end off `times`."""
    counts = [stop - start for start, stop in pairwise(shape["offsets"])]
    symbols = pl.Series("symbol", shape["symbols"], dtype=pl.String).repeat_by(pl.Series(counts, dtype=pl.UInt32))
    return pl.DataFrame([symbols.explode(empty_as_null=False), *(next(times).alias(name) for name in _TIMES)])


def call_of_arrays(
    head: Mapping[str, Any], node: NodeType, arrays: Sequence[np.ndarray[Any, Any]], whole: Sequence[bool]
) -> Call:
    """The call that a head and its arrays describe, of `node`; `whole` says of which columns nothing is missing."""
    dtypes = dtypes_of(head)
    count = len(arrays) - len(dtypes)
    instants = iter([pl.Series(array.view(np.int64)).cast(pl.Datetime("us", "UTC")) for array in arrays[:count]])
    ts = next(instants)
    axes = [None if shape is None else axis_of(shape, instants) for shape in head["axes"]]
    columns = [
        Column(dtype=dtype, array=array, whole=full)  # type: ignore[arg-type]
        for dtype, array, full in zip(dtypes, arrays[count:], whole, strict=True)
    ]
    return call_of(head, node, ts, columns, axes)


def call_of(
    head: Mapping[str, Any],
    node: NodeType,
    ts: pl.Series,
    columns: Sequence[Column],
    axes: Sequence[pl.DataFrame | None] = (),
) -> Call:
    """The call that a head, its times and its columns describe, of `node`."""
    left = iter(columns)
    ports: list[Argument] = [
        None if port is None else {name: next(left) for name in port} if isinstance(port, Mapping) else next(left)
        for port in head["ports"]
    ]
    panel = Panel(tuple(head["symbols"]), np.array(head["offsets"], dtype=np.int64), ts, {})
    params = {name: typed(value) for name, value in head["params"].items()}
    return Call(node, ports, params, [(name, dtype) for name, dtype in head["columns"]], panel, axes)


def _shape(axis: pl.DataFrame) -> dict[str, Any]:
    runs = axis["symbol"].rle().struct.unnest()
    return {"symbols": runs["value"].to_list(), "offsets": [0, *runs["len"].cum_sum().to_list()]}


def plain_value(value: Any) -> Any:
    """A param's value as JSON can hold it; `typed` reads it."""
    if value is None or isinstance(value, bool | int | str) or (isinstance(value, float) and isfinite(value)):
        return value
    if isinstance(value, list):
        return [plain_value(item) for item in value]
    if isinstance(value, tuple):
        return {"tuple": [plain_value(item) for item in value]}
    if isinstance(value, dt.timedelta):
        return {"microseconds": value // dt.timedelta(microseconds=1)}
    if isinstance(value, float):
        return {"float": repr(value)}
    return {type(value).__name__: value.isoformat()}


_READ: dict[str, Any] = {
    "tuple": lambda items: tuple(map(typed, items)),
    "microseconds": lambda count: dt.timedelta(microseconds=count),
    "float": float,
    "date": dt.date.fromisoformat,
    "datetime": dt.datetime.fromisoformat,
    "time": dt.time.fromisoformat,
}


def typed(value: Any) -> Any:
    """The value that `plain_value` wrote. Raises whatever a malformed one leads to."""
    if isinstance(value, list):
        return [typed(item) for item in value]
    if isinstance(value, Mapping):
        ((kind, text),) = value.items()
        return _READ[kind](text)
    return value
