"""Whether an object is a temporary, as ``df["x"]`` in ``df["x"][0] = 1``: nobody but the running call has it.

Pandas 1 and 2 wrote such a change into `df`. How many references the call itself holds differs between versions of
Python, so it is measured, once, on an object that is known to be a temporary.
"""

from __future__ import annotations

import sys
from functools import cache

__all__ = ["references_when_called", "references_when_held", "references_when_set"]


class _Probe:
    def __setitem__(self, counts: list[int], value: None) -> None:
        counts.append(sys.getrefcount(self))

    def method(self) -> int:
        return self._inner()

    def _inner(self) -> int:
        return sys.getrefcount(self)


class _Holder:
    def __init__(self, held: _Probe) -> None:
        self._held = held

    def __setitem__(self, counts: list[int], value: None) -> None:
        held = self._held
        counts.append(sys.getrefcount(held))


@cache
def references_when_set() -> int:
    """References to a temporary in its own ``__setitem__``."""
    counts: list[int] = []
    _Probe()[counts] = None
    return counts[0]


@cache
def references_when_called() -> int:
    """References to a temporary in a method that a method of it calls."""
    return _Probe().method()


@cache
def references_when_held() -> int:
    """References to a temporary in the ``__setitem__`` of what alone holds it, as an indexer does."""
    counts: list[int] = []
    _Holder(_Probe())[counts] = None
    return counts[0]
