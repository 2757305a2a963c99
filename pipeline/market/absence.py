"""Bars that a symbol's calendar expects and that are not there, and bars that it does not expect."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from pipeline.market.calendar import sessions
from pipeline.market.finding import CHECKS, Finding, found
from pipeline.market.part import Rows, instant
from pipeline.model.bars import timeframe_seconds

__all__ = ["absences"]

_DAY = 86_400
_NAMED = 5


def absences(symbol: str, timeframe: str, rows: Rows, calendar: str) -> Iterator[Finding]:
    """Daily bars against sessions; bars within the day against the opening hours, slot by slot."""
    seconds = timeframe_seconds(timeframe)
    first, last = instant(int(rows.ts[0])).date(), instant(int(rows.ts[-1])).date()
    open_ = sessions(calendar, first, last)
    if seconds == _DAY:
        missing = np.setdiff1d(open_.days, rows.ts)
        if len(missing):
            named = ", ".join(f"{instant(int(day)):%Y-%m-%d}" for day in missing[:_NAMED])
            more = f" and {len(missing) - _NAMED} more" if len(missing) > _NAMED else ""
            detail = f"{len(missing)} of {len(open_.days)} sessions of {calendar} have no bar: {named}{more}"
            severity, _ = CHECKS["missing_session"]
            yield Finding(
                symbol, timeframe, "missing_session", len(missing), instant(int(missing[0])), detail, severity
            )
        closed = ~np.isin(rows.ts, open_.days)
        yield from found(symbol, timeframe, "no_session", rows.ts, closed, f"{calendar} was closed on these days")
        return
    slot = seconds * 1_000_000
    # slots lie on the clock, so the first one of a session may begin before it does; none before the first bar counts
    begins, ends = np.maximum(open_.opens, rows.ts[0]), np.minimum(open_.closes, rows.ts[-1] + slot)
    expected = np.maximum((ends - 1) // slot - begins // slot + 1, 0)
    present = np.searchsorted(rows.ts, ends) - np.searchsorted(rows.ts, begins - slot + 1)
    missing_slots = np.maximum(expected - present, 0)
    total = int(missing_slots.sum())
    if total:
        at = int((missing_slots > 0).argmax())
        share = total / max(int(expected.sum()), 1)
        detail = f"{total} of {int(expected.sum())} slots in sessions of {calendar} have no bar ({share:.1%})"
        severity, _ = CHECKS["gap"]
        yield Finding(symbol, timeframe, "gap", total, instant(int(open_.opens[at])), detail, severity)
