"""What SQL sees of a graph: a schema with one view per node, declared outputs as real tables.

A view shows the node's value in the graph's latest run, with the graph's params as columns. Nothing
is made again whose definition did not change.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from pipeline.store.quote import identifier, literal

__all__ = ["definition_of", "refresh_graph"]


_TABLE = "table: "
"""Marks the definition of a real table."""


@dataclass(frozen=True, slots=True)
class _Shown:
    """A node as the latest run has it."""

    node: str
    key: str
    columns: tuple[str, ...]
    segment: str
    range_start: Any


def refresh_graph(connection: duckdb.DuckDBPyConnection, graph: str, segments: Path) -> None:
    """Bring the schema of `graph` in line with its latest run."""
    run = connection.execute(
        "select run_id, params from runs where graph = ? order by started_at desc, run_id desc limit 1", [graph]
    ).fetchone()
    assert run is not None
    run_id, params = run
    wanted: dict[str, str] = {}
    nodes = {node.node: node for node in _nodes(connection, graph, run_id, segments)}
    outputs = connection.execute(
        "select output, node from outputs where graph = ? and run_id = ?", [graph, run_id]
    ).fetchall()
    for name, shown in nodes.items():
        wanted[name] = definition_of(graph, shown, json.loads(params), segments)
    for output, reference in outputs:
        # a node of a sub-graph has dots in its name, an output has none
        name, _, part = (reference, "", "") if reference in nodes else reference.rpartition(".")
        if name in nodes:
            # no run_id: a later run that finds everything cached leaves the table as it is
            body = definition_of(graph, nodes[name], json.loads(params), segments, part=part, latest=False)
            wanted[output] = f"{_TABLE}{body}"
    _apply(connection, graph, wanted)


def _nodes(connection: duckdb.DuckDBPyConnection, graph: str, run_id: str, segments: Path) -> list[_Shown]:
    rows = connection.execute(
        """
        select n.node, n.key, n.columns, o.segment, strftime(n.range_start, '%Y-%m-%d %H:%M:%S.%f')
        from nodes n join objects o using (key)
        where n.graph = ? and n.run_id = ? order by n.node
        """,
        [graph, run_id],
    ).fetchall()
    # a view over a file that is gone cannot even be made: it would keep this run and all later ones from landing
    there = {segment for segment in {row[3] for row in rows} if (segments / segment).exists()}
    return [
        _Shown(node, key, tuple(json.loads(columns)), segment, start)
        for node, key, columns, segment, start in rows
        if segment in there
    ]


def definition_of(
    graph: str, shown: _Shown, params: dict[str, Any], segments: Path, *, part: str = "", latest: bool = True
) -> str:
    """The select that shows a node: run_id (when `latest`), symbol, ts, the graph's params, the node's columns."""
    source = f"read_parquet({literal(str(segments / shown.segment))})"
    kept = [name for name in shown.columns if not part or name == part]
    # a param that is called like a column of the value would hide it
    taken = {"run_id", "symbol", "ts", *shown.columns}
    constants = [f"{literal(value)} as {identifier(name)}" for name, value in params.items() if name not in taken]
    run_id = f"(select max_by(run_id, (started_at, run_id)) from main.runs where graph = {literal(graph)}) as run_id"
    head = [run_id] if latest else []
    if not shown.columns:  # a table has columns of its own
        return f"select {', '.join([*head, *constants, '*'])} from {source}"
    values = [f"{identifier(f'{shown.key}.{name}')} as {identifier(name)}" for name in kept]
    select = ", ".join([*head, "symbol", "ts", *constants, *values])
    where = f" where ts >= timestamptz '{shown.range_start}+00'" if shown.range_start else ""
    return f"select {select} from {source}{where}"


def _apply(connection: duckdb.DuckDBPyConnection, graph: str, wanted: dict[str, str]) -> None:
    found = connection.execute("select current_database()").fetchone()
    assert found is not None
    # in full: a graph may be called like a database that is attached here
    schema = f"{identifier(found[0])}.{identifier(graph)}"
    connection.execute(f"create schema if not exists {schema}")
    rows = connection.execute("select name, definition from shown where graph = ?", [graph]).fetchall()
    present: dict[str, str] = dict(rows)
    for name, definition in present.items():
        if wanted.get(name) != definition:
            kind = "table" if definition.startswith(_TABLE) else "view"
            connection.execute(f"drop {kind} if exists {schema}.{identifier(name)}")
    changed = {name: text for name, text in wanted.items() if present.get(name) != text}
    for name, definition in changed.items():
        if definition.startswith(_TABLE):
            connection.execute(f"create table {schema}.{identifier(name)} as {definition.removeprefix(_TABLE)}")
        else:
            connection.execute(f"create view {schema}.{identifier(name)} as {definition}")
    gone = [name for name in present if wanted.get(name) != present[name]]
    if gone:
        connection.execute("delete from shown where graph = ? and name in (select unnest(?))", [graph, gone])
    if changed:
        connection.execute(
            "insert into shown select ?, unnest(?), unnest(?)", [graph, list(changed), list(changed.values())]
        )
