"""DuckDB connections as this product opens them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from pipeline.errors import StoreError
from pipeline.store.quote import literal

__all__ = ["connect_quietly", "connect_reader"]


@contextmanager
def connect_quietly() -> Iterator[duckdb.DuckDBPyConnection]:
    """An in-memory connection that writes no progress bar and closes with the block."""
    connection = duckdb.connect(":memory:")
    try:
        connection.execute("set enable_progress_bar = false")
        connection.execute("set TimeZone = 'UTC'")
        yield connection
    finally:
        connection.close()


@contextmanager
def connect_reader(database: Path, segments: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A read-only connection to the published file that can reach the project's segments and nothing else.

    Raises StoreError TG605 when nothing has been published yet.
    """
    if not database.exists():
        raise StoreError(
            f"{database} does not exist: nothing has been run yet",
            code="TG605",
            hint="Run a graph first: tradegraph run graphs/ema_cross.yaml",
        )
    connection = duckdb.connect(str(database), read_only=True)
    try:
        connection.execute("set enable_progress_bar = false")
        connection.execute("set TimeZone = 'UTC'")
        connection.execute(f"set allowed_directories = [{literal(f'{segments}/')}]")
        connection.execute("set enable_external_access = false")
        connection.execute("set lock_configuration = true")
        yield connection
    finally:
        connection.close()
