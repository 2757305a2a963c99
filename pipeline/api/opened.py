"""The project as it is opened: one engine for all requests, opened anew when the settings changed."""

from __future__ import annotations

import threading
from pathlib import Path

from pipeline.engine import Engine
from pipeline.errors import SettingsError
from pipeline.settings import CONFIG_NAME

__all__ = ["Opened"]


class Opened:
    """An engine that many threads may use.

    What it answers from is frozen or guarded: the registry is a snapshot, each question to the database has a
    connection of its own, heads of the market are read anew, and plugins are reloaded under a lock.
    """

    def __init__(self, root: Path) -> None:
        """Open the project at `root`. Raises SettingsError."""
        self._lock = threading.Lock()
        self._stamp = _stamp(root)
        self._engine = Engine.open(root)

    @property
    def engine(self) -> Engine:
        """The engine, with the settings as they are now, or as they were last without a fault."""
        root = self._engine.project.root
        with self._lock:
            stamp = _stamp(root)
            if stamp != self._stamp:
                self._stamp = stamp
                try:
                    opened = Engine.open(root)
                except SettingsError:  # said by the log of the plugins; the last good ones stay
                    return self._engine
                opened.plugins.take(self._engine.discovery)
                self._engine = opened
            return self._engine


def _stamp(root: Path) -> tuple[int, int]:
    try:
        state = (root / CONFIG_NAME).stat()
    except OSError:
        return 0, 0
    return state.st_mtime_ns, state.st_size
