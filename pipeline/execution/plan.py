"""The plan: the ordered steps of one or more graphs, each with a content key, before any bar is read.

A step's *recipe* says what is computed (code, typed params, library versions, upstream recipes), its
*key* adds on which data (the digests that the market's manifests give). Names of nodes and graphs are
in neither: renaming keeps the cache, and equal nodes of several graphs are one step.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from pipeline.errors import Fault, GraphError, MarketError, UsageError, did_you_mean
from pipeline.execution.protocols import BarSource, ObjectStore
from pipeline.execution.recipe import Recipes, library_versions
from pipeline.graph.graph import Graph, Node, Wire
from pipeline.model.bars import BarsRequest, ResolvedBars
from pipeline.model.garbage import collector_paused
from pipeline.model.kind import Dtype
from pipeline.model.node import NodeType

__all__ = ["Action", "Plan", "Source", "Step", "plan"]

Action: TypeAlias = Literal["compute", "reuse"]


@dataclass(frozen=True, slots=True)
class Source:
    """Where a port's columns come from: a step (by its index) or a bars request."""

    wire: Wire
    step: int | None
    request: BarsRequest | None


@dataclass(slots=True)
class Step:
    """One computation. `users` are the (graph, node) pairs that share it.

    `axis` is the request whose rows the output stands for, `rows` the index of the step that makes other
    rows of them (its own for one that does); `cut` when those rows are only the asked range (an account and
    what follows from it); `upstream` are the indices of the steps that feed it; `forced` when it is computed
    whether it is stored or not.
    """

    index: int
    key: str
    recipe: str
    node: Node
    sources: tuple[Source | None, ...]
    axis: BarsRequest
    cut: bool
    columns: tuple[tuple[str, Dtype], ...]
    requests: frozenset[BarsRequest]
    upstream: tuple[int, ...]
    rows: int | None = None
    users: list[tuple[str, str]] = field(default_factory=list)
    action: Action = "compute"
    forced: bool = False

    @property
    def type(self) -> NodeType:
        return self.node.type

    @property
    def is_table(self) -> bool:
        """True when the value has rows of its own."""
        return not self.columns


@dataclass(frozen=True)
class Plan:
    """Steps in an order in which they can run, the bars that they rest on, the graphs that they serve."""

    graphs: tuple[Graph, ...]
    steps: tuple[Step, ...]
    bars: Mapping[BarsRequest, ResolvedBars]
    step_of: Mapping[tuple[str, str], Step]
    versions: Mapping[str, str]

    def step(self, graph: str, node: str) -> Step:
        """The step that computes a node of a graph."""
        return self.step_of[graph, node]


@collector_paused()
def plan(
    graphs: Sequence[Graph],
    market: BarSource,
    store: ObjectStore,
    *,
    reuse: bool = True,
    refresh: Iterable[str] = (),
) -> Plan:
    """The merged plan of `graphs` over what the market and the store hold now.

    `reuse` False plans everything as compute; nodes named in `refresh` are computed even when stored,
    what depends on them is still taken by its key. Raises GraphError with one fault per bars source
    that the market cannot serve, UsageError for a node to refresh that no graph has.
    """
    planner = _Planner(_resolve(graphs, market))
    for graph in graphs:
        planner.add(graph)
    refreshed = set(refresh)
    nodes = {node for _, node in planner.step_of}
    if unknown := sorted(refreshed - nodes):
        raise UsageError(f"there is no node {unknown[0]!r} to refresh", hint=did_you_mean(unknown[0], nodes))
    stored = store.find([step.key for step in planner.steps]) if reuse else set()
    for step in planner.steps:
        step.forced = not reuse or any(node in refreshed for _, node in step.users)
        step.action = "reuse" if step.key in stored and not step.forced else "compute"
    return Plan(tuple(graphs), tuple(planner.steps), planner.bars, planner.step_of, planner.versions)


def _resolve(graphs: Sequence[Graph], market: BarSource) -> dict[BarsRequest, ResolvedBars]:
    resolved: dict[BarsRequest, ResolvedBars] = {}
    faults: list[Fault] = []
    for graph in graphs:
        used = {node.axis for node in graph.nodes.values()}
        used |= {wire.source for node in graph.nodes.values() for wire in node.wires if wire.source in graph.bars}
        for name, request in graph.bars.items():
            if name not in used or request in resolved:
                continue
            try:
                resolved[request] = market.resolve(request)
            except MarketError as error:
                place = graph.bars_places.get(name)
                faults += [
                    Fault(fault.code, f"bars source {name!r}: {fault.message}", place, fault.hint)
                    for fault in error.faults
                ]
    if faults:
        raise GraphError.of(faults)
    return resolved


class _Planner:
    def __init__(self, bars: dict[BarsRequest, ResolvedBars]) -> None:
        self.bars = bars
        self.steps: list[Step] = []
        self.step_of: dict[tuple[str, str], Step] = {}
        self.versions: dict[str, str] = {}
        self._recipes = Recipes(bars)
        self._by_key: dict[str, Step] = {}
        self._bare = {request: frozenset((request,)) for request in bars}

    def add(self, graph: Graph) -> None:
        """Plan the nodes of a graph; equal ones become users of one step."""
        for name, node in graph.nodes.items():
            step = self._step(graph, node)
            step.users.append((graph.name, name))
            self.step_of[graph.name, name] = step
        for style in {node.type.style for node in graph.nodes.values()}:
            self.versions.update(library_versions(style))

    def _step(self, graph: Graph, node: Node) -> Step:
        axis = graph.bars[node.axis]
        sources: dict[str, Source] = {}
        inputs: list[tuple[Wire, str | BarsRequest]] = []
        requests = self._bare[axis]
        cut = node.type.ranged
        for wire in node.wires:
            request = graph.bars.get(wire.source)
            if request is not None:
                sources[wire.port] = Source(wire, None, request)
                inputs.append((wire, request))
                mine = self._bare[request]
            else:
                upstream = self.step_of[graph.name, wire.source]
                sources[wire.port] = Source(wire, upstream.index, None)
                inputs.append((wire, upstream.recipe))
                mine = upstream.requests
                cut = cut or upstream.cut
            if mine is not requests and not mine <= requests:
                requests |= mine
        recipe = self._recipes.recipe(node, inputs, axis, cut=cut)
        key = self._recipes.key(recipe, requests)
        known = self._by_key.get(key)
        if known is not None:
            return known
        index = len(self.steps)
        maker = (
            None if not node.rows else index if node.rows == node.name else self.step_of[graph.name, node.rows].index
        )
        step = Step(
            index=index,
            key=key,
            recipe=recipe,
            node=node,
            sources=tuple([sources.get(port.name) for port in node.type.ports]),
            axis=axis,
            cut=cut,
            columns=node.type.columns(node.kinds),
            requests=requests,
            upstream=tuple([source.step for source in sources.values() if source.step is not None]),
            rows=maker,
        )
        self.steps.append(step)
        self._by_key[key] = step
        return step
