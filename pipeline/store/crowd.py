"""A run of very many steps in sums: its nodes, cells and metrics, instead of a row for each step."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from pipeline.store.query import Database

__all__ = ["CROWD", "STATES", "Crowd", "crowd_of", "is_crowd"]

CROWD = 200
"""Steps of a run that are shown one by one at the most."""
STATES = ("computed", "cached", "failed", "skipped")
"""How a step ends."""


@dataclass(frozen=True)
class Crowd:
    """How many steps of each node ended how and took how long; cells by state; how metrics lie over all; what failed.

    Times are milliseconds.
    """

    nodes: pl.DataFrame
    cells: pl.DataFrame
    metrics: pl.DataFrame
    failures: pl.DataFrame


def is_crowd(database: Database, run_id: str) -> bool:
    """True for a sweep, and for a run of very many nodes."""
    query = (
        "select (select count(*) from cells where run_id = ?) > 0 or (select count(*) from nodes where run_id = ?) > ?"
    )
    return bool(database.sql(query, [run_id, run_id, CROWD]).item())


def crowd_of(database: Database, run_id: str) -> Crowd:
    """The sums of a run."""
    states = ", ".join(f"count(*) filter (status = '{state}') as {state}" for state in STATES)
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
    failures = database.sql(
        "select graph, node, code, message, count(*) as steps from failures"
        " where run_id = ? and coalesce(cause, '') = '' group by all order by steps desc",
        [run_id],
    )
    return Crowd(nodes, cells, metrics, failures)
