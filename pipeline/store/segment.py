"""Segments: Parquet files that hold the values of steps, many steps of one run together.

A column segment has symbol, ts and one column `<key>.<name>` per output of each step on one axis; a
table segment holds one table. Files are written under a temporary name, fsynced and renamed, then
listed in the run's journal. The name ends with the checksum of the content: a file that is not listed,
not as long as listed or not what its name says is not read.
"""

from __future__ import annotations

import mmap
import os
import zlib
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from pipeline.errors import StoreError
from pipeline.execution.protocols import Value
from pipeline.model.bars import Panel
from pipeline.model.column import Column
from pipeline.model.kind import Dtype

__all__ = ["ObjectRow", "Segments", "is_intact", "seal"]

MAX_COLUMNS = 64
"""Columns of a file: DuckDB reads the whole footer to bind a view, 0.7 ms at 64 columns, 3 ms at 1,000."""
MAX_BYTES = 256 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class ObjectRow:
    """Where a value rests: the segment's file name below the segment folder, its rows, the file's bytes."""

    key: str
    segment: str
    rows: int
    bytes: int


@dataclass
class _Pending:
    """Columns of one axis that wait to be written."""

    panel: Panel
    series: list[pl.Series]
    keys: list[str]
    size: int = 0


class Segments:
    """The object store of one run. `lookup` gives the rows of keys that earlier runs stored."""

    def __init__(self, folder: Path, run_id: str, lookup: Callable[[Sequence[str]], Mapping[str, ObjectRow]]) -> None:
        self._folder = folder
        self._run_id = run_id
        self._lookup = lookup
        self._known: dict[str, ObjectRow] = {}
        self._pending: dict[int, _Pending] = {}
        self._count = 0
        self._intact: set[str] = set()
        self.written: list[ObjectRow] = []

    def find(self, keys: Sequence[str]) -> set[str]:
        """Those of `keys` whose segment is there, as long as it was when it was written."""
        found = self._lookup([key for key in keys if key not in self._known])
        sizes: dict[str, int | None] = {}
        for key, row in found.items():
            if row.segment not in sizes:
                sizes[row.segment] = _size(self._folder / row.segment)
            if sizes[row.segment] == row.bytes:
                self._known[key] = row
        return {key for key in keys if key in self._known}

    def read(self, key: str, columns: Sequence[tuple[str, Dtype]]) -> Value | None:
        """The value of a key: its columns, or its table when `columns` is empty; None when it cannot be read."""
        self._write_if_pending(key)
        row = self._known.get(key)
        if row is None:
            return None
        path = self._folder / row.segment
        wanted = [f"{key}.{name}" for name, _ in columns] or None
        try:
            frame = pl.read_parquet(path, columns=wanted) if self._vouches_for(row.segment) else None
        except (OSError, pl.exceptions.PolarsError):
            frame = None
        if frame is None:
            del self._known[key]
            return None
        if not columns:
            return frame
        return {name: Column(dtype=dtype, series=frame[f"{key}.{name}"]) for name, dtype in columns}

    def put(self, key: str, value: Value, panel: Panel | None) -> int:
        """Take a value; gives the bytes of its values. It is written when enough has gathered, or at `flush`."""
        if isinstance(value, pl.DataFrame):
            self._write(value, [key])
            return int(value.estimated_size())
        assert panel is not None
        pending = self._pending.setdefault(id(panel), _Pending(panel, [], []))
        size = 0
        for name, column in value.items():
            pending.series.append(column.series.alias(f"{key}.{name}"))
            size += column.nbytes
        pending.keys.append(key)
        pending.size += size
        if len(pending.series) >= MAX_COLUMNS or pending.size >= MAX_BYTES:
            self._write_pending(id(panel))
        return size

    def flush(self) -> None:
        """Write what is pending; everything put so far is durable afterwards."""
        for panel_id in list(self._pending):
            self._write_pending(panel_id)
        if self.written:
            _fsync(self._folder / self._run_id)

    def _vouches_for(self, segment: str) -> bool:
        """True when the file is as it was written; a damaged one is set aside, so the next plan computes it all."""
        if segment not in self._intact:
            path = self._folder / segment
            if not is_intact(path):
                path.rename(path.with_suffix(".damaged"))
                return False
            self._intact.add(segment)
        return True

    def _write_if_pending(self, key: str) -> None:
        for panel_id, pending in list(self._pending.items()):
            if key in pending.keys:
                self._write_pending(panel_id)

    def _write_pending(self, panel_id: int) -> None:
        pending = self._pending.pop(panel_id)
        axis = [pending.panel.symbol_column, pending.panel.ts.alias("ts")]
        self._write(pl.DataFrame([*axis, *pending.series]), pending.keys)

    def _write(self, frame: pl.DataFrame, keys: Sequence[str]) -> None:
        folder = self._folder / self._run_id
        temporary = folder / f"{self._count:05d}.tmp"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            frame.write_parquet(temporary, compression="lz4", metadata={"tradegraph.keys": " ".join(keys)})
            sealed = seal(temporary)
            name = f"{self._run_id}/{sealed.name}"
            size = sealed.stat().st_size
        except OSError as error:
            with suppress(OSError):
                temporary.unlink()
            raise StoreError(
                f"cannot write {temporary}: {error.strerror or error}",
                hint="Is the disk full, or the folder read-only?",
            ) from error
        self._count += 1
        self._intact.add(name)
        for key in keys:
            row = ObjectRow(key, name, frame.height, size)
            self.written.append(row)
            self._known[key] = row


def seal(temporary: Path) -> Path:
    """Give a segment file that was just written its name, which vouches for its content; durable afterwards."""
    _fsync(temporary)
    return temporary.rename(temporary.with_name(f"{temporary.stem}.{_checksum(temporary)}.parquet"))


def is_intact(path: Path) -> bool:
    """True when a segment file has the content that its name promises. Raises OSError when it cannot be read."""
    return path.name.endswith(f".{_checksum(path)}.parquet")


def _checksum(path: Path) -> str:
    # against torn writes and rotten disks, not against forgers, who could as well change the database
    with path.open("rb") as file:
        if not os.fstat(file.fileno()).st_size:
            return "empty"
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            return f"{zlib.crc32(data):08x}"


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except OSError:
        return None


def _fsync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
