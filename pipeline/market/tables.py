"""A market as tables for SQL: what is stored, what was found, what was done, what is known."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import asdict

import polars as pl

from pipeline.market.finding import Finding
from pipeline.market.store import Market

__all__ = ["market_tables"]

_TEXT, _COUNT, _TIME = pl.String(), pl.Int64(), pl.Datetime("us", "UTC")


def market_tables(market: Market, findings: Sequence[Finding]) -> dict[str, pl.DataFrame]:
    """market_bars, market_findings, market_log, market_symbols and market_actions, by name."""
    stored = [asdict(entry) for entry in market.coverage()]
    log = [
        {"change": number, **note._asdict(), "at": dt.datetime.fromisoformat(note.at), "symbols": len(note.symbols)}
        for number, note in market.log()
    ]
    facts = [{"symbol": symbol, **asdict(known)} for symbol, known in sorted(market.facts().items())]
    return {
        "market_bars": pl.DataFrame(
            stored,
            schema={"timeframe": _TEXT, "symbol": _TEXT, "rows": _COUNT, "first": _TIME, "last": _TIME, "parts": _COUNT}
            | {"source": _TEXT, "synthetic": pl.Boolean()},
        ),
        "market_findings": pl.DataFrame(
            [asdict(finding) for finding in findings],
            schema={"symbol": _TEXT, "timeframe": _TEXT, "check": _TEXT, "count": _COUNT, "first": _TIME}
            | {"detail": _TEXT, "severity": _TEXT},
        ),
        "market_log": pl.DataFrame(
            log,
            schema={
                "change": _COUNT,
                "at": _TIME,
                "what": _TEXT,
                "timeframe": _TEXT,
                "source": _TEXT,
                "symbols": _COUNT,
            }
            | {"new": _COUNT, "replaced": _COUNT, "removed": _COUNT},
        ),
        "market_symbols": pl.DataFrame(
            facts,
            schema={"symbol": _TEXT, "asset_class": _TEXT, "calendar": _TEXT, "zone": _TEXT, "tick": pl.Float64()}
            | {"currency": _TEXT},
        ),
        "market_actions": market.all_actions(),
    }
