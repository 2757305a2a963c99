"""What workers say beside their answers: lines for the log, and what their code prints."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from pipeline.plugins.workers.process import WorkerProcess

__all__ = ["Ear"]

_LINES = 1_000
"""So many lines of an order go into the log."""
_LONGEST = 10_000
"""Characters of a line."""
_LOG = "tradegraph.plugin"


class Ear:
    """Hears a worker out while it carries out one order."""

    def __init__(self, worker: WorkerProcess) -> None:
        self._worker = worker
        self._lines = 0

    def hear(self, until: float | None) -> Mapping[str, Any] | None:
        """The next frame that is not for the log, before an instant of the monotonic clock; None when none is to come.

        Raises as `receive` does.
        """
        while True:
            frame = self._worker.receive(None if until is None else max(until - time.monotonic(), 0.0))
            if frame is None or "log" not in frame:
                return frame
            self._lines += 1
            if self._lines <= _LINES:
                level, name, text = frame["log"]
                named = str(name) if str(name).startswith(f"{_LOG}.") else _LOG
                said = str(text)[:_LONGEST].replace("\n", "\\n")
                logging.getLogger(named[:100]).log(min(max(int(level), 0), 50), "%s", said)

    def printed(self) -> str:
        """What the order has printed. It goes to stderr too, never to stdout, where somebody waits for an answer."""
        text = self._worker.printed()
        if text:
            with suppress(OSError, ValueError):
                sys.stderr.write(text if text.endswith("\n") else f"{text}\n")
        return text
