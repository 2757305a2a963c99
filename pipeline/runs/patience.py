"""Ctrl-C or SIGTERM during a run: it ends the computing, and does not lose what was computed."""

from __future__ import annotations

import signal
import threading
import time
from types import FrameType
from typing import Any

from pipeline.execution.protocols import Progress

__all__ = ["Patience"]

_TOGETHER = 0.2
"""Seconds within which two signals are one."""


class Patience:
    """A progress between the run and whoever tells of it, that knows when only storing is left.

    `nodes` are told of one by one; None for a run of many graphs, which tells of each step once.

    As a context it takes SIGINT and SIGTERM: as long as nodes are waiting it is the usual KeyboardInterrupt, which
    the engine answers by storing what it has. When only storing is left a first one is noted, in `pressed`. A second
    one ends the process at once, whenever it comes, and loses what is not stored yet. Signals that come together are
    one: a terminal and a parent may both pass Ctrl-C on. Where a signal is ignored or handled already, it stays so.
    """

    def __init__(self, told: Progress, *, nodes: int | None = None) -> None:
        self._told = told
        self._nodes = nodes
        self._waiting = nodes or 1
        self._usual: dict[int, Any] = {}
        self.pressed = False
        self._at = 0.0

    def __enter__(self) -> Patience:
        if threading.current_thread() is threading.main_thread():
            for number, usual in ((signal.SIGINT, signal.default_int_handler), (signal.SIGTERM, signal.SIG_DFL)):
                if signal.getsignal(number) is usual:
                    signal.signal(number, self._press)
                    self._usual[number] = usual
        return self

    def __exit__(self, *_: object) -> None:
        for number, usual in self._usual.items():
            signal.signal(number, usual)

    def started(self, *, steps: int, cached: int) -> None:
        """The plan is made."""
        if self._nodes is None:
            self._waiting = steps
        self._told.started(steps=steps, cached=cached)

    def finished(self, *, node: str, status: str, ms: float | None, rows: int | None, message: str) -> None:
        """A node is done."""
        self._waiting -= 1
        self._told.finished(node=node, status=status, ms=ms, rows=rows, message=message)

    def _press(self, _number: int, _frame: FrameType | None) -> None:
        again, before, self._at = self.pressed, self._at, time.monotonic()
        self.pressed = True
        if again and self._at - before < _TOGETHER:
            return
        if self._waiting > 0 or again:
            raise KeyboardInterrupt
        self.noted()

    def noted(self) -> None:
        """It was asked to end while only storing was left. Nothing is said of it here."""
