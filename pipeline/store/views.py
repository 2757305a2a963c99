"""What SQL sees of a graph: a schema with one view per node, declared outputs as real tables.

A view shows the node's value in the graph's latest run, with the graph's params as columns. Nothing
is made again whose definition did not change.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from pipeline.store.cell_view import cell_views
from pipeline.store.pack import is_pack, select_from
from pipeline.store.quote import identifier, literal
from pipeline.store.sweep_view import SUFFIX, VIEW, latest_of, sweep_of
from pipeline.store.tables import SHOWN

__all__ = ["Shown", "definition_of", "drop_graph", "refresh_graph", "shown_nodes"]


_TABLE = "table: "
"""Marks the definition of a real table."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A node as the latest run has it: its columns, or the one of its tables that `table` names."""

    node: str
    table: str
    key: str
    holder: str
    """The key that the columns in the segment are named by."""
    columns: tuple[str, ...]
    segment: Path | None
    """The file that the value rests in, None when it is gone."""
    range_start: Any
    until: Any
    data: str | None  # of a value that is a part of another: which symbols it has

    @property
    def source(self) -> str:
        """What reads the value."""
        if self.segment is None:
            return ""
        if is_pack(self.segment):
            return select_from(self.segment, self.holder)
        return f"read_parquet({literal(str(self.segment))})"


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A view or table as it should be: what it is known by, and the select that makes it, empty when nothing can."""

    definition: str
    body: str


def refresh_graph(connection: duckdb.DuckDBPyConnection, graph: str, segments: Path) -> None:
    """Bring the schema of `graph` in line with its latest run; what is called as sweeps are has a view in it."""
    if graph.endswith(SUFFIX):
        _refresh_sweep(connection, graph, segments)
        return
    run = connection.execute(
        f"select run_id, params from runs where graph = ? and {SHOWN} order by started_at desc, run_id desc limit 1",
        [graph],
    ).fetchone()
    if run is None:  # it runs for the first time, and goes on
        return
    run_id, params = run
    wanted: dict[str, _Wanted] = {}
    found = shown_nodes(connection, graph, run_id, segments)
    nodes = {shown.node: shown for shown in found if not shown.table}
    tables = {f"{shown.node}.{shown.table}": shown for shown in found if shown.table}
    outputs = connection.execute(
        "select output, node from outputs where graph = ? and run_id = ?", [graph, run_id]
    ).fetchall()
    constants = json.loads(params)
    of_graph = f"graph = {literal(graph)} and {SHOWN}"
    latest = f"(select max_by(run_id, (started_at, run_id)) from main.runs where {of_graph})"
    # a node or an output of the name of a table goes first; the table can still be declared as an output
    for name, shown in [*nodes.items(), *((name.replace(".", "_"), table) for name, table in tables.items())]:
        if shown.segment and name not in wanted:
            body = definition_of(shown, constants, shown.source, run_id=latest)
            wanted[name] = _Wanted(body, body)
    for output, reference in outputs:
        # a node of a sub-graph has dots in its name, an output has none
        name, _, part = (reference, "", "") if reference in nodes else reference.rpartition(".")
        source = tables.get(reference) or nodes.get(name)
        if source is not None:
            # no run_id: a later run that finds everything cached leaves the table as it is; known by the
            # value's key, not by where it rests: the table outlives its segment, and the project's moves
            told = definition_of(source, constants, identifier(source.key), part=part)
            body = definition_of(source, constants, source.source, part=part)
            wanted[output] = _Wanted(f"{_TABLE}{told}", body if source.segment else "")
    _give_way(connection, graph, wanted)
    _apply(connection, graph, wanted)


def _give_way(connection: duckdb.DuckDBPyConnection, graph: str, wanted: Collection[str]) -> None:
    """Take views of sweeps away whose names are those of nodes or outputs."""
    name = graph + SUFFIX
    rows = connection.execute("select name, definition from shown where graph = ?", [name]).fetchall()
    kept = {view: _Wanted(text, text) for view, text in rows if view not in wanted}
    if len(kept) < len(rows):
        _apply(connection, name, kept)


def _refresh_sweep(connection: duckdb.DuckDBPyConnection, name: str, segments: Path) -> None:
    latest = latest_of(connection, name)
    bodies: dict[str, str] = {}
    if latest is not None:
        bodies = {VIEW: sweep_of(connection, latest), **cell_views(connection, latest, segments)}
    # a node or an output of the name of a view goes first
    graph = name.removesuffix(SUFFIX)
    taken = {shown for (shown,) in connection.execute("select name from shown where graph = ?", [graph]).fetchall()}
    _apply(connection, name, {view: _Wanted(body, body) for view, body in bodies.items() if view not in taken})


def drop_graph(connection: duckdb.DuckDBPyConnection, graph: str) -> None:
    """Remove what is shown of a graph, or of its sweeps, that has no runs left; the schema goes with the last of it."""
    _apply(connection, graph, {})
    names = [graph.removesuffix(SUFFIX), graph.removesuffix(SUFFIX) + SUFFIX]
    if connection.execute("select 1 from shown where graph in (select unnest(?))", [names]).fetchone():
        return
    connection.execute(f"drop schema {_schema(connection, graph)}")


def shown_nodes(connection: duckdb.DuckDBPyConnection, graph: str, run_id: str, segments: Path) -> list[Shown]:
    """The nodes of a graph as a run has them, by name; one that gives several tables once for each.

    Of a sweep nothing: its nodes stand for many, and what is stored of them is shown by its view.
    """
    if graph.endswith(SUFFIX):
        return []
    rows = connection.execute(
        """
        select n.node, n.columns, o.key, coalesce(o.holder, o.key), o.segment,
            strftime(n.range_start, '%Y-%m-%d %H:%M:%S.%f'), strftime(o.until, '%Y-%m-%d %H:%M:%S.%f'),
            case when o.holder <> o.key then o.data end
        from nodes n left join objects o on split_part(o.key, '.', 1) = coalesce(n.stored, n.key)
        where n.graph = ? and n.run_id = ? order by n.node, o.key
        """,
        [graph, run_id],
    ).fetchall()
    # a view over a file that is gone cannot even be made: it would keep this run and all later ones from landing
    there = {segment for segment in {row[4] for row in rows} if segment and (segments / segment).exists()}
    found = []
    for node, columns, key, holder, segment, start, until, data in rows:
        table = (key or "").partition(".")[2]
        names = () if table else tuple(json.loads(columns))
        path = segments / segment if segment in there else None
        found.append(Shown(node, table, key or "", holder or "", names, path, start, until, data))
    return found


def definition_of(shown: Shown, params: dict[str, Any], source: str, *, part: str = "", run_id: str = "") -> str:
    """The select that shows a node: run_id (an expression, if given), symbol, ts, the graph's params, its columns."""
    kept = [name for name in shown.columns if not part or name == part]
    # a param that is called like a column of the value would hide it
    taken = {"run_id", "symbol", "ts", *shown.columns}
    constants = [f"{literal(value)} as {identifier(name)}" for name, value in params.items() if name not in taken]
    head = [f"{run_id} as run_id"] if run_id else []
    if not shown.columns:  # a table has columns of its own
        return f"select {', '.join([*head, *constants, '*'])} from {source}{_where(shown, '')}"
    values = [f"{identifier(f'{shown.holder}.{name}')} as {identifier(name)}" for name in kept]
    select = ", ".join([*head, "symbol", "ts", *constants, *values])
    return f"select {select} from {source}{_where(shown, 'ts')}"


def _where(shown: Shown, ts: str) -> str:
    """The condition that keeps the rows of a node in its file; `ts` is the column of time, if there is one."""
    conditions = []
    if ts and shown.range_start:
        conditions.append(f"{ts} >= timestamptz '{shown.range_start}+00'")
    if ts and shown.until:
        conditions.append(f"{ts} < timestamptz '{shown.until}+00'")
    if shown.data:
        conditions.append(f"symbol in (select unnest(symbols) from main.panels where data = {literal(shown.data)})")
    return f" where {' and '.join(conditions)}" if conditions else ""


def _schema(connection: duckdb.DuckDBPyConnection, graph: str) -> str:
    """The quoted name of the schema in which a graph, and its sweeps, are shown."""
    found = connection.execute("select current_database()").fetchone()
    assert found is not None
    # in full: a graph may be called like a database that is attached here
    return f"{identifier(found[0])}.{identifier(graph.removesuffix(SUFFIX))}"


def _apply(connection: duckdb.DuckDBPyConnection, graph: str, wanted: dict[str, _Wanted]) -> None:
    schema = _schema(connection, graph)
    connection.execute(f"create schema if not exists {schema}")
    rows = connection.execute("select name, definition from shown where graph = ?", [graph]).fetchall()
    present: dict[str, str] = dict(rows)
    gone = [name for name, text in present.items() if name not in wanted or wanted[name].definition != text]
    for name in gone:
        kind = "table" if present[name].startswith(_TABLE) else "view"
        connection.execute(f"drop {kind} if exists {schema}.{identifier(name)}")
    changed = {name: to for name, to in wanted.items() if to.body and present.get(name) != to.definition}
    for name, to in changed.items():
        kind = "table" if to.definition.startswith(_TABLE) else "view"
        connection.execute(f"create {kind} {schema}.{identifier(name)} as {to.body}")
    if gone:
        connection.execute("delete from shown where graph = ? and name in (select unnest(?))", [graph, gone])
    if changed:
        definitions = [to.definition for to in changed.values()]
        connection.execute("insert into shown select ?, unnest(?), unnest(?)", [graph, list(changed), definitions])
