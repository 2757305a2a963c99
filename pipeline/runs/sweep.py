"""Sweeps: a graph over many choices of its params, as one plan in which nothing is computed twice.

A `Search` says what is tried, `Swept` is what came of it; `prepare` makes the graph of each cell.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

import polars as pl

from pipeline.execution.run import Run
from pipeline.graph.cells import Cells
from pipeline.graph.sweep import Sampler
from pipeline.store.publish import Published
from pipeline.store.query import Database

__all__ = ["Search", "Swept"]


@dataclass(frozen=True)
class Search:
    """What a sweep tries besides, or in place of, what the graph's file says under `sweep:`.

    `values` are by param of the graph or `node.param`: a list, or text as on a command line (`8:24:4`, `8,12`, `8`).
    `where` is one more condition. `most` cells are tried: spread over the grid, drawn by chance, or chosen by what the
    ones before gave (`optuna`), for which `objective` is the metric that counts, `least` when its smallest is the best.
    """

    values: Mapping[str, Sequence[Any] | str] = field(default_factory=dict)
    where: str = ""
    most: int | None = None
    sampler: Sampler = "grid"
    seed: int = 0
    objective: str = "sharpe"
    least: bool = False

    def as_dict(self) -> dict[str, Any]:
        """The search for the record of a run: `Search(**found)` is the same one."""
        values = {name: given if isinstance(given, str) else list(given) for name, given in self.values.items()}
        return {**{item.name: getattr(self, item.name) for item in fields(self)}, "values": values}


@dataclass(frozen=True)
class Swept:
    """A finished sweep of `cells` and the way to its results; there were `size` before any condition, then `kept`."""

    run: Run
    cells: Cells
    size: int
    kept: int
    published: Published
    _database: Database = field(repr=False)

    def table(self) -> pl.DataFrame:
        """A row per cell, node and symbol: cell, status, node, symbol, the params, then the metrics."""
        name = self.cells.name
        params = pl.DataFrame([{"cell": cell.number, **cell.values} for cell in self.cells.cells], strict=False)
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
