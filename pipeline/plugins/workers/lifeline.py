"""A pipe that nobody writes to: when its other end closes, whoever held that end is gone.

Where the system can (Linux), the kernel itself then kills the worker's whole process group: that works
while a node hangs in C and holds the interpreter's lock, and does not depend on which thread of the
parent started it, as a parent-death signal does. Elsewhere a thread waits at the pipe.
"""

from __future__ import annotations

import fcntl
import os
import select
import signal
import sys
import threading
from contextlib import suppress

__all__ = ["WHERE_SIGNAL", "end_group", "hold_lifeline"]

WHERE_SIGNAL = signal.SIGUSR1
"""Makes a worker write down at which lines its threads are, also while they are inside C code."""


def hold_lifeline(descriptor: int) -> None:
    """End this process and its group when the other end of the pipe closes. The process leads its group."""
    os.set_inheritable(descriptor, False)
    if sys.platform == "linux":
        fcntl.fcntl(descriptor, fcntl.F_SETOWN, -os.getpgrp())
        fcntl.fcntl(descriptor, fcntl.F_SETSIG, signal.SIGKILL)
        flags = fcntl.fcntl(descriptor, fcntl.F_GETFL)
        fcntl.fcntl(descriptor, fcntl.F_SETFL, flags | os.O_ASYNC)
        if select.select([descriptor], [], [], 0)[0]:  # it closed before the kernel was asked
            _end()
        return
    threading.Thread(target=_wait, args=(descriptor,), daemon=True).start()


def end_group(leader: int) -> None:
    """End a process that leads its group, and all that it started; nothing can resist that."""
    with suppress(OSError):  # all gone already
        os.killpg(leader, signal.SIGKILL)


def _wait(descriptor: int) -> None:
    os.read(descriptor, 1)
    _end()


def _end() -> None:
    os.killpg(os.getpgrp(), signal.SIGKILL)
