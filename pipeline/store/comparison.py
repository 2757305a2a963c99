"""Two runs compared: nodes whose values can differ and why, and all metrics side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import polars as pl

from pipeline.errors import StoreError
from pipeline.execution.why import Reason, changes
from pipeline.store.past import Row
from pipeline.store.query import Database

__all__ = ["Comparison", "Difference", "Name", "compared", "pair_of"]

Name: TypeAlias = "tuple[str, str]"
"""Graph and node."""


@dataclass(frozen=True)
class Difference:
    """A node in two runs, None in the one that did not have it, and why its values can differ: nothing when equal."""

    name: Name
    old: Mapping[str, Any] | None
    new: Mapping[str, Any] | None
    reasons: Sequence[Reason]


@dataclass(frozen=True)
class Comparison:
    """Run `b` against run `a`: its nodes, and all metrics of both side by side."""

    a: str
    b: str
    nodes: Sequence[Difference]
    metrics: pl.DataFrame


def pair_of(database: Database, before: str | None, now: str) -> tuple[str, str]:
    """The ids of two runs to compare; `before` None means the last one of the same graph before `now`.

    Raises StoreError TG605 for an unknown run.
    """
    b = database.find_run(now)
    return (database.find_run(before) if before else _run_before(database, b)), b


def compared(database: Database, a: str, b: str) -> Comparison:
    """Run `b` against run `a`, by their ids. Raises StoreError TG605 when they share no graph."""
    old, new = _nodes(database, a), _nodes(database, b)
    graphs = {graph for graph, _ in old} & {graph for graph, _ in new}
    if not graphs:
        told = f"{a} ran {_graphs(old)}, {b} ran {_graphs(new)}"
        raise StoreError(f"the runs have no graph in common: {told}", code="TG605", hint="Compare runs of one graph.")
    names = [name for name in dict.fromkeys((*new, *old)) if name[0] in graphs]
    nodes = [Difference(name, old.get(name), new.get(name), _reasons(old.get(name), new.get(name))) for name in names]
    return Comparison(a, b, nodes, _metrics(database, a, b))


def _run_before(database: Database, run_id: str) -> str:
    found = database.sql(
        "select x.run_id from runs x join runs y using (graph) where y.run_id = ? and x.started_at < y.started_at"
        " order by x.started_at desc limit 1",
        [run_id],
    )
    if not found.height:
        raise StoreError(f"{run_id} is the first run of its graph", code="TG605", hint="Run it again, changed.")
    return str(found.item())


def _nodes(database: Database, run_id: str) -> dict[Name, Row]:
    rows = database.sql(
        "select n.*, t.status, t.ms from nodes n join node_timings t using (run_id, graph, node) where run_id = ?",
        [run_id],
    ).to_dicts()
    return {(row["graph"], row["node"]): row for row in rows}


def _reasons(old: Mapping[str, Any] | None, new: Mapping[str, Any] | None) -> list[Reason]:
    if old is None:
        return [Reason("NEW", "only B has it")]
    if new is None:
        return [Reason("GONE", "only A has it")]
    return [] if old["key"] == new["key"] else changes(old, new)


def _metrics(database: Database, a: str, b: str) -> pl.DataFrame:
    return database.sql(
        "select coalesce(x.node, y.node) as node, coalesce(x.symbol, y.symbol) as symbol,"
        ' coalesce(x.metric, y.metric) as metric, x.value as a, y.value as b, y.value - x.value as "b - a"'
        " from (select * from metrics where run_id = ?) x full join (select * from metrics where run_id = ?) y"
        " on x.graph = y.graph and x.node = y.node and x.metric = y.metric and x.symbol is not distinct from y.symbol"
        " order by node, symbol, metric",
        [a, b],
    )


def _graphs(nodes: Mapping[Name, Any]) -> str:
    return ", ".join(sorted({graph for graph, _ in nodes})) or "nothing"
