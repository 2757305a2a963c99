"""Removing runs: which ones a selection means, and taking their records out of the published file.

Values stay where they are until a collection finds that nothing kept needs them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import polars as pl

from pipeline.errors import UsageError, did_you_mean
from pipeline.store.amend import amend
from pipeline.store.failures import FailureFiles
from pipeline.store.live import live_runs
from pipeline.store.migrate import layout
from pipeline.store.query import Database

__all__ = ["RunOfGraph", "Selection", "remove", "select"]


@dataclass(frozen=True, slots=True, order=True)
class RunOfGraph:
    """One row of `runs`: a run, and one of the graphs that it ran."""

    run_id: str
    graph: str


@dataclass(frozen=True, slots=True)
class Selection:
    """Which runs are meant: those to which all of it applies.

    `runs` are ids, beginnings of them, latest or latest~N; `keep` leaves the newest of each graph out. A run
    of several graphs counts once for each, so a selection by graph leaves the others in place.
    """

    runs: tuple[str, ...] = ()
    graph: str | None = None
    older_than: dt.timedelta | None = None
    keep: int = 0


def select(database: Database, selection: Selection, private: Path) -> list[RunOfGraph]:
    """The runs that a selection means, the oldest first; runs in progress are never among them.

    Raises UsageError when the selection is empty, names a graph that never ran, or a run in progress,
    StoreError TG605 for a run that is not there.
    """
    if selection == Selection():
        hint = "Name runs, or say which: --older-than 30d, --graph NAME, --keep 5."
        raise UsageError("which runs are to be removed?", hint=hint)
    live = live_runs(private)
    named = {database.find_run(name) for name in selection.runs}
    if busy := sorted(named & live):
        raise UsageError(f"run {busy[0]} is in progress", hint="Stop it, or wait until it ends.")
    frame = database.sql("select run_id, graph, started_at from runs order by started_at desc, run_id desc, graph")
    if selection.graph is not None and selection.graph not in set(frame["graph"]):
        known = frame["graph"].unique().to_list()
        raise UsageError(f"no run of a graph {selection.graph!r}", hint=did_you_mean(selection.graph, known))
    newest = pl.int_range(pl.len()).over("graph")
    wanted = frame.with_columns(place=newest).filter(
        pl.col("place") >= selection.keep,
        ~pl.col("run_id").is_in(list(live)),
        pl.col("run_id").is_in(list(named)) if named else True,
        pl.col("graph") == selection.graph if selection.graph is not None else True,
    )
    if selection.older_than is not None:
        wanted = wanted.filter(pl.col("started_at") < dt.datetime.now(dt.UTC) - selection.older_than)
    return [RunOfGraph(run_id, graph) for run_id, graph in wanted.select("run_id", "graph").reverse().iter_rows()]


def remove(database: Path, private: Path, runs: Sequence[RunOfGraph]) -> None:
    """Take runs out of every table, and what they kept of failed calls; views show the latest of those that are left.

    Raises StoreError TG601.
    """
    if runs:
        amend(database, private, lambda connection: _delete(connection, runs))
    kept = FailureFiles(private / "failures")
    for run in runs:
        kept.remove(run.run_id, run.graph)


def _delete(connection: duckdb.DuckDBPyConnection, runs: Sequence[RunOfGraph]) -> set[str]:
    ids, graphs = [run.run_id for run in runs], [run.graph for run in runs]
    connection.execute("create temp table gone as select unnest(?) as run_id, unnest(?) as graph", [ids, graphs])
    tables = layout()
    for table, columns in tables.items():
        if {"run_id", "graph"} <= columns.keys():
            connection.execute(f"delete from {table} where (run_id, graph) in (from gone)")
    for table, columns in tables.items():
        if "run_id" in columns and "graph" not in columns:  # what belongs to a run as a whole goes with its last graph
            left = "select run_id from runs"
            connection.execute(
                f"delete from {table} where run_id in (select run_id from gone) and run_id not in ({left})"
            )
    connection.execute("drop table gone")
    return set(graphs)
