"""How a run of many steps goes on, for whoever wants to hear: counts, the time that is left, events.

An event is a flat map whose `event` says what happened: `started` (the plan is made), `step` (one is done), and in the
end `finished`, which whoever asked for the run writes; docs/batch.md lists their fields.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

__all__ = ["Counts", "Events"]


_TRIED = ("computed", "failed")


class Counts:
    """Counts what became of steps, and guesses what is left: what remains takes as long as what was computed.

    Time is counted from the first step that is done: until then kernels are compiled, bars opened, workers started.
    """

    def __init__(self) -> None:
        self.counts = {"computed": 0, "cached": 0, "failed": 0, "skipped": 0}
        self.steps = self.due = 0
        self._first = 0.0

    def started(self, *, steps: int, cached: int) -> None:
        """The plan is made; where a sampler chooses cells, each round has one of its own."""
        self.counts = dict.fromkeys(self.counts, 0)
        self.steps, self.due = steps, steps - cached

    def finished(self, *, node: str, status: str, ms: float | None, rows: int | None, message: str) -> None:  # noqa: ARG002
        """A step is done."""
        self.counts[status] += 1
        if status in _TRIED and self._tried == 1:
            self._first = time.monotonic()

    @property
    def done(self) -> int:
        """Steps that are done."""
        return sum(self.counts.values())

    @property
    def left(self) -> float | None:
        """Seconds that are left, None while nobody can say."""
        tried = self._tried
        if tried < 2:
            return None
        return (time.monotonic() - self._first) / (tried - 1) * max(self.due - tried - self.counts["skipped"], 0)

    @property
    def _tried(self) -> int:
        return sum(self.counts[status] for status in _TRIED)

    def words(self) -> str:
        """The counts that are not 0."""
        return ", ".join(f"{count:,} {status}" for status, count in self.counts.items() if count)


class Events(Counts):
    """Gives `say` an event for the plan and one for each step."""

    def __init__(self, say: Callable[[dict[str, Any]], None]) -> None:
        super().__init__()
        self._say = say

    def started(self, *, steps: int, cached: int) -> None:
        """The plan is made."""
        super().started(steps=steps, cached=cached)
        self._say({"event": "started", "steps": steps, "cached": cached})

    def finished(self, *, node: str, status: str, ms: float | None, rows: int | None, message: str) -> None:
        """A step is done."""
        super().finished(node=node, status=status, ms=ms, rows=rows, message=message)
        told: dict[str, Any] = {"message": message} if message else {}
        place = {"done": self.done, "steps": self.steps, "seconds_left": self.left}
        self._say({"event": "step", "node": node, "status": status, "ms": ms, **place, **told})
