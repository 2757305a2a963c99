"""The engine: one project, opened. Graphs are checked, planned and run here, and results asked for.

engine = Engine.open("my-project")
result = engine.run("graphs/ema_cross.yaml", params={"fast": 10})
result.output("fast")            # a polars frame: symbol, ts, value
engine.sql("select node, median(ms) from node_timings group by node")
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import polars as pl

from pipeline.errors import UsageError, did_you_mean
from pipeline.execution.execute import Options, execute
from pipeline.execution.kernel import KernelCache
from pipeline.execution.plan import Plan, plan
from pipeline.execution.protocols import Progress, Silent
from pipeline.execution.run import Run
from pipeline.execution.why import Reason, why
from pipeline.graph.check import Surroundings, check_file
from pipeline.graph.graph import Graph
from pipeline.market.store import Market
from pipeline.model.registry import Registry
from pipeline.plugins.discover import Discovery, build_registry
from pipeline.settings import Project
from pipeline.store.journal import write_journal
from pipeline.store.publish import Published, publish
from pipeline.store.query import Database
from pipeline.store.record import PluginRow
from pipeline.store.segment import Segments

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
        """The value of a node or declared output: symbol, ts and its columns, or its table."""
        name, part = self.graph.outputs.get(node, (node, ""))
        frame = self._database.output(self.run.id, self.graph.name, name)
        node_of = self.graph.nodes.get(name)
        columns = dict(node_of.type.columns(node_of.kinds)) if node_of else {}
        # `stats.value` of a table is the table: it has columns of its own
        return frame.select("symbol", "ts", part) if part in columns else frame


class Engine:
    """A project with its registry of node types, its market and its database."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.market = Market(project.market)
        self.database = Database(project.database, project.private)
        self._kernels = KernelCache(project.private / "kernels")

    @classmethod
    def open(cls, root: str | Path = ".") -> Engine:
        """The engine of the project at `root`. Raises SettingsError."""
        return cls(Project.open(Path(root)))

    @cached_property
    def discovery(self) -> Discovery:
        """Node types and plugin files as they were found when first asked for."""
        return build_registry(self.project.plugin_directories)

    @property
    def registry(self) -> Registry:
        """The node types that graphs may use."""
        return self.discovery.registry

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
        return plan([checked], self.market, self._segments("plan"), reuse=cache, refresh=refresh)

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
        segments = self._segments(run_id)
        planned = plan([checked], self.market, segments, reuse=cache, refresh=refresh)
        options = Options(fail_fast=fail_fast, settings=given.as_dict(), progress=progress or Silent())
        run = execute(planned, run_id, self.market, segments, self._kernels, options=options)
        rows = [
            PluginRow(r.path, r.origin, r.digest, " ".join(r.ids), r.status, r.reason)
            for r in self.discovery.records
            if r.origin != "shipped"
        ]
        write_journal(self.project.private / "journal", run, segments.written, rows)
        published = publish(self.project.database, self.project.private)
        return Result(run, checked, published, self.database)

    def sql(self, query: str) -> pl.DataFrame:
        """The answer of the published database. Raises StoreError TG604, TG605."""
        return self.database.sql(query)

    def _file(self, graph: str | Path) -> Path:
        named = self.project.root / "graphs" / f"{graph}.yaml"
        return named if not Path(graph).exists() and named.exists() else Path(graph)

    def _segments(self, run_id: str) -> Segments:
        return Segments(self.project.private / "segments", run_id, self.database.lookup)


def new_run_id() -> str:
    """An id that sorts by time: UTC to the second and eight random letters."""
    return f"{dt.datetime.now(dt.UTC):%Y%m%dT%H%M%S}-{os.urandom(4).hex()}"
