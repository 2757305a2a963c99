"""A market as tables for SQL: what is stored, what imports took, dropped and found, what was done, what is known."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any, TypeAlias

import polars as pl

from pipeline.market.account import Account
from pipeline.market.store import Market

__all__ = ["market_tables"]

_TEXT, _COUNT, _TIME = pl.String(), pl.Int64(), pl.Datetime("us", "UTC")
Row: TypeAlias = Mapping[str, Any]

_SCHEMAS: dict[str, dict[str, pl.DataType]] = {
    "market_bars": {"timeframe": _TEXT, "symbol": _TEXT, "rows": _COUNT, "first": _TIME, "last": _TIME}
    | {"parts": _COUNT, "source": _TEXT, "synthetic": pl.Boolean()},
    "market_imports": {"change": _COUNT, "at": _TIME, "timeframe": _TEXT, "file": _TEXT, "rows": _COUNT}
    | {"symbols": _COUNT, "taken": _COUNT, "dropped": _COUNT, "refused": _TEXT, "notes": _TEXT},
    "market_taken": {"change": _COUNT, "at": _TIME, "timeframe": _TEXT, "symbol": _TEXT, "read": _COUNT}
    | dict.fromkeys(("new", "replaced", "unchanged", "dropped"), _COUNT),
    "market_dropped": {"change": _COUNT, "at": _TIME, "timeframe": _TEXT, "file": _TEXT, "symbol": _TEXT}
    | {"reason": _TEXT, "rows": _COUNT, "first_line": _COUNT},
    "market_findings": {"about": _TEXT, "change": _COUNT, "symbol": _TEXT, "timeframe": _TEXT, "check": _TEXT}
    | {"count": _COUNT, "first": _TIME, "detail": _TEXT, "severity": _TEXT},
    "market_log": {"change": _COUNT, "at": _TIME, "what": _TEXT, "timeframe": _TEXT, "source": _TEXT}
    | dict.fromkeys(("symbols", "new", "replaced", "removed"), _COUNT),
    "market_symbols": {"symbol": _TEXT, "asset_class": _TEXT, "calendar": _TEXT, "zone": _TEXT}
    | {"tick": pl.Float64(), "currency": _TEXT},
}


def market_tables(market: Market) -> dict[str, pl.DataFrame]:
    """The tables of `_SCHEMAS` and market_actions, by name.

    `change` is the number of a change in the log, null where an import changed nothing. The findings `about` an import
    are of the rows that came in with it, those about what is stored are of the last `verify`.
    """
    accounts = market.accounts()
    imports = [account for account in accounts if account.about == "import"]
    rows: dict[str, Iterable[Row]] = {
        "market_bars": (asdict(entry) for entry in market.coverage()),
        "market_imports": _of(imports, "files"),
        "market_taken": _of(imports, "symbols"),
        "market_dropped": _of(imports, "dropped"),
        "market_findings": (
            {**row, "about": account.about, "change": account.change}
            for account in accounts
            for row in account.findings
        ),
        "market_log": (
            {**note._asdict(), "change": number, "at": dt.datetime.fromisoformat(note.at), "symbols": len(note.symbols)}
            for number, note in market.log()
        ),
        "market_symbols": ({"symbol": symbol, **asdict(known)} for symbol, known in sorted(market.facts().items())),
    }
    frames = {name: _frame(rows[name], schema) for name, schema in _SCHEMAS.items()}
    return {**frames, "market_actions": market.actions()}


def _of(imports: Iterable[Account], what: str) -> Iterable[Row]:
    for account in imports:
        for row in getattr(account, what):
            yield {**row, "change": account.change, "at": account.at, "timeframe": account.timeframe}


def _frame(rows: Iterable[Row], schema: Mapping[str, pl.DataType]) -> pl.DataFrame:
    return pl.DataFrame([{name: row[name] for name in schema} for row in rows], schema=schema)
