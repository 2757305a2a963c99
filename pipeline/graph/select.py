"""Which nodes of a graph are meant: `fast`, `+entry`, `tag:slow`, `state:changed+`, in dbt's way of writing.

A `+` before a name adds what it needs, behind it what depends on it; a number bounds how far: `2+entry`. Names
may hold `*` and `?`. `a,b` is what both mean; several selections are what any of them means.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Set
from fnmatch import fnmatchcase

import networkx as nx

from pipeline.errors import UsageError, did_you_mean
from pipeline.graph.graph import Graph

__all__ = ["METHODS", "STATES", "needed", "selected"]

METHODS = ("tag", "use", "state")
STATES = ("new", "changed", "failed", "stored")
_TERM = re.compile(r"(?:(\d*)\+)?([^+]+?)(?:\+(\d*))?")

States = Callable[[], Mapping[str, Collection[str]]]
"""Gives the nodes in each of STATES; asked only when a selection wants them."""


def selected(graph: Graph, select: Iterable[str], exclude: Iterable[str], states: States) -> set[str]:
    """Nodes that `select` means (all when it is empty) and `exclude` does not. Raises UsageError."""
    wanted = [term for text in select for term in text.split()]
    unwanted = [term for text in exclude for term in text.split()]
    found = set(graph.nodes) if not wanted else {name for term in wanted for name in _union(graph, term, states)}
    return found - {name for term in unwanted for name in _union(graph, term, states)}


def needed(graph: Graph, names: Set[str]) -> set[str]:
    """The nodes of `names` and every node that one of them depends on, or that made the rows that it has."""
    found, waiting = set(names), list(names)
    while waiting:
        name = waiting.pop()
        wanted = {*graph.dag.pred[name], graph.nodes[name].rows}
        above = [name for name in wanted if name in graph.nodes and name not in found]
        found.update(above)
        waiting += above
    return found


def _union(graph: Graph, term: str, states: States) -> set[str]:
    parts = [_one(graph, part, states) for part in term.split(",")]
    return set.intersection(*parts)


def _one(graph: Graph, text: str, states: States) -> set[str]:
    found = _TERM.fullmatch(text)
    if found is None:
        hint = "Write `node`, `+node`, `node+`, `tag:name`, `use:type` or `state:changed`."
        raise UsageError(f"{text!r} selects nothing: it is not well formed", hint=hint)
    before, body, behind = found.groups()
    names = _base(graph, body, states)
    result = set(names)
    if before is not None:
        result |= _reached(graph, names, before, upwards=True)
    if behind is not None:
        result |= _reached(graph, names, behind, upwards=False)
    return result


def _reached(graph: Graph, names: Set[str], steps: str, *, upwards: bool) -> set[str]:
    dag = graph.dag.reverse(copy=False) if upwards else graph.dag
    reach = nx.multi_source_dijkstra_path_length(dag, set(names), int(steps) if steps else None) if names else {}
    return {name for name in reach if name in graph.nodes}


def _base(graph: Graph, body: str, states: States) -> set[str]:
    method, colon, value = body.partition(":")
    if not colon:
        return _named(graph, body)
    if method == "tag":
        tags = {tag for node in graph.nodes.values() for tag in node.tags}
        return _some({name for name, node in graph.nodes.items() if value in node.tags}, "tag", value, tags)
    if method == "use":
        uses = [f"{use.name}." for use in graph.uses.values() if use.subgraph == value]
        parts = {name for name in graph.nodes if any(name.startswith(use) for use in uses)}
        types = {node.type.id for node in graph.nodes.values()} | {use.subgraph for use in graph.uses.values()}
        found = {name for name, node in graph.nodes.items() if node.type.id == value} | parts
        return _some(found, "type or sub-graph", value, types)
    if method == "state":
        if value not in STATES:
            raise UsageError(f"there is no state {value!r}", hint=did_you_mean(value, STATES))
        return set(states()[value]) & graph.nodes.keys()
    raise UsageError(f"nodes are not selected by {method!r}", hint=did_you_mean(method, METHODS))


def _named(graph: Graph, pattern: str) -> set[str]:
    """A node, all nodes of a sub-graph by the name of its use, or those that a pattern fits."""
    if pattern in graph.nodes:
        return {pattern}
    if pattern in graph.uses:
        return {name for name in graph.nodes if name.startswith(f"{pattern}.")}
    if any(sign in pattern for sign in "*?["):
        return {name for name in graph.nodes if fnmatchcase(name, pattern)}
    hint = did_you_mean(pattern, [*graph.nodes, *graph.uses])
    raise UsageError(f"graph {graph.name!r} has no node {pattern!r}", hint=hint)


def _some(found: set[str], what: str, value: str, known: Collection[str]) -> set[str]:
    if not found:
        raise UsageError(f"no node has the {what} {value!r}", hint=did_you_mean(value, known))
    return found
