"""Writing a segment file anew with fewer values in it."""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Set as AbstractSet
from pathlib import Path

import duckdb
import polars as pl

from pipeline.store.pack import is_pack
from pipeline.store.quote import literal
from pipeline.store.segment import is_intact, seal

__all__ = ["WORTHWHILE", "needless_bytes", "rewritten"]

WORTHWHILE = 0.5
"""A file is written anew when more than this share of it is needed by nobody; see docs/store.md for figures."""
_AXIS = ("symbol", "ts")


def needless_bytes(connection: duckdb.DuckDBPyConnection, path: Path, keep: AbstractSet[str]) -> int:
    """The bytes of a segment's columns that belong to none of `keep`; 0 for a table, one value, and for a pack."""
    if is_pack(path):  # its rows are few bytes
        return 0
    if keep >= set(_keys(path)):  # nearly always, and it spares DuckDB the footer
        return 0
    rows = connection.execute(
        "select split_part(path_in_schema, '.', 1), sum(total_compressed_size)"
        f" from parquet_metadata({literal(str(path))}) group by all"
    ).fetchall()
    return int(sum(size for key, size in rows if key not in keep and key not in _AXIS))


def rewritten(path: Path, keep: Collection[str]) -> Path | None:
    """A new file beside `path` with the columns of `keep` alone; None when `path` is damaged.

    It is durable when this returns; `path` stays. Raises OSError.
    """
    if not is_intact(path):
        return None
    keys = [key for key in _keys(path) if key in keep]
    columns = [name for name in pl.read_parquet_schema(path) if name in _AXIS or name.partition(".")[0] in keep]
    frame = pl.read_parquet(path, columns=columns)
    temporary = path.parent / f"{path.name.partition('.')[0]}.tmp"
    frame.write_parquet(temporary, compression="lz4", metadata={"tradegraph.keys": " ".join(keys)})
    return seal(temporary)


def _keys(path: Path) -> list[str]:
    return pl.read_parquet_metadata(path).get("tradegraph.keys", "").split()
