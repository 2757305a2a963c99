"""Where graphs are carried out: one project's market, store, kernels and workers, put together for a run."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace

from pipeline.execution.execute import Options, execute
from pipeline.execution.kernel import KernelCache
from pipeline.execution.memory import half_of_memory
from pipeline.execution.plan import Keeps, Plan, plan
from pipeline.execution.run import NodeRecord, Run, new_run_id
from pipeline.graph.cells import Cells
from pipeline.graph.graph import Graph
from pipeline.market.store import Market
from pipeline.model.kind import METRICS
from pipeline.plugins.host import WorkerHost
from pipeline.plugins.monitor import Watched
from pipeline.plugins.system import PluginSystem
from pipeline.runs.sweep import block_of
from pipeline.settings import Project
from pipeline.store.failures import FailureFiles
from pipeline.store.live import LiveRun
from pipeline.store.publish import Published
from pipeline.store.query import Database
from pipeline.store.record import PluginRow
from pipeline.store.recorder import Recorder, ValueRecorder
from pipeline.store.segment import MAX_BYTES, Segments

__all__ = ["Reuses", "Workshop"]


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
        kernels = KernelCache(private / "kernels")
        failures = FailureFiles(private / "failures")
        return cls(project, plugins, Market(project.market), database, failures, kernels)

    def segments(self, run_id: str, *, pack: bool = False) -> Segments:
        """The store of a run's values."""
        database, folder = self.database, self.project.private / "segments"
        # an eighth: of what waits in memory the most is for other nodes
        gather = (self._memory or MAX_BYTES * 8) // 8
        return Segments(folder, run_id, database.lookup, lambda: database.seen(run_id), gather=gather, pack=pack)

    def carry_out(self, graphs: Sequence[Graph], options: Options, how: Reuses) -> tuple[Run, Published]:
        """Run graphs as one plan, recorded while it goes on, and publish the record."""
        run_id, private = options.run_id or new_run_id(), self.project.private
        with (
            LiveRun(private, run_id),
            # claims go with it, also when the run cannot be stored
            closing(self.segments(run_id, pack=options.cells is not None)) as segments,
        ):
            recorder = Recorder(self.project.database, private, segments, self._plugin_rows())
            options = replace(options, sink=Watched(recorder, self.plugins.monitor))
            run = self._execute(graphs, run_id, segments, options, how)
            if options.cells is not None and options.cells.lost and run.status == "ok":
                run.status = "failed"
            published = recorder.finish(run)
        return run, published

    def compute(self, cells: Cells, how: Reuses) -> list[NodeRecord]:
        """Compute the metrics of cells; they are stored, and no run is recorded."""
        run_id = new_run_id()
        with (
            LiveRun(self.project.private, run_id),
            closing(self.segments(run_id, pack=True)) as segments,
        ):
            recorder = ValueRecorder(self.project.private, segments)
            options = Options(cells=cells, published=frozenset((METRICS,)), sink=recorder)
            run = self._execute(cells.graphs, run_id, segments, options, how)
            recorder.checkpoint(run)
        return run.records

    def plan(self, graphs: Sequence[Graph], how: Reuses, cells: Cells | None = None) -> Plan:
        """What graphs, those of a sweep's cells perhaps, would compute, without reading a bar. Raises GraphError."""
        return self._plan(graphs, self.segments("plan"), how, cells)

    def _plan(self, graphs: Sequence[Graph], segments: Segments, how: Reuses, cells: Cells | None) -> Plan:
        return plan(
            graphs,
            self.market,
            segments,
            reuse=how.cache,
            refresh=how.refresh,
            keeps=how.keeps,
            block=1 if cells is None else block_of(cells, self.market),
        )

    def _execute(self, graphs: Sequence[Graph], run_id: str, segments: Segments, options: Options, how: Reuses) -> Run:
        with WorkerHost(
            self.project.plugin_directories,
            self.project.private / "kernels",
            memory_mb=self.project.settings.memory_limit_mb,
            log=self.plugins.log_setup,
        ) as workers:
            planned = self._plan(graphs, segments, how, options.cells)
            options = replace(
                options, guest=self.plugins.guest, limited=workers, failures=self.failures, memory=self._memory
            )
            return execute(planned, run_id, self.market, segments, self.kernels, options=options)

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
    def _memory(self) -> int | None:
        return self.project.settings.project.memory or half_of_memory()
