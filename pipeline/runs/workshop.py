"""Where graphs are carried out: one project's market, store, kernels and workers, put together for a run."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from pipeline.execution.execute import Elsewhere, Options, execute
from pipeline.execution.kernel import KernelCache
from pipeline.execution.kernel_folder import kernel_folder
from pipeline.execution.memory import half_of_memory
from pipeline.execution.plan import Keeps, Plan, plan
from pipeline.execution.protocols import BarSource
from pipeline.execution.run import Run, new_run_id
from pipeline.graph.cells import Cells
from pipeline.graph.graph import Graph
from pipeline.market.store import Market
from pipeline.plugins.monitor import Watched
from pipeline.plugins.system import PluginSystem
from pipeline.plugins.workers.host import WorkerHost
from pipeline.runs.prepare import block_of
from pipeline.settings import Project
from pipeline.store.failures import FailureFiles
from pipeline.store.live import LiveRun
from pipeline.store.publish import Published
from pipeline.store.query import Database
from pipeline.store.record import PluginRow
from pipeline.store.recorder import Recorder
from pipeline.store.segment import MAX_BYTES, Segments

__all__ = ["Away", "Reuses", "Workshop"]

Away: TypeAlias = Callable[[Plan, Segments, str], Elsewhere | None]
"""Has a plan carried out by others, for the run of an id; what they stored can be read from the segments afterwards.

None when it is sooner done here."""


@dataclass(frozen=True)
class Reuses:
    """What of stored values a run takes, and what it stores: `keeps` says which outputs of which nodes."""

    keeps: Keeps
    cache: bool = True
    refresh: Iterable[str] = ()


@dataclass(frozen=True)
class Workshop:
    """The parts of one project that carry out graphs."""

    project: Project
    plugins: PluginSystem
    market: Market
    database: Database
    failures: FailureFiles
    kernels: KernelCache

    @classmethod
    def of(cls, project: Project, plugins: PluginSystem) -> Workshop:
        """The parts of a project, whose plugins are those of `plugins`."""
        private = project.private
        database = Database(project.database, private)
        kernels = KernelCache(kernel_folder(private / "kernels"))
        failures = FailureFiles(private / "failures")
        return cls(project, plugins, Market(project.market), database, failures, kernels)

    def segments(
        self, run_id: str, *, pack: bool = False, kind: Callable[..., Segments] = Segments, **workers: Any
    ) -> Segments:
        """The store of a run's values; `workers` is what else its `kind` takes where several processes store them."""
        database, folder = self.database, self.project.private / "segments"
        # an eighth: of what waits in memory the most is for other nodes
        gather = (self.memory or MAX_BYTES * 8) // 8
        how: dict[str, Any] = {"lookup": database.lookup, "seen": lambda: database.seen(run_id), **workers}
        return kind(folder, run_id, gather=gather, pack=pack, **how)

    @contextmanager
    def live(self, run_id: str = "") -> Iterator[str]:
        """A run, by its id or a new one: nothing that it stores is collected meanwhile. Raises StoreError TG601."""
        run_id = run_id or new_run_id()
        with LiveRun(self.project.private, run_id):
            yield run_id

    def carry_out(
        self,
        graphs: Sequence[Graph],
        options: Options,
        how: Reuses,
        *,
        elsewhere: Away | None = None,
        run_id: str = "",
    ) -> tuple[Run, Published]:
        """Run graphs as one plan, recorded while it goes on, and publish the record.

        With `elsewhere` others carry it out, unless it says that it is sooner done here. `run_id` is that of a run that
        is live, else it is a new one.
        """
        if not run_id:
            with self.live(options.run_id) as new:
                return self.carry_out(graphs, options, how, elsewhere=elsewhere, run_id=new)
        # claims go with it, also when the run cannot be stored
        with closing(self.segments(run_id, pack=bool(options.cells))) as segments:
            recorder = Recorder(self.project.database, self.project.private, segments, self._plugin_rows())
            began = options.began or dt.datetime.now(dt.UTC)
            options = replace(options, sink=Watched(recorder, self.plugins.monitor), began=began)
            planned = self._plan(graphs, segments, how, options.cells)
            if elsewhere is not None:
                options = replace(options, elsewhere=elsewhere(planned, segments, run_id))
            run = self.execute(planned, run_id, segments, options)
            published = recorder.finish(run)
        return run, published

    def plan(
        self, graphs: Sequence[Graph], how: Reuses, cells: Sequence[Cells] = (), *, segments: Segments | None = None
    ) -> Plan:
        """What graphs, those of cells of sweeps perhaps, would compute, without reading a bar. Raises GraphError.

        `segments` are those that are to read what is stored, if anybody is.
        """
        return self._plan(graphs, segments or self.segments("plan"), how, cells)

    def _plan(self, graphs: Sequence[Graph], segments: Segments, how: Reuses, cells: Sequence[Cells]) -> Plan:
        return plan(
            graphs,
            self.market,
            segments,
            reuse=how.cache,
            refresh=how.refresh,
            keeps=how.keeps,
            block=min((block_of(one.graph, self.market) for one in cells), default=1),
        )

    def execute(
        self, planned: Plan, run_id: str, segments: Segments, options: Options, *, market: BarSource | None = None
    ) -> Run:
        """Carry out a plan in this process; who records it is said in `options`. `market` is where bars are read."""
        confined = self.plugins.workers
        folders, kernels = self.project.plugin_directories, self.project.private / "kernels"
        here = options.elsewhere is None
        if here and any(step.action == "compute" and self.plugins.guest(step.type).confined for step in planned.steps):
            confined.expect()
        with WorkerHost(folders, kernels, level=confined.level) as limited:
            options = replace(
                options,
                guest=self.plugins.guest,
                limited=limited,
                confined=confined,
                failures=self.failures,
                memory=options.memory or self.memory,
            )
            return execute(planned, run_id, market or self.market, segments, self.kernels, options=options)

    def _plugin_rows(self) -> list[PluginRow]:
        return [
            PluginRow(
                r.path,
                r.origin,
                r.digest,
                " ".join(r.ids),
                r.status,
                r.reason,
                r.signature,
                *((r.fault.code, r.fault.place.line if r.fault.place else None, r.fault.hint) if r.fault else ()),
            )
            for r in self.plugins.current().records
            if r.origin != "shipped"
        ]

    @property
    def memory(self) -> int | None:
        """The most that values of one run may take in memory, in bytes."""
        return self.project.settings.project.memory or half_of_memory()
