"""What looks wrong in bars, as a fact with a place."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from pipeline.market.part import Int64s, instant

__all__ = ["CHECKS", "Finding", "Mask", "Severity", "found"]

Severity: TypeAlias = Literal["error", "warning", "info"]
Mask: TypeAlias = npt.NDArray[np.bool_]

CHECKS: dict[str, tuple[Severity, str]] = {
    # damage and impossible values
    "damaged_part": ("error", "A stored file is missing or not what was written."),
    "disorder": ("error", "A bar is earlier than the bar before it."),
    "duplicate": ("error", "Two bars have the same time."),
    "ohlc_order": ("error", "The high is not the highest price of a bar, or the low not the lowest."),
    "not_positive": ("warning", "A price is zero or negative."),
    # time
    "gap": ("warning", "Bars are missing: within a day every slot, from daily bars on more than a week."),
    "missing_session": ("warning", "The exchange was open on a day without a bar, by the symbol's calendar."),
    "no_session": ("warning", "A bar stands on a day on which the exchange was closed, by the symbol's calendar."),
    "outage": ("warning", "Half of the symbols or more lack the same hour: the exchange or the recorder was down."),
    # values
    "wick": ("warning", "A high or low within the day lies far beyond its bar's body and both neighbours: a bad tick?"),
    "stale": ("warning", "A bar repeats the one before it to the last digit, volume included."),
    "extreme_move": ("info", "The close moves by a factor of 1.45 or more; nothing says that it is wrong."),
    "zero_volume": ("info", "Nothing was traded."),
    "no_volume": ("info", "The volume is unknown."),
    "flat": ("info", "The high equals the low."),
    # corporate actions
    "split_mismatch": ("warning", "The price does not move by the split coefficient."),
    "split_missing": ("warning", "The price jumps like a split, and none is known."),
    "odd_split": ("warning", "A split coefficient is no ratio of small numbers: a spin-off?"),
    "large_dividend": ("warning", "A cash dividend of a fifth of the price or more: a spin-off or a split?"),
    "adjusted_mismatch": (
        "warning",
        "The vendor's adjusted closes move otherwise than its prices and actions.",
    ),
    # the whole
    "survivorship": ("info", "Nearly every symbol still trades at the end: those that were delisted are missing."),
}
"""Every check: how bad it is, and what it means. The documentation lists them too."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One check that found something: how often, where first, and what. `symbol` is "" for several at once."""

    symbol: str
    timeframe: str
    check: str
    count: int
    first: dt.datetime | None
    detail: str
    severity: Severity


def found(  # noqa: PLR0917 - whose, what, where: always these
    symbol: str, timeframe: str, check: str, ts: Int64s, mask: Mask, detail: str = ""
) -> list[Finding]:
    """The finding for the bars that `mask` marks, [] for none; without `detail` it says what the check means."""
    if not mask.any():
        return []
    severity, meaning = CHECKS[check]
    first = instant(int(ts[mask.argmax()]))
    return [Finding(symbol, timeframe, check, int(mask.sum()), first, detail or meaning, severity)]
