"""Which bars a graph stands on: what was asked, which symbols that means, and which of them are made up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipeline.cli.console.figure import instant
from pipeline.execution.plan import Plan
from pipeline.market import Market

__all__ = ["bars_of", "in_words"]

_NAMED = 5


def bars_of(plan: Plan, market: Market) -> dict[str, dict[str, Any]]:
    """Each bars source that the first graph of a plan uses, by name."""
    made_up = {(entry.timeframe, entry.symbol) for entry in market.coverage() if entry.synthetic}
    found: dict[str, dict[str, Any]] = {}
    for name, request in plan.graphs[0].bars.items():
        resolved = plan.bars.get(request)
        if resolved is None:  # nobody uses it
            continue
        found[name] = {
            "timeframe": request.timeframe,
            "symbols": list(resolved.symbols),
            "synthetic": [symbol for symbol in resolved.symbols if (request.timeframe, symbol) in made_up],
            "from": request.start,
            "to": request.end,
            "adjust": request.adjust,
        }
    return found


def in_words(bars: Mapping[str, Any]) -> str:
    """One bars source in a line."""
    symbols: list[str] = bars["symbols"]
    named = ", ".join(symbols[:_NAMED]) + (f" and {len(symbols) - _NAMED:,} more" if len(symbols) > _NAMED else "")
    synthetic = len(bars["synthetic"])
    if synthetic:
        share = "" if synthetic == len(symbols) else f"{synthetic:,} of {len(symbols):,} "
        named += f" ({share}synthetic)"
    side = f" from {instant(bars['from'])}" if bars["from"] else ""
    side += f" until before {instant(bars['to'])}" if bars["to"] else ""
    return f"{bars['timeframe']} bars of {named}{side}, adjusted: {bars['adjust']}"
