"""Stopwatches: seconds of a call, repeated and interleaved, on a machine that others use as well."""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from statistics import median
from typing import Any, TypeVar

__all__ = ["Laps", "Sample", "deep_recursion", "one_round", "timed"]

T = TypeVar("T")


def timed(call: Callable[[], T]) -> tuple[float, T]:
    """Seconds of a call, and what it gave; to be called inside `one_round`.

    The garbage of whoever ran before is collected first and the survivors are frozen, so a large heap left by
    one contestant does not slow the collections of the next. Collection stays on: it is part of the cost.
    """
    gc.collect()
    gc.freeze()
    began = time.perf_counter()
    found = call()
    return time.perf_counter() - began, found


@contextmanager
def one_round() -> Iterator[None]:
    """A round of timed calls: what they freeze stays frozen until its end.

    Thawing after every call would make each of them walk the whole heap, a tenth of a second.
    """
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


@dataclass
class Sample:
    """Seconds of one phase over several rounds."""

    seconds: list[float] = field(default_factory=list)

    def add(self, seconds: float) -> None:
        self.seconds.append(seconds)

    @property
    def best(self) -> float:
        return min(self.seconds)

    @property
    def middle(self) -> float:
        return median(self.seconds)

    def per(self, count: int) -> dict[str, Any]:
        """Microseconds for each of `count`: minimum, median and how many rounds."""
        return {"min": self.best / count * 1e6, "median": self.middle / count * 1e6, "rounds": len(self.seconds)}


class Laps:
    """Seconds by phase within one round; a phase that is entered again adds up."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    def add(self, phase: str, seconds: float) -> None:
        self.seconds[phase] = self.seconds.get(phase, 0.0) + seconds

    def take(self, phase: str, call: Callable[[], T]) -> T:
        """Time `call` as `phase`, garbage collected first; give its result."""
        seconds, found = timed(call)
        self.add(phase, seconds)
        return found

    def wrap(self, phase: str, call: Callable[..., T]) -> Callable[..., T]:
        """`call`, each of whose calls counts as `phase`; cheap enough for calls of microseconds."""

        def watched(*args: Any, **kwargs: Any) -> T:
            began = time.perf_counter()
            try:
                return call(*args, **kwargs)
            finally:
                self.add(phase, time.perf_counter() - began)

        return watched


@contextmanager
def deep_recursion(nodes: int) -> Iterator[None]:
    """A recursion limit for peers that walk a graph by recursion: a chain of 1,000 nodes breaks Python's default."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(max(before, 20 * nodes + 1_000))
    try:
        yield
    finally:
        sys.setrecursionlimit(before)
