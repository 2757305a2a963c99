"""Changing the published file: work on a copy, then rename the copy into place.

Whoever changes it holds the project's lock. Readers keep the file that they opened; nobody ever sees a
half-written one, and a crash at any point leaves it as it was.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from pipeline.store.connect import connect_quietly
from pipeline.store.quote import literal

__all__ = ["drafted", "publish_lock"]


@contextmanager
def publish_lock(private: Path, *, wait: bool = True) -> Iterator[bool]:
    """Be the only one who changes the published file; waits for another one to end. Raises OSError.

    Gives False, and no lock, when there is another one and not to `wait`.
    """
    private.mkdir(parents=True, exist_ok=True)
    # the lock goes with the process that holds it, however it ends
    with (private / "publish.lock").open("a") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            yield False
            return
        yield True


@contextmanager
def drafted(database: Path, draft: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection to a copy of `database`, which takes its place when the block ends well.

    `draft` is where the copy is made, on the same disk. The caller holds the lock. Raises OSError, duckdb.Error.
    """
    draft.unlink(missing_ok=True)
    Path(f"{draft}.wal").unlink(missing_ok=True)
    if database.exists():
        shutil.copyfile(database, draft)
    with connect_quietly() as connection:
        # an older storage format, so that clients of DuckDB 1.5 can open the file as well
        connection.execute(f"attach {literal(str(draft))} as draft (storage_version 'v1.5.0')")
        connection.execute("use draft")
        yield connection
        connection.execute("use memory.main")
        connection.execute("checkpoint draft")
        connection.execute("detach draft")
    _fsync(draft)
    draft.replace(database)
    _fsync(database.parent)


def _fsync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
