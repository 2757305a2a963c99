"""What `tradegraph runs compare` answers: which nodes differ and why, times, metrics."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import click
import polars as pl

from pipeline.cli.compare_sweeps import are_sweeps, compare_sweeps
from pipeline.cli.document import echo_json
from pipeline.cli.figure import counted, duration, single
from pipeline.cli.plan_report import shortly
from pipeline.cli.table import echo_frame, echo_table
from pipeline.errors import StoreError
from pipeline.execution.why import Reason, changes
from pipeline.store.query import Database

__all__ = ["compare"]

Name = tuple[str, str]
"""Graph and node."""

_MANY = 5
"""From this many symbols on, metrics are compared by their mean over symbols."""


def compare(database: Database, before: str | None, now: str, *, limit: int, as_json: bool) -> None:
    """Compare two runs; `before` None means the last one of the same graph before `now`.

    Raises StoreError TG605 for an unknown run, or when they share no graph.
    """
    b = database.find_run(now)
    a = database.find_run(before) if before else _run_before(database, b)
    if sweep := are_sweeps(database, a, b):
        compare_sweeps(database, a, b, sweep, limit=limit, as_json=as_json)
        return
    old, new = _nodes(database, a), _nodes(database, b)
    graphs = {graph for graph, _ in old} & {graph for graph, _ in new}
    if not graphs:
        told = f"{a} ran {_graphs(old)}, {b} ran {_graphs(new)}"
        raise StoreError(f"the runs have no graph in common: {told}", code="TG605", hint="Compare runs of one graph.")
    names = [name for name in dict.fromkeys((*new, *old)) if name[0] in graphs]
    found = {name: _reasons(old.get(name), new.get(name)) for name in names}
    metrics = _metrics(database, a, b)
    if as_json:
        nodes = [
            {"graph": name[0], "node": name[1], "changed": [asdict(reason) for reason in reasons],
             "a": _side(old.get(name)), "b": _side(new.get(name))}
            for name, reasons in found.items()
        ]  # fmt: skip
        echo_json({"a": a, "b": b, "nodes": nodes, "metrics": metrics.to_dicts()})
        return
    click.echo(f"A  {a}  {_said(database, a)}")
    click.echo(f"B  {b}  {_said(database, b)}\n")
    _echo_nodes(found, old, new, several=len(graphs) > 1)
    _echo_metrics(metrics, limit)


def _run_before(database: Database, run_id: str) -> str:
    found = database.sql(
        "select x.run_id from runs x join runs y using (graph) where y.run_id = ? and x.started_at < y.started_at"
        " order by x.started_at desc limit 1",
        [run_id],
    )
    if not found.height:
        raise StoreError(f"{run_id} is the first run of its graph", code="TG605", hint="Run it again, changed.")
    return str(found.item())


def _echo_nodes(
    found: Mapping[Name, list[Reason]], old: Mapping[Name, Any], new: Mapping[Name, Any], *, several: bool
) -> None:
    differing = sum(bool(reasons) for reasons in found.values())
    rows = []
    for (graph, node), reasons in found.items():
        said = shortly(reasons) or "same"
        label = f"{graph}.{node}" if several else node
        rows.append((label, _time(old.get((graph, node))), _time(new.get((graph, node))), said))
    echo_table(("node", "A", "B", "what changed"), rows, styles={"same": "green"}, roomy=("what changed",))
    click.echo(f"{differing} of {counted(len(found), 'node')} differ")


def _echo_metrics(metrics: pl.DataFrame, limit: int) -> None:
    if not metrics.height:
        return
    differing = metrics.filter(pl.col("a").ne_missing(pl.col("b")))
    if not differing.height:
        click.echo(f"\nmetrics: all {metrics.height:,} are equal")
        return
    means = ""
    if differing["symbol"].n_unique() >= _MANY:
        symbols = differing["symbol"].n_unique()
        means = f", means over {symbols:,} symbols"
        # all symbols count, also those for which the metric is the same
        differing = (
            metrics.join(differing.select("node", "metric").unique(), on=["node", "metric"], maintain_order="left")
            .group_by("node", "metric", maintain_order=True)
            .agg(pl.col("a").mean(), pl.col("b").mean())
            .with_columns((pl.col("b") - pl.col("a")).alias("b - a"))
        )
    if differing["a"].is_null().all() or differing["b"].is_null().all():
        click.echo(f"\nmetrics: only {'B' if differing['a'].is_null().all() else 'A'} has them")
        return
    click.echo(f"\nmetrics that differ{means}")
    # metrics of one table have sizes of their own: each value is written by itself
    echo_frame(differing.with_columns(pl.col("a", "b", "b - a").map_elements(single, pl.String)), limit=limit, indent=2)


def _nodes(database: Database, run_id: str) -> dict[Name, dict[str, Any]]:
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


def _said(database: Database, run_id: str) -> str:
    rows = database.sql("select graph, status, params, seconds from runs where run_id = ?", [run_id]).to_dicts()
    return "; ".join(f"{r['graph']} {r['status']} in {duration(r['seconds'] * 1e3)}" for r in rows)


def _time(row: Mapping[str, Any] | None) -> str | None:
    if row is None:
        return "-"
    return duration(row["ms"]) if row["status"] == "computed" else str(row["status"])


def _side(row: Mapping[str, Any] | None) -> dict[str, Any] | None:
    return None if row is None else {name: row[name] for name in ("key", "status", "ms", "node_type")}


def _graphs(nodes: Mapping[Name, Any]) -> str:
    return ", ".join(sorted({graph for graph, _ in nodes})) or "nothing"
