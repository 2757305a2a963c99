"""Kernels of table nodes: plain functions over arrays that the engine compiles."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

__all__ = ["Kernel", "kernel"]


class Kernel:
    """A function over arrays and numbers that a table node calls: `@kernel` above a def.

    Before the engine calls the node, it puts the compiled function into `compiled`, a cell that never changes
    what is computed. Where nobody compiled it, a kernel is the Python that it is written in: slow, and the same.
    """

    __slots__ = ("compiled", "fn")

    def __init__(self, fn: Callable[..., Any]) -> None:
        self.fn = fn
        self.compiled: Callable[..., Any] | None = None

    def __call__(self, *args: Any) -> Any:
        return (self.compiled or self.fn)(*args)


def kernel(fn: Callable[..., Any]) -> Kernel:
    """Declare a kernel: it takes what numba's nopython mode takes, and may call plain functions that do."""
    return Kernel(fn)
