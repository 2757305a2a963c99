"""Memory that host and worker share: a file without a name, mapped on both sides and kept from call to call.

A page that was used before costs a tenth of a fresh one, and what lies there already is not written again. The file
can only grow, which is sealed where the system has seals: whoever has it mapped never reaches for a page that is gone.
It is in memory where the system has /dev/shm, and nothing is left of it however either side ends.
"""

from __future__ import annotations

import fcntl
import mmap
import os
import tempfile
import weakref
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from pipeline.model.column import Column, FloatArray

__all__ = ["Array", "Inbox", "Pages", "nameless_file", "read_columns", "write_columns"]

Array: TypeAlias = np.ndarray[Any, Any]

_WIDTH = 8
_STEP = 1 << 20
_KEPT = 64 << 20
"""Bytes of columns that stay in memory while nobody works with them."""


def nameless_file(*, grows_only: bool = False) -> int:
    """The descriptor of an empty file without a name, in memory where there is a place for such files.

    One that `grows_only` can be made shorter by nobody, where the system can do that.
    """
    if hasattr(os, "memfd_create"):  # of no file system: that of /dev/shm may be small, as in containers
        if not grows_only:
            return os.memfd_create("tradegraph")
        descriptor = os.memfd_create("tradegraph", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        with suppress(OSError):  # a kernel without seals
            fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_SEAL)
        return descriptor
    shared = Path("/dev/shm")  # noqa: S108 - the system's place for shared memory; the file is never seen there
    folder = shared if shared.is_dir() and os.access(shared, os.W_OK) else None
    with tempfile.TemporaryFile(buffering=0, dir=folder) as file:
        return os.dup(file.fileno())


class Pages:
    """A shared file as memory, by its descriptor, which it owns. Without `writes` it can only be looked at."""

    def __init__(self, descriptor: int, *, writes: bool = False) -> None:
        self.descriptor = descriptor
        self._access = mmap.ACCESS_WRITE if writes else mmap.ACCESS_READ
        self._map: mmap.mmap | None = None

    @classmethod
    def fresh(cls, *, writes: bool = False) -> Pages:
        """A new file, that nobody can make shorter."""
        return cls(nameless_file(grows_only=True), writes=writes)

    def for_reading(self) -> int:
        """Another descriptor of the file, through which nobody can write where the system can tell the two apart."""
        with suppress(OSError):
            return os.open(f"/proc/self/fd/{self.descriptor}", os.O_RDONLY | os.O_CLOEXEC)
        return os.dup(self.descriptor)

    def grow(self, size: int) -> None:
        """Make room for so many bytes. Raises OSError where there is none."""
        if os.fstat(self.descriptor).st_size < size:
            os.ftruncate(self.descriptor, -(-size // _STEP) * _STEP)

    def room(self, size: int) -> mmap.mmap | None:
        """The memory, at least so many bytes of it; None when the file is shorter."""
        if self._map is None or len(self._map) < size:
            there = os.fstat(self.descriptor).st_size
            if there < size:
                return None
            # arrays that somebody holds keep the old one alive
            self._map = mmap.mmap(self.descriptor, there, access=self._access)
        return self._map

    def arrays(self, rows: Sequence[int]) -> list[FloatArray] | None:
        """The memory as arrays of so many `rows`, one behind the other; None when the file is shorter."""
        total = sum(rows) * _WIDTH
        if not total:
            return [np.empty(0) for _ in rows]
        memory = self.room(total)
        if memory is None:
            return None
        found, at = [], 0
        for count in rows:
            found.append(np.frombuffer(memory, np.float64, count, at))
            at += count * _WIDTH
        return found

    def give_back(self) -> bool:
        """Let go of the memory when it is much; true when it was. What lay there is lost."""
        if self._map is None or os.fstat(self.descriptor).st_blocks * 512 <= _KEPT:
            return False
        with suppress(OSError, AttributeError, ValueError):  # a system that cannot
            self._map.madvise(mmap.MADV_REMOVE)
        return True

    def close(self) -> None:
        """Let go of the file; arrays of it that somebody holds go on."""
        self._map = None
        os.close(self.descriptor)


class Inbox:
    """Columns on their way to a worker. Those that lie there since the last call are not written again."""

    def __init__(self) -> None:
        self.pages = Pages.fresh(writes=True)
        self._lying: list[tuple[int, weakref.ref[Array] | None]] = []

    def put(self, columns: Sequence[Array]) -> None:
        """Replace what is there by arrays of 8 bytes a value, one after the other. Raises OSError.

        An array that nobody may write into, and that is the same object as last time at its place, counts as unchanged.
        """
        self.pages.grow(sum(map(len, columns)) * _WIDTH)
        places = self.pages.arrays([len(column) for column in columns])
        assert places is not None
        before, self._lying = self._lying, []
        at = 0
        for slot, (place, column) in enumerate(zip(places, columns, strict=True)):
            known = before[slot] if slot < len(before) else (-1, None)
            if known[0] != at or known[1] is None or known[1]() is not column:
                np.copyto(place.view(column.dtype), column)
            self._lying.append((at, None if column.flags.writeable else weakref.ref(column)))
            at += len(column) * _WIDTH

    def rest(self) -> None:
        """Nobody will need it for a while: what is large goes."""
        if self.pages.give_back():
            self._lying = []


def write_columns(pages: Pages, columns: Sequence[Column], pieces: Sequence[bytes] = ()) -> int:
    """Replace what is there by columns, one after the other, and by `pieces` behind them; gives the bytes of all."""
    size = sum(map(len, columns)) * _WIDTH
    whole = size + sum(map(len, pieces))
    pages.grow(whole)
    places = pages.arrays([len(column) for column in columns])
    assert places is not None
    for place, column in zip(places, columns, strict=True):
        column.write(place)
    memory = pages.room(whole) if pieces else None
    for piece in pieces:
        assert memory is not None
        memory[size : size + len(piece)] = piece
        size += len(piece)
    return whole


def read_columns(pages: Pages, rows: Sequence[int], tail: int = 0) -> tuple[list[FloatArray], memoryview] | None:
    """Arrays of so many `rows`, and the `tail` bytes behind them, None when the file is shorter.

    They are a copy, which nobody can change any more when it is looked at.
    """
    size = sum(rows) * _WIDTH
    places, memory = pages.arrays(rows), pages.room(size + tail) if tail else None
    if places is None or (tail and memory is None):
        return None
    found = [place.copy() for place in places]
    for column in found:
        column.flags.writeable = False
    return found, memoryview(b"" if memory is None else memory[size : size + tail])
