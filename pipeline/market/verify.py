"""What looks wrong in stored bars. Findings are named and counted; nothing is ever deleted or filled.

Checks, by severity: **error** damaged_part, disorder, duplicate, ohlc_order; **warning** not_positive,
gap, split_mismatch, split_missing, large_dividend; **info** zero_volume, no_volume, flat.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from pipeline.errors import MarketError
from pipeline.market.action import Actions, ex_dates
from pipeline.market.part import Part, Rows, instant
from pipeline.model.bars import timeframe_seconds

__all__ = ["Finding", "Severity", "check_bars", "damage_of", "ohlc_order"]

Severity: TypeAlias = Literal["error", "warning", "info"]
Mask: TypeAlias = npt.NDArray[np.bool_]

_DAY = 86_400
_QUIET_DAYS = 7
"""Days without a daily bar that no exchange takes as a holiday (the longest since 1970: 2001-09-11, six days)."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One check that found something: how often, where first, and what."""

    symbol: str
    timeframe: str
    check: str
    count: int
    first: dt.datetime | None
    detail: str
    severity: Severity


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


def check_bars(symbol: str, timeframe: str, rows: Rows, actions: Actions) -> list[Finding]:
    """All findings for the bars of one symbol, unadjusted and in stored order."""
    open_, high, low, close, volume = rows.values
    lowest = np.minimum(np.minimum(open_, close), low)
    step = np.diff(rows.ts, prepend=rows.ts[:1] - 1)
    masks: list[tuple[str, Mask, str, Severity]] = [
        ("disorder", step < 0, "a bar is earlier than the bar before it", "error"),
        ("duplicate", step == 0, "two bars have the same time", "error"),
        ("ohlc_order", ohlc_order(open_, high, low, close), "high is not the highest or low not the lowest", "error"),
        ("not_positive", lowest <= 0, "a price is zero or negative", "warning"),
        ("zero_volume", volume == 0, "nothing was traded", "info"),
        ("no_volume", np.isnan(volume), "the volume is unknown", "info"),
        ("flat", high == low, "high equals low", "info"),
    ]
    findings = [
        Finding(symbol, timeframe, check, int(mask.sum()), instant(int(rows.ts[mask.argmax()])), detail, severity)
        for check, mask, detail, severity in masks
        if mask.any()
    ]
    findings += _gaps(symbol, timeframe, rows)
    if timeframe_seconds(timeframe) == _DAY:
        findings += _suspicious_actions(symbol, timeframe, rows, actions)
    return findings


def _gaps(symbol: str, timeframe: str, rows: Rows) -> Iterator[Finding]:
    """Intraday: every missing slot counts. Daily: more than seven days. Slower: more than two and a half bars."""
    slot = timeframe_seconds(timeframe)
    step = np.diff(rows.ts) / 1e6
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
    yield Finding(symbol, timeframe, "gap", count, instant(int(rows.ts[wide.argmax()])), detail, "warning")


def _suspicious_actions(symbol: str, timeframe: str, rows: Rows, actions: Actions) -> Iterator[Finding]:
    """Splits that the prices do not show, price jumps like a split that no split explains, huge dividends."""
    if len(rows) < 2:
        return
    open_, close = rows.values[0], rows.values[3]
    days = ex_dates(rows.ts)
    split, dividend = np.ones(len(rows)), np.zeros(len(rows))
    at = np.minimum(np.searchsorted(days, actions.ts), len(rows) - 1)
    known = days[at] == actions.ts
    split[at[known]], dividend[at[known]] = actions.split[known], actions.dividend[known]
    before = close[:-1]
    with np.errstate(divide="ignore", invalid="ignore"):
        jump = open_[1:] / before
        left = np.abs(np.log(jump * split[1:] + dividend[1:] * split[1:] / before))
        nearest = np.round(np.where(jump > 1, jump, 1 / jump))
        like_split = (np.abs(np.log(jump)) > np.log(1.8)) & (np.abs(np.abs(np.log(jump)) - np.log(nearest)) < 0.03)
        share = dividend[1:] / before
    checks: list[tuple[str, Mask, str]] = [
        ("split_mismatch", (split[1:] != 1) & (left > np.log(1.25)), "the open does not move by the split coefficient"),
        (
            "split_missing",
            (split[1:] == 1) & (dividend[1:] == 0) & like_split,
            "the open jumps like a split of 1:{n:.0f}",
        ),
        ("large_dividend", share > 0.2, "a dividend of {share:.0%} of the price may be a spin-off or a split"),
    ]
    for check, mask, detail in checks:
        if mask.any():
            first = int(mask.argmax())
            text = detail.format(n=nearest[first], share=share[first])
            yield Finding(symbol, timeframe, check, int(mask.sum()), instant(int(rows.ts[first + 1])), text, "warning")
