"""Journals: what one run has to tell the database, as Parquet files in a folder of its own.

The folder appears by one rename, complete or not at all. It stays until a publish has landed it.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from pathlib import Path

from pipeline.errors import StoreError
from pipeline.execution.run import Run
from pipeline.store.record import PluginRow, record_of
from pipeline.store.segment import Segments

__all__ = ["read_pending", "write_journal"]

_RIGHTS = "`tradegraph doctor` looks at permissions and space."


def write_journal(folder: Path, run: Run, segments: Segments, plugins: Iterable[PluginRow]) -> Path:
    """Write the journal of a run below `folder`; durable and visible as a whole when this returns."""
    temporary = folder / f".{run.id}.tmp"
    final = folder / run.id
    try:
        temporary.mkdir(parents=True, exist_ok=True)
        for name, frame in record_of(run, segments, plugins).items():
            frame.write_parquet(temporary / f"{name}.parquet", compression="lz4")
            _fsync(temporary / f"{name}.parquet")
        _fsync(temporary)
        temporary.rename(final)
        _fsync(folder)
    except OSError as error:
        shutil.rmtree(temporary, ignore_errors=True)
        raise StoreError(f"cannot write the journal {final}: {error.strerror or error}", hint=_RIGHTS) from error
    return final


def read_pending(folder: Path) -> list[Path]:
    """Journals that wait to be published, oldest first. Raises StoreError TG601 when they cannot be looked at."""
    try:
        return sorted(path for path in folder.glob("*") if path.is_dir() and not path.name.startswith("."))
    except OSError as error:
        raise StoreError(f"cannot read {folder}: {error.strerror or error}", hint=_RIGHTS) from error


def _fsync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
