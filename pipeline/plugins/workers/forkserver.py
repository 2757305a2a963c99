"""The fork server: a process that has imported everything and computed nothing, from which workers are forked.

To start a worker costs some ten milliseconds so, against a second for a process that imports by itself: each plugin can
have one of its own. A polars that has run a query hangs in a forked child; this process never runs any.
There is one for each process of the engine, started when a worker is first wanted and ended with it.
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

from pipeline.plugins.workers.channel import Channel
from pipeline.plugins.workers.lifeline import end_group

__all__ = ["ForkServer", "forkserver"]

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
        self.close = weakref.finalize(self, _end, process, self._channel, held)
        """End it. Workers that it has started go on."""

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


_running: dict[str | None, ForkServer] = {}
_starting = threading.Lock()


def forkserver(hash_seed: str | None = None) -> ForkServer:
    """The fork server of this process; another one for a seed of Python's hashes. One that ended is replaced."""
    with _starting:
        found = _running.get(hash_seed)
        if found is None or not found.alive:
            found = _running[hash_seed] = ForkServer(hash_seed)
        return found


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


def _end(process: subprocess.Popen[bytes], channel: Channel, lifeline: int) -> None:
    channel.close()
    os.close(lifeline)
    end_group(process.pid)
    process.wait()
