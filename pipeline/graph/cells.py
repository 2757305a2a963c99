"""A graph for each cell of a sweep.

A graph is checked once; where all that a sweep sets are params that nodes take as they are, only those nodes are
checked again, once per value. Else (a param in `bars`, in a sub-graph, in the rows of a node) each cell is
checked whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pipeline.errors import Fault, GraphError, TradegraphError
from pipeline.graph.graph import FrozenMap, Graph, Node
from pipeline.graph.markup import Item, Map, Scalar
from pipeline.graph.spec import GraphSpec
from pipeline.graph.sweep import Cell
from pipeline.model.scalar import plain

__all__ = ["CellGraphs", "Cells", "in_words"]

Check = Callable[[Cell], Graph]
"""Checks the graph as a cell has it. Raises GraphError."""

_SHOWN = 5
"""Cells of which the faults are shown: what is wrong with one is mostly wrong with many."""


@dataclass(frozen=True)
class Cells:
    """The cells of a sweep over `graph`, and the graph of each, which has a name of its own."""

    graph: Graph
    cells: tuple[Cell, ...]
    graphs: tuple[Graph, ...]

    @property
    def name(self) -> str:
        """What the sweep is called in the record: no graph can be called so."""
        return f"{self.graph.name}.sweep"

    def numbers(self) -> dict[str, int]:
        """The number of each cell by the name of its graph."""
        return {graph.name: cell.number for graph, cell in zip(self.graphs, self.cells, strict=True)}


def in_words(cell: Cell) -> str:
    """What a cell sets, as it is typed: `fast=8 slow=24`."""
    return " ".join(f"{name}={plain(value)}" for name, value in cell.values.items())


class CellGraphs:
    """Makes the graphs of cells. `graph` is that of any cell, `like` any cell; `whole` has each cell checked whole."""

    def __init__(self, spec: GraphSpec, graph: Graph, like: Cell, check: Check, *, whole: bool = False) -> None:
        self.base = graph
        self._bound = None if whole or not _is_direct(spec, graph, like) else _Bound(spec, graph, like)
        self._make = check if self._bound is None else self._bound.graph
        self._axes = set(like.values)

    @property
    def shared(self) -> set[str]:
        """Nodes that cells may share: they depend on some of what a cell sets, not on all; all if that is unknown."""
        if self._bound is None:
            return set(self.base.nodes)
        depends: dict[str, set[str]] = {}
        for name in self.base.nodes:
            above = [depends.get(one, set()) for one in self.base.dag.pred[name]]
            depends[name] = set(self._bound.sets(name)).union(*above)
        return {name for name, axes in depends.items() if axes < self._axes}

    def graph(self, cell: Cell) -> Graph:
        """The graph of a cell, under a name of its own. Raises GraphError, whose faults say in which cell."""
        try:
            return replace(self._make(cell), name=f"{self.base.name}#{cell.number}")
        except TradegraphError as error:
            said = f"(in the cell {in_words(cell)})"
            raise GraphError.of([replace(fault, message=f"{fault.message} {said}") for fault in error.faults]) from None

    def all(self, cells: Sequence[Cell]) -> Cells:
        """The graphs of all cells. Raises GraphError with the faults of the first cells that have some."""
        graphs: list[Graph] = []
        faults: list[Fault] = []
        wrong = 0
        for cell in cells:
            try:
                graphs.append(self.graph(cell))
            except GraphError as error:
                wrong += 1
                faults += error.faults
                if wrong == _SHOWN:
                    break
        if faults:
            raise GraphError.of(faults)
        return Cells(self.base, tuple(cells), tuple(graphs))


def _is_direct(spec: GraphSpec, graph: Graph, cell: Cell) -> bool:
    """True when the params of a cell are those that nodes of the file itself take under `with`, and nothing else."""
    if graph.uses or any(node not in spec.nodes for node in (*graph.nodes, *cell.settings)):
        return False
    elsewhere = [item for source in spec.bars.values() for item in source.fields.values()]
    if any(_references(item) & cell.params.keys() for item in elsewhere):
        return False
    return not any(graph.nodes[name].type.row_params for name in _touched(spec, graph, cell))


def _touched(spec: GraphSpec, graph: Graph, cell: Cell) -> list[str]:
    """The nodes that a cell changes."""
    return [
        name
        for name in graph.nodes
        if name in cell.settings
        or any(_references(item) & cell.params.keys() for _, item in spec.nodes[name].params.values())
    ]


def _references(item: Item) -> set[str]:
    if isinstance(item, Scalar):
        return {item.reference} if item.reference else set()
    inner = item.items.values() if isinstance(item, Map) else item.items
    return {name for one in inner for name in _references(one)}


class _Bound:
    """Makes cells of a checked graph by changing the params of nodes; a node with equal params is one object."""

    def __init__(self, spec: GraphSpec, graph: Graph, cell: Cell) -> None:
        self._graph = graph
        self._touched: dict[str, dict[str, str]] = {}  # node → its param → the swept name that it gets
        for name in _touched(spec, graph, cell):
            written = {key: item for key, (_, item) in spec.nodes[name].params.items()}
            self._touched[name] = {key: used for key, item in written.items() for used in _references(item)}
            self._touched[name] |= {key: f"{name}.{key}" for key in cell.settings.get(name, {})}
        self._spec = spec
        self._made: dict[tuple[object, ...], Node] = {}

    def sets(self, node: str) -> Iterable[str]:
        """What a cell sets in a node itself."""
        return self._touched.get(node, {}).values()

    def graph(self, cell: Cell) -> Graph:
        """The graph of a cell."""
        values = cell.values
        changed = {name: self._node(name, cell, values) for name in self._touched}
        params = {**self._graph.params, **cell.params}
        nodes = {**self._graph.nodes, **changed}
        return replace(self._graph, params=FrozenMap(params), nodes=FrozenMap(nodes), warnings=())

    def _node(self, name: str, cell: Cell, values: Mapping[str, Any]) -> Node:
        # 1 and True are equal to Python, and so are 0.0 and -0.0
        shape = (name, *(repr(values.get(source)) for source in self._touched[name].values()))
        node = self._made.get(shape)
        if node is None:
            node = self._made[shape] = self._checked(self._graph.nodes[name], cell)
        return node

    def _checked(self, node: Node, cell: Cell) -> Node:
        given: dict[str, Any] = dict(node.params)
        for key, (_, item) in self._spec.nodes[node.name].params.items():
            if _references(item) & cell.params.keys():
                given[key] = self._value(item, cell.params)
        given |= cell.settings.get(node.name, {})
        values, faults = node.type.params.check(given, owner=node.type.id)
        if faults:
            raise GraphError.of([
                Fault(fault.code, f"node {node.name!r}: {fault.message}", node.place, fault.hint) for fault in faults
            ])  # fmt: skip
        return replace(node, params=FrozenMap(values), warmup=node.type.warmup_of(values))

    def _value(self, item: Item, params: Mapping[str, Any]) -> Any:
        if isinstance(item, Scalar):
            name = item.reference
            return item.text if name is None else {**self._graph.params, **params}[name]
        assert not isinstance(item, Map)  # the graph would not have passed its check
        return [self._value(inner, params) for inner in item.items]
