"""Batches: many graphs as one plan in which equal nodes are one step, whatever graph they are in."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeAlias

import polars as pl

from pipeline.errors import Fault, GraphError, UsageError, did_you_mean
from pipeline.execution.run import Run
from pipeline.graph.cells import Cells
from pipeline.graph.graph import Graph
from pipeline.graph.overrides import Overrides
from pipeline.graph.read import load_text, read_file
from pipeline.runs.sweep import Search
from pipeline.store.publish import Published
from pipeline.store.query import Database
from pipeline.store.sweep_view import SUFFIX

__all__ = ["Batch", "Recorded", "Selected", "as_settings", "gather_graphs", "joined", "recorded"]


@dataclass(frozen=True)
class Selected:
    """The graphs of a batch, and those that it sweeps, each with what the call changes in it, and tries.

    `faults` are of files that were left out, `sizes` the cells of swept graphs before any condition.
    """

    graphs: tuple[Graph, ...]
    given: Mapping[str, Overrides] = field(default_factory=dict)
    faults: tuple[Fault, ...] = ()
    swept: tuple[Cells, ...] = ()
    searches: Mapping[str, Search] = field(default_factory=dict)
    sizes: Mapping[str, int] = field(default_factory=dict)

    @property
    def all(self) -> tuple[Graph, ...]:
        """All graphs, those of cells as well."""
        return (*self.graphs, *(graph for cells in self.swept for graph in cells.graphs))


@dataclass(frozen=True)
class Batch:
    """A finished batch and the way to its results."""

    run: Run
    graphs: tuple[Graph, ...]
    published: Published
    _database: Database = field(repr=False)
    swept: tuple[Cells, ...] = ()

    def table(self) -> pl.DataFrame:
        """A row per graph: graph, status, and how many of its nodes were computed, cached, failed, skipped.

        A graph that was swept is one row under the name of its sweep, which counts the nodes of all its cells.
        """
        groups = {graph.name: (graph,) for graph in self.graphs} | {cells.name: cells.graphs for cells in self.swept}
        return pl.DataFrame([{"graph": name, **self._told(graphs)} for name, graphs in groups.items()])

    def _told(self, graphs: Sequence[Graph]) -> dict[str, Any]:
        counts = dict.fromkeys(("computed", "cached", "failed", "skipped"), 0)
        alone = False
        for graph in graphs:
            for name in graph.nodes:
                record = self.run.record(graph.name, name)
                counts[record.status] += 1
                alone = alone or bool(record.symbols)
        bad = alone or counts["failed"] or counts["skipped"]
        return {"status": "failed" if bad else "ok", **counts}

    def metrics(self) -> pl.DataFrame:
        """The metrics of all graphs: graph, node, symbol, metric, value."""
        query = "select graph, node, symbol, metric, value from metrics where run_id = ? order by all"
        return self._database.sql(query, [self.run.id])


Check: TypeAlias = Callable[[Path, Overrides, Search], "Graph | Cells"]
"""The graph in a file, or its cells when something is swept. Raises GraphError, UsageError."""


def gather_graphs(
    files: Iterable[Path], given: Overrides, search: Search, check: Check, *, keep_going: bool
) -> Selected:
    """Check the graphs in files, each with what of `given` and `search` it has.

    A file with faults is left out to `keep_going`. Raises GraphError with all faults of all files otherwise, and
    UsageError for a param or a node that no graph has, or for two graphs of one name.
    """
    found: dict[str, tuple[Graph | Cells, Overrides, Search]] = {}
    faults: list[Fault] = []
    unused = {*given.params, *given.settings, *search.values}
    for file in files:
        try:
            one, mine = _suited(file, given, search)
            unused -= {*one.params, *one.settings, *mine.values}
            checked = check(file, one, mine)
        except GraphError as error:
            faults += error.faults
            continue
        graph = checked.graph if isinstance(checked, Cells) else checked
        if graph.name in found:
            other = found[graph.name][0]
            told = (
                f"{(other.graph if isinstance(other, Cells) else other).file} and {file} are both called {graph.name!r}"
            )
            raise UsageError(told, hint="Give one of them another `name:`.")
        found[graph.name] = checked, one, mine
    if faults and (not keep_going or not found):
        raise GraphError.of(faults)
    if unused:
        known = {name for one, _, _ in found.values() for name in (*_graph_of(one).params, *_graph_of(one).nodes)}
        name = min(unused)
        raise UsageError(f"no graph of the batch has a param or node {name!r}", hint=did_you_mean(name, known))
    return Selected(
        tuple(one for one, _, _ in found.values() if isinstance(one, Graph)),
        {name: one for name, (_, one, _) in found.items()},
        tuple(faults),
        tuple(one for one, _, _ in found.values() if isinstance(one, Cells)),
        {name: mine for name, (one, _, mine) in found.items() if isinstance(one, Cells)},
    )


def joined(parts: Iterable[Selected]) -> Selected:
    """Several selections as one."""
    found = list(parts)
    return Selected(
        tuple(graph for one in found for graph in one.graphs),
        {name: given for one in found for name, given in one.given.items()},
        tuple(fault for one in found for fault in one.faults),
        tuple(cells for one in found for cells in one.swept),
        {name: search for one in found for name, search in one.searches.items()},
        {name: size for one in found for name, size in one.sizes.items()},
    )


def _graph_of(checked: Graph | Cells) -> Graph:
    return checked.graph if isinstance(checked, Cells) else checked


def _suited(file: Path, given: Overrides, search: Search) -> tuple[Overrides, Search]:
    """What a file takes: params that it declares, settings of nodes that it has. Raises GraphError."""
    spec = read_file(file)
    params = {name: value for name, value in given.params.items() if spec.params.get(name) is not None}
    settings = {node: values for node, values in given.settings.items() if node.partition(".")[0] in spec.nodes}
    values = {
        name: several
        for name, several in search.values.items()
        if (name.partition(".")[0] in spec.nodes if "." in name else spec.params.get(name) is not None)
    }
    return replace(given, params=params, settings=settings), replace(search, values=values)


@dataclass(frozen=True)
class Recorded:
    """What a run did with a graph's file: what was changed in it, and tried. `edited` when it says other things now."""

    run_id: str
    file: Path
    given: Overrides
    search: Search | None
    edited: bool


def recorded(database: Database, run: str) -> list[Recorded]:
    """The files of a run of graphs, as they were run then. Raises StoreError, GraphError TG110 for one that is gone."""
    run_id = database.find_run(run)
    query = "select graph, file, settings, text from runs where run_id = ? order by graph"
    found: list[Recorded] = []
    for graph, file, text, written in database.sql(query, [run_id]).rows():
        said: dict[str, Any] = json.loads(text)
        one = said.get("graphs", {}).get(graph.removesuffix(SUFFIX), said)
        bars = {name: one[name] for name in ("symbols", "from", "to") if name in one}
        search = Search(**one["sweep"]) if "sweep" in one else None
        given = Overrides(one.get("params", {}), one.get("set", {}), bars)
        found.append(Recorded(run_id, Path(file), given, search, _is_edited(run_id, Path(file), written)))
    return found


def _is_edited(run_id: str, file: Path, text: str | None) -> bool:
    try:
        return load_text(file) != text and text is not None
    except GraphError as error:
        hint = f"Run {run_id} was of this file: put it back, or run the one that it is now."
        raise GraphError.of([replace(fault, hint=hint) for fault in error.faults]) from None


def as_settings(selected: Selected) -> dict[str, Any]:
    """What a batch changes and tries, for its record."""
    graphs = {name: one.as_dict() for name, one in selected.given.items()}
    for name, search in selected.searches.items():
        graphs[name]["sweep"] = search.as_dict()
    return {"graphs": graphs}
