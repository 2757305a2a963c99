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
from pipeline.store.amend import amend_draft
from pipeline.store.connect import connect_reader
from pipeline.store.draft import publish_lock
from pipeline.store.migrate import is_current, store_row
from pipeline.store.tables import SCHEMA_VERSION

__all__ = ["is_sound", "mended"]


@contextmanager
def mended(database: Path, private: Path) -> Iterator[Path]:
    """A file that can be asked: the published one, mended where it must be.

    Where the project cannot be written, a mended copy that goes with the block. Raises StoreError TG603
    when the file cannot be read, TG601 when its folder cannot be either, TG605 when there is none.
    """
    segments = private / "segments"
    if _looks_sound(database, segments):
        yield database
        return
    try:
        with publish_lock(private):
            if not _looks_sound(database, segments):  # nobody else did it meanwhile
                _mend(database, private / "draft.duckdb", segments)
    except OSError:
        with TemporaryDirectory(prefix="tradegraph-") as folder:
            yield _mended_copy(database, Path(folder), segments)
        return
    yield database


def _mended_copy(database: Path, folder: Path, segments: Path) -> Path:
    copy = folder / database.name
    try:
        shutil.copyfile(database, copy)
        _mend(copy, folder / "draft.duckdb", segments)
    except OSError as error:
        raise StoreError(
            f"{database} cannot be mended after the project was moved: {error}",
            hint="`tradegraph doctor` looks at permissions and space.",
        ) from error
    return copy


def is_sound(connection: duckdb.DuckDBPyConnection, database: Path) -> bool:
    """True when the file that a reader is connected to needs no mending where it lies."""
    row = store_row(connection)
    if row is not None and row["schema_version"] > SCHEMA_VERSION:  # it is not ours to mend
        return True
    return row is not None and row["root"] == str(database.parent) and is_current(connection)


def _looks_sound(database: Path, segments: Path) -> bool:
    with connect_reader(database, segments) as connection:
        return is_sound(connection, database)


def _mend(database: Path, draft: Path, segments: Path) -> None:
    try:
        amend_draft(database, draft, segments, lambda _: ())
    except duckdb.Error as error:
        raise StoreError(
            f"{database} cannot be mended after the project was moved: {error}",
            code="TG603",
            hint="Move it away and run again: everything is then computed anew.",
        ) from error
