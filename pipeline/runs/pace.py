"""How long cones take: guessed by stored timings first, then by what this run has measured."""

from __future__ import annotations

from collections import Counter
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
_WORTH, _MOST_FACTOR = 4.0, 10.0
"""A task takes so many times what it takes of itself; what goes with a step takes at most so many times the step."""
_ROUNDS = 4
"""Tasks that each worker gets at the least, so that all end at about the same time."""


class Pace:
    """Sizes tasks. `timings` are milliseconds by node type, of earlier runs; what this run measures goes first.

    A task takes a time of its own (opening bars, planning, telling) and that of its steps; the least that a task was
    seen to take besides its steps is taken for the former.
    """

    def __init__(self, plan: Plan, timings: Mapping[str, float], workers: int) -> None:
        self._plan = plan
        self._ms = dict(timings)
        self._seen: dict[str, tuple[float, int]] = {}
        self.workers = workers
        self._fixed: float | None = None
        self._factor = 1.0
        self._due: Counter[str] = Counter()

    def add(self, cone: Cone) -> None:
        """A cone is to be computed."""
        self._due.update(self._types(cone))

    def drop(self, cone: Cone) -> None:
        """A cone is done."""
        self._due.subtract(self._types(cone))

    @property
    def left(self) -> float:
        """Seconds of work that are left for all workers together."""
        return sum(count * self._ms.get(name, _UNKNOWN) for name, count in self._due.items()) / 1e3 * self._factor

    def seconds(self, cone: Cone) -> float:
        """How long a cone takes a worker, besides what each task takes."""
        return sum(self._ms.get(name, _UNKNOWN) for name in self._types(cone)) / 1e3 * self._factor

    def learn(self, told: Sequence[Computed], types: Sequence[str], seconds: float) -> None:
        """A task took so long, and these steps of it so long each."""
        for one, name in zip(told, types, strict=True):
            if one.ms is not None:
                total, count = self._seen.get(name, (0.0, 0))
                self._seen[name] = total + one.ms, count + 1
                self._ms[name] = self._seen[name][0] / self._seen[name][1]
        inside = sum(one.ms or 0.0 for one in told) / 1e3
        outside = max(seconds - inside, 0.0)
        self._fixed = outside if self._fixed is None else min(self._fixed, outside)
        if inside > 0.0:
            self._factor = 0.5 * self._factor + 0.5 * min(max((seconds - self._fixed) / inside, 1.0), _MOST_FACTOR)

    def take(self, ready: Sequence[Cone]) -> int:
        """How many of the cones that are ready should be one task."""
        fixed = self._fixed or 0.0
        target = min(max(self.left / (self.workers * _ROUNDS), LEAST, _WORTH * fixed), MOST)
        equal = -(-len(ready) // self.workers)  # nobody goes without, unless it is next to nothing
        total = fixed
        for count, cone in enumerate(ready[:MOST_CONES]):
            total += self.seconds(cone)
            if count and (total > target or (count >= equal and total - fixed > LEAST)):
                return count
        return min(len(ready), MOST_CONES)

    def _types(self, cone: Cone) -> list[str]:
        return [self._plan.steps[index].type.id for index in cone.steps]
