"""What `runs show` answers of a run of very many steps: nodes and metrics in sums, instead of a row for each."""

from __future__ import annotations

from typing import Any

import click
import polars as pl

from pipeline.cli.document import echo_json
from pipeline.cli.figure import counted, single
from pipeline.cli.table import echo_table
from pipeline.store.query import Database

__all__ = ["CROWD", "crowd", "is_crowd"]

CROWD = 200
"""Steps of a run that are shown one by one at the most."""
_STATES = ("computed", "cached", "failed", "skipped")
_FAILED = 5


def is_crowd(database: Database, run_id: str) -> bool:
    """True for a sweep, and for a run of very many nodes."""
    query = (
        "select (select count(*) from cells where run_id = ?) > 0 or (select count(*) from nodes where run_id = ?) > ?"
    )
    return bool(database.sql(query, [run_id, run_id, CROWD]).item())


def crowd(database: Database, run_id: str, heads: list[dict[str, Any]], *, as_json: bool) -> None:
    """Nodes with how many steps of them ended how and took how long; cells; how metrics lie over all."""
    states = ", ".join(f"count(*) filter (status = '{state}') as {state}" for state in _STATES)
    nodes = database.sql(
        f"select graph, node, any_value(node_type) as node_type, count(*) as steps, {states},"
        " round(sum(ms), 2) as ms, round(median(ms), 3) as median_ms"
        " from node_timings where run_id = ? and symbol is null group by graph, node order by graph, sum(ms) desc",
        [run_id],
    )
    cells = database.sql("select graph, status, count(*) as cells from cells where run_id = ? group by all", [run_id])
    metrics = database.sql(
        "select graph, node, metric, count(*) as count, min(value) as least, median(value) as median,"
        " max(value) as most from metrics where run_id = ? and isfinite(value) group by all order by all",
        [run_id],
    )
    failed = database.sql(
        "select graph, node, code, message, count(*) as steps from failures"
        " where run_id = ? and coalesce(cause, '') = '' group by all order by steps desc",
        [run_id],
    )
    if as_json:
        parts = {"nodes": nodes, "cells": cells, "metrics": metrics, "failures": failed}
        echo_json({"run_id": run_id, "graphs": heads, **{name: frame.to_dicts() for name, frame in parts.items()}})
        return
    for graph, status, count in cells.rows():
        click.echo(f"{graph}: {counted(count, 'cell')} {status}")
    shown = nodes if nodes["graph"].n_unique() > 1 else nodes.drop("graph")
    shown = shown.drop([state for state in _STATES if not shown[state].sum()])
    echo_table(shown.columns, shown.rows(), minor=("median_ms",))
    if metrics.height:
        click.echo("\nmetrics, over all cells and symbols")
        lone = [name for name in ("graph", "node") if metrics[name].n_unique() == 1]
        told = metrics.drop(lone).with_columns(pl.col("least", "median", "most").map_elements(single, pl.String))
        echo_table(told.columns, told.rows(), indent=2)
    for row in failed.head(_FAILED).to_dicts():
        said = f"{row['graph']}.{row['node']}: {row['message']}"
        click.echo(f"\n{click.style(row['code'], fg='red', bold=True)} {said} ({counted(row['steps'], 'step')})")
    if failed.height > _FAILED:
        click.echo(f"and {failed.height - _FAILED:,} more: the table failures has all")
