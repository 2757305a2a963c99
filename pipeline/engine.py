"""The engine: one project, opened. Graphs are checked, planned and run here, and results asked for.

engine = Engine.open("my-project")
result = engine.run("graphs/ema_cross.yaml", params={"fast": 10})
result.output("fast")            # a polars frame: symbol, ts, value
engine.sql("select node, median(ms) from node_timings group by node")
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterable, Iterator, Mapping, Set
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from pipeline.errors import UsageError, did_you_mean
from pipeline.execution.execute import Options, execute
from pipeline.execution.kernel import KernelCache
from pipeline.execution.memory import half_of_memory
from pipeline.execution.plan import Plan, plan
from pipeline.execution.protocols import Progress, Silent
from pipeline.execution.replay import KeptCall, Replay, replay
from pipeline.execution.run import Run
from pipeline.execution.why import Reason, why
from pipeline.graph.check import Surroundings, check_file
from pipeline.graph.fix import replace_text
from pipeline.graph.graph import Graph
from pipeline.graph.schema import FILE_NAME, schema_text, stamp
from pipeline.graph.select import needed, selected
from pipeline.laws.certificate import Certificate
from pipeline.laws.certify import certify
from pipeline.laws.trial import Compiled
from pipeline.market.store import Market
from pipeline.market.tables import market_tables
from pipeline.model.node import NodeType
from pipeline.model.registry import Registry
from pipeline.plugins.discover import Discovery
from pipeline.plugins.host import WorkerHost
from pipeline.plugins.monitor import Watched
from pipeline.plugins.system import PluginSystem
from pipeline.settings import Project
from pipeline.store.cache import Cache
from pipeline.store.certificates import write_certificates
from pipeline.store.collect import Collected
from pipeline.store.events import EventJournal
from pipeline.store.export import Exported, Format, chosen, export
from pipeline.store.failures import FailureFiles
from pipeline.store.live import LiveRun
from pipeline.store.publish import Published, publish
from pipeline.store.query import Database
from pipeline.store.record import PluginRow
from pipeline.store.recorder import Recorder
from pipeline.store.remove import RunOfGraph, Selection, remove, select
from pipeline.store.retention import Retention, kept
from pipeline.store.segment import MAX_BYTES, Segments
from pipeline.store.snapshot import publish_tables

__all__ = ["Engine", "Overrides", "Result"]


@dataclass(frozen=True)
class Overrides:
    """What a call changes in a graph: graph params, node params, and fields of every bars source.

    Values are typed or text. `bars` may hold symbols ("AAPL,MSFT" or "all"), from and to.
    """

    params: Mapping[str, Any] = field(default_factory=dict)
    settings: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    bars: Mapping[str, str] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """The overrides for the record of a run."""
        return {"params": dict(self.params), "set": {k: dict(v) for k, v in self.settings.items()}, **self.bars}


@dataclass(frozen=True)
class Result:
    """A finished run and the way to its values."""

    run: Run
    graph: Graph
    published: Published
    _database: Database = field(repr=False)

    def output(self, node: str) -> pl.DataFrame:
        """The value of a node, one of its outputs or a declared output: symbol, ts and its columns, or its table."""
        name, _, part = node.partition(".")
        name, part = self.graph.outputs.get(node, (name, part))
        node_of = self.graph.nodes.get(name)
        table = part if node_of and part in node_of.type.tables and len(node_of.kinds) > 1 else ""
        frame = self._database.output(self.run.id, self.graph.name, name, table)
        columns = dict(node_of.type.columns(node_of.kinds)) if node_of else {}
        # `stats.value` of a table is the table: it has columns of its own
        return frame.select("symbol", "ts", part) if part in columns else frame


class Engine:
    """A project with its registry of node types, its market and its database."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.market = Market(project.market)
        self.database = Database(project.database, project.private)
        self.cache = Cache(self.database, project.private, _retention(project))
        self.failures = FailureFiles(project.private / "failures")
        self.events = EventJournal(project.private)
        self.plugins = PluginSystem(project, self.events)
        self._kernels = KernelCache(project.private / "kernels")
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
            _keep_schema(file, found.registry)
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
        _keep_schema(file, self.registry)
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
            surroundings=Surroundings(universes=self.project.settings.project.universes),
        )

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
        return plan([checked], self.market, self._segments("plan"), reuse=cache, refresh=refresh, keeps=self._keeps)

    def select(self, graph: Graph, select: Iterable[str] = (), exclude: Iterable[str] = ()) -> Graph:
        """The part of a graph that a selection means: those nodes, what they need, and what is stored all the same.

        Stored nodes stay so that SQL goes on to show them. Raises UsageError for a selection that means nothing.
        """
        planned = self.plan(graph)
        stored = {name for name in graph.nodes if planned.step(graph.name, name).action == "reuse"}
        names = selected(graph, select, exclude, lambda: self._states(planned, stored))
        if not names:
            raise UsageError("the selection means no node", hint="`tradegraph plan GRAPH` lists all nodes.")
        kept = needed(graph, names)
        for name in graph.nodes:  # in order: a stored node stays where all that it stands on stays
            above = {*graph.dag.pred[name], graph.nodes[name].rows or name} - {name}
            if name in stored and all(one in kept or one in graph.bars for one in above):
                kept.add(name)
        return graph.subset(kept)

    def _states(self, planned: Plan, stored: Set[str]) -> dict[str, set[str]]:
        """Nodes of a plan's first graph by what became of them since its latest run."""
        graph = planned.graphs[0]
        latest = self.database.latest(graph.name)
        rows = self.database.nodes_of(latest) if latest else []
        keys = {row["node"]: row["key"] for row in rows if row["graph"] == graph.name}
        query = "select node from node_timings where run_id = ? and graph = ? and status in ('failed', 'skipped')"
        failed = set(self.database.sql(query, [latest, graph.name])["node"]) if latest else set()
        new = {name for name in graph.nodes if name not in keys}
        changed = {name for name in graph.nodes if keys.get(name) != planned.step(graph.name, name).key}
        return {"new": new, "changed": changed, "failed": failed, "stored": set(stored)}

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
    ) -> Result:
        """Run a graph, store every node's output and publish the record.

        A failed node does not raise: it stands in `Result.run`. Raises GraphError for faults in the
        graph, StoreError when results cannot be written.
        """
        given = overrides or Overrides()
        checked = graph if isinstance(graph, Graph) else self.check(graph, given)
        run_id = new_run_id()
        private = self.project.private
        plugins = [
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
            for r in self.discovery.records
            if r.origin != "shipped"
        ]
        with (
            LiveRun(private, run_id),
            WorkerHost(
                self.project.plugin_directories,
                private / "kernels",
                memory_mb=self.project.settings.memory_limit_mb,
                log=self.plugins.log_setup,
            ) as workers,
            closing(self._segments(run_id)) as segments,  # claims go with it, also when the run cannot be stored
        ):
            planned = plan([checked], self.market, segments, reuse=cache, refresh=refresh, keeps=self._keeps)
            recorder = Recorder(self.project.database, private, segments, plugins)
            options = Options(
                fail_fast=fail_fast,
                settings=given.as_dict(),
                progress=progress or Silent(),
                sink=Watched(recorder, self.plugins.monitor),
                guest=self.plugins.guest,
                limited=workers,
                failures=self.failures,
                memory=self._memory,
            )
            run = execute(planned, run_id, self.market, segments, self._kernels, options=options)
            published = recorder.finish(run)
        self.cache.expire()
        return Result(run, checked, published, self.database)

    def certify(
        self, wanted: Iterable[tuple[NodeType, Mapping[str, Any] | None]], *, draws: int = 0
    ) -> Iterator[Certificate]:
        """Put node types through the laws, one by one, with given params or the defaults and the ends of their ranges.

        `draws` sets from the whole range of the params are tried besides. What was found is published when the last
        one was taken, or when whoever asks stops. Raises StoreError when it cannot be written.
        """
        found: list[Certificate] = []
        evaluate = Compiled(self._kernels)
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

    def replay(self, run_id: str, node: str, symbol: str | None = None) -> Replay:
        """Make a failed call of a run again, alone, in this process, with the node type as it is now.

        `run_id` is an id, a beginning of one, or `latest`; `symbol` leaves the other symbols' rows out. Raises
        UsageError when the call was not kept or no longer fits the node type, StoreError TG605 for no such run.
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
        return replay(kept, call, self._kernels)

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

    def collect(self, *, dry_run: bool = False) -> Collected:
        """Remove values that no kept run needs, leftovers of killed runs, and kernels of code that is gone.

        What the project keeps and for how long is set in plugin_config.json. Raises StoreError TG601.
        """
        return self.cache.gc({node.code for node in self.registry}, dry_run=dry_run)

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

    def _keeps(self, graph: Graph, node: str) -> bool:
        return kept(self.project.settings.project.store, graph, node)

    @property
    def _memory(self) -> int | None:
        return self.project.settings.project.memory or half_of_memory()

    def _segments(self, run_id: str) -> Segments:
        database, folder = self.database, self.project.private / "segments"
        # an eighth: of what waits in memory the most is for other nodes
        gather = (self._memory or MAX_BYTES * 8) // 8
        return Segments(folder, run_id, database.lookup, lambda: database.seen(run_id), gather=gather)


def _retention(project: Project) -> Retention:
    said = project.settings.project
    return Retention(said.store, said.keep_days, said.keep_bytes)


def new_run_id() -> str:
    """An id that sorts by time: UTC to the second, the microsecond in five hex letters, four random ones."""
    now = dt.datetime.now(dt.UTC)
    return f"{now:%Y%m%dT%H%M%S}-{now.microsecond:05x}{os.urandom(2).hex()}"


def _keep_schema(file: Path, registry: Registry) -> None:
    """Write the schema of graph files anew where it was made from other node types."""
    with suppress(OSError):  # a project that may only be read keeps what it has
        with file.open(encoding="utf-8") as text:
            head = text.read(200)
        if stamp(registry) not in head:
            replace_text(file, schema_text(registry))
