"""Turns: a few at once do something that takes much; the others wait without holding a thread."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

import anyio
from anyio import to_thread

from pipeline.api.problem import refusal

__all__ = ["Turns"]

T = TypeVar("T")


class Turns:
    """So many calls at once, in threads of their own; one that waits longer than `patience` seconds is refused."""

    def __init__(self, most: int, *, patience: float = 10.0) -> None:
        self._most = most
        self._patience = patience
        self._free = asyncio.Semaphore(most)
        self._threads = anyio.CapacityLimiter(most)

    async def take(self, call: Callable[[], T]) -> T:
        """What the call gives, when its turn has come. Raises RequestError TG809 when it does not come."""
        try:
            await asyncio.wait_for(self._free.acquire(), self._patience)
        except TimeoutError as error:
            raise refusal("TG809", f"{self._most} others are being answered", hint="Try again later.") from error
        try:
            return await to_thread.run_sync(call, limiter=self._threads)
        finally:
            self._free.release()
