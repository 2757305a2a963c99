"""What host and worker say to each other: JSON frames over a socket, raw columns through a shared file.

The file has no name from the start (in memory where the system has /dev/shm), so nothing is left of it
however either side ends. Nothing that comes through is ever executed: no pickle.
"""

from __future__ import annotations

import json
import mmap
import os
import select
import socket
import struct
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO, Any

import numpy as np

from pipeline.model.column import FloatArray

__all__ = ["Channel", "append_bytes", "nameless_file", "read_bytes", "read_columns", "write_columns"]

_LENGTH = struct.Struct("<I")
_LARGEST = 64 * 1024 * 1024
_SEND = 60.0
"""Seconds for the other side to take what is sent: who waits longer waits for somebody who stands still."""
_WIDTH = 8


class Channel:
    """Frames over one end of a socket: four bytes of length, then JSON.

    Frames that come in may have `largest` bytes. `wait` is called before each read, with the instant (of the monotonic
    clock) at which patience ends: it comes back when there is something to read, or raises TimeoutError.
    """

    def __init__(
        self, end: socket.socket, *, largest: int = _LARGEST, wait: Callable[[float | None], None] | None = None
    ) -> None:
        end.settimeout(_SEND)
        self._socket = end
        self._largest = largest
        self._wait = wait or self._patiently

    def fileno(self) -> int:
        """The socket's descriptor."""
        return self._socket.fileno()

    def send(self, frame: dict[str, Any]) -> None:
        """Send a frame. Raises OSError when the other side is gone."""
        data = json.dumps(frame).encode()
        self._socket.sendall(_LENGTH.pack(len(data)) + data)

    def receive(self, limit: float | None = None) -> dict[str, Any] | None:
        """The next frame; None when the other side is gone or says something else than a frame.

        Raises TimeoutError when it has not come whole after `limit` seconds.
        """
        until = None if limit is None else time.monotonic() + limit
        head = self._exactly(_LENGTH.size, until)
        if head is None:
            return None
        (length,) = _LENGTH.unpack(head)
        data = self._exactly(length, until) if length <= self._largest else None
        if data is None:
            return None
        try:
            frame = json.loads(data)
        except (ValueError, RecursionError):
            return None
        return frame if isinstance(frame, dict) else None

    def close(self) -> None:
        """Hang up."""
        self._socket.close()

    def _exactly(self, count: int, until: float | None) -> bytes | None:
        found = bytearray()
        while len(found) < count:
            self._wait(until)
            try:
                part = self._socket.recv(min(count - len(found), 1 << 20))
            except ConnectionError:
                return None
            if not part:
                return None
            found += part
        return bytes(found)

    def _patiently(self, until: float | None) -> None:
        poll = select.poll()
        poll.register(self._socket, select.POLLIN)
        if not poll.poll(None if until is None else max(until - time.monotonic(), 0.0) * 1e3):
            raise TimeoutError


def nameless_file() -> IO[bytes]:
    """A file without a name, in memory where there is a place for such files, else in the temp folder."""
    if hasattr(os, "memfd_create"):  # of no file system: that of /dev/shm may be small, as in containers
        return os.fdopen(os.memfd_create("tradegraph"), "w+b", 0)
    shared = Path("/dev/shm")  # noqa: S108 - the system's place for shared memory; the file is never seen there
    folder = shared if shared.is_dir() and os.access(shared, os.W_OK) else None
    return tempfile.TemporaryFile(buffering=0, dir=folder)


def write_columns(file: IO[bytes], columns: Sequence[np.ndarray[Any, Any]]) -> None:
    """Replace what is in the file by arrays of 8 bytes a value, one after the other.

    What is there is overwritten and cut off behind: fresh pages cost more than the copy.
    """
    file.seek(0)
    for column in columns:
        _write(file, np.ascontiguousarray(column).view(np.uint8).data)
    file.truncate()


def append_bytes(file: IO[bytes], data: bytes) -> None:
    """Write more behind what was written last."""
    _write(file, memoryview(data))


def _write(file: IO[bytes], data: memoryview) -> None:
    while data:  # one call writes at most 2 GB
        data = data[file.write(data) :]


def read_bytes(file: IO[bytes], most: int) -> bytes:
    """What is in the file, at most so many bytes."""
    return bytes(_copied(file, min(os.fstat(file.fileno()).st_size, most)))


def read_columns(
    file: IO[bytes], rows: Sequence[int], tail: int = 0, *, shared: bool = False
) -> tuple[list[FloatArray], memoryview] | None:
    """Arrays of so many `rows` from the file, and the `tail` bytes behind them.

    `shared` ones are the memory of the file itself, for a reader who trusts its writer; others are a copy, which nobody
    can change after it was looked at. None when it has not exactly as many bytes.
    """
    size = sum(rows) * _WIDTH + tail
    if os.fstat(file.fileno()).st_size != size:
        return None
    if shared and size:
        data = memoryview(mmap.mmap(file.fileno(), size, access=mmap.ACCESS_READ))
    else:
        data = _copied(file, size)
    found, at = [], 0
    for count in rows:
        column = np.frombuffer(data, np.float64, count, at)
        column.flags.writeable = False
        found.append(column)
        at += count * _WIDTH
    return found, data[at:]


def _copied(file: IO[bytes], size: int) -> memoryview:
    """So many bytes from the beginning of the file; zeros where it has become shorter meanwhile."""
    data = np.empty(size, np.uint8).data
    at = 0
    file.seek(0)
    while at < size and (count := file.readinto(data[at:])):  # type: ignore[attr-defined]
        at += count
    data[at:] = bytes(size - at)
    return data
