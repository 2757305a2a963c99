"""Batches: many graphs as one plan in which equal nodes are one step, whatever graph they are in."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import polars as pl

from pipeline.errors import Fault, GraphError, UsageError, did_you_mean
from pipeline.execution.run import Run
from pipeline.graph.graph import Graph
from pipeline.graph.overrides import Overrides
from pipeline.graph.read import read_file
from pipeline.store.publish import Published
from pipeline.store.query import Database

__all__ = ["Batch", "Selected", "as_settings", "gather_graphs", "recorded"]


@dataclass(frozen=True)
class Selected:
    """The graphs of a batch, each with what the call changes in it; `faults` are of files that were left out."""

    graphs: tuple[Graph, ...]
    given: Mapping[str, Overrides] = field(default_factory=dict)
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True)
class Batch:
    """A finished batch and the way to its results."""

    run: Run
    graphs: tuple[Graph, ...]
    published: Published
    _database: Database = field(repr=False)

    def table(self) -> pl.DataFrame:
        """A row per graph: graph, status, and how many of its nodes were computed, cached, failed, skipped."""
        rows = []
        for graph in self.graphs:
            counts = dict.fromkeys(("computed", "cached", "failed", "skipped"), 0)
            alone = False
            for name in graph.nodes:
                record = self.run.record(graph.name, name)
                counts[record.status] += 1
                alone = alone or bool(record.symbols)
            bad = alone or counts["failed"] or counts["skipped"]
            rows.append({"graph": graph.name, "status": "failed" if bad else "ok", **counts})
        return pl.DataFrame(rows)

    def metrics(self) -> pl.DataFrame:
        """The metrics of all graphs: graph, node, symbol, metric, value."""
        query = "select graph, node, symbol, metric, value from metrics where run_id = ? order by all"
        return self._database.sql(query, [self.run.id])


def gather_graphs(
    files: Iterable[Path], given: Overrides, check: Callable[[Path, Overrides], Graph], *, keep_going: bool
) -> Selected:
    """Check the graphs in files, each with what of `given` it has; a file with faults is left out to `keep_going`.

    Raises GraphError with all faults of all files otherwise, and UsageError for a param or a node that no graph has,
    or for two graphs of one name.
    """
    graphs: dict[str, Graph] = {}
    mine: dict[str, Overrides] = {}
    faults: list[Fault] = []
    unused = {*given.params, *given.settings}
    for file in files:
        try:
            one = _suited(file, given)
            unused -= {*one.params, *one.settings}
            graph = check(file, one)
        except GraphError as error:
            faults += error.faults
            continue
        if graph.name in graphs:
            told = f"{graphs[graph.name].file} and {file} are both called {graph.name!r}"
            raise UsageError(told, hint="Give one of them another `name:`.")
        graphs[graph.name], mine[graph.name] = graph, one
    if faults and (not keep_going or not graphs):
        raise GraphError.of(faults)
    if unused:
        known = {name for graph in graphs.values() for name in (*graph.params, *graph.nodes)}
        name = min(unused)
        raise UsageError(f"no graph of the batch has a param or node {name!r}", hint=did_you_mean(name, known))
    return Selected(tuple(graphs.values()), mine, tuple(faults))


def _suited(file: Path, given: Overrides) -> Overrides:
    """What of `given` a file takes: params that it declares, settings of nodes that it has.

    Raises GraphError.
    """
    spec = read_file(file)
    params = {name: value for name, value in given.params.items() if spec.params.get(name) is not None}
    settings = {node: values for node, values in given.settings.items() if node.partition(".")[0] in spec.nodes}
    return replace(given, params=params, settings=settings)


def recorded(database: Database, run: str) -> list[tuple[Path, Overrides]]:
    """The files of a run of graphs, each with what was changed in it then. Raises StoreError, UsageError."""
    run_id = database.find_run(run)
    rows = database.sql("select graph, file, settings from runs where run_id = ? order by graph", [run_id]).rows()
    if any("." in graph for graph, _, _ in rows):
        hint = "Run the same `tradegraph sweep` again: it goes on where it was."
        raise UsageError(f"run {run_id} is a sweep", hint=hint)
    found = []
    for graph, file, text in rows:
        said: dict[str, Any] = json.loads(text)
        one = said.get("graphs", {}).get(graph, said)
        bars = {name: one[name] for name in ("symbols", "from", "to") if name in one}
        found.append((Path(file), Overrides(one.get("params", {}), one.get("set", {}), bars)))
    return found


def as_settings(given: Mapping[str, Overrides]) -> dict[str, Any]:
    """What a batch changes, for its record."""
    return {"graphs": {name: one.as_dict() for name, one in given.items()}}
