"""Memory for results, used again: fresh pages cost more than the arithmetic that fills them.

A buffer goes back to the pool when nobody holds the array that was made of it, nor a view of that, any more.
"""

from __future__ import annotations

import weakref
from collections import defaultdict, deque

import numpy as np

from pipeline.model.column import FloatArray

__all__ = ["Buffers"]

_SMALL = 1 << 15
"""Values; below, the allocator has its memory at hand anyway."""
_KEPT = 1 << 29
"""Bytes that wait for their next use at most."""


class Buffers:
    """Arrays of float64 by length. Threads may take and give back at the same time."""

    def __init__(self) -> None:
        self._free: defaultdict[int, deque[bytearray]] = defaultdict(deque)
        self._waiting = 0

    def take(self, rows: int) -> FloatArray:
        """An array of `rows` values, whatever they are; to be written in full."""
        if rows < _SMALL:
            return np.empty(rows)
        try:
            block = self._free[rows].pop()
            self._waiting -= len(block)
        except IndexError:
            block = bytearray(8 * rows)
        # views of the array hold the array, for its memory is no numpy array's
        array = np.frombuffer(block, dtype=np.float64)
        weakref.finalize(array, self._give_back, rows, block).atexit = False
        return array

    def _give_back(self, rows: int, block: bytearray) -> None:
        if self._waiting + len(block) <= _KEPT:
            self._waiting += len(block)
            self._free[rows].append(block)
