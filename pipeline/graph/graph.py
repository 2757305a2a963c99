"""The graph: frozen, legal, without data."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass, field, replace
from typing import Any, NoReturn, TypeVar

import networkx as nx

from pipeline.errors import Fault, Place
from pipeline.graph.sweep import Sweep
from pipeline.model.bars import BarsRequest
from pipeline.model.kind import Kind
from pipeline.model.node import NodeType

__all__ = ["FrozenMap", "Graph", "Node", "Use", "Wire"]

V = TypeVar("V")


class FrozenMap(dict[str, V]):
    """A dict that refuses to change; a dict still, because json and pickle know no other map."""

    def _refuse(self, *_: Any, **__: Any) -> NoReturn:
        raise TypeError("a graph cannot be changed")

    __setitem__ = __delitem__ = __ior__ = _refuse
    clear = pop = popitem = setdefault = update = _refuse

    def __reduce__(self) -> tuple[type[FrozenMap[V]], tuple[dict[str, V]]]:
        return type(self), (dict(self),)


@dataclass(frozen=True, slots=True)
class Wire:
    """What a port of a node is connected to.

    `source` is a node or bars source of the graph; `columns` are the source's columns that the port
    gets: one for a column kind, one per field for a bundle (a bare event wired to a signal: just it).
    """

    port: str
    source: str
    columns: tuple[str, ...]
    kind: Kind


@dataclass(frozen=True, slots=True)
class Node:
    """A node type in a graph: named, its params checked, its ports wired, its output kinds resolved.

    `axis` is the bars source at the bottom of its rows; `rows` the node that made other rows of it, itself
    perhaps, "" when the rows are those of the bars source. Nodes that make equal rows share the first one's name.
    `retry` is how many more tries it gets when it fails, `timeout` its limit in seconds, `store` whether its
    output is kept. These and `tags` say how it is run, not what it computes: they are in no key.
    """

    name: str
    type: NodeType
    params: Mapping[str, Any]
    wires: tuple[Wire, ...]
    kinds: Mapping[str, Kind]
    axis: str
    warmup: int
    place: Place | None = None
    retry: int = 0
    timeout: float | None = None
    tags: tuple[str, ...] = ()
    store: bool = True
    rows: str = ""


@dataclass(frozen=True, slots=True)
class Use:
    """A sub-graph where it is used: `outs` lead to nodes of the graph, as (node, output); a single one is called ""."""

    name: str
    subgraph: str
    params: Mapping[str, Any]
    outs: Mapping[str, tuple[str, str]]


@dataclass(frozen=True)
class Graph:
    """A legal DAG of nodes over bars sources. `nodes` is in topological order, ties as written.

    `axis` and `rows` of a node say whose rows its outputs stand for. `outputs` maps declared
    output names to (node, output or "" for all of a node). `uses` are the sub-graphs that are used, by name; the
    nodes that one brought are called `name.inner`. `sweep` says which params are tried when it is swept. `text` is
    that of its file, "" where it was made from a spec.
    """

    name: str
    description: str
    params: Mapping[str, Any]
    bars: Mapping[str, BarsRequest]
    nodes: Mapping[str, Node]
    outputs: Mapping[str, tuple[str, str]]
    dag: nx.DiGraph[str] = field(repr=False)
    file: str = ""
    warnings: tuple[Fault, ...] = field(default=(), repr=False)
    bars_places: Mapping[str, Place] = field(default_factory=dict, repr=False)
    uses: Mapping[str, Use] = field(default_factory=dict)
    sweep: Sweep | None = None
    text: str = field(default="", repr=False)

    def subset(self, names: Set[str]) -> Graph:
        """The graph of these nodes alone; what they depend on must be among them."""
        kept = [name for name in self.dag if name in names or name in self.bars]
        return replace(
            self,
            nodes=FrozenMap({name: node for name, node in self.nodes.items() if name in names}),
            outputs=FrozenMap({name: end for name, end in self.outputs.items() if end[0] in names}),
            dag=nx.freeze(self.dag.subgraph(kept).copy()),  # type: ignore[no-untyped-call]
        )

    def ancestors(self, name: str) -> set[str]:
        """All nodes that `name` depends on."""
        return {node for node in nx.ancestors(self.dag, name) if node in self.nodes}

    def descendants(self, name: str) -> set[str]:
        """All nodes that depend on `name`."""
        return set(nx.descendants(self.dag, name))
