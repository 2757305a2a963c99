"""What SQL sees of a sweep: one view, with a row per cell, node and symbol, params first, then metrics.

`select * from ema_cross.sweep order by sharpe desc`, and as a heat map `pivot (select fast, slow, sharpe from
ema_cross.sweep) on slow using max(sharpe)`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

import duckdb

from pipeline.store.quote import identifier, literal
from pipeline.store.tables import SHOWN

__all__ = ["SUFFIX", "VIEW", "sweep_of"]

SUFFIX = ".sweep"
"""Ends what runs that are sweeps are called by."""
VIEW = "sweep"
"""The view of a graph's sweeps, in the graph's schema."""
_FIRST = ("run_id", "cell", "status", "symbol", "node")


def sweep_of(connection: duckdb.DuckDBPyConnection, name: str) -> str:
    """The select that shows the latest sweep of those called `name`; "" when there is none."""
    run = connection.execute(
        f"select run_id from runs where graph = ? and {SHOWN} order by started_at desc, run_id desc limit 1", [name]
    ).fetchone()
    if run is None:
        return ""
    params = connection.execute("select params from cells where run_id = ? and graph = ?", [*run, name]).fetchall()
    metrics = connection.execute(
        "select metric from metrics where run_id = ? and graph = ? group by metric order by min(rowid)", [*run, name]
    ).fetchall()
    return _definition(run[0], name, [json.loads(text) for (text,) in params], [metric for (metric,) in metrics])


def _definition(run_id: str, name: str, cells: Iterable[Mapping[str, Any]], metrics: Iterable[str]) -> str:
    kinds: dict[str, set[str]] = {}
    for cell in cells:
        for param, value in cell.items():
            kinds.setdefault(param, set()).add(_kind(value))
    params = [
        f"any_value({_param(param, found)}) as {identifier(param)}"
        for param, found in kinds.items()
        if param not in _FIRST
    ]
    values = [
        f"max(m.value) filter (m.metric = {literal(metric)}) as {identifier(metric)}"
        for metric in metrics
        if metric not in kinds and metric not in _FIRST
    ]
    run, graph = literal(run_id), literal(name)
    columns = ["c.run_id", "c.cell", "any_value(c.status) as status", *params, "m.node", "m.symbol", *values]
    return (
        f"select {', '.join(columns)}"
        f" from main.cells c left join main.metrics m on m.run_id = {run} and m.graph = {graph} and m.cell = c.cell"
        f" where c.run_id = {run} and c.graph = {graph} group by c.run_id, c.cell, m.node, m.symbol"
    )


def _param(name: str, kinds: set[str]) -> str:
    path = literal(f'$."{name}"')
    text = f"c.params ->> {path}"
    known = kinds - {""}
    if known and known <= {"bigint", "double"}:
        return f"cast({text} as {'bigint' if known == {'bigint'} else 'double'})"
    return f"cast({text} as boolean)" if known == {"boolean"} else f"({text})"


def _kind(value: Any) -> str:
    if value is None:
        return ""
    return {bool: "boolean", int: "bigint", float: "double"}.get(type(value), "varchar")
