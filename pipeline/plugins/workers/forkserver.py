"""The fork server: a process that has imported everything and computed nothing, from which workers are forked.

To start a worker costs some ten milliseconds so, against a second for a process that imports by itself: each plugin can
have one of its own. A polars that has run a query hangs in a forked child; this process never runs any.
There is one for each process of the engine, started when a worker is first wanted and ended with it. Those of processes
that compute for another one are forked from its fork server: to import everything costs a second of a processor.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
import weakref
from collections.abc import Sequence
from contextlib import suppress
from multiprocessing.connection import Connection

from pipeline.plugins.workers.channel import Channel
from pipeline.plugins.workers.lifeline import end_group

__all__ = ["ForkServer", "Shared", "forkserver", "shared_forkserver"]

_START = """\
import json, sys
sys.path[:] = json.loads(sys.argv[1])
from pipeline.plugins.workers.forkserver_main import main
main(*map(int, sys.argv[2:]))
"""
_READY = 120.0
"""Seconds for it to import what workers need, and to answer; usually one, and a millisecond."""
_KEPT = ("LANG", "LANGUAGE", "LC_", "LD_LIBRARY_PATH", "NUMBA_", "PYTHONHASHSEED", "TZ")
"""Variables of the environment, by their beginnings, that a worker gets to see."""
_ONE_THREAD = ("POLARS_MAX_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")


class ForkServer:
    """A running fork server. For any thread; `close` it, or let it end with this process."""

    def __init__(self, hash_seed: str | None = None) -> None:
        self._lock = threading.Lock()
        mine, its = socket.socketpair()
        lifeline, held = os.pipe()
        command = [sys.executable, "-P", "-c", _START, json.dumps(sys.path), str(its.fileno()), str(lifeline)]
        try:
            process = subprocess.Popen(  # noqa: S603 - this interpreter, and code written above
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=None if _has_stderr() else subprocess.DEVNULL,
                pass_fds=[its.fileno(), lifeline],
                start_new_session=True,
                env=_environment(hash_seed),
            )
        except BaseException:
            mine.close()
            os.close(held)
            raise
        finally:
            its.close()
            os.close(lifeline)
        self._socket = mine
        self._channel = Channel(mine)
        self._owner = os.getpid()
        self.close: weakref.finalize[..., ForkServer] = weakref.finalize(self, _end, process, self._channel, held)
        """End it. Workers that it has started go on."""

    @classmethod
    def _of(cls, end: socket.socket, held: int) -> ForkServer:
        """The one at the other end of a socket, which ends when `held` is closed."""
        server = cls.__new__(cls)
        server._lock, server._socket, server._channel = threading.Lock(), end, Channel(end)
        server._owner = os.getpid()
        server.close = weakref.finalize(server, _leave, server._channel, held)
        return server

    @property
    def alive(self) -> bool:
        """False when it has ended, or belongs to the process that this one was forked from."""
        return self.close.alive and self._owner == os.getpid()

    def fork(self, descriptors: Sequence[int]) -> int:
        """Start a worker that gets these descriptors; gives its process id. Raises OSError."""
        with self._lock:
            try:
                socket.send_fds(self._socket, [b"f"], list(descriptors))
            except OSError:
                self.close()
                raise
            return int(self._answer()["pid"] or 0)

    def double(self) -> Shared:
        """Another one that is forked from this, for another process of the engine. Raises OSError."""
        mine, its = socket.socketpair()
        lifeline, held = os.pipe()
        try:
            with self._lock:  # nobody waits for it: orders to it may be sent before it is there
                socket.send_fds(self._socket, [b"d"], [its.fileno(), lifeline])
        except OSError:
            mine.close()
            os.close(held)
            raise
        finally:
            its.close()
            os.close(lifeline)
        return Shared(mine, Connection(held, readable=False))

    def status(self, pid: int, patience: float) -> int | None:
        """How a worker ended, as `waitpid` tells; None when it has not after so many seconds, or nobody knows.

        Until this is asked, the id of a worker that ended means nobody else.
        """
        with self._lock, suppress(OSError):
            socket.send_fds(self._socket, [b"w"], [])
            self._channel.send({"pid": pid, "patience": patience})
            found = self._answer()["status"]
            return None if found is None else int(found)
        return None

    def _answer(self) -> dict[str, int | None]:
        try:
            found = self._channel.receive(_READY)
        except TimeoutError:
            found = None
        if found is None:
            self.close()
            raise OSError("the fork server ended")
        if "error" in found:
            raise OSError(str(found["error"]))
        return found


class Shared:
    """A fork server on its way to another process, whose own it is there when this is called."""

    def __init__(self, end: socket.socket, held: Connection) -> None:
        self._end, self._held = end, held

    def __call__(self) -> None:
        """Use it in this process."""
        held = os.dup(self._held.fileno())
        self._held.close()
        _running[None] = ForkServer._of(self._end, held)

    def close(self) -> None:
        """Let go of it here."""
        self._end.close()
        self._held.close()


_running: dict[str | None, ForkServer] = {}
_starting = threading.Lock()


def forkserver(hash_seed: str | None = None) -> ForkServer:
    """The fork server of this process; another one for a seed of Python's hashes. One that ended is replaced."""
    with _starting:
        found = _running.get(hash_seed)
        if found is None or not found.alive:
            found = _running[hash_seed] = ForkServer(hash_seed)
        return found


def shared_forkserver() -> Shared:
    """One for another process, at hand in milliseconds when this process has one. Raises OSError."""
    return forkserver().double()


def _environment(hash_seed: str | None) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name.startswith(_KEPT)}
    kept |= dict.fromkeys(_ONE_THREAD, "1")
    return kept if hash_seed is None else {**kept, "PYTHONHASHSEED": hash_seed}


def _has_stderr() -> bool:
    try:
        os.fstat(2)
    except OSError:
        return False
    return True


def _leave(channel: Channel, lifeline: int) -> None:
    channel.close()
    os.close(lifeline)


def _end(process: subprocess.Popen[bytes], channel: Channel, lifeline: int) -> None:
    _leave(channel, lifeline)
    end_group(process.pid)
    process.wait()
