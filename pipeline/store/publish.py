"""Publish: merge journals into a copy of tradegraph.duckdb and rename the copy into place.

Whoever holds the project's lock publishes everything that waits, so of two runs that end at once both
land. Readers keep the file that they opened; nobody ever sees a half-written one. A crash at any
point leaves the published file as it was and the journals where they are.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import polars as pl

from pipeline.errors import StoreError
from pipeline.store.amend import moved_graphs
from pipeline.store.certificates import land_certificates
from pipeline.store.draft import drafted, publish_lock
from pipeline.store.events import land_events
from pipeline.store.journal import is_intact, read_pending, run_of, schema_of
from pipeline.store.live import live_runs
from pipeline.store.migrate import add_columns, columns_of, migrate
from pipeline.store.quote import literal
from pipeline.store.tables import NODE_TABLES, RUN_TABLES, SCHEMA_VERSION
from pipeline.store.views import refresh_graph

__all__ = ["Published", "publish"]


_KEPT = "The run is kept, the next run publishes it. `tradegraph doctor` looks at permissions and space."


@dataclass(frozen=True, slots=True)
class Published:
    """What a publish did: runs that it landed, and how long it took, in milliseconds."""

    runs: tuple[str, ...]
    ms: float


def publish(database: Path, private: Path, *, wait: bool = True) -> Published:
    """Land every waiting journal. Waits for a publish of another process to end, unless not to `wait`.

    Raises StoreError TG601 when the file cannot be written, TG602 when a newer version wrote it, and after all others
    have landed TG602 for a journal of a newer version, which goes on waiting, TG603 for one that cannot be read.
    """
    began = time.perf_counter()
    try:
        with publish_lock(private, wait=wait) as locked:
            journals, newer, damaged = _sorted(read_pending(private / "journal") if locked else [])
            if journals:
                with drafted(database, private / "draft.duckdb") as connection:
                    _merge(connection, journals, private)
                for journal in journals:
                    shutil.rmtree(journal, ignore_errors=True)
    except OSError as error:
        raise StoreError(
            f"cannot publish {database}: {error.strerror or error}",
            hint=_KEPT,
        ) from error
    except duckdb.Error as error:
        raise StoreError(f"cannot publish {database}: {error}", hint=_KEPT) from error
    if newer:
        raise StoreError(
            f"run {run_of(newer[0])} was recorded by a newer version and waits for one to publish it",
            code="TG602",
            hint="Everything else is published. Use the newer version, or move that record away: "
            f"{newer[0].relative_to(private.parent)}",
        )
    if damaged:
        raise StoreError(
            f"the journal of run {damaged[0].name} cannot be read", code="TG603", hint="It was set aside; run it again."
        )
    return Published(tuple(journal.name for journal in journals), (time.perf_counter() - began) * 1e3)


def _sorted(journals: Sequence[Path]) -> tuple[list[Path], list[Path], list[Path]]:
    """Journals to land, those of newer versions, and those that cannot be read.

    The last are set aside, lest they hold up all others.
    """
    good: list[Path] = []
    newer: list[Path] = []
    damaged: list[Path] = []
    for journal in journals:
        if not is_intact(journal):
            journal.rename(journal.with_name(f".{journal.name}.damaged"))
            damaged.append(journal)
        else:
            (good if schema_of(journal) <= SCHEMA_VERSION else newer).append(journal)
    return good, newer, damaged


def _merge(connection: duckdb.DuckDBPyConnection, journals: Sequence[Path], private: Path) -> None:
    connection.execute("begin")
    migrate(connection)
    graphs = moved_graphs(connection, private.parent)
    # landed already: a publish died between its rename and the removal of the journals
    landed = {name for (name,) in connection.execute("select journal from landed").fetchall()}
    connection.execute("delete from landed")
    for journal in journals:
        if journal.name not in landed:
            _land(connection, journal)
        connection.execute("insert into landed values (?)", [journal.name])
        found = connection.execute("select graph from runs where run_id = ?", [run_of(journal)]).fetchall()
        graphs += [graph for (graph,) in found if graph not in graphs]
    _bury(connection, live_runs(private))
    connection.execute("commit")
    # views are bound when they are made: the tables that they mention must be committed first
    connection.execute("begin")
    for graph in graphs:
        refresh_graph(connection, graph, private / "segments")
    connection.execute("commit")


def _land(connection: duckdb.DuckDBPyConnection, journal: Path) -> None:
    begun = connection.execute("select 1 from runs where run_id = ? limit 1", [run_of(journal)]).fetchone() is not None
    if begun and (journal / "runs.parquet").exists():  # a worker's has none
        connection.execute("delete from runs where run_id = ?", [run_of(journal)])
    nodes = journal / "nodes.parquet"
    if begun and nodes.exists():  # a step that was told of may have been computed again
        told = f"select run_id, graph, node{_cell(nodes)} from {_source(nodes)}"
        for table in NODE_TABLES:
            of_node = "run_id, graph, node" + _cell(nodes)
            connection.execute(f"delete from {table} where ({of_node}) in ({told})")
    for table in (*RUN_TABLES, "outputs"):
        file = journal / f"{table}.parquet"
        if not file.exists():
            continue
        _insert(connection, table, file)
    land_certificates(connection, journal)
    land_events(connection, journal)
    objects, panels = journal / "objects.parquet", journal / "panels.parquet"
    if objects.exists():
        # a key that was computed again rests in its newest segment
        connection.execute(f"delete from objects where key in (select key from {_source(objects)})")
        _insert(connection, "objects", objects)
    if panels.exists():
        _insert(connection, "panels", panels, "where data not in (select data from panels)")


def _cell(nodes: Path) -> str:
    """In a sweep a node stands for many: its cell tells them apart."""
    return ", coalesce(cell, -1)" if "cell" in pl.read_parquet_schema(nodes) else ""


def _insert(connection: duckdb.DuckDBPyConnection, table: str, file: Path, where: str = "") -> None:
    if pl.read_parquet_schema(file).keys() - {*columns_of(connection, table)}:
        add_columns(connection, table, _source(file))
    connection.execute(f"insert into {table} by name select * from {_source(file)} {where}")


def _source(file: Path) -> str:
    return f"read_parquet({literal(str(file))})"


def _bury(connection: duckdb.DuckDBPyConnection, live: set[str]) -> None:
    """Runs that are said to be running and are not have been killed."""
    running = connection.execute("select distinct run_id from runs where status = 'running'").fetchall()
    for (run_id,) in running:
        if run_id not in live:
            connection.execute("update runs set status = 'killed' where run_id = ?", [run_id])
