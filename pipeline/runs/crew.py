"""Crews: who computes a run of many graphs, as a call says it."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from pipeline.errors import UsageError
from pipeline.execution.executor import Executor, Gift, Inline, Processes, Work, expect_processes
from pipeline.runs.forecast import Forecast

__all__ = ["Crew", "Kind", "Prospect"]

_START, _HANDED_OUT = 2.5, 0.5e-3
"""Seconds to start workers, and what a step takes more when it is handed out, roughly: see docs/decisions.md."""
_PRELOADED, _ROOT = ("pipeline.runs.preload",), "TRADEGRAPH_WARM"
"""What every worker begins with, and the variable that tells it of the project: see `preload`."""

Kind: TypeAlias = Literal["inline", "processes", "dask"]


@dataclass(frozen=True, slots=True)
class Prospect:
    """Who would compute a plan, and why: so many `workers` of an `executor`, or this process by itself ("here").

    `seconds` is what the workers that were asked for would take, roughly; None where nobody can say, or there are none.
    """

    executor: Kind | Literal["here"]
    workers: int
    why: str
    seconds: float | None = None


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

    def expect(self, root: Path) -> None:
        """Begin what takes a second before anybody can be hired, while others plan. Raises UsageError TG524."""
        self._check()
        if not self.scheduler and self.kind == "processes":
            _begin(root)

    def hire(self, work: Work, root: Path | None = None, gift: Callable[[], Gift] | None = None) -> Executor:
        """Somebody who carries out tasks, of the project at `root` if that is said; `gift` is for each process.

        Raises UsageError TG523, TG524 when there is no Dask, or no scheduler.
        """
        self._check()
        if self.kind == "dask" or self.scheduler:
            # optional, and slow to import
            from pipeline.execution.executor_dask import cluster

            return cluster(work, scheduler=self.scheduler, workers=self.size)
        if self.kind == "inline":
            return Inline(work)
        _begin(root)
        return Processes(work, workers=self.size, gift=gift)

    def _check(self) -> None:
        if self.scheduler and self.kind not in (None, "dask"):
            hint = "Say --executor dask, or no --scheduler."
            raise UsageError("a scheduler is for the executor dask", code="TG524", hint=hint)

    @property
    def local(self) -> bool:
        """True when workers are processes of this machine that are started here one by one."""
        return not self.scheduler and self.kind in (None, "processes")

    @property
    def divided(self) -> bool:
        """True when there are tasks."""
        return bool(self.kind or self.scheduler or self.workers)

    def prospect(self, found: Forecast) -> Prospect:
        """Who would compute a plan: workers of a kind in any case, others where they pay or nobody knows."""
        if not found.compute:
            return Prospect("here", 0, "there is nothing to compute")
        apart = self._seconds(found)
        kind: Kind = self.kind or ("dask" if self.scheduler else "processes")
        if self.kind or self.scheduler:
            return Prospect(kind, self.size, "because it was asked for", apart)
        if not self.workers:
            could = Crew(workers=_processors()).prospect(found)
            if could.executor == "here" or could.seconds is None:
                return Prospect("here", 0, "no workers were asked for")
            return Prospect("here", 0, f"--workers {could.workers} would take {_about(could.seconds)}")
        if apart is None:
            return Prospect(kind, self.workers, "because nobody knows how long it takes: not all of it was timed here")
        assert found.seconds is not None
        told = f"{_about(found.seconds)} here, {_about(apart)} with {self.workers} workers"
        if found.seconds > apart:
            return Prospect(kind, self.workers, told, apart)
        return Prospect("here", 0, f"workers would not pay: {told}", apart)

    def pays(self, found: Forecast) -> bool:
        """False when this process is sooner done by itself."""
        return self.prospect(found).executor != "here"

    def _seconds(self, found: Forecast) -> float | None:
        """What workers take: starting, handing out, and their share of the work; they share the processors as well."""
        if found.seconds is None or found.untimed:
            return None
        # of a cluster nobody here knows the processors
        hands = self.size if self.kind == "dask" or self.scheduler else min(self.size, _processors())
        return _START + found.compute * _HANDED_OUT + found.seconds / max(hands, 1)


def _begin(root: Path | None) -> None:
    expect_processes(_PRELOADED, {} if root is None else {_ROOT: str(root.absolute())})


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _about(seconds: float) -> str:
    if seconds >= 100:
        return f"about {seconds / 60:.0f} min"
    return f"about {seconds:.1f} s" if seconds >= 1 else f"about {seconds * 1e3:.0f} ms"
