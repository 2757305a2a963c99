"""Ctrl-C during a run: it ends the computing, and does not lose what was computed."""

from __future__ import annotations

import signal
import threading
from types import FrameType

from pipeline.cli.fault import tell
from pipeline.execution.protocols import Progress

__all__ = ["Patience"]


class Patience:
    """A progress between the run and whoever tells of it, that knows when only storing is left.

    As a context it takes SIGINT: as long as nodes are waiting it is the usual KeyboardInterrupt, which
    the engine answers by storing what it has. From then on a first one is only noted, in `pressed`; one more ends
    the process and loses what is not stored yet. Where SIGINT is ignored or handled already, it stays so.
    """

    def __init__(self, told: Progress, *, nodes: int) -> None:
        self._told = told
        self._waiting = nodes
        self._taken = False
        self.pressed = False

    def __enter__(self) -> Patience:
        usual = signal.getsignal(signal.SIGINT) is signal.default_int_handler
        if usual and threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGINT, self._press)
            self._taken = True
        return self

    def __exit__(self, *_: object) -> None:
        if self._taken:
            signal.signal(signal.SIGINT, signal.default_int_handler)

    def started(self, *, steps: int, cached: int) -> None:
        """The plan is made."""
        self._told.started(steps=steps, cached=cached)

    def finished(self, *, node: str, status: str, ms: float | None, rows: int | None, message: str) -> None:
        """A node is done."""
        self._waiting -= 1
        self._told.finished(node=node, status=status, ms=ms, rows=rows, message=message)

    def _press(self, _number: int, _frame: FrameType | None) -> None:
        if self._waiting > 0 or self.pressed:
            raise KeyboardInterrupt
        self.pressed = True
        tell("storing what was computed; Ctrl-C again drops it")
