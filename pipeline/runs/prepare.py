"""Making the graphs of a sweep's cells: what the file says under `sweep:`, what a call tries in its place, checked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from pipeline.errors import GraphError, MarketError, UsageError, did_you_mean
from pipeline.execution.protocols import BarSource
from pipeline.graph.cells import CellGraphs
from pipeline.graph.check import Surroundings, check
from pipeline.graph.graph import Graph
from pipeline.graph.overrides import Overrides
from pipeline.graph.select import needed
from pipeline.graph.spec import GraphSpec
from pipeline.graph.sweep import Axis, Cell, Sweep, cells_of
from pipeline.graph.sweep_read import typed_axis
from pipeline.model.kind import METRICS
from pipeline.model.param import DeclaredParam, ParamSet
from pipeline.model.registry import Registry
from pipeline.runs.sweep import Search
from pipeline.store.retention import StorePolicy, kept

__all__ = ["Fixed", "Prepared", "block_of", "graphs_of", "prepare"]


@dataclass(frozen=True)
class Prepared:
    """All cells that a search allows, in order, and who makes their graphs; there were `size` before any condition.

    Of more than `MAX_CELLS` so many were looked at, when only some are to be tried.
    """

    cells: tuple[Cell, ...]
    graphs: CellGraphs
    size: int


@dataclass(frozen=True)
class Fixed:
    """What holds for every cell: node types, what a call changes in the graph, universes, what is to be stored."""

    registry: Registry
    given: Overrides
    around: Surroundings
    store: StorePolicy = "metrics"


@dataclass(frozen=True)
class _Checker:
    spec: GraphSpec
    fixed: Fixed

    def check(self, cell: Cell) -> Graph:
        """The graph of a cell, as far as metrics, or other values that are to be stored, need it."""
        given = self.fixed.given
        settings = {
            node: {**given.settings.get(node, {}), **cell.settings.get(node, {})}
            for node in {*given.settings, *cell.settings}
        }
        checked = check(
            self.spec,
            self.fixed.registry,
            params={**given.params, **cell.params},
            settings=settings,
            bars=given.bars,
            surroundings=self.fixed.around,
        )
        measured = {name for name, node in checked.nodes.items() if METRICS in node.kinds.values()}
        if not measured:
            hint = "Add a node of a type that has metrics: backtest, performance."
            raise UsageError(f"graph {checked.name!r} has no metrics, so nothing would be left of its sweep", hint=hint)
        wanted = {name for name in checked.nodes if kept(self.fixed.store, checked, name)}
        return checked.subset(needed(checked, measured | wanted))


def prepare(spec: GraphSpec, search: Search, fixed: Fixed) -> Prepared:
    """The cells that a search allows; how many of them are tried is not asked here. Raises GraphError, UsageError."""
    sweep = (spec.sweep or Sweep()).over(list(_axes(spec, fixed.registry, search.values)), search.where)
    given = fixed.given
    # a value that a call fixes is no axis any more
    settled = {*given.params, *(f"{node}.{name}" for node, values in given.settings.items() for name in values)}
    sweep = sweep.without(settled - set(search.values))
    if not sweep.axes:
        hint = "Write `-p fast=8:24:4`, or `sweep:` in the file."
        raise UsageError(f"graph {spec.name!r} has nothing to sweep", hint=hint)
    first = _cell_of({axis.name: axis.values[0] for axis in sweep.axes if axis.values})
    graphs = graphs_of(spec, first, fixed)
    sampler = None if search.most is None else search.sampler
    cells, faults = cells_of(sweep, graphs.base.params, sampler=sampler, seed=search.seed)
    if faults:
        raise GraphError.of(faults)
    return Prepared(tuple(cells), graphs, sweep.size)


def graphs_of(spec: GraphSpec, like: Cell, fixed: Fixed) -> CellGraphs:
    """Who makes the graphs of cells that set what `like` sets. Raises GraphError, UsageError."""
    checker = _Checker(replace(spec, sweep=None), fixed)
    return CellGraphs(checker.spec, checker.check(like), like, checker.check, whole=bool(fixed.given.settings))


def block_of(graph: Graph, market: BarSource) -> int:
    """Of how many cells of a graph the signals may wait in memory for their back-tests, which are called together.

    About 64 MB of events, a symbol being taken for 5,000 bars.
    """
    most = 1
    for request in graph.bars.values():
        with suppress(MarketError):  # planning says what is wrong
            most = max(most, len(market.resolve(request).symbols))
    return min(max(64 * 1024 * 1024 // (most * 5_000 * 8), 1), 256)


def _cell_of(values: Mapping[str, Any]) -> Cell:
    (cell,), _ = cells_of(Sweep(tuple(Axis(name, (value,)) for name, value in values.items())), {})
    return cell


def _axes(spec: GraphSpec, registry: Registry, values: Mapping[str, Sequence[Any] | str]) -> Iterable[Axis]:
    for name, given in values.items():
        declared = _declared(spec, registry, name)
        if isinstance(given, str):
            try:
                axis, wrong = typed_axis(name, given, declared)
            except ValueError as error:
                raise UsageError(f"{name}={given}: the range {error}", hint="Write FROM:TO:STEP.") from error
        else:
            alone = ParamSet((declared,))
            checked = [alone.check({declared.name: value}, owner="the sweep") for value in given]
            wrong = [fault.message for _, faults in checked for fault in faults]
            axis = Axis(name, tuple(found.get(declared.name) for found, _ in checked))
        if wrong:
            raise UsageError(wrong[0])
        yield axis


def _declared(spec: GraphSpec, registry: Registry, name: str) -> DeclaredParam:
    """The declaration of a param of the graph, or of `node.param`. Raises UsageError."""
    node, dot, param = name.rpartition(".")
    if not dot:
        found = spec.params.get(name)
        if found is None:
            hint = did_you_mean(name, [one.name for one in spec.params])
            raise UsageError(f"graph {spec.name!r} has no param {name!r}", hint=hint)
        return found
    written = spec.nodes.get(node)
    node_type = registry.get(written.use.text) if written else None
    if node_type is None:
        hint = did_you_mean(node, spec.nodes)
        if node.partition(".")[0] in spec.nodes:
            hint = "Only params of nodes that stand in the file itself can be swept; make it a param of the graph."
        raise UsageError(f"{name}: graph {spec.name!r} has no node {node!r} to sweep", hint=hint)
    declared = node_type.params.get(param)
    if declared is None:
        hint = did_you_mean(param, [one.name for one in node_type.params])
        raise UsageError(f"{name}: {node_type.id!r} has no param {param!r}", hint=hint)
    return declared
