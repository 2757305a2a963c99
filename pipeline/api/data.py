"""Routes of stored bars: symbols, coverage, defects, the bars themselves."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict
from typing import Annotated

import polars as pl
from fastapi import APIRouter, Query
from pydantic import Field

from pipeline.api.openapi import problems
from pipeline.api.series import bucketed, in_buckets, instants, window_of
from pipeline.api.served import Project
from pipeline.api.shape import Reply
from pipeline.api.system import TaskReply, task_reply
from pipeline.api.tasks import Task
from pipeline.api.values import From, NumberOfPoints, To
from pipeline.execution.run import new_run_id
from pipeline.model.bars import BAR_FIELDS, Adjust, BarsRequest

__all__ = ["router"]

router = APIRouter(prefix="/api/data", tags=["data"])


class SymbolReply(Reply):
    """A symbol, with what is known of it besides its bars."""

    symbol: str
    timeframes: list[str]
    asset_class: str | None
    calendar: str | None
    zone: str | None
    tick: float | None
    currency: str | None


class CoverageReply(Reply):
    """What is stored of a symbol in a timeframe."""

    timeframe: str
    symbol: str
    rows: int
    first: dt.datetime
    last: dt.datetime
    parts: int
    source: str
    synthetic: bool


class DefectReply(Reply):
    """Something that looks wrong in bars."""

    symbol: str
    timeframe: str
    check: str
    severity: str
    count: int
    first: dt.datetime | None
    detail: str


class DefectsReply(Reply):
    """What the last verification found; `verified_at` is null when there was none since bars changed."""

    verified_at: dt.datetime | None
    defects: list[DefectReply]


class BarsReply(Reply):
    """Bars of a symbol. `ts` are milliseconds since 1970 (UTC), of the first bar of each bucket."""

    symbol: str
    timeframe: str
    rows: int = Field(description="Bars in the window.")
    bucketed: bool
    ts: list[int]
    open: list[float | None]
    high: list[float | None]
    low: list[float | None]
    close: list[float | None]
    volume: list[float | None]


@router.get("/symbols")
def list_symbols(project: Project) -> list[SymbolReply]:
    """List the symbols that have bars."""
    market = project.engine.market
    facts, timeframes = market.facts(), dict[str, list[str]]()
    for entry in market.coverage():
        timeframes.setdefault(entry.symbol, []).append(entry.timeframe)
    blank = dict.fromkeys(("asset_class", "calendar", "zone", "tick", "currency"))
    return [
        SymbolReply(symbol=name, timeframes=found, **{**blank, **(asdict(facts[name]) if name in facts else {})})
        for name, found in sorted(timeframes.items())
    ]


@router.get("/coverage")
def list_coverage(project: Project, timeframe: str | None = None, symbol: str | None = None) -> list[CoverageReply]:
    """List what is stored, by timeframe and symbol."""
    return [
        CoverageReply(**asdict(entry))
        for entry in project.engine.market.coverage()
        if timeframe in (None, entry.timeframe) and symbol in (None, entry.symbol)
    ]


@router.get("/defects")
def list_defects(project: Project, symbol: str | None = None) -> DefectsReply:
    """List what the last verification of all bars found."""
    verified = next((account for account in project.engine.market.accounts() if account.about == "stored"), None)
    if verified is None:
        return DefectsReply(verified_at=None, defects=[])
    rows = [row for row in verified.findings if symbol in (None, row["symbol"])]
    fields = DefectReply.model_fields
    found = [DefectReply(**{name: row[name] for name in fields}) for row in rows]
    return DefectsReply(verified_at=verified.at, defects=found)


@router.post("/verify", status_code=202)
async def verify_data(project: Project) -> TaskReply:
    """Check all stored bars: a task; its findings are `defects` then. No bar is changed."""
    return task_reply(project.tasks.submit(Task(new_run_id(), "verify", "all bars", {"do": "verify"})))


@router.get("/bars", responses=problems(404))
def read_bars(
    project: Project,
    *,
    symbol: str,
    timeframe: Annotated[str, Query(description="5m, 1h, 1d …")],
    from_: From = None,
    to: To = None,
    adjust: Adjust = "splits",
    points: NumberOfPoints = 2_000,
) -> BarsReply:
    """Read bars in a window of time, put together into as many as a chart shows."""
    market, window = project.engine.market, window_of(symbol, from_, to)
    request = BarsRequest(timeframe, (symbol,), window.start, window.end, adjust)
    panel = market.read(market.resolve(request), BAR_FIELDS)
    frame = pl.DataFrame([panel.ts, *(column.series.alias(name) for name, column in panel.columns.items())])
    if window.start is not None:
        frame = frame.filter(pl.col("ts") >= window.start)
    rows = frame.height
    if in_buckets(rows, points) is not None:
        first, last = pl.col("open").drop_nulls().first(), pl.col("close").drop_nulls().last()
        rest = (pl.col("high").max(), pl.col("low").min(), last, pl.col("volume").sum())
        frame = bucketed(frame, points, [first, *rest])
    columns = {name: frame[name].to_list() for name in BAR_FIELDS}
    return BarsReply(
        symbol=symbol, timeframe=timeframe, rows=rows, bucketed=rows > points, ts=instants(frame["ts"]), **columns
    )
