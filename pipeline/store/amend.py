"""Amending the published file: rows are changed in a draft, the views that depend on them are made anew."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TypeAlias

import duckdb

from pipeline.errors import StoreError
from pipeline.store.draft import drafted, publish_lock
from pipeline.store.migrate import migrate, store_row
from pipeline.store.views import drop_graph, refresh_graph

__all__ = ["amend", "amend_draft", "moved_graphs"]

# as text: typing would hold the class beyond the interpreter's end, which DuckDB complains about on stderr
Work: TypeAlias = "Callable[[duckdb.DuckDBPyConnection], Iterable[str]]"
"""Changes rows and gives the graphs whose views are due."""


def amend(database: Path, private: Path, work: Work, *, locked: bool = False) -> None:
    """Let `work` change the rows of the published file; whole or not at all.

    Waits for the lock unless the caller has it. Raises StoreError TG601 when the file cannot be written.
    """
    lock: AbstractContextManager[object] = nullcontext() if locked else publish_lock(private)
    try:
        with lock:
            amend_draft(database, private / "draft.duckdb", private / "segments", work)
    except OSError as error:
        raise StoreError(
            f"cannot change {database}: {error.strerror or error}",
            hint="Nothing was changed. `tradegraph doctor` looks at permissions and space.",
        ) from error
    except duckdb.Error as error:
        raise StoreError(f"cannot change {database}: {error}") from error


def amend_draft(database: Path, draft: Path, segments: Path, work: Work) -> None:
    """The same for a caller who has the lock and says where the draft is made. Raises OSError, duckdb.Error."""
    root = segments.parent.parent
    with drafted(database, draft) as connection:
        connection.execute("begin")
        migrate(connection)
        graphs = {*moved_graphs(connection, root), *work(connection)}
        connection.execute("commit")
        # views are bound when they are made: the rows that they depend on must be committed first
        connection.execute("begin")
        present = {graph for (graph,) in connection.execute("select distinct graph from runs").fetchall()}
        for graph in sorted(graphs):
            if graph in present:
                refresh_graph(connection, graph, segments)
            else:
                drop_graph(connection, graph)
        connection.execute("commit")


def moved_graphs(connection: duckdb.DuckDBPyConnection, root: Path) -> list[str]:
    """Graphs whose views point to where the project was before; none when it lies where it lay.

    The file says from now on that it lies at `root`.
    """
    row = store_row(connection)
    before = row["root"] if row else None
    connection.execute("update store set root = ?", [str(root)])
    if before in (None, str(root)):
        return []
    return [graph for (graph,) in connection.execute("select distinct graph from runs order by graph").fetchall()]
