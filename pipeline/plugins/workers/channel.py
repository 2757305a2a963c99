"""What host and worker say to each other: JSON frames over a socket; columns go through `pages`.

Nothing that comes through is ever executed: no pickle.
"""

from __future__ import annotations

import json
import select
import socket
import struct
import time
from collections.abc import Callable
from typing import Any

__all__ = ["Channel"]

_LENGTH = struct.Struct("<I")
_LARGEST = 64 * 1024 * 1024
_SEND = 60.0
"""Seconds for the other side to take what is sent: who waits longer waits for somebody who stands still."""


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
