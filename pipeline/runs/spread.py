"""Spreading a sweep over workers: each computes some cells and stores their metrics, whoever asks then finds them.

A task is a range of cells. A worker opens the project itself, and what it computes goes into the store, where the
run of the whole sweep finds it; so a worker, or the coordinator, that is killed loses the cells that it was at.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pipeline.execution.execute import Computed
from pipeline.execution.executor import Executor
from pipeline.execution.protocols import Progress
from pipeline.graph.cells import Cells
from pipeline.graph.check import Surroundings
from pipeline.graph.overrides import Overrides
from pipeline.graph.read import read_file
from pipeline.plugins.system import PluginSystem
from pipeline.runs.sweep import Search, prepare
from pipeline.runs.workshop import Reuses, Workshop
from pipeline.settings import Project
from pipeline.store.events import EventJournal
from pipeline.store.retention import only_metrics

__all__ = ["Job", "Spread", "compute_cells", "ranges", "spread"]

_LEAST, _TASKS = 4, 16
"""Cells of a task at the least, and tasks for each worker: so the last ones end at about the same time."""


@dataclass(frozen=True)
class Job:
    """A sweep as a worker can make it again: the project, the file, what is tried and what is fixed."""

    root: str
    file: str
    search: Search
    given: Overrides
    cache: bool = True


@dataclass
class Spread:
    """What came of all tasks: steps that were computed, by key; cells that were given up, with the reason."""

    steps: dict[str, Computed] = field(default_factory=dict)
    lost: dict[int, str] = field(default_factory=dict)


def ranges(cells: int, workers: int) -> list[tuple[int, int]]:
    """The tasks: ranges of cells, from and to."""
    size = max(-(-cells // (workers * _TASKS)), _LEAST)
    return [(first, min(first + size, cells)) for first in range(0, cells, size)]


def spread(cells: Cells, executor: Executor, progress: Progress, *, workers: int) -> Spread:
    """Have all cells computed by the workers of an executor, and close it. `progress` hears of the tasks."""
    found = Spread()
    tasks = ranges(len(cells.cells), workers)
    progress.started(steps=len(tasks), cached=0)
    try:
        for number, (first, last) in enumerate(tasks):
            executor.submit(number, first, last)
        for done in executor.as_completed():
            first, last = tasks[done.task]
            if done.quarantined:
                found.lost |= dict.fromkeys((cell.number for cell in cells.cells[first:last]), done.error)
            # a task that failed otherwise is tried again by whoever runs the whole sweep, and fails there in its name
            for key, ms, cpu_ms, rows, size in done.result or ():
                found.steps[key] = Computed(ms, cpu_ms, rows, size)
            name = f"cells {cells.cells[first].number} to {cells.cells[last - 1].number}"
            status = "failed" if done.error else "computed"
            progress.finished(node=name, status=status, ms=None, rows=None, message=done.error)
    finally:
        executor.close()
    return found


def compute_cells(job: Job, first: int, last: int) -> list[tuple[Any, ...]]:
    """A worker's task: compute some cells and store their metrics; gives key, ms, cpu_ms, rows, bytes of each step."""
    workshop, cells = _opened(job)
    part = replace(cells, cells=cells.cells[first:last], graphs=cells.graphs[first:last])
    records = workshop.compute(part, Reuses(only_metrics, cache=job.cache))
    return [(r.step.key, r.ms, r.cpu_ms, r.rows, r.bytes) for r in records if r.status == "computed"]


_OPEN: dict[str, tuple[Workshop, Cells]] = {}


def _opened(job: Job) -> tuple[Workshop, Cells]:
    """The project and the cells of a job; made once per worker."""
    if repr(job) not in _OPEN:
        project = Project.open(Path(job.root))
        plugins = PluginSystem(project, EventJournal(project.private))
        registry = plugins.current().registry
        around = Surroundings(universes=project.settings.project.universes)
        cells, _ = prepare(read_file(Path(job.file)), registry, job.search, job.given, around)
        _OPEN[repr(job)] = Workshop.of(project, plugins), cells
    return _OPEN[repr(job)]
