"""Memory: the most that a process had, and values that make room for each other."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from pipeline.execution.part import Columns

__all__ = ["Shelf", "half_of_memory", "peak_bytes", "reset_peak"]

_STATUS = Path("/proc/self/status")
_RESET = Path("/proc/self/clear_refs")


class Shelf:
    """Values of steps by index, of at most `limit` bytes together; None sets no limit.

    When a value comes that does not fit, those go whose next use lies farthest ahead, as `next_use` says;
    never one that is used next of all, for a step needs all its inputs at once. `put_aside` is told
    before a value goes.
    """

    def __init__(
        self, limit: int | None, next_use: Callable[[int], int], put_aside: Callable[[int, Columns], None]
    ) -> None:
        self._limit = limit
        self._next_use = next_use
        self._put_aside = put_aside
        self._values: dict[int, Columns] = {}
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._values)

    def __contains__(self, index: int) -> bool:
        return index in self._values

    def __getitem__(self, index: int) -> Columns:
        return self._values[index]

    def put(self, index: int, value: Columns) -> None:
        """Take a value, and let others go where it takes too much room."""
        self.drop(index)
        self._values[index] = value
        self._bytes += _size(value)
        if self._limit is not None and self._bytes > self._limit:
            self._make_room(self._limit)

    def drop(self, index: int) -> None:
        """Let go of a value, if it is there."""
        value = self._values.pop(index, None)
        if value is not None:
            self._bytes -= _size(value)

    def _make_room(self, limit: int) -> None:
        soonest = min(map(self._next_use, self._values))
        for index in sorted(self._values, key=self._next_use, reverse=True):
            if self._bytes <= limit or self._next_use(index) == soonest:
                return
            self._put_aside(index, self._values[index])
            self.drop(index)


def reset_peak() -> None:
    """Let `peak_bytes` count from now on, where the system allows that; else it counts from the process's start."""
    try:
        _RESET.write_text("5")
    except OSError:
        return


def peak_bytes() -> int | None:
    """The most resident memory that this process had, in bytes; None where the system does not say."""
    try:
        lines = _STATUS.read_text().splitlines()
    except OSError:
        return None
    found = next((line.split()[1] for line in lines if line.startswith("VmHWM:")), None)
    return None if found is None else int(found) * 1024


def half_of_memory() -> int | None:
    """Half of the machine's memory in bytes, None where the system does not say."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2
    except (OSError, ValueError):
        return None


def _size(value: Columns) -> int:
    return sum(column.nbytes for column in value.values())
