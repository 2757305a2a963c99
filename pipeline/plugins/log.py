"""The log of plugins: `logs/plugin_system.log` of a project, rotated, as `logging` and `development_mode` say."""

from __future__ import annotations

import logging
import os
import sys
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path

from pipeline.settings import Settings

__all__ = ["LOG_FILE", "level_of", "open_log", "write_to"]

LOG_FILE = Path("logs") / "plugin_system.log"
_BYTES = 1_000_000
_KEPT = 5


def open_log(root: Path, settings: Settings) -> logging.Logger:
    """The logger of plugins, writing into the log of the project at `root` from now on.

    A process has one such log: that of the project that was opened or used last. The file appears with its first line.
    """
    return write_to(root, level_of(settings))


def write_to(root: Path, level: str) -> logging.Logger:
    """The same with a level."""
    logger = logging.getLogger("tradegraph.plugin")
    logger.setLevel(level)
    file = root / LOG_FILE
    handlers = [handler for handler in logger.handlers if isinstance(handler, _LogFile)]
    if not any(handler.path == file for handler in handlers):
        for handler in handlers:
            logger.removeHandler(handler)
            handler.close()
        logger.addHandler(_LogFile(file))
    return logger


def level_of(settings: Settings) -> str:
    """The least severe level that is written: `debug_logging` wins over `log_level`."""
    return "DEBUG" if settings.development_mode.debug_logging else settings.logging.log_level


class _LogFile(RotatingFileHandler):
    def __init__(self, path: Path) -> None:
        super().__init__(path, maxBytes=_BYTES, backupCount=_KEPT, encoding="utf-8", delay=True)
        self.path = path
        self._told = False
        self.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))

    def _open(self) -> TextIOWrapper:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        return super()._open()

    def emit(self, record: logging.LogRecord) -> None:
        """Write a line; into a new file where somebody has taken the old one away."""
        stream = self.stream
        if stream is not None and not self._is(stream):
            stream.close()
            self.stream = None
        super().emit(record)

    def _is(self, stream: TextIOWrapper) -> bool:
        try:
            return self.path.stat().st_ino == os.fstat(stream.fileno()).st_ino
        except OSError:
            return False

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802, ARG002 - the base class's name
        """Say once that the log cannot be written; whoever logs goes on."""
        if not self._told:
            self._told = True
            sys.stderr.write(f"the log {self.path} cannot be written: {sys.exc_info()[1]}\n")
