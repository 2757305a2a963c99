"""An alarm: ends Python code of this process that takes too long.

It reaches code that runs in Python in the main thread, an endless loop for example; code that hangs in C is ended only
in a worker, which can be killed.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

__all__ = ["Overdue", "alarm"]

_AGAIN = 0.5
"""Seconds after which it rings again, for code that caught everything."""


class Overdue(BaseException):
    """The time is over. No Exception, so that a plugin's `except Exception` does not swallow it."""


@contextmanager
def alarm(limit: float | None) -> Iterator[None]:
    """Raise Overdue inside after `limit` seconds, where that is possible: in the main thread, if nobody else waits."""
    if (
        limit is None
        or threading.current_thread() is not threading.main_thread()
        or not hasattr(signal, "setitimer")
        or signal.getitimer(signal.ITIMER_REAL)[0] > 0.0
    ):
        yield
        return

    over: list[bool] = []

    def ring(_signal: int, _frame: FrameType | None) -> None:
        if not over:
            raise Overdue

    before = signal.signal(signal.SIGALRM, ring)
    try:
        try:
            signal.setitimer(signal.ITIMER_REAL, limit, _AGAIN)
            yield
        finally:
            over.append(True)  # it may ring here for the last time: what follows must not be interrupted
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, before)
