"""Our engine, phase by phase: as a contestant, in memory, and with the real store.

Phases that overlap in the code are told apart by watching the object store and DuckDB's connection from
outside: the engine itself carries no stopwatch for this.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal
from unittest.mock import patch

import numpy as np

from benchmarks.contestant import Runner
from benchmarks.timing import Laps
from benchmarks.workload import REGISTRY, Shape, Values, assert_expected, market
from pipeline.execution.execute import Options, execute
from pipeline.execution.kernel import KernelCache
from pipeline.execution.plan import plan
from pipeline.execution.protocols import BarSource, MemoryObjects, ObjectStore
from pipeline.execution.run import Run
from pipeline.graph.check import check
from pipeline.graph.graph import Graph
from pipeline.graph.spec import GraphSpec
from pipeline.store import draft as drafting
from pipeline.store import publish as publishing
from pipeline.store.query import Database
from pipeline.store.record import Increment
from pipeline.store.recorder import write_journal
from pipeline.store.segment import Segments

__all__ = ["APART", "COUNTED", "PHASES", "Tradegraph", "in_memory", "in_store"]

COUNTED = ("check", "plan", "lookup", "execute", "journal", "insert")
"""Phases that the aim counts; `lookup` opens the published file, `insert` is the batch into DuckDB and its commit."""
APART = ("in nodes", "output bytes", "publishing", "views")
"""Phases that are reported apart: the nodes' own work, values to files, copy and checkpoint, views and tables."""
PHASES = (*COUNTED, *APART)

_KERNELS = KernelCache()
"""One for all rounds: compiling is no cost of a node, and whoever warms up pays for it."""
_INSERTS = ("delete", "insert")


class Tradegraph:
    """Our engine with the in-memory store. It is always the whole of it: keys, lookups, timings, records."""

    caches = True
    builds: Literal["each round"] = "each round"

    def __init__(self, name: str, use: str, shapes: Sequence[Shape]) -> None:
        """Read the graphs' texts, which no peer has to, and compile the node: neither is timed."""
        self.name = name
        self._specs = {shape: shape.spec(use) for shape in shapes}
        in_memory(Shape("chain", 1), use)

    def build(self, shape: Shape) -> Runner:
        return _Runner(shape, check(self._specs[shape], REGISTRY))


class _Runner:
    def __init__(self, shape: Shape, graph: Graph) -> None:
        self._shape = shape
        self._graph = graph
        self._market = market()
        self._store = MemoryObjects()

    def forget(self) -> None:
        self._store = MemoryObjects()

    def run(self) -> Values:
        planned = plan([self._graph], self._market, self._store)
        run = execute(planned, "run", self._market, self._store, _KERNELS, options=Options())
        return _asked(self._shape, run, self._store)


def in_memory(shape: Shape, use: str) -> tuple[Laps, Laps]:
    """Seconds by phase, cold and cached, over the in-memory store."""
    spec: GraphSpec = shape.spec(use)
    bars, store = market(), MemoryObjects()
    cold, cached = Laps(), Laps()
    graph = cold.take("check", lambda: check(spec, REGISTRY))
    _run(cold, shape, graph, bars, store, "cold")
    run = _run(cached, shape, graph, bars, store, "cached")
    _assert_cached(shape, run)
    return cold, cached


def in_store(shape: Shape, use: str, folder: Path) -> tuple[Laps, Laps]:
    """Seconds by phase, cold and cached, over segments, journals and DuckDB in `folder`, which is empty."""
    spec = shape.spec(use)
    bars = market()
    cold, cached = Laps(), Laps()
    graph = cold.take("check", lambda: check(spec, REGISTRY))
    for laps, run_id in ((cold, "run1"), (cached, "run2")):
        private = folder / ".tradegraph"
        published = folder / "tradegraph.duckdb"
        segments = Segments(private / "segments", run_id, Database(published, private).lookup)
        run = _run(laps, shape, graph, bars, _Watched(segments, laps), run_id)
        journal = private / "journal"
        told = Increment(run, run.records, segments.written, list(segments.coverages.values()))
        laps.take("journal", lambda: write_journal(journal, run_id, told, []))  # noqa: B023 - called at once
        segments.close()
        with _watched_publish(laps):
            laps.take("publishing", lambda: publishing.publish(published, private))  # noqa: B023
        for part in ("insert", "views"):
            laps.add("publishing", -laps.seconds.get(part, 0.0))
    _assert_cached(shape, run)
    _assert_published(shape, Database(published, private))
    return cold, cached


def _run(laps: Laps, shape: Shape, graph: Graph, bars: BarSource, store: ObjectStore, run_id: str) -> Run:
    planned = laps.take("plan", lambda: plan([graph], bars, store))
    run = laps.take("execute", lambda: execute(planned, run_id, bars, store, _KERNELS, options=Options()))
    own = sum(record.ms or 0.0 for record in run.records) / 1e3
    laps.add("in nodes", own)
    laps.add("execute", -own - laps.seconds.get("output bytes", 0.0))
    laps.add("plan", -laps.seconds.get("lookup", 0.0))
    assert_expected(shape, _asked(shape, run, store), f"tradegraph, {run_id}")
    return run


def _asked(shape: Shape, run: Run, store: ObjectStore) -> Values:
    """Values of the asked nodes, from the store."""
    found = {}
    for name in shape.asked:
        step = run.plan.step(shape.kind, name)
        value = store.read(step.key, step.columns)
        found[name] = value["value"].array if isinstance(value, dict) else np.empty(0)  # empty: it is not there
    return found


def _assert_cached(shape: Shape, run: Run) -> None:
    if run.counts["cached"] != shape.nodes:
        raise AssertionError(f"{run.counts['cached']} of {shape.nodes} nodes were cached")


def _assert_published(shape: Shape, database: Database) -> None:
    """What SQL says of the two runs."""
    rows = database.sql("select status, count(*) from node_timings group by status order by status").rows()
    if rows != [("cached", shape.nodes), ("computed", shape.nodes)]:
        raise AssertionError(f"node_timings of two runs over {shape.nodes} nodes: {rows}")
    last = shape.asked[-1]
    values = database.sql(f"select value from {shape.kind}.{last} order by ts")["value"].to_numpy()
    assert_expected(shape, {**shape.expected, last: values}, "the published view")


class _Watched:
    """An object store whose calls count as phases of their own."""

    def __init__(self, store: ObjectStore, laps: Laps) -> None:
        self._plain = store
        self.find = laps.wrap("lookup", store.find)
        self.put = laps.wrap("output bytes", store.put)
        self.flush = laps.wrap("output bytes", store.flush)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._plain, name)


class _Connection:
    """DuckDB's connection as `publish` sees it: inserts and their commit are `insert`, the commit of views `views`."""

    def __init__(self, plain: Any, laps: Laps) -> None:
        self.plain = plain
        self.views_made = False
        self._inserting = laps.wrap("insert", plain.execute)
        self._showing = laps.wrap("views", plain.execute)

    def execute(self, statement: str, *parameters: Any) -> Any:
        run = self.plain.execute
        if statement.startswith("commit"):
            run = self._showing if self.views_made else self._inserting
        elif statement.startswith(_INSERTS):
            run = self._inserting
        return run(statement, *parameters)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.plain, name)


@contextmanager
def _watched_publish(laps: Laps) -> Iterator[None]:
    connect, refresh = drafting.connect_quietly, laps.wrap("views", publishing.refresh_graph)

    @contextmanager
    def watched() -> Iterator[_Connection]:
        with connect() as connection:
            yield _Connection(connection, laps)

    def refresh_plain(connection: _Connection, graph: str, segments: Path) -> None:
        connection.views_made = True
        refresh(connection.plain, graph, segments)

    with (
        patch.object(drafting, "connect_quietly", watched),
        patch.object(publishing, "refresh_graph", refresh_plain),
    ):
        yield
