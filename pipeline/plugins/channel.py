"""What host and worker say to each other: JSON frames over a socket, raw columns through a shared file.

The file has no name from the start (in memory where the system has /dev/shm), so nothing is left of it
however either side ends. Nothing that comes through is ever executed: no pickle.
"""

from __future__ import annotations

import json
import os
import socket
import struct
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any

import numpy as np

from pipeline.model.column import FloatArray

__all__ = ["Channel", "append_bytes", "nameless_file", "read_bytes", "read_columns", "write_columns"]

_LENGTH = struct.Struct("<I")
_LARGEST = 64 * 1024 * 1024
_WIDTH = 8


class Channel:
    """Frames over one end of a socket: four bytes of length, then JSON."""

    def __init__(self, end: socket.socket) -> None:
        self._socket = end

    def send(self, frame: dict[str, Any]) -> None:
        """Send a frame. Raises OSError when the other side is gone."""
        self._socket.settimeout(None)
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
        data = self._exactly(length, until) if length <= _LARGEST else None
        if data is None:
            return None
        try:
            frame = json.loads(data)
        except ValueError:
            return None
        return frame if isinstance(frame, dict) else None

    def close(self) -> None:
        """Hang up."""
        self._socket.close()

    def _exactly(self, count: int, until: float | None) -> bytes | None:
        found = bytearray()
        while len(found) < count:
            left = None if until is None else until - time.monotonic()
            if left is not None and left <= 0:
                raise TimeoutError
            self._socket.settimeout(left)
            try:
                part = self._socket.recv(min(count - len(found), 1 << 20))
            except ConnectionError:
                return None
            if not part:
                return None
            found += part
        return bytes(found)


def nameless_file() -> IO[bytes]:
    """A file without a name, in memory where there is a place for such files, else in the temp folder."""
    shared = Path("/dev/shm")  # noqa: S108 - the system's place for shared memory; the file is never seen there
    folder = shared if shared.is_dir() and os.access(shared, os.W_OK) else None
    return tempfile.TemporaryFile(buffering=0, dir=folder)


def write_columns(file: IO[bytes], columns: Sequence[np.ndarray[Any, Any]]) -> None:
    """Replace what is in the file by arrays of 8 bytes a value, one after the other."""
    file.truncate(0)
    file.seek(0)
    for column in columns:
        _write(file, np.ascontiguousarray(column).view(np.uint8).data)


def append_bytes(file: IO[bytes], data: bytes) -> None:
    """Write more behind what was written last."""
    _write(file, memoryview(data))


def _write(file: IO[bytes], data: memoryview) -> None:
    while data:  # one call writes at most 2 GB
        data = data[file.write(data) :]


def read_bytes(file: IO[bytes]) -> bytearray:
    """All that is in the file, as a copy: the other side may write on."""
    data = bytearray(os.fstat(file.fileno()).st_size)
    file.seek(0)
    view = memoryview(data)
    while view and (count := file.readinto(view)):  # type: ignore[attr-defined]
        view = view[count:]
    return data


def read_columns(
    file: IO[bytes], rows: Sequence[int], tails: Sequence[int] = ()
) -> tuple[list[FloatArray], list[bytes]] | None:
    """Arrays of so many `rows` from the file, and the pieces of bytes behind them, `tails` being their lengths.

    None when it has not exactly as many bytes.
    """
    if os.fstat(file.fileno()).st_size != sum(rows) * _WIDTH + sum(tails):
        return None
    data = read_bytes(file)
    found, at = [], 0
    for count in rows:
        column = np.frombuffer(data, np.float64, count, at)
        column.flags.writeable = False
        found.append(column)
        at += count * _WIDTH
    pieces = []
    for length in tails:
        pieces.append(bytes(data[at : at + length]))
        at += length
    return found, pieces
