"""The plan: the ordered steps of one or more graphs, each with a content key, before any bar is read.

A step's *recipe* says what is computed (code, typed params, library versions, upstream recipes), its
*key* adds on which data (the digests that the market's manifests give). Names of nodes and graphs are
in neither: renaming keeps the cache, and equal nodes of several graphs are one step.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from pipeline.errors import Fault, GraphError, MarketError, Place, UsageError, did_you_mean
from pipeline.execution.holding import Coverage, Holding, Piece
from pipeline.execution.protocols import BarSource, ObjectStore
from pipeline.execution.recipe import Recipes, library_versions
from pipeline.execution.reuse import Reuse
from pipeline.graph.graph import Graph, Node, Wire
from pipeline.model.bars import BarsRequest, ResolvedBars
from pipeline.model.garbage import collector_paused
from pipeline.model.kind import Dtype
from pipeline.model.node import NodeType

__all__ = ["Action", "Keeps", "Plan", "Source", "Step", "plan"]

Action: TypeAlias = Literal["compute", "reuse"]
Keeps: TypeAlias = Callable[[Graph, str], Collection[str]]
"""Which outputs of a node of a graph are to be stored."""


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
    whether it is stored or not. `coverage` are the bars below it; `pieces` are stored values that serve some
    symbols, or all of them when it is reused; `separable` says that the rows of a symbol depend on that symbol
    alone, `proven` that no row depends on later ones: all types up to the bars ship, and are tested for that;
    `parts` are the suffixes of the keys under which some of it is to be stored. It gets the most tries and the
    longest limit that a user asks for.
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
    coverage: Coverage
    separable: bool
    proven: bool
    rows: int | None = None
    users: list[tuple[str, str]] = field(default_factory=list)
    action: Action = "compute"
    forced: bool = False
    pieces: tuple[Piece, ...] = ()
    parts: tuple[str, ...] = ()
    retry: int = 0
    timeout: float | None = None

    @property
    def type(self) -> NodeType:
        return self.node.type

    @property
    def tables(self) -> dict[str, str]:
        """Its tables by output, each with the suffix of its key: none where a table is the only output."""
        alone = len(self.type.outputs) == 1
        return {name: "" if alone else name for name in self.type.tables}

    @property
    def kept(self) -> bool:
        """True when something of it is to be stored."""
        return bool(self.parts)

    @property
    def objects(self) -> tuple[str, ...]:
        """The suffixes of the keys of all that serves it from the store: what is kept of it, all when nothing is."""
        return self.parts or self.parts_of(output.name for output in self.type.outputs)

    def parts_of(self, outputs: Iterable[str]) -> tuple[str, ...]:
        """The suffixes of the keys that outputs rest under: one for all columns, and one for each table."""
        if not self.type.tables:
            return ("",)
        tables = self.tables
        suffixes = {tables.get(name, "") for name in outputs}
        return tuple(suffix for suffix in dict.fromkeys(("", *tables.values())) if suffix in suffixes)

    @property
    def missing(self) -> tuple[str, ...]:
        """The symbols that no piece serves."""
        served = {symbol for piece in self.pieces for symbol in piece.symbols}
        return tuple(symbol for symbol in self.coverage.symbols if symbol not in served)


@dataclass(frozen=True)
class Plan:
    """Steps in an order in which they can run, the bars that they rest on, the graphs that they serve."""

    graphs: tuple[Graph, ...]
    steps: tuple[Step, ...]
    bars: Mapping[BarsRequest, ResolvedBars]
    step_of: Mapping[tuple[str, str], Step]
    versions: Mapping[str, str]
    _recipes: Recipes = field(repr=False)

    def holding(self, step: Step, symbols: tuple[str, ...] | None = None) -> Holding:
        """What storing the value of a step means; of `symbols` alone when they are given."""
        if symbols is None:
            return Holding(step.key, step.recipe, step.coverage)
        coverage = self._recipes.coverage(step.requests, symbols)
        return Holding(self._recipes.key(step.recipe, coverage), step.recipe, coverage)

    def renew(self, steps: Sequence[Step], market: BarSource, store: ObjectStore) -> None:
        """Decide anew which of `steps` are reused, by what is stored now."""
        bases = {step.index: self.holding(step) for step in steps if not step.forced}
        stored = store.find(
            [bases[step.index].of(suffix) for step in steps if not step.forced for suffix in step.objects]
        )
        finder = Reuse(market)
        for step in steps:
            held = [] if step.forced else _held(step, bases[step.index], stored)
            if held:
                step.pieces = _pieces(step, held, finder, self.bars)
                step.action = "compute" if step.missing else "reuse"
        self.spare(steps)

    def spare(self, steps: Sequence[Step]) -> None:
        """What is not kept need not be computed when all that is made of it is stored."""
        needed: dict[int, bool] = {}
        first = steps[0].index if steps else 0
        for step in reversed(self.steps[first:]):
            if not step.kept and not step.forced and not needed.get(step.index, True):
                step.action = "reuse"
            for index in step.upstream:
                needed[index] = needed.get(index, False) or step.action == "compute"

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
    keeps: Keeps = lambda graph, node: graph.nodes[node].kinds,
    block: int = 1,
) -> Plan:
    """The merged plan of `graphs` over what the market and the store hold now.

    `reuse` False plans everything as compute; nodes named in `refresh` are computed even when stored,
    what depends on them is still taken by its key. `keeps` says what is to be stored. Of so many graphs as `block` says
    the nodes come side by side, first those of all graphs that come first in each, and last those that can be called
    together and that nothing depends on. Raises
    GraphError with one fault per bars source that the market cannot serve, UsageError for a node to refresh
    that no graph has.
    """
    planner = _Planner(_resolve(graphs, market), keeps)
    for first in range(0, len(graphs), block):
        some = [(graph, tuple(graph.nodes)) for graph in graphs[first : first + block]]
        if block == 1:
            planner.add(*some[0])
            continue
        # cells have the same nodes in the same order, so those of one type come one after the other
        before = [(graph, [name for name in names if not _closes(graph, name)]) for graph, names in some]
        for place in range(max(len(open_names) for _, open_names in before)):
            for graph, open_names in before:
                planner.add(graph, open_names[place : place + 1])
        for graph, names in some:
            planner.add(graph, [name for name in names if _closes(graph, name)])
    refreshed = set(refresh)
    nodes = {node for _, node in planner.step_of}
    if unknown := sorted(refreshed - nodes):
        raise UsageError(f"there is no node {unknown[0]!r} to refresh", hint=did_you_mean(unknown[0], nodes))
    for step in planner.steps:
        step.forced = not reuse or any(node in refreshed for _, node in step.users)
    made = Plan(tuple(graphs), tuple(planner.steps), planner.bars, planner.step_of, planner.versions, planner.recipes)
    if reuse:
        made.renew(made.steps, market, store)
    return made


def _closes(graph: Graph, name: str) -> bool:
    """True for a node that nothing depends on and that can be called together with others of its type."""
    return graph.nodes[name].type.cells is not None and not graph.dag.succ[name]


def _held(step: Step, base: Holding, stored: Mapping[str, Sequence[Holding]]) -> list[Holding]:
    """Stored values of a step's recipe of which all objects are there, the newest first."""
    first, *others = [stored.get(base.of(suffix).recipe, ()) for suffix in step.objects]
    there = [{holding.coverage.data for holding in holdings} for holdings in others]
    return [
        Holding(holding.key.partition(".")[0], base.recipe, holding.coverage)
        for holding in first
        if all(holding.coverage.data in data for data in there)
    ]


def _pieces(
    step: Step, held: Sequence[Holding], finder: Reuse, bars: Mapping[BarsRequest, ResolvedBars]
) -> tuple[Piece, ...]:
    """The stored values that serve a step: the one under its key, or others of its recipe."""
    exact = next((holding for holding in held if holding.key == step.key), None)
    if exact is not None:
        return (Piece(exact, step.coverage.symbols),)
    if step.tables and not (step.proven and step.separable):
        return ()  # the engine calls it once for all symbols: that they do not meet in there must be known
    if not step.separable:
        held = [holding for holding in held if holding.coverage.symbols == step.coverage.symbols]
    sources = [(request.token, bars[request]) for request in step.requests]
    single = bool(step.tables) or not step.separable
    return finder.pieces(step.coverage, sources, held, single=single, causal=step.proven and not step.tables)


def _resolve(graphs: Sequence[Graph], market: BarSource) -> dict[BarsRequest, ResolvedBars]:
    resolved: dict[BarsRequest, ResolvedBars] = {}
    faults: list[Fault] = []
    told: set[tuple[BarsRequest, Place | None]] = set()  # cells of a sweep have theirs in common
    for graph in graphs:
        used = {node.axis for node in graph.nodes.values()}
        used |= {wire.source for node in graph.nodes.values() for wire in node.wires if wire.source in graph.bars}
        for name, request in graph.bars.items():
            place = graph.bars_places.get(name)
            if name not in used or request in resolved or (request, place) in told:
                continue
            try:
                resolved[request] = market.resolve(request)
            except MarketError as error:
                told.add((request, place))
                faults += [
                    Fault(fault.code, f"bars source {name!r}: {fault.message}", place, fault.hint)
                    for fault in error.faults
                ]
    if faults:
        raise GraphError.of(faults)
    return resolved


class _Planner:
    def __init__(self, bars: dict[BarsRequest, ResolvedBars], keeps: Keeps) -> None:
        self._keeps = keeps
        self.bars = bars
        self.steps: list[Step] = []
        self.step_of: dict[tuple[str, str], Step] = {}
        self.versions: dict[str, str] = {}
        self.recipes = Recipes(bars)
        self._by_key: dict[str, Step] = {}
        self._by_shape: dict[tuple[int, ...], Step] = {}
        self._parts: dict[tuple[NodeType, tuple[str, ...]], tuple[str, ...]] = {}
        self._bare = {request: frozenset((request,)) for request in bars}

    def add(self, graph: Graph, names: Iterable[str]) -> None:
        """Plan some nodes of a graph, whose upstream is planned; equal ones become users of one step."""
        for name in names:
            node = graph.nodes[name]
            step = self._step(graph, node)
            step.users.append((graph.name, name))
            kept = tuple(self._keeps(graph, name)) if node.store else ()
            if kept:
                parts = self._parts.get((node.type, kept))
                if parts is None:
                    parts = self._parts[node.type, kept] = step.parts_of(kept)
                step.parts = parts if not step.parts else tuple(dict.fromkeys((*step.parts, *parts)))
            self.step_of[graph.name, name] = step

    def _step(self, graph: Graph, node: Node) -> Step:
        """The step that a node comes to. Cells of a sweep share most of their nodes: one object, one answer."""
        bars, step_of, name = graph.bars, self.step_of, graph.name
        above = [-1 if wire.source in bars else step_of[name, wire.source].index for wire in node.wires]
        shape = (id(node), id(bars), *above)
        found = self._by_shape.get(shape)
        if found is None:
            found = self._by_shape[shape] = self._made(graph, node)
        return found

    def _made(self, graph: Graph, node: Node) -> Step:
        self.versions.update(library_versions(node.type.style))
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
        recipe = self.recipes.recipe(node, inputs, axis, cut=cut)
        coverage = self.recipes.coverage(requests)
        key = self.recipes.key(recipe, coverage)
        known = self._by_key.get(key)
        if known is not None:
            known.retry = max(known.retry, node.retry)
            if node.timeout is not None:
                known.timeout = max(known.timeout or 0.0, node.timeout)
            return known
        above = tuple([source.step for source in sources.values() if source.step is not None])
        index = len(self.steps)
        maker = (
            None if not node.rows else index if node.rows == node.name else self.step_of[graph.name, node.rows].index
        )
        # a panel node may give one symbol's values to another, and a longer range has bars that are unfinished in a
        # shorter one
        apart = maker is None and node.type.style != "panel"
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
            upstream=above,
            coverage=coverage,
            # other rows are made of all symbols' at once: what is known of a symbol's bars says little of them
            separable=apart and node.type.scope == "symbol" and all(self.steps[i].separable for i in above),
            proven=apart and node.type.shipped and all(self.steps[i].proven for i in above),
            rows=maker,
            retry=node.retry,
            timeout=node.timeout,
        )
        self.steps.append(step)
        self._by_key[key] = step
        return step
