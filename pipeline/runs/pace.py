"""How long cones take: guessed by stored timings first, then by what this run has measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pipeline.execution.cone import Cone
from pipeline.execution.execute import Computed
from pipeline.execution.plan import Plan

__all__ = ["LEAST", "MOST", "MOST_CONES", "Pace"]

LEAST, MOST = 0.5, 5.0
"""Seconds that a task should take: less is spent on handing out, more is lost with a worker."""
_UNKNOWN = 20.0
"""Milliseconds that a step is thought to take of whose type nothing is known."""
MOST_CONES = 256
"""Cones of a task at the most, and metrics of a file."""
_ROUNDS = 4
"""Tasks that each worker gets at the least, so that all end at about the same time."""


class Pace:
    """Sizes tasks. `timings` are milliseconds by node type, of earlier runs; what this run measures goes first."""

    def __init__(self, plan: Plan, timings: Mapping[str, float], workers: int) -> None:
        self._plan = plan
        self._ms = dict(timings)
        self._seen: dict[str, tuple[float, int]] = {}
        self._workers = workers
        self._overhead = 1.0

    def seconds(self, cone: Cone) -> float:
        """How long a cone takes a worker."""
        types = [self._plan.steps[index].type.id for index in cone.steps]
        return sum(self._ms.get(name, _UNKNOWN) for name in types) / 1e3 * self._overhead

    def learn(self, told: Sequence[Computed], types: Sequence[str], seconds: float) -> None:
        """A task took so long, and these steps of it so long each."""
        for one, name in zip(told, types, strict=True):
            if one.ms is not None:
                total, count = self._seen.get(name, (0.0, 0))
                self._seen[name] = total + one.ms, count + 1
                self._ms[name] = self._seen[name][0] / self._seen[name][1]
        inside = sum(one.ms or 0.0 for one in told) / 1e3
        if inside > 0.0:
            # planning, reading and storing go with what is computed
            self._overhead = 0.5 * self._overhead + 0.5 * min(max(seconds / inside, 1.0), 100.0)

    def take(self, ready: Sequence[Cone], left: float) -> int:
        """How many of the cones that are ready should be one task, when `left` seconds of work are left in all."""
        share = left / (self._workers * _ROUNDS)
        target = min(max(share, LEAST), MOST)
        total = 0.0
        for count, cone in enumerate(ready[:MOST_CONES]):
            total += self.seconds(cone)
            if count and total > target:
                return count
        return min(len(ready), MOST_CONES)
