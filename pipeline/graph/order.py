"""The order in which nodes can be computed, and the circles that have none."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import networkx as nx

from pipeline.errors import Fault, Note
from pipeline.graph.scope import Placed, Reference

__all__ = ["Order", "ordered"]


class Order:
    """Nodes by full name in topological order, ties as written; those in a circle; the DAG of it all."""

    def __init__(self, names: Sequence[str], looped: Sequence[str], dag: nx.DiGraph[str]) -> None:
        self.names = names
        self.looped = looped
        self.dag = dag


def ordered(placed: Sequence[Placed], bars: Iterable[str]) -> tuple[Order, list[Fault]]:
    """The order of nodes, and a fault for each circle."""
    rank = {node.name: i for i, node in enumerate(placed)}
    dag: nx.DiGraph[str] = nx.DiGraph()
    dag.add_nodes_from(bars)
    dag.add_nodes_from(rank)
    for node in placed:
        for _, written in node.spec.wires.values():
            end = node.scope.resolve(written)
            if isinstance(end, Reference) and end.source in dag:
                dag.add_edge(end.source, node.name)
    names, faults = _levels(dag, rank), list[Fault]()
    looped: set[str] = set()
    if len(names) < len(rank):
        looped, faults = _circles(dag, rank, placed)
        names = _levels(dag.subgraph([name for name in dag if name not in looped]), rank)
    return Order(names, sorted(looped, key=rank.__getitem__), dag), faults


def _levels(dag: nx.DiGraph[str], rank: Mapping[str, int]) -> list[str]:
    try:
        found = list(nx.lexicographical_topological_sort(dag, key=lambda name: rank.get(name, -1)))
    except nx.NetworkXUnfeasible:
        return []
    return [name for name in found if name in rank]


def _circles(dag: nx.DiGraph[str], rank: Mapping[str, int], placed: Sequence[Placed]) -> tuple[set[str], list[Fault]]:
    looped: set[str] = set()
    faults: list[Fault] = []
    loops = [loop for loop in nx.strongly_connected_components(dag) if len(loop) > 1]
    loops += [{name} for name in dag if dag.has_edge(name, name)]
    for loop in loops:
        looped |= loop
        names = sorted(loop, key=rank.__getitem__)
        # a graph of its own: the neighbours in a view come in the order of a set, another one in each process
        inner = nx.DiGraph((a, b) for a in names for b in dag[a] if b in loop)
        edges = nx.find_cycle(inner, names[0])
        found = [edge[0] for edge in edges] + [edges[0][0]]
        path = " → ".join(found if len(found) <= 20 else [*found[:10], f"… {len(found) - 15} more …", *found[-5:]])
        first = placed[rank[edges[0][0]]]
        notes = [Note(placed[rank[b]].spec.name.place, f"{b!r} takes {a!r}") for a, b, *_ in edges[:8] if a != b]
        hint = "A node may only use what is computed before it; cut one of these wires."
        message = f"the wires form a cycle: {path}"
        faults.append(Fault("TG215", message, first.spec.name.place, hint, notes=(*notes, *first.scope.trail())))
    return looped, faults
