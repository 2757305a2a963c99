"""Claims: which run computes which value, so that two runs at once compute none twice.

A claim is a lock on one byte of a file, at a place that the key gives: nothing is written, and a claim
goes with the process that holds it, however that ends. Locks belong to the open file, so two runs in
one process hold each other off as well.
"""

from __future__ import annotations

import fcntl
import os
import struct
from pathlib import Path

__all__ = ["Claims"]

_SHARDS = 64
"""Files: the system looks through all locks of a file for each new one, and a run may hold ten thousand."""
_FLOCK = struct.Struct("hhqqi4x")


class Claims:
    """The claims of one run, in files below `folder`. Where the system has no such locks, all claims succeed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files: dict[int, int] = {}

    def take(self, key: str) -> bool:
        """Claim a key; False when another run has it."""
        try:
            return self._lock(key, fcntl.F_OFD_SETLK)
        except BlockingIOError:
            return False
        except OSError:  # read-only, or a file system without locks: the worst is that two compute the same
            return True

    def wait(self, key: str) -> None:
        """Give up all claims, then wait until nobody else has this one, and claim it."""
        # a run that waits holds nothing, so no two can wait for each other
        self.release()
        try:
            self._lock(key, fcntl.F_OFD_SETLKW)
        except OSError:
            return

    def release(self) -> None:
        """Give up all claims."""
        for file in self._files.values():
            os.close(file)
        self._files.clear()

    def _lock(self, key: str, command: int) -> bool:
        place = int(key[:15], 16)
        shard = place % _SHARDS
        file = self._files.get(shard)
        if file is None:
            self._folder.mkdir(parents=True, exist_ok=True)
            file = self._files[shard] = os.open(self._folder / f"{shard:02d}", os.O_RDWR | os.O_CREAT, 0o644)
        fcntl.fcntl(file, command, _FLOCK.pack(fcntl.F_WRLCK, os.SEEK_SET, place, 1, 0))
        return True
