"""Which nodes of a graph are meant: by name, or by a selection, given what is stored and what its latest run left."""

from __future__ import annotations

from collections.abc import Iterable, Set

from pipeline.errors import UsageError, did_you_mean
from pipeline.execution.plan import Plan
from pipeline.graph.graph import Graph
from pipeline.graph.select import needed, selected
from pipeline.store.query import Database

__all__ = ["nodes_meant", "part_of"]


def nodes_meant(graph: Graph, names: Iterable[str], option: str) -> list[str]:
    """The nodes of some names, all that a sub-graph brought for the name of its use.

    Raises UsageError for a name that is neither.
    """
    found: list[str] = []
    for name in names:
        if name not in graph.nodes and name not in graph.uses:
            hint = did_you_mean(name, (*graph.nodes, *graph.uses))
            raise UsageError(f"{option} {name}: {graph.name!r} has no such node", hint=hint)
        found += [name] if name in graph.nodes else [node for node in graph.nodes if node.startswith(f"{name}.")]
    return found


def part_of(planned: Plan, database: Database, select: Iterable[str], exclude: Iterable[str]) -> Graph:
    """Of a plan's first graph the selected nodes, what they need, and what is stored all the same.

    Stored nodes stay so that SQL goes on to show them. Raises UsageError for a selection that means nothing.
    """
    graph = planned.graphs[0]
    stored = {name for name in graph.nodes if planned.step(graph.name, name).action == "reuse"}
    names = selected(graph, select, exclude, lambda: _states(planned, database, stored))
    if not names:
        raise UsageError("the selection means no node", hint="`tradegraph plan GRAPH` lists all nodes.")
    kept = needed(graph, names)
    for name in graph.nodes:  # in order: a stored node stays where all that it stands on stays
        above = {*graph.dag.pred[name], graph.nodes[name].rows or name} - {name}
        if name in stored and all(one in kept or one in graph.bars for one in above):
            kept.add(name)
    return graph.subset(kept)


def _states(planned: Plan, database: Database, stored: Set[str]) -> dict[str, set[str]]:
    """Nodes of a plan's first graph by what became of them since its latest run."""
    graph = planned.graphs[0]
    latest = database.latest(graph.name)
    rows = database.nodes_of(latest) if latest else []
    keys = {row["node"]: row["key"] for row in rows if row["graph"] == graph.name}
    query = "select node from node_timings where run_id = ? and graph = ? and status in ('failed', 'skipped')"
    failed = set(database.sql(query, [latest, graph.name])["node"]) if latest else set()
    new = {name for name in graph.nodes if name not in keys}
    changed = {name for name in graph.nodes if keys.get(name) != planned.step(graph.name, name).key}
    return {"new": new, "changed": changed, "failed": failed, "stored": set(stored)}
