"""The engine: one project, opened. Graphs are checked, planned and run here, and results asked for.

engine = Engine.open("my-project")
result = engine.run("graphs/ema_cross.yaml", Overrides(params={"fast": 10}))
result.output("fast")            # a polars frame: symbol, ts, value
engine.sql("select node, median(ms) from node_timings group by node")
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from pipeline.errors import UsageError, did_you_mean
from pipeline.execution.execute import Options
from pipeline.execution.plan import Plan, plan
from pipeline.execution.protocols import Progress, Silent
from pipeline.execution.replay import KeptCall, Replay
from pipeline.execution.why import Reason, why
from pipeline.graph.cells import Cells
from pipeline.graph.check import Surroundings, check_file
from pipeline.graph.graph import Graph
from pipeline.graph.overrides import Overrides
from pipeline.graph.schema import FILE_NAME, keep_schema
from pipeline.laws.certificate import Certificate
from pipeline.laws.certify import certify
from pipeline.laws.trial import Compiled
from pipeline.market.tables import market_tables
from pipeline.model.node import NodeType
from pipeline.model.registry import Registry
from pipeline.plugins.discover import Discovery
from pipeline.plugins.system import PluginSystem
from pipeline.runs import campaign
from pipeline.runs.batch import Batch, Selected
from pipeline.runs.crew import Crew
from pipeline.runs.prepare import Prepared
from pipeline.runs.result import Result
from pipeline.runs.selection import part_of
from pipeline.runs.sweep import Search, Swept
from pipeline.runs.workshop import Reuses, Workshop
from pipeline.settings import Project
from pipeline.store.cache import Cache
from pipeline.store.certificates import write_certificates
from pipeline.store.collect import Collected
from pipeline.store.events import EventJournal
from pipeline.store.export import Exported, Format, chosen, export
from pipeline.store.publish import publish
from pipeline.store.remove import RunOfGraph, Selection, remove, select
from pipeline.store.retention import Retention, StorePolicy, kept
from pipeline.store.snapshot import publish_tables

if TYPE_CHECKING:
    from pipeline.report.write import Wanted

__all__ = ["Engine", "Overrides", "Result"]


class Engine:
    """A project with its registry of node types, its market and its database."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.events = EventJournal(project.private)
        self.plugins = PluginSystem(project, self.events)
        self._workshop = Workshop.of(project, self.plugins)
        self.market = self._workshop.market
        self.database = self._workshop.database
        self.failures = self._workshop.failures
        self.cache = Cache(self.database, project.private, Retention.of(project.settings.project))
        self._kernels = self._workshop.kernels
        self._schema_of: Registry | None = None

    @classmethod
    def open(cls, root: str | Path = ".") -> Engine:
        """The engine of the project at `root`. Raises SettingsError."""
        return cls(Project.open(Path(root)))

    @property
    def discovery(self) -> Discovery:
        """Node types and plugin files; those that changed are loaded again where the settings say so."""
        found = self.plugins.current()
        self.events.write()
        file = self.project.private / FILE_NAME
        if found.registry is not self._schema_of and os.path.exists(file):  # noqa: PTH110 - False where not allowed
            # an editor listens: it must not offer what is gone
            keep_schema(file, found.registry)
        self._schema_of = found.registry
        return found

    @property
    def registry(self) -> Registry:
        """The node types that graphs may use."""
        return self.discovery.registry

    def publish_events(self) -> None:
        """Let SQL know what happened to plugins since. Raises StoreError."""
        self.events.write()
        publish(self.project.database, self.project.private)

    def write_schema(self) -> Path:
        """Write the JSON Schema of graph files for editors; once it is there, it is kept up to date."""
        file = self.project.private / FILE_NAME
        file.parent.mkdir(exist_ok=True)
        file.touch()
        keep_schema(file, self.registry)
        return file

    def check(self, graph: str | Path, overrides: Overrides | None = None) -> Graph:
        """The checked graph in a file, or the one of that name in `graphs/`. Raises GraphError with every fault."""
        given = overrides or Overrides()
        return check_file(
            self._file(graph),
            self.registry,
            params=given.params,
            settings=given.settings,
            bars=given.bars,
            surroundings=self._surroundings,
        )

    @property
    def _surroundings(self) -> Surroundings:
        return Surroundings(universes=self.project.settings.project.universes)

    def plan(
        self,
        graph: str | Path | Graph,
        overrides: Overrides | None = None,
        *,
        cache: bool = True,
        refresh: Iterable[str] = (),
    ) -> Plan:
        """What a run would compute and what it would reuse, without reading a bar. Raises GraphError."""
        checked = graph if isinstance(graph, Graph) else self.check(graph, overrides)
        return plan(
            [checked], self.market, self._workshop.segments("plan"), reuse=cache, refresh=refresh, keeps=self._keeps
        )

    def select(self, graph: Graph, select: Iterable[str] = (), exclude: Iterable[str] = ()) -> Graph:
        """The part of a graph that a selection means: those nodes, what they need, and what is stored all the same.

        Stored nodes stay so that SQL goes on to show them. Raises UsageError for a selection that means nothing.
        """
        return part_of(self.plan(graph), self.database, select, exclude)

    def why(self, planned: Plan, node: str) -> list[Reason]:
        """Why a node of a plan's first graph is computed: what changed since the graph's latest run.

        Raises UsageError when the graph has no such node.
        """
        graph = planned.graphs[0].name
        nodes = planned.graphs[0].nodes
        if node not in nodes:
            raise UsageError(f"graph {graph!r} has no node {node!r}", hint=did_you_mean(node, nodes))
        latest = self.database.latest(graph)
        rows = self.database.nodes_of(latest) if latest else []
        before = next((row for row in rows if row["graph"] == graph and row["node"] == node), None)
        return why(planned, planned.step(graph, node), before)

    def run(
        self,
        graph: str | Path | Graph,
        overrides: Overrides | None = None,
        *,
        cache: bool = True,
        refresh: Iterable[str] = (),
        fail_fast: bool = False,
        progress: Progress | None = None,
        run_id: str = "",
    ) -> Result:
        """Run a graph, store every node's output and publish the record, under `run_id` if that was given out before.

        A failed node does not raise: it stands in `Result.run`. Raises GraphError for faults in the
        graph, StoreError when results cannot be written.
        """
        given = overrides or Overrides()
        checked = graph if isinstance(graph, Graph) else self.check(graph, given)
        options = Options(run_id=run_id, fail_fast=fail_fast, settings=given.as_dict(), progress=progress or Silent())
        how = Reuses(self._keeps, cache=cache, refresh=refresh)
        run, published = self._workshop.carry_out([checked], options, how)
        self.cache.expire()
        return Result(run, checked, published, self.database)

    def cells(
        self, graph: str | Path, search: Search | None = None, overrides: Overrides | None = None
    ) -> tuple[Cells, int]:
        """The cells that a sweep of a graph would try, and how many there were before any condition.

        Raises GraphError, UsageError.
        """
        search = search or Search()
        prepared = self.allowed(graph, search, overrides)
        return campaign.chosen(prepared, search), prepared.size

    def allowed(
        self,
        graph: str | Path,
        search: Search,
        overrides: Overrides | None = None,
        *,
        store: StorePolicy | None = None,
    ) -> Prepared:
        """All cells that a search of a graph allows, tried or not. Raises GraphError, UsageError."""
        return campaign.allowed(self._workshop, self._file(graph), search, overrides or Overrides(), store)

    def plan_sweep(self, cells: Cells, *, cache: bool = True) -> Plan:
        """What a sweep would compute and what it would reuse, without reading a bar. Raises GraphError."""
        return campaign.plan(self._workshop, Selected((), swept=(cells,)), campaign.Manner(cache=cache))

    def sweep(
        self,
        graph: str | Path,
        search: Search | None = None,
        overrides: Overrides | None = None,
        *,
        cache: bool = True,
        fail_fast: bool = False,
        store: StorePolicy | None = None,
        workers: int | Crew = 0,
        progress: Progress | None = None,
        run_id: str = "",
    ) -> Swept:
        """Run a graph for many choices of its params, store each one's metrics and publish the record.

        Equal steps of the cells are one. A node that fails does not raise: the cells that need it have no result.
        `store` says whether more is kept, `workers` how many processes compute, or who else.
        Raises GraphError, UsageError, StoreError.
        """
        manner = campaign.Manner(cache, fail_fast, store, Crew.of(workers), progress or Silent(), run_id)
        found = campaign.sweep(self._workshop, self._file(graph), search or Search(), overrides or Overrides(), manner)
        self.cache.expire()
        return found

    def gather(
        self,
        files: Iterable[str | Path],
        given: Overrides | None = None,
        *,
        search: Search | None = None,
        keep_going: bool = True,
        store: StorePolicy | None = None,
    ) -> Selected:
        """The graphs of a batch, checked and found to have bars; those that have what `search` tries, as cells.

        Those with faults are left out, and their faults said, or with `keep_going` False raised as one GraphError.
        """
        manner = campaign.Manner(fail_fast=not keep_going, store=store)
        paths = [self._file(file) for file in files]
        return campaign.gather(self._workshop, paths, given or Overrides(), search or Search(), manner)

    def plan_batch(self, selected: Selected, *, cache: bool = True, store: StorePolicy | None = None) -> Plan:
        """What a batch would compute and what it would reuse, without reading a bar."""
        return campaign.plan(self._workshop, selected, campaign.Manner(cache=cache, store=store))

    def batch(
        self,
        selected: Selected,
        *,
        cache: bool = True,
        fail_fast: bool = False,
        store: StorePolicy | None = None,
        workers: int | Crew = 0,
        progress: Progress | None = None,
        run_id: str = "",
    ) -> Batch:
        """Run many graphs as one plan, store their declared outputs and metrics, and publish.

        The options are those of `sweep`. Raises UsageError, StoreError.
        """
        manner = campaign.Manner(cache, fail_fast, store, Crew.of(workers), progress or Silent(), run_id)
        found = campaign.batch(self._workshop, selected, manner)
        self.cache.expire()
        return found

    def certify(
        self, wanted: Iterable[tuple[NodeType, Mapping[str, Any] | None]], *, draws: int = 0
    ) -> Iterator[Certificate]:
        """Put node types through the laws, one by one, with given params or the defaults and the ends of their ranges.

        `draws` sets from the whole range of the params are tried besides. What was found is published when the last
        one was taken, or when whoever asks stops. Raises StoreError when it cannot be written.
        """
        found: list[Certificate] = []
        evaluate = self.plugins.apart(Compiled(self._kernels))
        try:
            for node, params in wanted:
                found.append(certify(node, evaluate, params, draws=draws))
                yield found[-1]
        finally:
            if found:
                write_certificates(self.project.private / "journal", found)
                publish(self.project.database, self.project.private)

    def failed_call(self, run_id: str, node: str, symbol: str | None = None) -> KeptCall:
        """What is kept of a failed call of a run; see `replay`."""
        known = run_id in self.failures.runs()  # a run that was killed is in no table
        return self.failures.find(run_id if known else self.database.find_run(run_id), node, symbol)

    def runs_apart(self, kept: KeptCall) -> bool:
        """True for a call of a plugin that is called in workers."""
        node = self.registry.get(kept.head["node_type"])
        return node is not None and self.plugins.guest(node).confined

    def replay(self, run_id: str, node: str, symbol: str | None = None, *, here: bool = False) -> Replay:
        """Make a failed call of a run again, alone, with the node type as it is now.

        `run_id` is an id, a beginning of one, or `latest`; `symbol` leaves the other symbols' rows out. Plugins that
        are called in workers are so again, unless it is to be `here`, in this process. Raises UsageError when the call
        was not kept or no longer fits the node type, StoreError TG605 for no such run.
        """
        kept = self.failed_call(run_id, node, symbol)
        type_id = kept.head["node_type"]
        now = self.registry.get(type_id)
        if now is None:
            hint = did_you_mean(type_id, self.registry.ids)
            raise UsageError(f"there is no node type {type_id!r} any more", hint=hint)
        call = self.failures.read(kept, now)
        if symbol is not None and len(call.panel.symbols) > 1:
            call = call.alone(symbol)
        return self.plugins.replay(kept, call, self._kernels, here=here)

    def sql(self, query: str) -> pl.DataFrame:
        """The answer of the published database. Raises StoreError TG604, TG605."""
        return self.database.sql(query)

    def publish_market(self) -> None:
        """Publish what is known of the market, for SQL: market_bars, market_imports, market_findings …

        The `data` commands do so themselves. Raises StoreError TG601.
        """
        publish_tables(self.project.database, self.project.private, lambda: market_tables(self.market))

    def export(self, target: str | Path, what: str | None = None, *, form: Format = "duckdb") -> Exported:
        """Write a run, the latest run of a graph, or that of every graph to one portable file in which all is a table.

        `form` "parquet" writes a folder of files instead. Raises UsageError when there is no such run or
        `target` is there already, StoreError TG601, TG603.
        """
        return export(self.database, chosen(self.database, what), Path(target), form)

    def report(self, run: str = "latest", target: str | Path | None = None, wanted: Wanted | None = None) -> Path:
        """Write the report of a run, an HTML file that needs nothing else, and give its path; see `write_report`."""
        # pages and charts: no other command needs them
        from pipeline.report.archive import Archive
        from pipeline.report.write import Wanted, write_report

        archive = Archive(self.project.root, self.database, self.market)
        return write_report(archive, run, None if target is None else Path(target), wanted or Wanted())

    def collect(self, *, dry_run: bool = False) -> Collected:
        """Remove values that no kept run needs, leftovers of killed runs, and kernels of code that is gone.

        What the project keeps and for how long is set in plugin_config.json. Raises StoreError TG601.
        """
        return self.cache.gc(self.plugins.kernels_of(self.registry), dry_run=dry_run)

    def remove_runs(self, selection: Selection, *, dry_run: bool = False) -> list[RunOfGraph]:
        """Forget runs, and say which; with `dry_run` only say it. `collect` frees what only they needed.

        Raises UsageError for a selection that means nothing, StoreError TG605 for a run that is not there.
        """
        publish(self.project.database, self.project.private)
        found = select(self.database, selection, self.project.private)
        if not dry_run:
            remove(self.project.database, self.project.private, found)
            left = set(self.database.sql("select run_id from runs")["run_id"]) if found else set()
            for run_id in {run.run_id for run in found} - left:
                self.failures.remove(run_id)
        return found

    def _file(self, graph: str | Path) -> Path:
        named = self.project.root / "graphs" / f"{graph}.yaml"
        return named if not Path(graph).exists() and named.exists() else Path(graph)

    def _keeps(self, graph: Graph, node: str) -> Collection[str]:
        return kept(self.project.settings.project.store, graph, node)
