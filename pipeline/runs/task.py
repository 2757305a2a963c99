"""Tasks: what a worker is asked to compute, what it answers, and how it does it.

Only metadata travels: which cells or files, which of their nodes under which keys, and where the values rest that
these need. A worker opens the project itself and leaves what it computes in the store.
"""

from __future__ import annotations

import gc
import os
import platform
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from pipeline.errors import Fault, UsageError
from pipeline.execution.execute import Computed, Options
from pipeline.execution.holding import Holding
from pipeline.execution.plan import Plan, Step, plan
from pipeline.graph.cells import CellGraphs
from pipeline.graph.check import Surroundings, check_file
from pipeline.graph.graph import FrozenMap, Graph, Node
from pipeline.graph.overrides import Overrides
from pipeline.graph.read import read_file
from pipeline.graph.select import needed
from pipeline.graph.sweep import Cell
from pipeline.model.garbage import survivors_frozen
from pipeline.model.registry import Registry
from pipeline.plugins.system import PluginSystem
from pipeline.runs.prepare import Fixed, graphs_of
from pipeline.runs.warm import WarmMarket, WarmSegments, Warmth
from pipeline.runs.workshop import Workshop
from pipeline.settings import Project
from pipeline.store.events import EventJournal
from pipeline.store.handover import stored_by
from pipeline.store.recorder import ValueRecorder
from pipeline.store.retention import StorePolicy
from pipeline.store.segment import Found

__all__ = ["Job", "Report", "Share", "Task", "Wanted", "carry_out", "forget", "keep_warm"]


@dataclass(frozen=True)
class Job:
    """What all tasks of a run have in common; `graphs` are its files by graph, with what is changed in each.

    `store` is what is kept of each cell of a sweep. `memory` bounds what values take in a worker, `block` is for how
    many cells back-tests are called together, 1 when there are no cells. `seen` is what the coordinator knew of other
    runs; with `cache` False nothing that they store is used.
    """

    root: str
    graphs: Mapping[str, tuple[str, Overrides]]
    store: StorePolicy
    cache: bool
    memory: int | None
    block: int
    run_id: str = ""
    seen: object = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """A node that is to be computed: the key that it must come to, which outputs are kept, whether others need it."""

    node: str
    key: str
    outputs: tuple[str, ...]
    handed: bool
    retry: int = 0
    timeout: float | None = None


@dataclass(frozen=True, slots=True)
class Share:
    """Nodes of the graph that a file of the job has, as a cell has it when there is one."""

    graph: str
    cell: Cell | None
    wanted: tuple[Wanted, ...]


@dataclass(frozen=True)
class Task:
    """Shares that are computed together; `held` is where the values rest that they need.

    `tried` are the numbers of earlier tasks of which it is a part, and which took their workers with them.
    """

    number: int
    shares: tuple[Share, ...]
    held: tuple[Found, ...] = ()
    tried: tuple[int, ...] = ()


@dataclass(frozen=True)
class Report:
    """What came of a task: a record of each wanted step, and where their values rest."""

    steps: tuple[Computed, ...]
    stored: tuple[Found, ...]
    seconds: float
    peak_bytes: int
    compile_ms: float
    warnings: tuple[Fault, ...] = ()


def carry_out(job: Job, task: Task) -> Report:
    """A worker's work. Raises UsageError TG521 when the project is not what the coordinator planned with."""
    with _ONE:  # a worker with several threads: numba, polars and the plugins have enough with one task
        if not _OPEN or _OPEN[0].job != job:
            _OPEN[:] = [_Bench.open(job)]
        with survivors_frozen():
            try:
                return _OPEN[0].carry_out(task)
            finally:
                gc.collect()  # values hang in cycles of plan and run; the next task needs the room


def forget() -> None:
    """Let go of what is kept for another task: whoever asked for tasks in this process will ask for no more."""
    _OPEN.clear()


def keep_warm(root: str) -> None:
    """Load the shipped nodes and what is known of a project's plugins, for processes that are forked from this one.

    Not where that would run code of the user's in this process.
    """
    project = Project.open(Path(root))
    plugins = PluginSystem(project, EventJournal(project.private))
    if plugins.aloof:
        plugins.current()
        plugins.let_go()
        _PLUGINS[root] = plugins


def _plugins(root: str) -> PluginSystem:
    """The plugins of a project as they are now; what is unchanged since they were last seen is not loaded again."""
    plugins = _PLUGINS.get(root)
    if plugins is None:
        project = Project.open(Path(root))
        plugins = PluginSystem(project, EventJournal(project.private))
        _PLUGINS.clear()
        _PLUGINS[root] = plugins
    elif not plugins.reloads:
        plugins.reload()
    plugins.current()
    return plugins


_ONE = threading.Lock()
_OPEN: list[_Bench] = []
_PLUGINS: dict[str, PluginSystem] = {}
_WARM, _SHARE = 256 * 1024 * 1024, 4
"""Bytes of what is kept for the next task, and which part of a worker's memory it may be."""


@dataclass
class _Bench:
    """The project as it was opened for one job."""

    job: Job
    workshop: Workshop
    registry: Registry
    around: Surroundings
    warmth: Warmth
    market: WarmMarket
    _files: dict[str, Graph] = field(default_factory=dict)
    _cells: dict[tuple[str, ...], CellGraphs] = field(default_factory=dict)
    _needed: dict[tuple[str, frozenset[str]], set[str]] = field(default_factory=dict)

    @classmethod
    def open(cls, job: Job) -> _Bench:
        plugins = _plugins(job.root)
        project = plugins.project
        around = Surroundings(universes=project.settings.project.universes)
        workshop = Workshop.of(project, plugins)
        warmth = Warmth(_WARM if job.memory is None else job.memory // _SHARE)
        return cls(job, workshop, plugins.current().registry, around, warmth, WarmMarket(workshop.market, warmth))

    def carry_out(self, task: Task) -> Report:
        began, private = time.monotonic(), self.workshop.project.private
        graphs = [self._part(share) for share in task.shares]
        wanted = {(g.name, w.node): w for g, share in zip(graphs, task.shares, strict=True) for w in share.wanted}
        known = {found.row.key: found for found in task.held}
        prefix = f"{_prefix(task.number)}{os.urandom(3).hex()}-"
        informed = [self._seen() == self.job.seen]

        def lookup(holdings: Sequence[Holding]) -> Sequence[Found]:
            by_key = {holding.key: holding for holding in holdings}
            tries = tuple(map(_prefix, (*task.tried, task.number)))
            known.update((f.row.key, f) for f in stored_by(private, self.job.run_id, tries, by_key))
            # the coordinator has looked for all: there is more only when another run has stored something since
            if (informed and informed.pop()) or not self.job.cache:
                return _among(known, holdings)
            return [*_among(known, holdings), *self.workshop.database.lookup(holdings)]

        segments = self.workshop.segments(
            self.job.run_id,
            kind=partial(WarmSegments, warmth=self.warmth),
            pack=self.job.block > 1,
            lookup=lookup,
            seen=self._seen,
            prefix=prefix,
        )
        with closing(segments):
            planned = plan(
                graphs,
                self.market,
                segments,
                keeps=lambda graph, node: _outputs(graph.nodes[node], wanted.get((graph.name, node))),
                block=self.job.block,
            )
            _compare(planned, wanted)
            for step in planned.steps:
                if not any(place in wanted for place in step.users):  # looked for, and not asked for
                    step.parts = ()
            planned.spare(planned.steps)
            segments.passed_on = {step.recipe for step in planned.steps if not _keeps_columns(step, wanted)}
            name = f"{self.job.run_id}.{prefix}"
            recorder = ValueRecorder(private, segments, name)
            memory = self.job.memory and self.job.memory - self.warmth.limit
            options = Options(sink=recorder, published=frozenset(), memory=memory)
            run = self.workshop.execute(planned, self.job.run_id, segments, options, market=self.market)
            recorder.checkpoint(run)
        who = f"pid {os.getpid()} on {platform.node()}"
        steps = sorted({planned.step(*place).index for place in wanted})
        told = tuple(Computed.of(run.records[index], who) for index in steps)
        # what an earlier try of the task had stored is told of as well
        there = [planned.steps[index] for index in steps if run.records[index].status == "cached"]
        rows = {step.key + (suffix and f".{suffix}") for step in there for suffix in step.objects}
        rows |= {row.key for row in segments.written}
        stored = [found for key in sorted(rows) if (found := segments.known(key))] + segments.handed
        return Report(told, tuple(stored), time.monotonic() - began, run.peak_bytes or 0, run.compile_ms, run.warnings)

    def _seen(self) -> object:
        return self.workshop.database.seen(self.job.run_id) if self.job.cache else None

    def _part(self, share: Share) -> Graph:
        """The graph of a share with the wanted nodes and what they need."""
        graph = self._file(share.graph) if share.cell is None else self._cell(share.graph, share.cell)
        names = frozenset(one.node for one in share.wanted)
        shape = (share.graph, names)
        if shape not in self._needed:
            self._needed[shape] = needed(graph, names)
        if len(self._needed[shape]) < len(graph.nodes):
            graph = graph.subset(self._needed[shape])
        asked = {one.node: one for one in share.wanted}
        changed = {
            name: replace(node, store=True, retry=one.retry if one else 0, timeout=one.timeout if one else node.timeout)
            for name, node in graph.nodes.items()
            if not node.store or ((one := asked.get(name)) and (one.retry, one.timeout) != (node.retry, node.timeout))
        }
        return replace(graph, nodes=FrozenMap({**graph.nodes, **changed})) if changed else graph

    def _cell(self, name: str, cell: Cell) -> Graph:
        shape = (name, *cell.values)
        if shape not in self._cells:
            file, given = self.job.graphs[name]
            fixed = Fixed(self.registry, given, self.around, self.job.store)
            self._cells[shape] = graphs_of(read_file(Path(file)), cell, fixed)
        return self._cells[shape].graph(cell)

    def _file(self, name: str) -> Graph:
        if name not in self._files:
            file, given = self.job.graphs[name]
            self._files[name] = check_file(
                Path(file),
                self.registry,
                params=given.params,
                settings=given.settings,
                bars=given.bars,
                surroundings=self.around,
            )
        return self._files[name]


def _prefix(number: int) -> str:
    return f"w{number:05d}-"


def _outputs(node: Node, one: Wanted | None) -> list[str]:
    """Which outputs of a node are stored: those that are kept, and its columns where others need them."""
    columns = [output.name for output in node.type.outputs if output.name not in node.type.tables]
    if one is None:
        return columns
    return list(dict.fromkeys((*one.outputs, *(columns if one.handed else ()))))


def _keeps_columns(step: Step, wanted: Mapping[tuple[str, str], Wanted]) -> bool:
    """True when columns of a step are to be kept: those of others are for other tasks, and go with the run."""
    return any(set(wanted[place].outputs) - set(step.type.tables) for place in step.users if place in wanted)


def _among(known: Mapping[str, Found], holdings: Sequence[Holding]) -> list[Found]:
    """Of what is known the values of wanted keys, and those near them."""
    keys = {holding.key for holding in holdings}
    recipes = {holding.recipe for holding in holdings}
    return [found for key, found in known.items() if key in keys or found.holding.recipe in recipes]


def _compare(planned: Plan, wanted: Mapping[tuple[str, str], Wanted]) -> None:
    for (graph, node), one in wanted.items():
        if planned.step(graph, node).key != one.key:
            raise UsageError(
                f"node {node!r} of {graph!r} is another one to the worker than to the run that asked for it",
                code="TG521",
                hint="A file was changed meanwhile, or the worker has other files, bars or versions. Run it again.",
            )
