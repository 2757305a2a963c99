"""A call in portable form: a head that JSON can hold, and its columns in order.

What travels is data alone: the receiver finds the node type by its id and code digest. Params are
written with their type where JSON has none of that kind, so 1, 1.0 and a date come back as they were.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from math import isfinite
from typing import Any

import numpy as np
import polars as pl

from pipeline.execution.arguments import Argument
from pipeline.execution.attempt import Call
from pipeline.model.bars import Panel
from pipeline.model.column import Column
from pipeline.model.node import NodeType

__all__ = ["call_of", "dtypes_of", "head_of"]


def head_of(call: Call) -> dict[str, Any]:
    """Everything of a call but its columns and times: node type, params, shapes of the ports, symbols."""
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
        "params": {name: _plain(value) for name, value in call.params.items()},
        "ports": ports,
        "columns": [list(column) for column in call.columns],
        "symbols": list(call.panel.symbols),
        "offsets": call.panel.offsets.tolist(),
    }


def dtypes_of(head: Mapping[str, Any]) -> list[str]:
    """The dtypes of the columns that go with a head, in order."""
    found: list[str] = []
    for port in head["ports"]:
        if port is not None:
            found += port.values() if isinstance(port, Mapping) else [port]
    return found


def call_of(head: Mapping[str, Any], node: NodeType, ts: pl.Series, columns: Sequence[Column]) -> Call:
    """The call that a head and its columns describe, of `node`."""
    left = iter(columns)
    ports: list[Argument] = [
        None if port is None else {name: next(left) for name in port} if isinstance(port, Mapping) else next(left)
        for port in head["ports"]
    ]
    panel = Panel(tuple(head["symbols"]), np.array(head["offsets"], dtype=np.int64), ts, {})
    params = {name: _typed(value) for name, value in head["params"].items()}
    return Call(node, ports, params, [(name, dtype) for name, dtype in head["columns"]], panel)


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | str) or (isinstance(value, float) and isfinite(value)):
        return value
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, tuple):
        return {"tuple": [_plain(item) for item in value]}
    if isinstance(value, dt.timedelta):
        return {"microseconds": value // dt.timedelta(microseconds=1)}
    if isinstance(value, float):
        return {"float": repr(value)}
    return {type(value).__name__: value.isoformat()}


_READ: dict[str, Any] = {
    "tuple": lambda items: tuple(map(_typed, items)),
    "microseconds": lambda count: dt.timedelta(microseconds=count),
    "float": float,
    "date": dt.date.fromisoformat,
    "datetime": dt.datetime.fromisoformat,
    "time": dt.time.fromisoformat,
}


def _typed(value: Any) -> Any:
    if isinstance(value, list):
        return [_typed(item) for item in value]
    if isinstance(value, Mapping):
        ((kind, text),) = value.items()
        return _READ[kind](text)
    return value
