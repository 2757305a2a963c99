"""Campaigns: many graphs carried out as one plan, a batch or the cells of a sweep, here or by a crew."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from pipeline.execution.execute import Elsewhere, Options
from pipeline.execution.plan import Keeps, Plan
from pipeline.execution.protocols import Progress, Silent
from pipeline.execution.run import Run
from pipeline.graph.cells import Cells
from pipeline.graph.check import Surroundings
from pipeline.graph.overrides import Overrides
from pipeline.graph.read import read_file
from pipeline.graph.sweep import sampled
from pipeline.model.kind import METRICS, TRADES
from pipeline.runs.batch import Batch, Selected, as_settings
from pipeline.runs.crew import Crew
from pipeline.runs.forecast import timings
from pipeline.runs.pace import Pace
from pipeline.runs.prepare import Fixed, Prepared, block_of, prepare
from pipeline.runs.spread import Spread
from pipeline.runs.sweep import Search, Swept
from pipeline.runs.task import Job, carry_out
from pipeline.runs.workshop import Reuses, Workshop
from pipeline.store.handover import left_behind, remove_handed
from pipeline.store.retention import StorePolicy, kept, only_metrics
from pipeline.store.segment import Found, Segments

__all__ = ["Manner", "allowed", "batch", "batch_plan", "chosen", "sweep", "sweep_plan"]


@dataclass(frozen=True)
class Manner:
    """How a campaign is carried out: what of stored values it takes, what it stores, who computes, who is told.

    `store` None is the default: of a sweep the metrics, of a batch declared outputs and metrics, or less where the
    project keeps less.
    """

    cache: bool = True
    fail_fast: bool = False
    store: StorePolicy | None = None
    crew: Crew = field(default_factory=Crew)
    progress: Progress = field(default_factory=Silent)


def allowed(
    workshop: Workshop, file: Path, search: Search, given: Overrides, store: StorePolicy | None = None
) -> Prepared:
    """All cells that a search allows. Raises GraphError, UsageError."""
    around = Surroundings(universes=workshop.project.settings.project.universes)
    fixed = Fixed(workshop.plugins.current().registry, given, around, store or "metrics")
    return prepare(read_file(file), search, fixed)


def chosen(prepared: Prepared, search: Search) -> Cells:
    """The cells that are tried, with their graphs. Raises GraphError."""
    cells = sampled(prepared.cells, search.most, sampler=search.sampler, seed=search.seed)
    return prepared.graphs.all(cells)


def sweep_plan(workshop: Workshop, cells: Cells, *, cache: bool = True, store: StorePolicy | None = None) -> Plan:
    """What a sweep would compute and what it would reuse, without reading a bar. Raises GraphError."""
    return workshop.plan(cells.graphs, Reuses(_of_sweep(store), cache=cache), cells)


def sweep(workshop: Workshop, file: Path, search: Search, given: Overrides, manner: Manner) -> Swept:
    """Run a graph for many choices of its params. Raises GraphError, UsageError, StoreError."""
    began = dt.datetime.now(dt.UTC)
    prepared = allowed(workshop, file, search, given, manner.store)
    files = {prepared.graphs.base.name: (file, given)}
    job = _job(workshop, files, manner, swept=True, block=block_of(prepared.graphs.base, workshop.market))
    cells = chosen(prepared, search)
    published = (METRICS,) if job.store == "metrics" else (METRICS, TRADES)
    options = Options(
        fail_fast=manner.fail_fast,
        settings=given.as_dict(),
        progress=manner.progress,
        published=frozenset(published),
        cells=cells,
        began=began,
    )
    away = _Away(workshop, job, manner, {g.name: cell for g, cell in zip(cells.graphs, cells.cells, strict=True)})
    how = Reuses(_of_sweep(manner.store), cache=manner.cache)
    run, done = workshop.carry_out(cells.graphs, options, how, away if manner.crew.divided else None)
    away.tidy(run)
    return Swept(run, cells, prepared.size, done, workshop.database)


def batch_plan(workshop: Workshop, selected: Selected, *, cache: bool = True, store: StorePolicy | None = None) -> Plan:
    """What a batch would compute and what it would reuse, without reading a bar."""
    return workshop.plan(selected.graphs, Reuses(_of_batch(workshop, store), cache=cache))


def batch(workshop: Workshop, selected: Selected, manner: Manner) -> Batch:
    """Run many graphs as one plan. Raises UsageError, StoreError."""
    options = Options(fail_fast=manner.fail_fast, settings=as_settings(selected.given), progress=manner.progress)
    files = {g.name: (Path(g.file), selected.given.get(g.name, Overrides())) for g in selected.graphs}
    job = _job(workshop, files, manner, swept=False, block=1)
    away = _Away(workshop, job, manner, {})
    how = Reuses(_of_batch(workshop, manner.store), cache=manner.cache)
    run, done = workshop.carry_out(selected.graphs, options, how, away if manner.crew.divided else None)
    away.tidy(run)
    return Batch(run, selected.graphs, done, workshop.database)


def _job(
    workshop: Workshop, files: Mapping[str, tuple[Path, Overrides]], manner: Manner, *, swept: bool, block: int
) -> Job:
    memory = workshop.memory
    return Job(
        root=str(workshop.project.root.absolute()),
        graphs={name: (str(file.absolute()), given) for name, (file, given) in files.items()},
        swept=swept,
        store=manner.store or "metrics",
        cache=manner.cache,
        memory=memory and memory // manner.crew.size,
        block=block,
    )


def _of_sweep(store: StorePolicy | None) -> Keeps:
    return only_metrics if store in (None, "metrics") else partial(kept, store)


def _of_batch(workshop: Workshop, store: StorePolicy | None) -> Keeps:
    policy = workshop.project.settings.project.store
    return partial(kept, store or ("outputs" if policy == "all" else policy))


@dataclass
class _Away:
    """Has the plan of a campaign carried out by a crew."""

    workshop: Workshop
    job: Job
    manner: Manner
    cells: Mapping[str, Any]
    held: list[Found] = field(default_factory=list)

    def __call__(self, planned: Plan, segments: Segments, run_id: str) -> Elsewhere:
        crew, private = self.manner.crew, self.workshop.project.private
        job = replace(self.job, run_id=run_id, seen=self.workshop.database.seen(run_id))
        wanted = {s.key: planned.holding(s) for s in planned.steps if s.action == "compute" and not s.kept}
        self.held = left_behind(private, wanted) if self.manner.cache else []
        spread = Spread(
            planned,
            segments,
            crew.hire(partial(carry_out, job)),
            Pace(planned, timings(self.workshop.database), crew.size),
            self.manner.progress,
            self.cells,
            self.held,
            self.manner.fail_fast,
        )
        return spread.carry_out()

    def tidy(self, run: Run) -> None:
        """Remove what workers handed over, unless the run is to go on some time."""
        if self.manner.crew.divided and run.status != "interrupted":
            remove_handed(self.workshop.project.private, run.id, self.held)
