"""The bars of one symbol, checked. Findings are named and counted; nothing is ever deleted or filled.

`finding.CHECKS` says what each check means and how bad it is; checks that look at several symbols are in
`across`, those of dividends and splits in `suspicion`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from pipeline.errors import MarketError
from pipeline.market.absence import absences
from pipeline.market.action import Actions
from pipeline.market.finding import CHECKS, Finding, Mask, Severity, found
from pipeline.market.part import Floats, Part, Rows, instant
from pipeline.market.suspicion import suspicious_actions
from pipeline.model.bars import timeframe_seconds

__all__ = ["Finding", "Severity", "check_bars", "damage_of", "ohlc_order"]

_DAY = 86_400
_QUIET_DAYS = 7
"""Days without a daily bar that no exchange takes as a holiday (the longest since 1970: 2001-09-11, six days)."""
_WICK, _WICK_SECONDS = 0.10, 300
"""A wick of a tenth beyond the body and both neighbours within five minutes; it may grow with the root of time."""
_MOVE = np.log(1.45)


def ohlc_order(
    open_: npt.NDArray[np.float64],
    high: npt.NDArray[np.float64],
    low: npt.NDArray[np.float64],
    close: npt.NDArray[np.float64],
) -> Mask:
    """True where the high is not the highest or the low not the lowest of a bar."""
    return (high < np.maximum(np.maximum(open_, close), low)) | (low > np.minimum(open_, close))


def damage_of(symbol: str, timeframe: str, part: Part, error: MarketError) -> Finding:
    """The finding for a part that cannot be read."""
    return Finding(symbol, timeframe, "damaged_part", part.rows, instant(part.first), error.faults[0].message, "error")


def check_bars(symbol: str, timeframe: str, rows: Rows, actions: Actions, calendar: str | None = None) -> list[Finding]:
    """All findings for the bars of one symbol, unadjusted and in stored order; by its `calendar` if it has one."""
    open_, high, low, close, volume = rows.values
    lowest = np.minimum(np.minimum(open_, close), low)
    step = np.diff(rows.ts, prepend=rows.ts[:1] - 1)
    seconds = timeframe_seconds(timeframe)
    masks: list[tuple[str, Mask]] = [
        ("disorder", step < 0),
        ("duplicate", step == 0),
        ("ohlc_order", ohlc_order(open_, high, low, close)),
        ("not_positive", lowest <= 0),
        ("zero_volume", volume == 0),
        ("no_volume", np.isnan(volume)),
        ("flat", high == low),
        ("stale", _stale(rows, seconds)),
    ]
    findings = [one for check, mask in masks for one in found(symbol, timeframe, check, rows.ts, mask)]
    if calendar is not None and seconds <= _DAY:
        findings += absences(symbol, timeframe, rows, calendar)
    else:
        findings += _gaps(symbol, timeframe, rows)
    if seconds < _DAY:
        findings += _wicks(symbol, timeframe, rows)
    if seconds == _DAY:
        findings += _moves(symbol, timeframe, rows, actions)
        findings += suspicious_actions(symbol, timeframe, rows, actions)
    return findings


def _stale(rows: Rows, seconds: int) -> Mask:
    """Bars that repeat the one before; within a day a bar of one price may well repeat another."""
    mask = np.zeros(len(rows), dtype=bool)
    if len(rows) < 2:
        return mask
    mask[1:] = np.logical_and.reduce([column[1:] == column[:-1] for column in rows.values])
    if seconds < _DAY:
        mask &= rows.values[1] != rows.values[2]
    return mask


def _wicks(symbol: str, timeframe: str, rows: Rows) -> list[Finding]:
    """Highs and lows that neither their bar's body nor the bars beside it come near."""
    open_, high, low, close, _ = rows.values
    if len(rows) < 3:
        return []
    before, after = np.append(close[:1], close[:-1]), np.append(open_[1:], open_[-1:])
    prices = (open_, close, before, after)
    with np.errstate(divide="ignore", invalid="ignore"):
        up = high / np.maximum.reduce(prices) - 1.0
        down = 1.0 - low / np.minimum.reduce(prices)
    limit = _WICK * max(1.0, float(np.sqrt(timeframe_seconds(timeframe) / _WICK_SECONDS)))
    reach = np.fmax(up, down)
    mask = reach > limit
    detail = ""
    if mask.any():
        at = int(np.nanargmax(reach))
        when, prices_then = instant(int(rows.ts[at])), f"high {high[at]:g}, low {low[at]:g}, close {close[at]:g}"
        detail = f"the farthest, {reach[at]:.0%} beyond body and neighbours, {when:%Y-%m-%d %H:%M} ({prices_then})"
    return found(symbol, timeframe, "wick", rows.ts, mask, detail)


def _moves(symbol: str, timeframe: str, rows: Rows, actions: Actions) -> list[Finding]:
    """Large moves of the close that no dividend or split explains: told, so that a person may look, and kept."""
    close = rows.values[3]
    if len(rows) < 2:
        return []
    split, dividend = (column[1:] for column in actions.on(rows.ts))
    mask = np.zeros(len(rows), dtype=bool)
    with np.errstate(divide="ignore", invalid="ignore"):
        mask[1:] = np.abs(np.log((close[1:] + dividend) * split / close[:-1])) > _MOVE
    detail = ""
    if mask.any():
        at = int(mask.argmax())
        detail = f"the first goes from {close[at - 1]:g} to {close[at]:g} ({close[at] / close[at - 1] - 1:+.0%})"
    return found(symbol, timeframe, "extreme_move", rows.ts, mask, detail)


def _gaps(symbol: str, timeframe: str, rows: Rows) -> Iterator[Finding]:
    """Intraday: every missing slot counts. Daily: more than seven days. Slower: more than two and a half bars."""
    slot = timeframe_seconds(timeframe)
    step: Floats = np.diff(rows.ts) / 1e6
    limit = 1.0 * slot if slot < _DAY else _QUIET_DAYS * _DAY if slot == _DAY else 2.5 * slot
    wide = step > limit
    if not wide.any():
        return
    at = int(step.argmax())
    longest = (
        f"the longest, {dt.timedelta(seconds=float(step[at]))}, follows {instant(int(rows.ts[at])):%Y-%m-%d %H:%M}"
    )
    if slot < _DAY:
        missing = int(np.maximum(np.round(step[wide] / slot) - 1, 1).sum())
        slots = missing + len(rows)
        detail = f"{missing} of {slots} slots have no bar ({missing / slots:.1%}) in {int(wide.sum())} gaps; {longest}"
        count = missing
    else:
        count = int(wide.sum())
        detail = f"{count} gaps of more than {dt.timedelta(seconds=limit).days} days; {longest}"
    yield Finding(symbol, timeframe, "gap", count, instant(int(rows.ts[wide.argmax()])), detail, CHECKS["gap"][0])
