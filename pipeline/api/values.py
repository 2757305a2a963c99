"""Routes of what a run left: outputs of nodes in windows and buckets, tables, metrics, trades."""

from __future__ import annotations

import datetime as dt
import json
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import Field

from pipeline.api.openapi import problems
from pipeline.api.problem import refusal
from pipeline.api.series import MOST_POINTS, Points, sampled, window_of
from pipeline.api.served import Project
from pipeline.api.shape import Reply
from pipeline.api.sql import Column, columns_of, rows_of
from pipeline.errors import StoreError, did_you_mean
from pipeline.store.query import Database

__all__ = ["From", "NumberOfPoints", "To", "router"]

router = APIRouter(prefix="/api/runs/{run}", tags=["values"])

From = Annotated[str | None, Query(alias="from", description="A date or an instant, UTC.")]
To = Annotated[str | None, Query(description="A date counts whole.")]
NumberOfPoints = Annotated[int, Query(ge=1, le=MOST_POINTS, description="At most so many buckets.")]
OfGraph = Annotated[str | None, Query(description="Which graph, for a run of several.")]
Limit = Annotated[int, Query(ge=1, le=10_000)]
Offset = Annotated[int, Query(ge=0, le=2**62)]
_NAMED = 8


class SeriesReply(Reply):
    """The outputs of a node for one symbol. `ts` are milliseconds since 1970 (UTC), of the first bar of each bucket."""

    run_id: str
    graph: str
    node: str
    symbol: str
    rows: int = Field(description="Rows in the window.")
    bucketed: bool = Field(description="Whether a bucket may hold several rows.")
    kinds: dict[str, str] = Field(description="What outputs mean.")
    ts: list[int]
    columns: list[Points]


class TableReply(Reply):
    """A table that a node gave."""

    run_id: str
    graph: str
    node: str
    columns: list[Column]
    rows: list[list[Any]]
    total: int


class MetricReply(Reply):
    """A metric; `cell` in a sweep."""

    graph: str
    node: str
    symbol: str | None
    metric: str
    value: float | None
    cell: int | None


class TradeReply(Reply):
    """A trade of a back-test."""

    graph: str
    node: str
    symbol: str | None
    trade_id: int | None
    direction: str | None
    status: str | None
    entry_idx: int | None
    entry_time: dt.datetime | None
    entry_price: float | None
    size: float | None
    entry_fee: float | None
    exit_idx: int | None
    exit_time: dt.datetime | None
    exit_price: float | None
    exit_fee: float | None
    pnl: float | None
    return_: float | None = Field(alias="return", serialization_alias="return")
    exit_reason: str | None


class TradesReply(Reply):
    """Trades in order of entry; `total` counts all that there are."""

    total: int
    trades: list[TradeReply]


@router.get("/nodes/{node}/series", responses=problems(404, 410))
def node_series(
    project: Project,
    run: str,
    node: str,
    *,
    graph: OfGraph = None,
    symbol: Annotated[str | None, Query(description="Needed where there are several.")] = None,
    from_: From = None,
    to: To = None,
    points: NumberOfPoints = 2_000,
) -> SeriesReply:
    """Read the outputs of a node in a window of time, in as many buckets as a chart shows."""
    database = project.engine.database
    row = _node(database, run, node, graph)
    if not json.loads(row["columns"]):
        raise refusal("TG802", f"{node!r} gives a table", hint="Ask for `table` in place of `series`.")
    frame = database.output(row["run_id"], row["graph"], node, window=window_of(symbol, from_, to))
    symbols = frame["symbol"].unique(maintain_order=True).to_list()
    if len(symbols) > 1:
        hint = f"There are {', '.join(symbols[:_NAMED])}{' and more' if len(symbols) > _NAMED else ''}."
        raise refusal("TG801", "`symbol` is missing: the node has several", hint=hint)
    names = [name for name in frame.columns if name not in ("symbol", "ts")]
    ts, columns = sampled(frame, names, points)
    return SeriesReply(
        run_id=row["run_id"],
        graph=row["graph"],
        node=node,
        symbol=symbols[0] if symbols else symbol or "",
        rows=frame.height,
        bucketed=frame.height > points,
        kinds=json.loads(row["kinds"]),
        ts=ts,
        columns=columns,
    )


@router.get("/nodes/{node}/table", responses=problems(404, 410))
def node_table(
    project: Project,
    run: str,
    node: str,
    *,
    graph: OfGraph = None,
    output: Annotated[str, Query(description="Which, for a node with several outputs.")] = "",
    limit: Limit = 1_000,
    offset: Offset = 0,
) -> TableReply:
    """Read a table that a node gave: metrics, trades, orders, whatever has rows of its own."""
    database = project.engine.database
    row = _node(database, run, node, graph)
    if not output and json.loads(row["columns"]):
        raise refusal("TG802", f"{node!r} gives a series", hint="Name its output, or ask for `series`.")
    frame = database.output(row["run_id"], row["graph"], node, output)
    shown = frame.slice(offset, limit)
    return TableReply(
        run_id=row["run_id"],
        graph=row["graph"],
        node=node,
        columns=columns_of(frame),
        rows=rows_of(shown),
        total=frame.height,
    )


@router.get("/metrics", responses=problems(404))
def run_metrics(
    project: Project,
    run: str,
    *,
    node: str | None = None,
    symbol: str | None = None,
    limit: Annotated[int, Query(ge=1, le=100_000)] = 10_000,
    offset: Offset = 0,
) -> list[MetricReply]:
    """List the metrics of a run; a sweep has those of each cell, in pages."""
    database = project.engine.database
    found = database.sql(
        "select graph, node, symbol, metric, value, cell from metrics where run_id = ?"
        " and (? is null or node = ?) and (? is null or symbol = ?) order by graph, cell, node, symbol, metric"
        " limit ? offset ?",
        [database.find_run(run), node, node, symbol, symbol, limit, offset],
    )
    return [MetricReply(**row) for row in found.to_dicts()]


@router.get("/trades", responses=problems(404))
def run_trades(
    project: Project,
    run: str,
    *,
    node: str | None = None,
    symbol: str | None = None,
    limit: Limit = 1_000,
    offset: Offset = 0,
) -> TradesReply:
    """List the trades of a run, in order of entry."""
    database = project.engine.database
    where = "from trades where run_id = ? and (? is null or node = ?) and (? is null or symbol = ?)"
    given = [database.find_run(run), node, node, symbol, symbol]
    total = database.sql(f"select count(*) as n {where}", given).item()
    found = database.sql(
        f"select * exclude (run_id, cell) {where} order by entry_time, graph, node, symbol, trade_id limit ? offset ?",
        [*given, limit, offset],
    )
    return TradesReply(total=total, trades=[TradeReply(**row) for row in found.to_dicts()])


def _node(database: Database, run: str, node: str, graph: str | None) -> dict[str, Any]:
    """The row of `nodes` of a node in a run.

    Raises StoreError TG605 for none, RequestError TG801 when several graphs have it.
    """
    run_id = database.find_run(run)
    rows = database.sql(
        "select run_id, graph, columns, kinds from nodes where run_id = ? and node = ? and (? is null or graph = ?)",
        [run_id, node, graph, graph],
    ).to_dicts()
    if len(rows) > 1:
        raise refusal("TG801", "`graph` is missing: several graphs of the run have such a node")
    if not rows:
        known = database.sql("select distinct node from nodes where run_id = ?", [run_id])["node"].to_list()
        raise StoreError(f"run {run_id} has no node {node!r}", code="TG605", hint=did_you_mean(node, known))
    return rows[0]
