"""Crews: who computes a run of many graphs, as a call says it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Literal, TypeAlias

from pipeline.errors import UsageError
from pipeline.execution.executor import Executor, Inline, Processes, Work, expect_processes

__all__ = ["Crew", "Kind"]

_IMPORTED = ("pipeline.runs.task", "numba")
"""What nearly every task needs."""

Kind: TypeAlias = Literal["inline", "processes", "dask"]


@dataclass(frozen=True)
class Crew:
    """So many `workers` of a kind; by default this process computes the whole plan itself, and there are no tasks.

    `processes` are on this machine, as many as it has processors unless said. `dask` are the workers of the cluster
    whose scheduler is at an address, or `workers` that are started for the run. `inline` does the tasks here, one after
    the other, as a worker would.
    """

    kind: Kind | None = None
    workers: int = 0
    scheduler: str = ""

    @classmethod
    def of(cls, given: Crew | int) -> Crew:
        """A crew, or so many processes; none for 0."""
        return given if isinstance(given, Crew) else cls("processes" if given else None, given)

    @property
    def size(self) -> int:
        """How many tasks are at work at once, as far as this is known before."""
        return 1 if self.kind == "inline" else self.workers or os.cpu_count() or 1

    def expect(self) -> None:
        """Begin what takes a second before anybody can be hired, while others make the plan."""
        if self.kind == "processes":
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
        return Inline(work) if self.kind == "inline" else Processes(work, workers=self.size)

    @property
    def divided(self) -> bool:
        """True when there are tasks."""
        return bool(self.kind or self.scheduler)
