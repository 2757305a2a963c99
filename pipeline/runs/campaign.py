"""Campaigns: many graphs carried out as one plan, a batch or the cells of a sweep, here or by a crew."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl

from pipeline.errors import GraphError, UsageError, did_you_mean
from pipeline.execution.execute import Computed, Elsewhere, Options
from pipeline.execution.plan import Plan
from pipeline.execution.protocols import Progress, Silent
from pipeline.execution.run import Run
from pipeline.graph.cells import Cells
from pipeline.graph.check import Surroundings, check_file
from pipeline.graph.graph import Graph
from pipeline.graph.overrides import Overrides
from pipeline.graph.read import read_file
from pipeline.graph.sweep import Cell, sampled
from pipeline.model.kind import METRICS, TRADES
from pipeline.runs.batch import Batch, Selected, as_settings, gather_graphs
from pipeline.runs.crew import Crew
from pipeline.runs.forecast import forecast, timings
from pipeline.runs.pace import Pace
from pipeline.runs.prepare import Fixed, Prepared, block_of, prepare
from pipeline.runs.sampler import choose
from pipeline.runs.spread import Spread
from pipeline.runs.sweep import Search, Swept
from pipeline.runs.task import Job, carry_out, forget
from pipeline.runs.workshop import Away, Reuses, Workshop
from pipeline.store.handover import left_behind, remove_handed
from pipeline.store.publish import Published
from pipeline.store.retention import StorePolicy, kept, only_metrics
from pipeline.store.segment import Found, Segments

__all__ = ["Manner", "allowed", "batch", "chosen", "gather", "plan", "sweep"]


@dataclass(frozen=True)
class Manner:
    """How a campaign is carried out: what of stored values it takes, what it stores, who computes, who is told.

    `store` None is the default: of a sweep the metrics, of a batch declared outputs and metrics, or less where the
    project keeps less. `run_id` is the id of the run, where one was given out already.
    """

    cache: bool = True
    fail_fast: bool = False
    store: StorePolicy | None = None
    crew: Crew = field(default_factory=Crew)
    progress: Progress = field(default_factory=Silent)
    run_id: str = ""


def allowed(
    workshop: Workshop, file: Path, search: Search, given: Overrides, store: StorePolicy | None = None
) -> Prepared:
    """All cells that a search allows. Raises GraphError, UsageError."""
    around = Surroundings(universes=workshop.project.settings.project.universes)
    fixed = Fixed(workshop.plugins.current().registry, given, around, store or "metrics")
    return prepare(read_file(file), search, fixed)


def gather(
    workshop: Workshop,
    files: Iterable[Path],
    given: Overrides,
    search: Search,
    manner: Manner,
) -> Selected:
    """The graphs of a batch, checked and found to have bars; with `fail_fast` a fault of one is raised.

    Raises GraphError, UsageError.
    """
    around = Surroundings(universes=workshop.project.settings.project.universes)
    registry = workshop.plugins.current().registry
    sizes: dict[str, int] = {}

    def check(file: Path, one: Overrides, mine: Search) -> Graph | Cells:
        fixed = Fixed(registry, one, around, manner.store or "metrics")
        if mine.values:
            try:
                prepared = prepare(replace(read_file(file), sweep=None), mine, fixed)
            except UsageError as error:  # of this graph: the others may go on
                faults = [replace(fault, message=f"{file}: {fault.message}") for fault in error.faults]
                raise GraphError.of(faults) from error
            found: Graph | Cells = prepared.graphs.all(prepared.cells)
            sizes[prepared.graphs.base.name] = prepared.size
        else:
            found = check_file(
                file, registry, params=one.params, settings=one.settings, bars=one.bars, surroundings=around
            )
        graph = found.graphs[0] if isinstance(found, Cells) else found
        workshop.plan([graph], Reuses(lambda _graph, _node: (), cache=False))  # raises for bars that there are not
        return found

    return replace(gather_graphs(files, given, search, check, keep_going=not manner.fail_fast), sizes=sizes)


def chosen(prepared: Prepared, search: Search) -> Cells:
    """The cells that are tried, with their graphs. Raises GraphError."""
    cells = sampled(prepared.cells, search.most, sampler=search.sampler, seed=search.seed)
    return prepared.graphs.all(cells)


def plan(workshop: Workshop, selected: Selected, manner: Manner) -> Plan:
    """What a campaign would compute and what it would reuse, without reading a bar. Raises GraphError."""
    return workshop.plan(selected.all, _reuses(workshop, selected, manner), selected.swept)


def batch(workshop: Workshop, selected: Selected, manner: Manner) -> Batch:
    """Run many graphs, and cells of graphs, as one plan. Raises UsageError, StoreError."""
    manner.crew.expect(workshop.project.root)
    away = _Away(workshop, selected, manner) if manner.crew.divided else None
    run, published = _carry_out(workshop, selected, manner, away)
    return Batch(run, selected.graphs, published, workshop.database, selected.swept)


def sweep(workshop: Workshop, file: Path, search: Search, given: Overrides, manner: Manner) -> Swept:
    """Run a graph for many choices of its params. Raises GraphError, UsageError, StoreError."""
    began = dt.datetime.now(dt.UTC)
    manner.crew.expect(workshop.project.root)
    prepared = allowed(workshop, file, search, given, manner.store)
    name = prepared.graphs.base.name
    with workshop.live(manner.run_id) as run_id:
        if search.sampler == "optuna":
            trials = _Trials(workshop, prepared, {name: given}, manner, run_id)
            cells = prepared.graphs.all(choose(prepared.cells, search, trials.values))
            selected = Selected((), {name: given}, swept=(cells,), searches={name: search})
            away: Away | None = trials.assembled
        else:
            cells = chosen(prepared, search)
            selected = Selected((), {name: given}, swept=(cells,), searches={name: search})
            away = _Away(workshop, selected, manner) if manner.crew.divided else None
        run, published = _carry_out(workshop, selected, manner, away, began=began, run_id=run_id)
    return Swept(run, cells, prepared.size, len(prepared.cells), published, workshop.database)


def _carry_out(
    workshop: Workshop, selected: Selected, manner: Manner, away: Away | None, **more: Any
) -> tuple[Run, Published]:
    began, run_id = more.get("began"), more.get("run_id", "")
    settings = as_settings(selected)
    if selected.swept and not selected.graphs and len(selected.swept) == 1:
        (settings,) = settings["graphs"].values()
    options = Options(
        run_id=manner.run_id,
        fail_fast=manner.fail_fast,
        settings=settings,
        progress=manner.progress,
        published=frozenset((METRICS, TRADES) if selected.graphs else (METRICS,)),
        cells=selected.swept,
        began=began,
    )
    how = _reuses(workshop, selected, manner)
    run, published = workshop.carry_out(selected.all, options, how, elsewhere=away, run_id=run_id)
    forget()
    if away is not None and run.status != "interrupted":  # else it is to go on some time
        remove_handed(workshop.project.private, run.id)
    return run, published


def _reuses(workshop: Workshop, selected: Selected, manner: Manner) -> Reuses:
    cells = {graph.name for one in selected.swept for graph in one.graphs}
    project = workshop.project.settings.project.store
    policy = manner.store or ("outputs" if project == "all" else project)

    def keeps(graph: Graph, node: str) -> Collection[str]:
        if graph.name not in cells:
            return kept(policy, graph, node)
        store = manner.store or "metrics"
        return only_metrics(graph, node) if store == "metrics" else kept(store, graph, node)

    return Reuses(keeps, cache=manner.cache)


@dataclass
class _Away:
    """Has the plan of a campaign carried out by a crew. Of nodes in `lasting` another plan may need the values."""

    workshop: Workshop
    selected: Selected
    manner: Manner
    lasting: Collection[str] = ()

    def __call__(self, planned: Plan, segments: Segments, run_id: str) -> Elsewhere | None:
        if not self.manner.crew.pays(forecast(planned, self.workshop.database)):
            return None
        return self.spread(planned, segments, run_id)

    def spread(self, planned: Plan, segments: Segments, run_id: str) -> Elsewhere:
        """Have it carried out by the crew, whether that pays or not."""
        crew, workshop, swept = self.manner.crew, self.workshop, self.selected.swept
        wanted = {s.key: planned.holding(s) for s in planned.steps if s.action == "compute" and not s.kept}
        held = left_behind(workshop.project.private, run_id, wanted) if self.manner.cache else []
        cells = {
            graph.name: (one.graph.name, cell)
            for one in swept
            for graph, cell in zip(one.graphs, one.cells, strict=True)
        }
        due = [step.type for step in planned.steps if step.action == "compute"]
        gift = workshop.plugins.shared_workers(due) if crew.local else None
        executor = crew.hire(partial(carry_out, self._job(run_id)), workshop.project.root, gift)
        pace = Pace(planned, timings(workshop.database), crew.size)
        lasting = {s.index for s in planned.steps if any(node in self.lasting for _, node in s.users) and not s.kept}
        told, stops = self.manner.progress, self.manner.fail_fast
        return Spread(planned, segments, executor, pace, told, cells, held, stops, lasting).carry_out()

    def _job(self, run_id: str) -> Job:
        workshop, swept = self.workshop, self.selected.swept
        files = [*self.selected.graphs, *(one.graph for one in swept)]
        given = self.selected.given
        return Job(
            root=str(workshop.project.root.absolute()),
            graphs={g.name: (str(Path(g.file).absolute()), given.get(g.name, Overrides())) for g in files},
            store=self.manner.store or "metrics",
            cache=self.manner.cache,
            memory=workshop.memory and workshop.memory // self.manner.crew.size,
            block=min((block_of(one.graph, workshop.market) for one in swept), default=1),
            run_id=run_id,
            seen=workshop.database.seen(run_id),
        )


@dataclass
class _Trials:
    """Computes cells that a sampler asks for, round by round, and puts all rounds together in the end."""

    workshop: Workshop
    prepared: Prepared
    given: Mapping[str, Overrides]
    manner: Manner
    run_id: str
    _steps: dict[str, Computed] = field(default_factory=dict)
    _stored: dict[str, Found] = field(default_factory=dict)
    _last: Elsewhere = field(default_factory=Elsewhere)

    def values(self, cells: Sequence[Cell], metric: str) -> list[float | None]:
        """The metric of each cell, the mean over its symbols; None where there is none. Raises UsageError."""
        made = self.prepared.graphs.all(cells)
        selected = Selected((), self.given, swept=(made,))
        how = _reuses(self.workshop, selected, self.manner)
        crew = self.manner.crew if self.manner.crew.divided else Crew("inline")
        with closing(self.workshop.segments(self.run_id)) as segments:
            planned = self.workshop.plan(made.graphs, how, (made,), segments=segments)
            away = _Away(self.workshop, selected, replace(self.manner, crew=crew), self.prepared.graphs.shared)
            self._last = away.spread(planned, segments, self.run_id)
            if self._last.interrupted:
                raise KeyboardInterrupt
            told = self._last.steps.items()
            self._steps.update((key, one) for key, one in told if key not in self._steps or one.status != "cached")
            return [self._value(planned, segments, graph, metric) for graph in made.graphs]

    def _value(self, planned: Plan, segments: Segments, graph: Graph, metric: str) -> float | None:
        known: set[str] = set()
        for name, node in graph.nodes.items():
            step = planned.step(graph.name, name)
            for output in only_metrics(graph, name):
                key = f"{step.key}.{step.tables[output]}".rstrip(".")
                table = segments.read(key, ())
                if not isinstance(table, pl.DataFrame):
                    continue
                if (found := segments.known(key)) is not None:
                    self._stored[key] = found
                if metric in table.columns:
                    mean = table[metric].cast(pl.Float64).mean()
                    return float(mean) if isinstance(mean, float) else None
                known.update(table.columns)
            del node
        if known:
            hint = did_you_mean(metric, known)
            raise UsageError(f"no node of the graph has the metric {metric!r}", code="TG136", hint=hint)
        return None

    def assembled(self, _planned: Plan, segments: Segments, _run_id: str) -> Elsewhere:
        """What all rounds computed."""
        segments.adopt(self._stored.values())
        return replace(self._last, steps=self._steps)
