"""One portable copy of runs: every node's value, timings, metrics and failures as real tables.

What is exported depends on nothing of the project any more: it opens in any DuckDB client (or, as Parquet,
in anything), and the same runs give the same rows in the same order.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias

import duckdb

from pipeline.errors import StoreError, UsageError, did_you_mean
from pipeline.store.connect import connect_quietly
from pipeline.store.holding import size_of
from pipeline.store.migrate import layout
from pipeline.store.query import Database
from pipeline.store.quote import identifier, literal
from pipeline.store.remove import RunOfGraph
from pipeline.store.segment import is_intact
from pipeline.store.tables import RUN_TABLES
from pipeline.store.views import definition_of, shown_nodes

__all__ = ["Exported", "Format", "chosen", "export"]

Format: TypeAlias = Literal["duckdb", "parquet"]


@dataclass(frozen=True, slots=True)
class Exported:
    """What an export holds: runs, tables of values as (graph, name), nodes without a value as (graph, node), bytes."""

    path: Path
    runs: tuple[RunOfGraph, ...]
    tables: tuple[tuple[str, str], ...]
    missing: tuple[tuple[str, str], ...]
    bytes: int


def chosen(database: Database, name: str | None) -> list[RunOfGraph]:
    """The runs that are meant: the latest of a graph, one run with all its graphs, or the latest of every graph.

    Raises UsageError for what is neither a graph nor a run, StoreError TG605 when nothing has been run.
    """
    runs = database.sql("select run_id, graph from runs order by started_at, run_id, graph").rows()
    latest = {graph: run_id for run_id, graph in runs}
    if name is None:
        return [RunOfGraph(run_id, graph) for graph, run_id in sorted(latest.items())]
    if name in latest:
        return [RunOfGraph(latest[name], name)]
    try:
        run_id = database.find_run(name)
    except StoreError as error:
        hint = did_you_mean(name, latest)
        raise UsageError(f"{name!r} is neither a graph that ran nor a run", hint=hint) from error
    return [RunOfGraph(run_id, graph) for run, graph in runs if run == run_id]


def export(database: Database, runs: Sequence[RunOfGraph], target: Path, form: Format) -> Exported:
    """Write runs to `target`, a file or, as Parquet, a folder; it appears whole or not at all.

    A table is called `graph.node`, and `graph.output` for declared outputs that have another name. Raises
    UsageError when `target` is there already, StoreError TG601 when it cannot be written, TG603 for a
    damaged value.
    """
    if target.exists():
        raise UsageError(f"{target} is there already", hint="Name another file, or remove it first.")
    draft = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        with _writing(draft, form) as connection:
            connection.execute(f"attach {literal(str(database.path))} as source (read_only)")
            connection.execute("use source")
            tables, missing = _fill(connection, database.segments, runs)
            if form == "parquet":
                _write_folder(connection, draft)
        draft.rename(target)
    except OSError as error:
        raise StoreError(f"cannot write {target}: {error.strerror or error}", hint="Is there room?") from error
    except duckdb.Error as error:
        raise StoreError(f"cannot write {target}: {error}") from error
    finally:
        if draft.is_dir():
            shutil.rmtree(draft)
        draft.unlink(missing_ok=True)
        Path(f"{draft}.wal").unlink(missing_ok=True)
    return Exported(target, tuple(runs), tuple(tables), tuple(missing), size_of(target))


@contextmanager
def _writing(draft: Path, form: Format) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection whose database `out` becomes the export."""
    with connect_quietly() as connection:
        if form == "parquet":
            connection.execute("attach ':memory:' as out")
            yield connection
            return
        # an older storage format, so that clients of DuckDB 1.5 can open the file as well
        connection.execute(f"attach {literal(str(draft))} as out (storage_version 'v1.5.0')")
        yield connection
        connection.execute("use memory.main")
        connection.execute("checkpoint out")
        connection.execute("detach out")


def _fill(
    connection: duckdb.DuckDBPyConnection, segments: Path, runs: Sequence[RunOfGraph]
) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """Make all tables; gives those of values, and the nodes that have none."""
    ids, graphs = [run.run_id for run in runs], [run.graph for run in runs]
    connection.execute("create temp table wanted as select unnest(?) as run_id, unnest(?) as graph", [ids, graphs])
    for table in (*RUN_TABLES, "outputs"):
        keys = "(run_id, graph)" if "graph" in layout()[table] else "run_id"
        connection.execute(
            f"create table out.main.{table} as select * from source.main.{table}"
            f" where {keys} in (select {keys} from wanted) order by all"
        )
    tables: list[tuple[str, str]] = []
    missing: list[tuple[str, str]] = []
    for run in runs:
        schema = f"out.{identifier(run.graph)}"
        connection.execute(f"create schema if not exists {schema}")
        for name, body in _bodies(connection, segments, run).items():
            if body:
                connection.execute(f"create table {schema}.{identifier(name)} as {body}")
            (tables if body else missing).append((run.graph, name))
    return tables, missing


def _bodies(connection: duckdb.DuckDBPyConnection, segments: Path, run: RunOfGraph) -> dict[str, str]:
    """By name of node or declared output the select that gives it; empty for a value that is not there."""
    row = connection.execute(
        "select params from runs where run_id = ? and graph = ?", [run.run_id, run.graph]
    ).fetchone()
    assert row is not None
    params: dict[str, Any] = json.loads(row[0])
    run_id = literal(run.run_id)
    found = shown_nodes(connection, run.graph, run.run_id, segments)
    for path in sorted({shown.segment for shown in found if shown.segment}):
        if not is_intact(path):
            raise StoreError(f"{path} is damaged", code="TG603", hint="Run the graph again, then export.")
    nodes = {f"{shown.node}.{shown.table}" if shown.table else shown.node: shown for shown in found}
    bodies: dict[str, str] = {}
    for name, node in sorted(nodes.items(), key=lambda item: (item[1].table != "", item[0])):
        # a node of the name of a table goes first, as in the project's own views
        body = definition_of(node, params, node.source, run_id=run_id) if node.segment else ""
        bodies.setdefault(name.replace(".", "_"), body)
    outputs = connection.execute(
        "select output, node from outputs where run_id = ? and graph = ? order by output", [run.run_id, run.graph]
    ).fetchall()
    for output, reference in outputs:
        name, _, part = reference.partition(".")
        source = nodes.get(reference) or nodes.get(name)
        if source is not None and source.segment:
            bodies[output] = definition_of(source, params, source.source, part=part, run_id=run_id)
    return bodies


def _write_folder(connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """One Parquet file a table: `runs.parquet`, and `graph/node.parquet`."""
    rows = connection.execute(
        "select schema_name, table_name from duckdb_tables() where database_name = 'out' order by all"
    ).fetchall()
    for schema, table in rows:
        inner = folder if schema == "main" else folder / schema
        inner.mkdir(parents=True, exist_ok=True)
        source = f"out.{identifier(schema)}.{identifier(table)}"
        connection.execute(f"copy (from {source}) to {literal(str(inner / f'{table}.parquet'))} (format parquet)")
