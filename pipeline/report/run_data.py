"""What the script of a run's page is given: accounts with their metrics, columns, trades, and the packed charts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl

from pipeline.errors import StoreError
from pipeline.model.bars import timeframe_seconds
from pipeline.report.account import Account
from pipeline.report.archive import Archive
from pipeline.report.bars import RunBars
from pipeline.report.figures import Axis, Chosen, Figures
from pipeline.report.pack import Packed, pack_columns, pack_json
from pipeline.report.series import place_of
from pipeline.report.told import Told
from pipeline.store.query import Database

__all__ = ["run_data"]


def run_data(told: Told, bars: RunBars, chosen: Chosen, figures: Figures, archive: Archive) -> dict[str, Any]:
    """The data of a page, as JSON can say it: missing numbers are null."""
    return {
        "kind": "run",
        "timeframe": bars.timeframe,
        "seconds": timeframe_seconds(bars.timeframe) if bars.timeframe else 86_400,
        "accounts": [_account(at, account, told, archive.database) for at, account in enumerate(chosen.accounts)],
        "series": _described(chosen, figures, told),
        "symbols": _symbols(chosen, figures, told),
        "charts": [_chart(figures, symbol) for symbol in chosen.symbols if symbol in figures.axes],
    }


def _account(at: int, account: Account, told: Told, database: Database) -> dict[str, Any]:
    metrics: dict[str, dict[str, float | None]] = {}
    for symbol, metric, value in (
        told.metrics.filter(pl.col("node") == account.metrics).select("symbol", "metric", "value").rows()
    ):
        metrics.setdefault(symbol or "", {})[metric] = value if value is None or np.isfinite(value) else None
    curve = None
    if account.curve:
        table = next(name for name, kind in told.by_name[account.curve].kinds.items() if kind == "equity")
        try:
            frame = database.output(told.run_id, told.graph, account.curve, table)
            times = frame["ts"].dt.epoch("us").to_numpy() / 1e6
            columns = {name: frame[name].to_numpy() for name in ("equity", "benchmark") if name in frame.columns}
            curve = _packed(Axis(times, {name[0]: values for name, values in columns.items()}))
        except StoreError:  # without its curve it has its columns still
            curve = None
    return {
        "name": account.name,
        "metrics": metrics,
        "equity": f"e{at}" if account.equity else None,
        "benchmark": f"b{at}" if account.equity else None,
        "position": f"p{at}" if account.position else None,
        "trades": bool(account.trades),
        "shared": bool(account.curve),
        "curve": curve,
    }


def _described(chosen: Chosen, figures: Figures, told: Told) -> list[dict[str, Any]]:
    above = {name for account in chosen.accounts for _, name, bars, _ in told.by_name[account.name].wires if not bars}
    found: list[dict[str, Any]] = []
    panes: dict[str, None] = {}
    lanes = lines = 0
    for one in chosen.series:
        pairs = figures.beside_closes(one.id)
        # the bars that a node made: nobody looks at them first
        made = "bars" in told.by_name[one.node].kinds.values()
        place = place_of(one.kind, [mine for mine, _ in pairs], [close for _, close in pairs])
        if made:
            shown = False
        elif place == "pane":
            panes.setdefault(one.node, None)
            shown = list(panes).index(one.node) < 2 and one.column != "strength"
        elif place == "lane":
            lanes += 1
            shown = lanes <= 5 or one.node in above
        else:
            lines += 1
            shown = lines <= 6
        found.append(
            {"id": one.id, "node": one.node, "label": one.label, "type": one.type, "kind": one.kind}
            | {"place": place, "shown": shown}
        )
    for at, account in enumerate(chosen.accounts):
        if account.position is not None:
            held = {"id": f"p{at}", "node": account.name, "label": "position", "type": "units held", "kind": "number"}
            found.append({**held, "place": "pane", "shown": False, "account": at})
    return found


def _symbols(chosen: Chosen, figures: Figures, told: Told) -> list[dict[str, Any]]:
    at = {symbol: number for number, symbol in enumerate(s for s in chosen.symbols if s in figures.axes)}
    number = {account.trades: i for i, account in enumerate(chosen.accounts) if account.trades}
    trades: dict[str, dict[int, Any]] = {}
    for (node, symbol), part in told.trades.group_by("node", "symbol", maintain_order=True):
        if node in number:
            trades.setdefault(str(symbol), {})[number[str(node)]] = _trades(part)
    return [
        {"name": symbol, "chart": at.get(symbol), "trades": pack_json(trades[symbol]) if symbol in trades else None}
        for symbol in chosen.every
    ]


def _trades(part: pl.DataFrame) -> dict[str, list[Any]]:
    times = {
        name: [None if v is None else v / 1e6 for v in part[f"{name}_time"].dt.epoch("us")]
        for name in ("entry", "exit")
    }
    kept = ("trade_id", "direction", "status", "entry_price", "size", "exit_price", "pnl", "return", "exit_reason")
    fees = part["entry_fee"].fill_null(0.0) + part["exit_fee"].fill_null(0.0)
    return {**times, **{name: _plain(part[name]) for name in kept}, "fees": _plain(fees)}


def _plain(series: pl.Series) -> list[Any]:
    if series.dtype.is_float():
        # nine digits are more than the page shows, and half as long
        return [None if value is None or not np.isfinite(value) else float(f"{value:.9g}") for value in series]
    return series.to_list()


def _chart(figures: Figures, symbol: str) -> dict[str, Any]:
    others = [_packed(axis) for axis in figures.others.get(symbol, {}).values()]
    return {**_packed(figures.axes[symbol]), "others": others}


def _packed(axis: Axis) -> Packed:
    start = float(axis.times[0]) if len(axis.times) else 0.0
    columns: Mapping[str, Any] = {"t": axis.times - start, **axis.columns}
    return {"start": start, **pack_columns(columns)}
