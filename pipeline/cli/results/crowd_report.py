"""What `runs show` answers of a run of very many steps: nodes and metrics in sums, instead of a row for each."""

from __future__ import annotations

from typing import Any

import click
import polars as pl

from pipeline.cli.console.document import echo_json
from pipeline.cli.console.figure import counted, single
from pipeline.cli.console.table import echo_table
from pipeline.store.crowd import STATES, crowd_of
from pipeline.store.query import Database

__all__ = ["crowd"]

_FAILED = 5


def crowd(database: Database, run_id: str, heads: list[dict[str, Any]], *, as_json: bool) -> None:
    """Nodes with how many steps of them ended how and took how long; cells; how metrics lie over all."""
    found = crowd_of(database, run_id)
    nodes, cells, metrics, failed = found.nodes, found.cells, found.metrics, found.failures
    if as_json:
        parts = {"nodes": nodes, "cells": cells, "metrics": metrics, "failures": failed}
        echo_json({"run_id": run_id, "graphs": heads, **{name: frame.to_dicts() for name, frame in parts.items()}})
        return
    for graph, status, count in cells.rows():
        click.echo(f"{graph}: {counted(count, 'cell')} {status}")
    shown = nodes if nodes["graph"].n_unique() > 1 else nodes.drop("graph")
    shown = shown.drop([state for state in STATES if not shown[state].sum()])
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
