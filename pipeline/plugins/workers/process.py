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
from typing import Any

import numpy as np

from pipeline.plugins.confine import Bounds
from pipeline.plugins.printable import cleaned, printable
from pipeline.plugins.workers.channel import Channel
from pipeline.plugins.workers.forkserver import ForkServer
from pipeline.plugins.workers.lifeline import WHERE_SIGNAL, end_group
from pipeline.plugins.workers.pages import Inbox, Pages, nameless_file
from pipeline.plugins.workers.watchdog import LOOK, Watchdog

__all__ = ["WorkerProcess"]

_SAY_WHERE = 0.07
"""Seconds for a hanging worker to write down where it is; usually a millisecond."""
_SAY_HOW = 0.25
"""Seconds for one that hung up to be gone."""
_LARGEST = 4 * 1024 * 1024
"""Bytes of a frame; what is larger goes through the file."""
_LINES = 16 * 1024
_LATE = 1_000
"""So many more reads after patience ended: an answer that came in time and was found late, but no endless talk."""
_PROCESSORS = os.cpu_count() or 1
_SECONDS_OVER = 5


class WorkerProcess:
    """A worker and the host's ends of what connects the two. `isolation` says what holds it in; "" until it is set up.

    With `bounds` it is watched: while somebody waits for a frame, its memory and threads are looked at.
    """

    def __init__(self, server: ForkServer, bounds: Bounds | None) -> None:
        self.isolation = ""
        self._began = time.monotonic()
        self._server, self._bounds = server, bounds
        self._inbox, self.outbox, self._lines = Inbox(), Pages.fresh(), nameless_file()
        mine, its = socket.socketpair()
        lifeline, self._lifeline = os.pipe()
        self._output, output = os.pipe()
        os.set_blocking(self._output, False)
        self.channel = Channel(mine, largest=_LARGEST, wait=self._wait)
        self._poll = select.poll()
        self._poll.register(self.channel, select.POLLIN)
        self._poll.register(self._output, select.POLLIN)
        self._printed, self._dropped = bytearray(), 0
        self.watchdog: Watchdog | None = None
        self._late = 0
        inbox = self._inbox.pages.for_reading()
        passed = [its.fileno(), lifeline, inbox, self.outbox.descriptor, self._lines, output]
        try:
            self.pid = server.fork(passed)
        except BaseException:
            self._let_go()
            raise
        finally:
            its.close()
            os.close(lifeline)
            os.close(output)
            os.close(inbox)
        if bounds is not None:
            shared = (self._inbox.pages.descriptor, self.outbox.descriptor, self._lines)
            self.watchdog = Watchdog(self.pid, bounds, shared)

    def send(self, frame: Mapping[str, Any], columns: Sequence[np.ndarray[Any, Any]] = ()) -> None:
        """Hand over an order, with columns in the shared memory. Raises OSError."""
        os.ftruncate(self._lines, 0)
        os.lseek(self._lines, 0, os.SEEK_SET)
        self._printed.clear()
        self._dropped = 0
        self._late = 0
        self._inbox.put(columns)
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
        self._inbox.rest()
        self.outbox.give_back()

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
            before, size = size, os.fstat(self._lines).st_size
            if size and size == before:
                break
            time.sleep(0.003)
        return printable(os.pread(self._lines, _LINES, 0).decode("utf-8", "replace"))

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
        os.close(self._lines)
        self._inbox.pages.close()
        self.outbox.close()

    def _wait(self, until: float | None) -> None:
        """Wait for the channel; meanwhile take what is printed, and look after bounds."""
        while True:
            now = time.monotonic()
            patience = LOOK if until is None else max(min(until - now, LOOK), 0.0)
            ready = [descriptor for descriptor, _ in self._poll.poll(patience * 1e3)]
            if self.watchdog is not None:
                self.watchdog.look(now)
            if self._output in ready and not self._drain():
                self._poll.unregister(self._output)  # it has closed its end: that says nothing
            over = until is not None and now >= until
            self._late += over
            if self.channel.fileno() in ready and self._late <= _LATE:
                return
            if over:
                raise TimeoutError

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


def _name(number: int) -> str:
    with suppress(ValueError):
        return signal.Signals(number).name
    return f"signal {number}"
