"""A worker process as its host sees it: descriptors, a watchdog, what it prints, and its end."""

from __future__ import annotations

import os
import resource
import select
import signal
import socket
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.plugins.confine import Bounds
from pipeline.plugins.printable import cleaned, printable
from pipeline.plugins.workers.channel import Channel, nameless_file, read_bytes, write_columns
from pipeline.plugins.workers.forkserver import ForkServer
from pipeline.plugins.workers.lifeline import WHERE_SIGNAL, end_group

__all__ = ["Exceeded", "WorkerProcess"]

_SAY_WHERE = 0.07
"""Seconds for a hanging worker to write down where it is; usually a millisecond."""
_SAY_HOW = 0.25
"""Seconds for one that hung up to be gone."""
_LOOK = 0.025
"""Seconds between two looks at its memory and threads."""
_LARGEST = 4 * 1024 * 1024
"""Bytes of a frame; what is larger goes through the file."""
_LINES = 16 * 1024
_PROCESSORS = os.cpu_count() or 1
_SECONDS_OVER = 5


class Exceeded(Exception):
    """The worker took more than its bounds; the text says of what."""


class WorkerProcess:
    """A worker and the host's ends of what connects the two. `isolation` says what holds it in; "" until it is set up.

    With `bounds` it is watched: while somebody waits for a frame, its memory and threads are looked at.
    """

    def __init__(self, server: ForkServer, bounds: Bounds | None) -> None:
        self.isolation = ""
        self._began = time.monotonic()
        self._server, self._bounds = server, bounds
        self._inbox, self.outbox, self._lines = nameless_file(), nameless_file(), nameless_file()
        mine, its = socket.socketpair()
        lifeline, self._lifeline = os.pipe()
        self._output, output = os.pipe()
        os.set_blocking(self._output, False)
        self.channel = Channel(mine, largest=_LARGEST, wait=self._wait)
        self._poll = select.poll()
        self._poll.register(self.channel, select.POLLIN)
        self._poll.register(self._output, select.POLLIN)
        self._printed, self._dropped = bytearray(), 0
        self._base: int | None = None
        self._next_look = 0.0
        passed = [its.fileno(), lifeline, *(file.fileno() for file in (self._inbox, self.outbox, self._lines)), output]
        try:
            self.pid = server.fork(passed)
        except BaseException:
            self._let_go()
            raise
        finally:
            its.close()
            os.close(lifeline)
            os.close(output)

    def send(self, frame: Mapping[str, Any], columns: Sequence[np.ndarray[Any, Any]] = ()) -> None:
        """Hand over an order, with columns in the file. Raises OSError."""
        self._lines.truncate(0)
        self._lines.seek(0)
        self._printed.clear()
        self._dropped = 0
        write_columns(self._inbox, columns)
        self.channel.send(dict(frame))

    def receive(self, limit: float | None) -> dict[str, Any] | None:
        """The next frame, its texts fit to be shown; None when there is none to come.

        Raises TimeoutError after `limit` seconds, Exceeded when it takes more than its bounds.
        """
        frame = self.channel.receive(limit)
        try:
            found: dict[str, Any] | None = cleaned(frame)
        except RecursionError:  # nothing that is meant nests so deep
            return None
        return found

    def rest(self) -> None:
        """Let it stand still until it is woken: what a plugin has left running does not go on by itself."""
        self._tell(signal.SIGSTOP)

    def wake(self) -> None:
        """Let it go on."""
        self._tell(signal.SIGCONT)

    def _tell(self, what: signal.Signals) -> None:
        with suppress(OSError):  # it is gone: that is heard when it is asked
            os.killpg(self.pid, what)

    def bound_processor(self, seconds: float | None) -> None:
        """Let it use the processors for so many seconds of wall time and a few more: it ends if nobody ends it."""
        with suppress(OSError, ValueError, AttributeError):  # a system without it
            if seconds is None:
                resource.prlimit(self.pid, resource.RLIMIT_CPU, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
                return
            # it cannot have used more so far than all processors have given since it began
            most = int((time.monotonic() - self._began + seconds) * _PROCESSORS) + _SECONDS_OVER
            resource.prlimit(self.pid, resource.RLIMIT_CPU, (most, resource.RLIM_INFINITY))

    def printed(self) -> str:
        """What it has printed since the last order, as far as it is kept, fit to be shown."""
        self._drain(most=16)
        text = printable(self._printed.decode("utf-8", "replace"))
        return f"{text}\n… and {self._dropped:,} bytes more\n" if self._dropped else text

    def where(self) -> str:
        """At which lines its threads are, the innermost first; "" when it does not say."""
        with suppress(OSError):
            os.kill(self.pid, WHERE_SIGNAL)
        until, size = time.monotonic() + _SAY_WHERE, 0
        while time.monotonic() < until:
            before, size = size, os.fstat(self._lines.fileno()).st_size
            if size and size == before:
                break
            time.sleep(0.003)
        return printable(read_bytes(self._lines, _LINES).decode("utf-8", "replace"))

    def how_it_ended(self) -> str:
        """What became of the process, in words."""
        status = self._server.status(self.pid, _SAY_HOW)
        if status is None:
            return "hung up"
        if status == -signal.SIGSYS:
            return "was killed by SIGSYS: it reached for other processes or for the system"
        if status < 0:
            return f"was killed by {_name(-status)}"
        return f"ended with status {status} during the call"

    def kill(self) -> None:
        """End the process and all that it started; nothing can resist that."""
        end_group(self.pid)
        self._server.status(self.pid, _SAY_HOW)
        self._let_go()

    def _let_go(self) -> None:
        self.channel.close()
        os.close(self._lifeline)
        os.close(self._output)
        for file in (self._inbox, self.outbox, self._lines):
            file.close()

    def _wait(self, until: float | None) -> None:
        """Wait for the channel; meanwhile take what is printed, and look after bounds."""
        while True:
            now = time.monotonic()
            patience = _LOOK if until is None else max(min(until - now, _LOOK), 0.0)
            ready = [descriptor for descriptor, _ in self._poll.poll(patience * 1e3)]
            if self._output in ready and not self._drain():
                self._poll.unregister(self._output)  # it has closed its end: that says nothing
            if self.channel.fileno() in ready:
                return
            if until is not None and now >= until:
                raise TimeoutError
            if now >= self._next_look:
                self._next_look = now + _LOOK
                self._look()

    def _drain(self, most: int = 4) -> bool:
        """Take what is printed, so that it can go on; False when the other end is closed."""
        room = (self._bounds or Bounds()).output
        for _ in range(most):
            try:
                part = os.read(self._output, 1 << 16)
            except BlockingIOError:
                return True
            if not part:
                return False
            kept = part[: max(room - len(self._printed), 0)]
            self._printed += kept
            self._dropped += len(part) - len(kept)
        return True

    def _look(self) -> None:
        if self._bounds is None:
            return
        try:
            status = Path(f"/proc/{self.pid}/status").read_bytes()
        except OSError:  # gone, or a system without /proc
            return
        told = dict(line.split(b":", 1) for line in status.splitlines() if line.startswith((b"VmRSS", b"Threads")))
        size = int(told.get(b"VmRSS", b"0").split()[0]) * 1024
        self._base = size if self._base is None else self._base
        if self._bounds.memory is not None and size - self._base > self._bounds.memory:
            raise Exceeded(f"more than {self._bounds.memory / 2**20:,.0f} MB of memory")
        if int(told.get(b"Threads", b"1")) > self._bounds.threads:
            raise Exceeded(f"more than {self._bounds.threads} threads")


def _name(number: int) -> str:
    with suppress(ValueError):
        return signal.Signals(number).name
    return f"signal {number}"
