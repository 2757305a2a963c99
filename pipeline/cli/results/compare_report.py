"""What `tradegraph runs compare` answers: which nodes differ and why, times, metrics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import click
import polars as pl

from pipeline.cli.console.document import echo_json
from pipeline.cli.console.figure import counted, duration, single
from pipeline.cli.console.table import echo_frame, echo_table
from pipeline.cli.graphs.plan_report import shortly
from pipeline.cli.results.compare_sweeps import are_sweeps, compare_sweeps
from pipeline.store.comparison import Difference, compared, pair_of
from pipeline.store.query import Database

__all__ = ["compare"]

_MANY = 5
"""From this many symbols on, metrics are compared by their mean over symbols."""


def compare(database: Database, before: str | None, now: str, *, limit: int, as_json: bool) -> None:
    """Compare two runs; `before` None means the last one of the same graph before `now`.

    Raises StoreError TG605 for an unknown run, or when they share no graph.
    """
    a, b = pair_of(database, before, now)
    if sweep := are_sweeps(database, a, b):
        compare_sweeps(database, a, b, sweep, limit=limit, as_json=as_json)
        return
    found = compared(database, a, b)
    if as_json:
        nodes = [
            {"graph": one.name[0], "node": one.name[1], "changed": [asdict(reason) for reason in one.reasons],
             "a": _side(one.old), "b": _side(one.new)}
            for one in found.nodes
        ]  # fmt: skip
        echo_json({"a": found.a, "b": found.b, "nodes": nodes, "metrics": found.metrics.to_dicts()})
        return
    click.echo(f"A  {found.a}  {_said(database, found.a)}")
    click.echo(f"B  {found.b}  {_said(database, found.b)}\n")
    _echo_nodes(found.nodes)
    _echo_metrics(found.metrics, limit)


def _echo_nodes(found: Sequence[Difference]) -> None:
    several = len({one.name[0] for one in found}) > 1
    differing = sum(bool(one.reasons) for one in found)
    rows = []
    for one in found:
        graph, node = one.name
        said = shortly(one.reasons) or "same"
        rows.append((f"{graph}.{node}" if several else node, _time(one.old), _time(one.new), said))
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


def _said(database: Database, run_id: str) -> str:
    rows = database.sql("select graph, status, params, seconds from runs where run_id = ?", [run_id]).to_dicts()
    return "; ".join(f"{r['graph']} {r['status']} in {duration(r['seconds'] * 1e3)}" for r in rows)


def _time(row: Mapping[str, Any] | None) -> str | None:
    if row is None:
        return "-"
    return duration(row["ms"]) if row["status"] == "computed" else str(row["status"])


def _side(row: Mapping[str, Any] | None) -> dict[str, Any] | None:
    return None if row is None else {name: row[name] for name in ("key", "status", "ms", "node_type")}
