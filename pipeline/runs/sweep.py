"""Sweeps: a graph over many choices of its params, as one plan in which nothing is computed twice.

A `Search` says what is tried, `prepare` makes the graph of each cell, `Swept` is what came of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

import polars as pl

from pipeline.errors import GraphError, MarketError, UsageError, did_you_mean
from pipeline.execution.protocols import BarSource
from pipeline.execution.run import Run
from pipeline.graph.cells import Cells, cell_graphs
from pipeline.graph.check import Surroundings, check
from pipeline.graph.graph import Graph
from pipeline.graph.overrides import Overrides
from pipeline.graph.select import needed
from pipeline.graph.spec import GraphSpec
from pipeline.graph.sweep import Axis, Cell, Sampler, Sweep, cells_of, sampled
from pipeline.graph.sweep_read import typed_axis
from pipeline.model.kind import METRICS
from pipeline.model.param import DeclaredParam, ParamSet
from pipeline.model.registry import Registry
from pipeline.store.publish import Published
from pipeline.store.query import Database

__all__ = ["Search", "Swept", "block_of", "prepare"]


@dataclass(frozen=True)
class Search:
    """What a sweep tries besides, or in place of, what the graph's file says under `sweep:`.

    `values` are by param of the graph or `node.param`: a list, or text as on a command line (`8:24:4`, `8,12`, `8`).
    `where` is one more condition. `most` cells are tried, spread over the grid or drawn by chance.
    """

    values: Mapping[str, Sequence[Any] | str] = field(default_factory=dict)
    where: str = ""
    most: int | None = None
    sampler: Sampler = "grid"
    seed: int = 0


@dataclass(frozen=True)
class Swept:
    """A finished sweep and the way to its results; it had `size` cells before any condition."""

    run: Run
    cells: Cells
    size: int
    published: Published
    _database: Database = field(repr=False)

    def table(self) -> pl.DataFrame:
        """A row per cell, node and symbol: cell, status, node, symbol, the params, then the metrics."""
        name = self.cells.name
        cells = [*self.cells.cells, *(cell for cell, _ in self.cells.lost)]
        params = pl.DataFrame([{"cell": cell.number, **cell.values} for cell in cells], strict=False)
        params = params.with_columns(pl.col("cell").cast(pl.Int32))
        query = "select {} from {} where run_id = ? and graph = ?"
        status = self._database.sql(query.format("cell, status", "cells"), [self.run.id, name])
        long = self._database.sql(query.format("cell, node, symbol, metric, value", "metrics"), [self.run.id, name])
        head = status.join(params, on="cell", how="left", maintain_order="left").sort("cell")
        if not long.height:
            return head
        names = [metric for metric in long["metric"].unique(maintain_order=True) if metric not in head.columns]
        wide = (
            long.filter(pl.col("metric").is_in(pl.Series(names, dtype=pl.String).implode()))
            .pivot(on="metric", on_columns=names, index=["cell", "node", "symbol"], values="value")
            .sort("cell", "node", "symbol", maintain_order=True)
        )
        return head.join(wide, on="cell", how="left", maintain_order="left")


@dataclass(frozen=True)
class _Fixed:
    """What holds for every cell."""

    spec: GraphSpec
    registry: Registry
    given: Overrides
    around: Surroundings

    def check(self, cell: Cell) -> Graph:
        """The graph of a cell, as far as metrics need it."""
        fixed = self.given.settings
        settings = {node: {**fixed.get(node, {}), **cell.settings.get(node, {})} for node in {*fixed, *cell.settings}}
        params = {**self.given.params, **cell.params}
        checked = check(
            self.spec, self.registry, params=params, settings=settings, bars=self.given.bars, surroundings=self.around
        )
        measured = {name for name, node in checked.nodes.items() if METRICS in node.kinds.values()}
        if not measured:
            hint = "Add a node of a type that has metrics: backtest, performance."
            raise UsageError(f"graph {checked.name!r} has no metrics, so nothing would be left of its sweep", hint=hint)
        return checked.subset(needed(checked, measured))


def prepare(
    spec: GraphSpec, registry: Registry, search: Search, given: Overrides, surroundings: Surroundings
) -> tuple[Cells, int]:
    """The cells that a search means, each with its graph, and how many there were before any condition.

    Raises GraphError, UsageError.
    """
    sweep = (spec.sweep or Sweep()).over(list(_axes(spec, registry, search.values)), search.where)
    # a value that a call fixes is no axis any more
    settled = {*given.params, *(f"{node}.{name}" for node, values in given.settings.items() for name in values)}
    sweep = sweep.without(settled - set(search.values))
    if not sweep.axes:
        hint = "Write `-p fast=8:24:4`, or `sweep:` in the file."
        raise UsageError(f"graph {spec.name!r} has nothing to sweep", hint=hint)
    fixed = _Fixed(replace(spec, sweep=None), registry, given, surroundings)
    first = {axis.name: axis.values[0] for axis in sweep.axes if axis.values}
    graph = fixed.check(_cell_of(first))
    cells, faults = cells_of(sweep, graph.params)
    if faults:
        raise GraphError.of(faults)
    cells = sampled(cells, search.most, sampler=search.sampler, seed=search.seed)
    return cell_graphs(fixed.spec, graph, cells, fixed.check, whole=bool(given.settings)), sweep.size


def block_of(cells: Cells, market: BarSource) -> int:
    """Of how many cells the signals may wait in memory for their back-tests, which are called together.

    About 64 MB of them, a symbol being taken for 5,000 bars.
    """
    most = 1
    for request in cells.graph.bars.values():
        with suppress(MarketError):  # planning says what is wrong
            most = max(most, len(market.resolve(request).symbols))
    return min(max(64 * 1024 * 1024 // (most * 5_000 * 16), 1), 256)


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
            checked = [ParamSet((declared,)).check({declared.name: value}, owner="the sweep") for value in given]
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
