"""What `runs compare` answers of two sweeps of one graph: cells are told apart by params, not by their numbers."""

from __future__ import annotations

from typing import Any

import click
import polars as pl

from pipeline.cli.console.document import echo_json
from pipeline.cli.console.figure import counted, single
from pipeline.cli.console.table import echo_table
from pipeline.store.query import Database
from pipeline.store.sweep_view import SUFFIX

__all__ = ["are_sweeps", "compare_sweeps"]


def are_sweeps(database: Database, a: str, b: str) -> str:
    """The name of a sweep that both runs have, "" when there is none."""
    query = "select graph from cells where run_id = ? intersect select graph from cells where run_id = ? order by 1"
    found = database.sql(query, [a, b])["graph"].to_list()
    return str(found[0]) if found else ""


def compare_sweeps(database: Database, a: str, b: str, name: str, *, limit: int, as_json: bool) -> None:
    """Cells of both, and of one alone; steps that are the same; metrics that differ between cells of equal params."""
    cells = database.sql(
        "select coalesce(a.params, b.params) as params, a.cell as a, b.cell as b, a.status as status_a,"
        " b.status as status_b from (from cells where run_id = ? and graph = ?) a"
        " full join (from cells where run_id = ? and graph = ?) b on a.params = b.params order by all",
        [a, name, b, name],
    )
    keys = "select node, key from nodes where run_id = ? and graph = ?"
    steps = database.sql(
        f"select coalesce(a.node, b.node) as node, count(*) filter (a.key = b.key) as same,"
        " count(*) filter (b.key is null) as a_alone, count(*) filter (a.key is null) as b_alone"
        f" from ({keys}) a full join ({keys}) b on a.node = b.node and a.key = b.key group by 1 order by 1",
        [a, name, b, name],
    )
    metrics = _metrics(database, a, b, name)
    both = cells.filter(pl.col("a").is_not_null() & pl.col("b").is_not_null()).height
    counts = {"both": both, "a_alone": cells["b"].null_count(), "b_alone": cells["a"].null_count()}
    if as_json:
        facts: dict[str, Any] = {"a": a, "b": b, "graph": name, "cells": counts}
        echo_json(facts | {"steps": steps.to_dicts(), "metrics": metrics.to_dicts()})
        return
    click.echo(f"A  {a}\nB  {b}\n")
    told = (
        f"{name}: {counted(both, 'cell')} in both, {counts['a_alone']:,} in A alone, {counts['b_alone']:,} in B alone"
    )
    click.echo(told)
    echo_table(steps.columns, steps.rows())
    click.echo()
    if not metrics.height:
        click.echo(f"no metric differs between cells of equal params; {name.removesuffix(SUFFIX)} came to the same")
        return
    click.echo("metrics that differ between cells of equal params")
    shown = metrics.head(limit) if limit else metrics
    shown = shown.with_columns(pl.col("a", "b", "largest difference").map_elements(single, pl.String))
    echo_table(shown.columns, shown.rows(), indent=2)


def _metrics(database: Database, a: str, b: str, name: str) -> pl.DataFrame:
    side = (
        "select c.params, m.node, m.symbol, m.metric, m.value from metrics m join cells c using (run_id, graph, cell)"
        " where m.run_id = ? and m.graph = ?"
    )
    return database.sql(
        "select node, metric, count(*) as values, avg(a.value) as a, avg(b.value) as b,"
        ' max(abs(b.value - a.value)) as "largest difference"'
        f" from ({side}) a join ({side}) b using (params, node, metric)"
        " where a.symbol is not distinct from b.symbol and a.value is distinct from b.value"
        " group by node, metric order by node, metric",
        [a, name, b, name],
    )
