"""Runs as they were: listed, and one by one."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import polars as pl

from pipeline.store.query import Database

__all__ = ["Past", "Row", "heads_of", "listed", "metrics_of", "past_of", "steps_of"]

Row: TypeAlias = "dict[str, Any]"


@dataclass(frozen=True)
class Past:
    """One run: a row of `runs` for each of its graphs, and what happened to its nodes."""

    run_id: str
    graphs: Sequence[Row]
    nodes: pl.DataFrame
    failures: pl.DataFrame


def listed(database: Database, graph: str | None = None, *, limit: int | None = None) -> list[Row]:
    """Rows of `runs`, of one graph perhaps, the newest first, so many; none when nothing has been run."""
    if not database.path.exists():
        return []
    where = "" if graph is None else "where graph = ?"
    query = f"select * from runs {where} order by started_at desc, run_id desc, graph"
    if limit is not None:
        query += f" limit {limit}"
    return [_read(row) for row in database.sql(query, [graph] if graph is not None else []).to_dicts()]


def heads_of(database: Database, run_id: str) -> list[Row]:
    """The rows of `runs` of one run, a row for each of its graphs."""
    found = database.sql("select * from runs where run_id = ? order by graph", [run_id])
    return [_read(row) for row in found.to_dicts()]


def past_of(database: Database, run: str, *, limit: int | None = None, offset: int = 0) -> Past:
    """The run of an id, a beginning of one, `latest` or `latest~N`; so many of its nodes and failures from `offset` on.

    Raises StoreError TG605.
    """
    run_id = database.find_run(run)
    # tables keep the order in which they were filled, so pages fit together
    page = "" if limit is None else f" limit {limit} offset {offset}"
    nodes = database.sql(
        "select graph, node, node_type, status, round(ms, 2) as ms, round(cpu_ms, 2) as cpu_ms, rows, bytes, key,"
        f" tries from node_timings where run_id = ?{page}",
        [run_id],
    )
    failed = database.sql(f"select graph, node, code, message, cause from failures where run_id = ?{page}", [run_id])
    return Past(run_id, heads_of(database, run_id), nodes, failed)


def metrics_of(database: Database, run_id: str) -> pl.DataFrame:
    """All metrics of a run, by node, symbol and name."""
    return database.sql("select node, symbol, metric, value from metrics where run_id = ?", [run_id])


def steps_of(database: Database, run_id: str) -> int:
    """How many steps a run had: the nodes that `past_of` has without a limit."""
    return int(database.sql("select count(*) from node_timings where run_id = ?", [run_id]).item())


def _read(row: Mapping[str, Any]) -> Row:
    """A row of `runs` whose JSON texts are values."""
    return {name: json.loads(value) if name in ("params", "settings", "versions") else value
            for name, value in row.items()}  # fmt: skip
