"""A watchdog: looks now and then at what a worker takes of the machine that no limit of the kernel counts."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from pathlib import Path

from pipeline.plugins.confine import Bounds

__all__ = ["LOOK", "Exceeded", "Watchdog"]

LOOK = 0.025
"""Seconds between two looks at memory and threads."""
_LOOK_AT_FILES = 0.25
_MOST_FILES = 4_096
_FIELDS = (b"VmRSS", b"RssShmem", b"Threads")


class Exceeded(Exception):
    """The worker took more than its bounds; the text says of what. `folder` is to go, once nobody can fill it again."""

    def __init__(self, text: str, folder: Path | None = None) -> None:
        super().__init__(text)
        self.folder = folder


class Watchdog:
    """Watches one process. `files` are the shared ones that it may fill; `folder` is the one that it may write into."""

    def __init__(self, pid: int, bounds: Bounds, files: Sequence[int]) -> None:
        self.folder: Path | None = None
        self._pid, self._bounds, self._files = pid, bounds, files
        self._base: int | None = None
        self._next = self._next_of_files = 0.0

    def look(self, now: float) -> None:
        """Look, if it is time for it at this instant of the monotonic clock. Raises Exceeded."""
        if now < self._next:
            return
        self._next = now + LOOK
        self._look_at_memory()
        if self.folder is not None and now >= self._next_of_files:
            self._look_at_files(self.folder)
            self._next_of_files = time.monotonic() + _LOOK_AT_FILES

    def _look_at_memory(self) -> None:
        bounds = self._bounds
        try:
            status = Path(f"/proc/{self._pid}/status").read_bytes()
        except OSError:  # gone, or a system without /proc
            return
        told = dict(line.split(b":", 1) for line in status.splitlines() if line.startswith(_FIELDS))
        size, shared = (int(told.get(name, b"0").split()[0]) * 1024 for name in (b"VmRSS", b"RssShmem"))
        # what it writes into the shared files without having mapped it is counted nowhere else
        size += max(sum(os.fstat(file).st_blocks * 512 for file in self._files) - shared, 0)
        self._base = size if self._base is None else self._base
        if bounds.memory is not None and size - self._base > bounds.memory:
            raise Exceeded(f"more than {bounds.memory / 2**20:,.0f} MB of memory")
        if int(told.get(b"Threads", b"1")) > bounds.threads:
            raise Exceeded(f"more than {bounds.threads} threads")

    def _look_at_files(self, folder: Path) -> None:
        """What lies in the folder. It is for kernels of the plugin alone, so it goes when it is too much."""
        size = count = 0
        for place, _, names in os.walk(folder):
            for name in names:
                count += 1
                try:
                    size += os.lstat(os.path.join(place, name)).st_blocks * 512  # noqa: PTH118 - a path costs more
                except OSError:  # gone meanwhile
                    continue
            if size > self._bounds.folder or count > _MOST_FILES:
                text = f"more than {self._bounds.folder / 2**20:,.0f} MB or {_MOST_FILES:,} files of disk"
                raise Exceeded(text, folder)
