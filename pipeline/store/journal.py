"""Journals: what one run has to tell the database, as Parquet files in folders of their own.

A folder is one increment, `<run>.00000`, `<run>.00001` … while the run goes on, `<run>` when it has ended. It
appears by one rename, complete or not at all, and stays until a publish has landed it.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from pathlib import Path

import polars as pl

from pipeline.errors import StoreError
from pipeline.store.record import Increment, PluginRow, record_of
from pipeline.store.tables import SCHEMA_VERSION

__all__ = ["read_pending", "run_of", "schema_of", "write_journal"]

_SCHEMA = "tradegraph.schema"
_RIGHTS = "`tradegraph doctor` looks at permissions and space."


def write_journal(folder: Path, name: str, increment: Increment, plugins: Iterable[PluginRow]) -> Path:
    """Write an increment below `folder`; durable and visible as a whole when this returns."""
    temporary = folder / f".{name}.tmp"
    final = folder / name
    try:
        temporary.mkdir(parents=True, exist_ok=True)
        for table, frame in record_of(increment, plugins).items():
            frame.write_parquet(
                temporary / f"{table}.parquet", compression="lz4", metadata={_SCHEMA: str(SCHEMA_VERSION)}
            )
            _fsync(temporary / f"{table}.parquet")
        _fsync(temporary)
        temporary.rename(final)
        _fsync(folder)
    except (OSError, pl.exceptions.PolarsError) as error:  # a full disk is polars' own error
        shutil.rmtree(temporary, ignore_errors=True)
        what = getattr(error, "strerror", None) or error
        raise StoreError(f"cannot write the journal {final}: {what}", hint=_RIGHTS) from error
    return final


def run_of(journal: Path) -> str:
    """The id of the run that a journal is of."""
    return journal.name.partition(".")[0]


def schema_of(journal: Path) -> int:
    """The version of the tables that a journal was written for. Raises OSError or PolarsError when it is damaged."""
    written = [int(pl.read_parquet_metadata(file).get(_SCHEMA, 1)) for file in journal.iterdir()]
    return max(written, default=SCHEMA_VERSION)


def read_pending(folder: Path) -> list[Path]:
    """Journals that wait to be published, oldest first. Raises StoreError TG601 when they cannot be looked at."""
    try:
        found = [path for path in folder.glob("*") if path.is_dir() and not path.name.startswith(".")]
    except OSError as error:
        raise StoreError(f"cannot read {folder}: {error.strerror or error}", hint=_RIGHTS) from error
    # of a run, the last increment goes without a number
    return sorted(found, key=lambda path: (run_of(path), "." not in path.name, path.name))


def _fsync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
