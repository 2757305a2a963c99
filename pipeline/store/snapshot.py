"""Tables that are not about runs: published whole, in place of what they were before."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path

import duckdb
import polars as pl

from pipeline.errors import StoreError
from pipeline.store.amend import moved_graphs
from pipeline.store.draft import drafted, publish_lock
from pipeline.store.migrate import migrate
from pipeline.store.quote import identifier, literal
from pipeline.store.views import refresh_graph

__all__ = ["publish_tables"]


def publish_tables(database: Path, private: Path, tables: Callable[[], Mapping[str, pl.DataFrame]]) -> float:
    """Replace tables in the published file, by name; gives the milliseconds that it took.

    They are asked for when nobody else publishes any more, so of two at once the later one has the later state.
    Readers keep the file that they opened. Raises StoreError TG601 when it cannot be written.
    """
    began = time.perf_counter()
    waiting = private / "tables"
    try:
        waiting.mkdir(parents=True, exist_ok=True)
        with publish_lock(private), drafted(database, private / "draft.duckdb") as connection:
            migrate(connection)
            for graph in moved_graphs(connection, private.parent):
                refresh_graph(connection, graph, private / "segments")
            for name, frame in tables().items():
                file = waiting / f"{name}.parquet"
                frame.write_parquet(file)
                source = f"read_parquet({literal(str(file))})"
                connection.execute(f"create or replace table {identifier(name)} as select * from {source}")
                file.unlink()
    except OSError as error:
        raise StoreError(f"cannot publish {database}: {error.strerror or error}") from error
    except duckdb.Error as error:
        raise StoreError(f"cannot publish {database}: {error}") from error
    return (time.perf_counter() - began) * 1e3
