"""What SQL sees of a sweep: one view, with a row per cell, node and symbol, params first, then metrics.

`select * from ema_cross.sweep order by sharpe desc`, and as a heat map `pivot (select fast, slow, sharpe from
ema_cross.sweep) on slow using max(sharpe)`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import duckdb

from pipeline.store.quote import identifier, literal
from pipeline.store.tables import SHOWN

__all__ = ["SUFFIX", "VIEW", "Latest", "latest_of", "sweep_of"]

SUFFIX = ".sweep"
"""Ends what runs that are sweeps are called by."""
VIEW = "sweep"
"""The view of a graph's sweeps, in the graph's schema."""
_FIRST = ("run_id", "cell", "status", "symbol", "node")


@dataclass(frozen=True, slots=True)
class Latest:
    """The latest sweep of those of a name: `params` are what its cells set, each with the SQL that reads it of `c`."""

    run_id: str
    name: str
    params: tuple[tuple[str, str], ...]


def latest_of(connection: duckdb.DuckDBPyConnection, name: str) -> Latest | None:
    """The latest sweep of those called `name`, None when there is none."""
    run = connection.execute(
        f"select run_id from runs where graph = ? and {SHOWN} order by started_at desc, run_id desc limit 1", [name]
    ).fetchone()
    if run is None:
        return None
    params = connection.execute("select params from cells where run_id = ? and graph = ?", [*run, name]).fetchall()
    kinds: dict[str, set[str]] = {}
    for (text,) in params:
        for param, value in json.loads(text).items():
            kinds.setdefault(param, set()).add(_kind(value))
    return Latest(run[0], name, tuple((param, _param(param, found)) for param, found in kinds.items()))


def sweep_of(connection: duckdb.DuckDBPyConnection, latest: Latest) -> str:
    """The select that shows a sweep."""
    metrics = connection.execute(
        "select metric from metrics where run_id = ? and graph = ? group by metric order by min(rowid)",
        [latest.run_id, latest.name],
    ).fetchall()
    set_by_cells = {param for param, _ in latest.params}
    params = [f"any_value({sql}) as {identifier(param)}" for param, sql in latest.params if param not in _FIRST]
    values = [
        f"max(m.value) filter (m.metric = {literal(metric)}) as {identifier(metric)}"
        for (metric,) in metrics
        if metric not in set_by_cells and metric not in _FIRST
    ]
    run, graph = literal(latest.run_id), literal(latest.name)
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
