"""Journals: what one run has to tell the database, as Parquet files in folders of their own.

A folder is one increment, `<run>.00000`, `<run>.00001` … while the run goes on, `<run>` when it has ended. It
appears by one rename, complete or not at all, and stays until a publish has landed it. Its `seal.json` has the
version of the tables that it was written for and the checksum of every file.
"""

from __future__ import annotations

import json
import os
import shutil
import zlib
from collections.abc import Mapping
from pathlib import Path

import polars as pl

from pipeline.errors import StoreError
from pipeline.store.tables import SCHEMA_VERSION

__all__ = ["is_intact", "read_pending", "run_of", "schema_of", "write_frames"]

_RIGHTS = "`tradegraph doctor` looks at permissions and space."
_SEAL = "seal.json"


def write_frames(folder: Path, name: str, frames: Mapping[str, pl.DataFrame]) -> Path:
    """Write a journal of rows by table below `folder`; durable and visible as a whole when this returns.

    Raises StoreError TG601 when it cannot be written.
    """
    temporary = folder / f".{name}.tmp"
    final = folder / name
    try:
        temporary.mkdir(parents=True, exist_ok=True)
        checksums = {}
        for table, frame in frames.items():
            file = temporary / f"{table}.parquet"
            frame.write_parquet(file, compression="lz4")
            checksums[file.name] = zlib.crc32(file.read_bytes())
        (temporary / _SEAL).write_text(json.dumps({"schema": SCHEMA_VERSION, "files": checksums}))
        for file in (*temporary.iterdir(), temporary):
            _fsync(file)
        temporary.rename(final)
        _fsync(folder)
    except (OSError, pl.exceptions.PolarsError) as error:  # a full disk is polars' own error
        shutil.rmtree(temporary, ignore_errors=True)
        what = getattr(error, "strerror", None) or error
        raise StoreError(f"cannot write the journal {final}: {what}", hint=_RIGHTS) from error
    return final


def is_intact(journal: Path) -> bool:
    """True when a journal has the files that it was written with, each as it was; an older one has no seal."""
    if not (journal / _SEAL).exists():
        return all(_is_parquet(file) for file in journal.iterdir())
    try:
        files: dict[str, int] = json.loads((journal / _SEAL).read_text())["files"]
        return all(zlib.crc32((journal / name).read_bytes()) == checksum for name, checksum in files.items())
    except (OSError, ValueError, LookupError, AttributeError):
        return False


def schema_of(journal: Path) -> int:
    """The version of the tables that an intact journal was written for; 1 for one without a seal."""
    seal = journal / _SEAL
    return int(json.loads(seal.read_text())["schema"]) if seal.exists() else 1


def _is_parquet(file: Path) -> bool:
    try:
        pl.read_parquet_schema(file)
    except (OSError, pl.exceptions.PolarsError):
        return False
    return True


def run_of(journal: Path) -> str:
    """The id of the run that a journal is of."""
    return journal.name.partition(".")[0]


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
