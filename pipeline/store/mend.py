"""Mending the published file before it is asked: after the project was moved, and after an update.

Views name their segments by full path, so that any client can use them; a project that lies elsewhere
now has them made anew by the first command that reads. Nothing is computed for that.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from pipeline.errors import StoreError
from pipeline.store.connect import connect_reader
from pipeline.store.draft import drafted, publish_lock
from pipeline.store.migrate import is_current, migrate, store_row
from pipeline.store.tables import SCHEMA_VERSION
from pipeline.store.views import refresh_graph

__all__ = ["mended", "moved_graphs"]


@contextmanager
def mended(database: Path, private: Path) -> Iterator[Path]:
    """A file that can be asked: the published one, mended where it must be.

    Where the project cannot be written, a mended copy that goes with the block. Raises StoreError TG603
    when the file cannot be read, TG601 when its folder cannot be either, TG605 when there is none.
    """
    segments = private / "segments"
    if _is_sound(database, segments):
        yield database
        return
    try:
        with publish_lock(private):
            if not _is_sound(database, segments):  # nobody else did it meanwhile
                _mend(database, private / "draft.duckdb", segments, database.parent)
    except OSError:
        with TemporaryDirectory(prefix="tradegraph-") as folder:
            yield _mended_copy(database, Path(folder), segments)
        return
    yield database


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


def _mended_copy(database: Path, folder: Path, segments: Path) -> Path:
    copy = folder / database.name
    try:
        shutil.copyfile(database, copy)
        _mend(copy, folder / "draft.duckdb", segments, database.parent)
    except OSError as error:
        raise StoreError(
            f"{database} cannot be mended after the project was moved: {error}",
            hint="`tradegraph doctor` looks at permissions and space.",
        ) from error
    return copy


def _is_sound(database: Path, segments: Path) -> bool:
    with connect_reader(database, segments) as connection:
        row = store_row(connection)
        if row is not None and row["schema_version"] > SCHEMA_VERSION:  # it is not ours to mend
            return True
        return row is not None and row["root"] == str(database.parent) and is_current(connection)


def _mend(database: Path, draft: Path, segments: Path, root: Path) -> None:
    try:
        with drafted(database, draft) as connection:
            connection.execute("begin")
            migrate(connection)
            graphs = moved_graphs(connection, root)
            connection.execute("commit")
            connection.execute("begin")
            for graph in graphs:
                refresh_graph(connection, graph, segments)
            connection.execute("commit")
    except duckdb.Error as error:
        raise StoreError(
            f"{database} cannot be mended after the project was moved: {error}",
            code="TG603",
            hint="Move it away and run again: everything is then computed anew.",
        ) from error
