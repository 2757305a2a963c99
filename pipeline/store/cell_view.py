"""What SQL sees of values that a sweep keeps: a view per node, with a row per cell, symbol and bar.

`select * from averages.sweep_entry where fast = 12 and symbol = 'AAPL'`: the cell, its params, the node's columns. A
value that several cells share rests once in the store, and is seen in each of them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from pipeline.store.quote import identifier, literal
from pipeline.store.sweep_view import Latest

__all__ = ["PREFIX", "cell_views"]

PREFIX = "sweep_"
"""Begins the names of these views, in the graph's schema."""
_HEAD = ("run_id", "cell", "symbol", "ts")


@dataclass(frozen=True, slots=True)
class _Value:
    """A stored value: the file that it rests in, the key that its columns are named by, which rows of them are its."""

    key: str
    holder: str
    segment: str
    condition: str


def cell_views(connection: duckdb.DuckDBPyConnection, latest: Latest, segments: Path) -> dict[str, str]:
    """The selects that show the values of a sweep's nodes over its cells, by name of the view."""
    run = [latest.run_id, latest.name]
    rows = connection.execute(
        """
        select m.node, n.columns, m.key, coalesce(o.holder, o.key), o.segment,
            strftime(n.range_start, '%Y-%m-%d %H:%M:%S.%f'), strftime(o.until, '%Y-%m-%d %H:%M:%S.%f'),
            case when o.holder <> o.key then o.data end
        from (select distinct node, key from cell_keys where run_id = ? and graph = ?) m
        join (
            select coalesce(stored, key) as key, any_value(columns) as columns, any_value(range_start) as range_start
            from nodes where run_id = ? and graph = ? group by all
        ) n on n.key = m.key
        join objects o on o.key = m.key order by m.node, o.segment, m.key
        """,
        [*run, *run],
    ).fetchall()
    # a view over a file that is gone cannot even be made
    there = {segment for segment in {row[4] for row in rows} if segment and (segments / segment).exists()}
    nodes: dict[str, tuple[tuple[str, ...], list[_Value]]] = {}
    for node, columns, key, holder, segment, *where in rows:
        if segment in there:
            value = _Value(key, holder, str(segments / segment), _condition(*where))
            nodes.setdefault(node, (tuple(json.loads(columns)), []))[1].append(value)
    return {PREFIX + node: _definition(latest, node, columns, values) for node, (columns, values) in nodes.items()}


def _definition(latest: Latest, node: str, columns: tuple[str, ...], values: Iterable[_Value]) -> str:
    run, name = literal(latest.run_id), literal(latest.name)
    files: dict[tuple[str, str], list[_Value]] = {}
    for value in values:
        files.setdefault((value.segment, value.condition), []).append(value)
    # one branch for each file, however many values it holds: a thousand branches would take seconds to bind
    branches = []
    for (segment, condition), inside in files.items():
        rows = ", ".join(_row(value, columns) for value in inside)
        branches.append(f"select symbol, ts, unnest([{rows}]) as at from read_parquet({literal(segment)}){condition}")
    params = [f"{sql} as {identifier(param)}" for param, sql in latest.params if param not in (*_HEAD, *columns)]
    shown = [f"v.at.{identifier(column)} as {identifier(column)}" for column in columns]
    return (
        f"select {', '.join([f'{run} as run_id', 'k.cell', 'v.symbol', 'v.ts', *params, *shown])}"
        f" from ({' union all '.join(branches)}) v"
        f" join (select distinct key, unnest(cells) as cell from main.cell_keys"
        f" where run_id = {run} and graph = {name} and node = {literal(node)}) k on k.key = v.at.key"
        f" join main.cells c on c.run_id = {run} and c.graph = {name} and c.cell = k.cell"
    )


def _row(value: _Value, columns: Iterable[str]) -> str:
    fields = [f"'key': {literal(value.key)}"]
    fields += [f"{literal(column)}: {identifier(f'{value.holder}.{column}')}" for column in columns]
    return f"{{{', '.join(fields)}}}"


def _condition(start: Any, until: Any, data: str | None) -> str:
    """Which rows of a file are a value's."""
    conditions = [f"ts >= timestamptz '{start}+00'"] if start else []
    conditions += [f"ts < timestamptz '{until}+00'"] if until else []
    if data:
        conditions.append(f"symbol in (select unnest(symbols) from main.panels where data = {literal(data)})")
    return f" where {' and '.join(conditions)}" if conditions else ""
