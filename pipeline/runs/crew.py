"""Crews: who computes a run of many graphs, as a call says it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Literal, TypeAlias

from pipeline.errors import UsageError
from pipeline.execution.executor import Executor, Inline, Processes, Work, expect_processes
from pipeline.runs.forecast import Forecast

__all__ = ["Crew", "Kind"]

_START, _HANDED_OUT = 4.0, 0.6e-3
"""Seconds to start workers and to pass values on, and what a step takes more when it is handed out, roughly."""
_IMPORTED = ("pipeline.runs.task", "numba")
"""What nearly every task needs."""

Kind: TypeAlias = Literal["inline", "processes", "dask"]


@dataclass(frozen=True)
class Crew:
    """So many `workers` of a kind; by default this process computes the whole plan itself, and there are no tasks.

    Workers of no kind are processes, where they pay: else this process computes, as if there were none.
    `processes` are on this machine, as many as it has processors unless said. `dask` are the workers of the cluster
    whose scheduler is at an address, or `workers` that are started for the run. `inline` does the tasks here, one after
    the other, as a worker would.
    """

    kind: Kind | None = None
    workers: int = 0
    scheduler: str = ""

    @classmethod
    def of(cls, given: Crew | int) -> Crew:
        """A crew, or so many processes where they pay; none for 0."""
        return given if isinstance(given, Crew) else cls(workers=given)

    @property
    def size(self) -> int:
        """How many tasks are at work at once, as far as this is known before."""
        return 1 if self.kind == "inline" else self.workers or os.cpu_count() or 1

    def expect(self) -> None:
        """Begin what takes a second before anybody can be hired, while others make the plan."""
        if not self.scheduler and self.kind == "processes":
            expect_processes(_IMPORTED)

    def hire(self, work: Work) -> Executor:
        """Somebody who carries out tasks. Raises UsageError TG523, TG524 when there is no Dask, or no scheduler."""
        if self.scheduler and self.kind not in (None, "dask"):
            raise UsageError(
                "a scheduler is for the executor dask", code="TG524", hint="Say --executor dask, or no --scheduler."
            )
        if self.kind == "dask" or self.scheduler:
            # optional, and slow to import
            from pipeline.execution.executor_dask import cluster

            return cluster(work, scheduler=self.scheduler, workers=self.size)
        if self.kind == "inline":
            return Inline(work)
        expect_processes(_IMPORTED)
        return Processes(work, workers=self.size)

    @property
    def divided(self) -> bool:
        """True when there are tasks."""
        return bool(self.kind or self.scheduler or self.workers)

    def pays(self, found: Forecast) -> bool:
        """False when this process is sooner done by itself; workers of a kind, and of unknown work, always pay."""
        if self.kind or self.scheduler or found.seconds is None or found.untimed:
            return True
        return found.seconds * (1 - 1 / self.size) > _START + found.compute * _HANDED_OUT
