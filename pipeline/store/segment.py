"""Segments: Parquet files that hold the values of steps, many steps of one run together.

A column segment has symbol, ts and one column `<key>.<name>` per output of each step on one axis; a
table segment holds one table. Files are written under a temporary name, fsynced and renamed, then
listed in the run's journal. The name ends with the checksum of the content: a file that is not listed,
not as long as listed or not what its name says is not read.
"""

from __future__ import annotations

import datetime as dt
import mmap
import os
import zlib
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, TypeAlias

import polars as pl

from pipeline.errors import StoreError
from pipeline.execution.holding import Coverage, Holding
from pipeline.execution.part import Part
from pipeline.execution.protocols import Value
from pipeline.model.bars import Panel
from pipeline.model.column import Column
from pipeline.model.kind import Dtype
from pipeline.store.claim import Claims
from pipeline.store.pack import MOST, is_pack, packed, unpacked

__all__ = ["HANDED", "MAX_BYTES", "Found", "Lookup", "ObjectRow", "Segments", "is_intact", "seal"]

MAX_COLUMNS = 64
"""Columns of a file: DuckDB reads the whole footer to bind a view, 0.7 ms at 64 columns, 3 ms at 1,000."""
MAX_BYTES = 256 * 1024 * 1024
HANDED = ".handed"
"""Marks a file by which processes of a run hand values over; its metadata has their keys."""


@dataclass(frozen=True, slots=True)
class ObjectRow:
    """Where a value rests: the segment's file name below the segment folder, its rows, the file's bytes.

    `holder` is the key that its columns are named by. A value with another holder is a part of that one: the
    symbols of its coverage, before `until` (None: to the end); how many rows that are is not known (None).
    """

    key: str
    recipe: str
    data: str
    segment: str
    holder: str
    until: dt.datetime | None
    rows: int | None
    bytes: int


@dataclass(frozen=True, slots=True)
class Found:
    """A stored value and where it rests."""

    holding: Holding
    row: ObjectRow


@dataclass
class _Pending:
    """Columns of one axis that wait to be written."""

    panel: Panel
    fate: _Fate
    series: list[pl.Series]
    holdings: list[Holding]
    size: int = 0


_Fate: TypeAlias = Literal["kept", "handed", "aside"]
"""What becomes of a file: it is listed, it is for other processes of the run, it goes with the process."""

Lookup: TypeAlias = Callable[[Sequence[Holding]], Sequence[Found]]
"""Of wanted values, those that earlier runs stored, and the newest few of the recipes of the others."""


class Segments:
    """The object store of one run. `lookup` gives what earlier runs stored, `seen` what others have told of so far.

    Values gather until they make a file of `gather` bytes: so much memory they take meanwhile. With `pack` small tables
    of one form gather as well. Several processes may store for one run, each with a `prefix` of its own. Columns of the
    recipes in `passed_on` are for those others alone: they stay on disk and are listed in `handed`, in no journal.
    """

    def __init__(
        self,
        folder: Path,
        run_id: str,
        lookup: Lookup,
        seen: Callable[[], object] = tuple,
        *,
        gather: int = MAX_BYTES,
        pack: bool = False,
        prefix: str = "",
    ) -> None:
        self._folder = folder
        self._prefix = prefix
        self.passed_on: Collection[str] = ()
        self.handed: list[Found] = []
        self._run_id = run_id
        self._lookup = lookup
        self._gather = min(gather, MAX_BYTES)
        self._packs = pack
        self._tables: dict[tuple[Any, ...], list[tuple[Sequence[Holding], pl.DataFrame]]] = {}
        self._unpacked: tuple[str, dict[str, pl.DataFrame]] = ("", {})
        self._known: dict[str, Found] = {}
        self._pending: dict[tuple[int, _Fate], _Pending] = {}
        self._temporary: list[Path] = []
        self._count = 0
        self._intact: set[str] = set()
        self._seen = seen
        self._others = seen()
        self.claims = Claims(folder.parent / "claims")
        self.written: list[ObjectRow] = []
        self.damaged: list[str] = []
        self._reported: set[str] = set()
        self.coverages: dict[str, Coverage] = {}

    def find(self, wanted: Sequence[Holding]) -> dict[str, list[Holding]]:
        """What is stored for each wanted recipe, if its segment is there, as long as it was when it was written."""
        self._others = self._seen()
        sizes: dict[str, int | None] = {}
        found: dict[str, list[Holding]] = {}
        for item in self._lookup([holding for holding in wanted if holding.key not in self._known]):
            segment = item.row.segment
            if segment not in sizes:
                sizes[segment] = _size(self._folder / segment)
            if segment and sizes[segment] != item.row.bytes:
                self._report(segment, "is gone" if sizes[segment] is None else "has another size than was written")
            elif segment:
                self._known[item.holding.key] = item
                found.setdefault(item.holding.recipe, []).append(item.holding)
        for holding in wanted:
            if holding.key in self._known:
                found[holding.recipe] = [holding]
        return found

    def read(self, key: str, columns: Sequence[tuple[str, Dtype]], part: Part | None = None) -> Value | None:
        """The value of a key or a part of it: its columns, or its table when `columns` is empty.

        None when it cannot be read.
        """
        self._write_if_pending(key)
        found = self._known.get(key)
        if found is None:
            return None
        row = found.row
        if row.holder != key:
            own = Part(found.holding.coverage.symbols, row.until)
            part = own if part is None else part.within(own)
        try:
            if self._vouches_for(row.segment):
                return self._read(row, columns, part)
        except (OSError, pl.exceptions.PolarsError):  # as good as gone
            self._report(row.segment, "cannot be read")
        del self._known[key]
        return None

    def put(self, holding: Holding, value: Value, panel: Panel | None, *, keep: bool = True) -> int:
        """Take a value; gives the bytes of its values. It is written when enough has gathered, or at `flush`.

        One that is not to be kept can be read until `close`, and is never listed.
        """
        if isinstance(value, pl.DataFrame):
            if self._packs and keep and value.height:
                self._gather_tables([holding], value)
            else:
                self._write(value, [holding], "kept" if keep else "aside")
            return int(value.estimated_size())
        assert panel is not None
        fate: _Fate = "handed" if holding.recipe in self.passed_on else "kept" if keep else "aside"
        group = id(panel), fate
        pending = self._pending.setdefault(group, _Pending(panel, fate, [], []))
        size = 0
        for name, column in value.items():
            pending.series.append(column.series.alias(f"{holding.key}.{name}"))
            size += column.nbytes
        pending.holdings.append(holding)
        pending.size += size
        if len(pending.series) >= MAX_COLUMNS or pending.size >= self._gather:
            self._write_pending(group)
        return size

    def put_rows(self, holdings: Sequence[Holding], table: pl.DataFrame) -> None:
        """Take the tables of many steps, which lie in one, the same number of rows for each."""
        if self._packs and table.height:
            self._gather_tables(holdings, table)
            return
        each = table.height // len(holdings)
        for place, holding in enumerate(holdings):
            self.put(holding, table.slice(place * each, each), None)

    def _gather_tables(self, holdings: Sequence[Holding], table: pl.DataFrame) -> None:
        form = (*table.columns, *table.dtypes)
        waiting = self._tables.setdefault(form, [])
        waiting.append((holdings, table))
        if sum(len(owners) for owners, _ in waiting) >= MOST:
            self._write_tables(form)

    def _write_tables(self, form: tuple[Any, ...]) -> None:
        waiting = self._tables.pop(form)
        frame = packed([([holding.key for holding in owners], table) for owners, table in waiting])
        self._write(frame, [holding for owners, _ in waiting for holding in owners], "kept", mark=".pack")

    def known(self, key: str) -> Found | None:
        """Where a value rests, as far as it was asked for or put here."""
        return self._known.get(key)

    def adopt(self, found: Iterable[Found]) -> None:
        """Take values that other processes stored for this run: they can be read, and are listed by whoever did."""
        self._known.update((item.row.key, item) for item in found)

    def alias(self, holding: Holding, part: Part, held: Holding) -> None:
        """Let a value be a part of another that is stored; nothing is copied."""
        if holding.key == held.key:
            return
        whole = self._known[held.key].row
        ends = [end for end in (part.end, whole.until) if end is not None]
        row = replace(
            whole,
            key=holding.key,
            recipe=holding.recipe,
            data=holding.coverage.data,
            until=min(ends) if ends else None,
            rows=None,
        )
        self._list(Found(holding, row))

    def claim(self, key: str) -> bool:
        """Say that this run computes a value; False when another run does so just now."""
        return self.claims.take(key)

    def wait(self, key: str) -> None:
        """Wait for the other run, and claim the value; all other claims are given up first."""
        self.claims.wait(key)

    def has_news(self) -> bool:
        """True when other runs have stored something since this was last asked, or since `find`."""
        before, self._others = self._others, self._seen()
        return before != self._others

    def flush(self) -> None:
        """Write what is pending; everything put so far is durable afterwards."""
        for group in list(self._pending):
            self._write_pending(group)
        for form in list(self._tables):
            self._write_tables(form)
        if self._count:
            _fsync(self._folder / self._run_id)

    def _vouches_for(self, segment: str) -> bool:
        """True when the file is as it was written; a damaged one is set aside, so the next plan computes it all."""
        if segment not in self._intact:
            path = self._folder / segment
            if not is_intact(path):
                path.rename(path.with_suffix(".damaged"))
                self._report(segment, "is damaged and was set aside")
                return False
            self._intact.add(segment)
        return True

    def _read(self, row: ObjectRow, columns: Sequence[tuple[str, Dtype]], part: Part | None) -> Value | None:
        path = self._folder / row.segment
        names = {f"{row.holder}.{name}": (name, dtype) for name, dtype in columns}
        if not columns:
            table = self._unpack(row) if is_pack(path) else pl.read_parquet(path)
            return table if part is None else part.of_table(table)
        frame = pl.read_parquet(path, columns=[*names, *(() if part is None else ("symbol", "ts"))])
        found = {name: Column(dtype=dtype, series=frame[stored]) for stored, (name, dtype) in names.items()}
        if part is None:
            return found
        rows = part.rows(frame["symbol"], frame["ts"])
        return {name: column.take(rows) for name, column in found.items()}

    def _unpack(self, row: ObjectRow) -> pl.DataFrame:
        if self._unpacked[0] != row.segment:  # the tables of a pack are asked for one after the other
            self._unpacked = row.segment, unpacked(self._folder / row.segment)
        return self._unpacked[1][row.holder]

    def close(self) -> None:
        """Remove what was not to be kept, and give up all claims."""
        for path in self._temporary:
            path.unlink(missing_ok=True)
        self.claims.release()

    def _report(self, segment: str, fact: str) -> None:
        if segment not in self._reported:  # a file that was set aside is gone when the next value is asked for
            self._reported.add(segment)
            said = f"the file of stored values {segment} {fact}; what it held is computed again where it is needed"
            self.damaged.append(said)

    def _list(self, found: Found) -> None:
        self.written.append(found.row)
        self.coverages[found.row.data] = found.holding.coverage
        self._known[found.holding.key] = found

    def _write_if_pending(self, key: str) -> None:
        for group, pending in list(self._pending.items()):
            if any(holding.key == key for holding in pending.holdings):
                self._write_pending(group)
        for form, waiting in list(self._tables.items()):
            if any(holding.key == key for owners, _ in waiting for holding in owners):
                self._write_tables(form)

    def _write_pending(self, group: tuple[int, _Fate]) -> None:
        pending = self._pending.pop(group)
        axis = [pending.panel.symbol_column, pending.panel.ts.alias("ts")]
        mark = HANDED if pending.fate == "handed" else ""
        self._write(pl.DataFrame([*axis, *pending.series]), pending.holdings, pending.fate, mark=mark)

    def _write(self, frame: pl.DataFrame, holdings: Sequence[Holding], fate: _Fate, *, mark: str = "") -> None:
        folder = self._folder / self._run_id
        temporary = folder / f"{self._prefix}{self._count:05d}{mark}.tmp"
        keys = " ".join(holding.key for holding in holdings)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            frame.write_parquet(temporary, compression="lz4", metadata={"tradegraph.keys": keys})
            sealed = seal(temporary)
            name = f"{self._run_id}/{sealed.name}"
            size = sealed.stat().st_size
        except (OSError, pl.exceptions.PolarsError) as error:  # a full disk is polars' own error
            with suppress(OSError):
                temporary.unlink()
            raise StoreError(
                f"cannot write {temporary}: {getattr(error, 'strerror', None) or error}",
                hint="Is the disk full, or the folder read-only?",
            ) from error
        self._count += 1
        self._intact.add(name)
        for holding in holdings:
            row = ObjectRow(
                holding.key, holding.recipe, holding.coverage.data, name, holding.key, None, frame.height, size
            )
            found = self._known[holding.key] = Found(holding, row)
            if fate == "kept":
                self._list(found)
            elif fate == "handed":
                self.handed.append(found)
        if fate == "aside":
            self._temporary.append(self._folder / name)


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
