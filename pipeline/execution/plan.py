"""The plan: the ordered steps of one or more graphs, each with a content key, before any bar is read.

A step's *recipe* says what is computed (code, typed params, library versions, upstream recipes), its
*key* adds on which data (the digests that the market's manifests give). Names of nodes and graphs are
in neither: renaming keeps the cache, and equal nodes of several graphs are one step.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from hashlib import blake2b
from importlib.metadata import version
from pathlib import Path
from typing import Literal, TypeAlias

from pipeline import frame
from pipeline.errors import Fault, GraphError, MarketError, UsageError, did_you_mean
from pipeline.execution.protocols import BarSource, ObjectStore
from pipeline.graph.graph import Graph, Node, Wire
from pipeline.model.bars import BarsRequest, ResolvedBars
from pipeline.model.digest import DIGEST_SIZE, digest, encode
from pipeline.model.kind import Dtype
from pipeline.model.node import NodeType

__all__ = ["KEY_VERSION", "Action", "Plan", "Source", "Step", "library_versions", "plan"]

KEY_VERSION = 1
"""Part of every key. Raise it when the engine itself computes, adjusts or stores differently."""

Action: TypeAlias = Literal["compute", "reuse"]
_LIBRARIES: dict[str, tuple[str, ...]] = {
    "expression": ("polars",),
    "kernel": ("numba", "numpy"),
    "frame": ("polars", "numpy"),
    "table": ("polars",),
}


@dataclass(frozen=True, slots=True)
class Source:
    """Where a port's columns come from: a step (by its index) or a bars request."""

    wire: Wire
    step: int | None
    request: BarsRequest | None


@dataclass(slots=True)
class Step:
    """One computation. `users` are the (graph, node) pairs that share it.

    `axis` is the request whose rows the output stands for; `cut` when those rows are only the asked
    range (an account and what follows from it); `forced` when it is computed whether it is stored or not.
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

    def upstream(self) -> Iterable[int]:
        """Indices of the steps that feed this one."""
        return (source.step for source in self.sources if source is not None and source.step is not None)


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


def library_versions(style: str) -> dict[str, str]:
    """Versions of what computes nodes of a style, Python included; of the adapter, the digest of its source."""
    found = {name: version(name) for name in _LIBRARIES[style]}
    if style == "frame":
        found["adapter"] = _adapter_digest()
    return {**found, "python": f"{sys.version_info.major}.{sys.version_info.minor}"}


@cache
def _adapter_digest() -> str:
    """What pandas-style code computes depends on the adapter as much as on polars, and it changes more often."""
    home = Path(frame.__file__).parent
    return digest([(path.name, path.read_bytes()) for path in sorted(home.rglob("*.py"))])


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
        self._by_key: dict[str, Step] = {}
        self._heads: dict[str, bytes] = {}
        self._data: dict[frozenset[BarsRequest], bytes] = {}

    def add(self, graph: Graph) -> None:
        """Plan the nodes of a graph; equal ones become users of one step."""
        for name, node in graph.nodes.items():
            step = self._step(graph, node)
            step.users.append((graph.name, name))
            self.step_of[graph.name, name] = step

    def _step(self, graph: Graph, node: Node) -> Step:
        axis = graph.bars[node.axis]
        wires = {wire.port: wire for wire in node.wires}
        sources = tuple(
            self._source(graph, wires[port.name]) if port.name in wires else None for port in node.type.ports
        )
        found = [source for source in sources if source is not None]
        cut = node.type.ranged or any(s.step is not None and self.steps[s.step].cut for s in found)
        requests = self._requests(found, axis)
        recipe = self._recipe(node, sources, axis, cut)
        key = blake2b(bytes.fromhex(recipe) + self._data_of(requests), digest_size=DIGEST_SIZE).hexdigest()
        known = self._by_key.get(key)
        if known is not None:
            return known
        step = Step(
            index=len(self.steps),
            key=key,
            recipe=recipe,
            node=node,
            sources=sources,
            axis=axis,
            cut=cut,
            columns=node.type.columns(node.kinds),
            requests=requests,
        )
        self.steps.append(step)
        self._by_key[key] = step
        return step

    def _source(self, graph: Graph, wire: Wire) -> Source:
        if wire.source in graph.bars:
            return Source(wire, None, graph.bars[wire.source])
        return Source(wire, self.step_of[graph.name, wire.source].index, None)

    def _requests(self, sources: Sequence[Source], axis: BarsRequest) -> frozenset[BarsRequest]:
        """Every bars request that the step rests on, its axis included."""
        found: frozenset[BarsRequest] | None = None
        for source in sources:
            mine = frozenset((source.request,)) if source.step is None else self.steps[source.step].requests
            if found is None or found <= mine:
                found = mine  # type: ignore[assignment]
            elif not mine <= found:
                found |= mine  # type: ignore[operator]
        found = found or frozenset()
        return found if axis in found else found | {axis}

    def _recipe(self, node: Node, sources: Sequence[Source | None], axis: BarsRequest, cut: bool) -> str:
        parts = [self._head(node.type), encode(tuple(node.params.items()))]
        for port, source in zip(node.type.ports, sources, strict=True):
            if source is None:
                parts.append(encode((port.name, None)))
                continue
            upstream = _bars_token(source.request) if source.request else self.steps[source.step or 0].recipe
            parts.append(encode((port.name, upstream, source.wire.columns, source.wire.kind.name)))
        # the rows of the output, and what a Same kind became
        parts.append(encode((_bars_token(axis), tuple(kind.name for kind in node.kinds.values()))))
        if cut:
            parts.append(encode(("from", axis.start)))
        return blake2b(b"".join(parts), digest_size=DIGEST_SIZE).hexdigest()

    def _head(self, node: NodeType) -> bytes:
        """The part of a recipe that all nodes of a type share: id, code, library versions."""
        head = self._heads.get(node.id)
        if head is None:
            libraries = library_versions(node.style)
            self.versions.update(libraries)
            head = encode((KEY_VERSION, node.id, node.style, node.scope, node.code, libraries))
            self._heads[node.id] = head
        return head

    def _data_of(self, requests: frozenset[BarsRequest]) -> bytes:
        known = self._data.get(requests)
        if known is None:
            per_source = sorted(
                (_bars_token(r), tuple(zip(self.bars[r].symbols, self.bars[r].digests, strict=True))) for r in requests
            )
            known = bytes.fromhex(digest(per_source))
            self._data[requests] = known
        return known


def _bars_token(request: BarsRequest) -> str:
    """What tells two bars sources of one node apart, apart from their data."""
    return f"{request.timeframe} {request.adjust}"
