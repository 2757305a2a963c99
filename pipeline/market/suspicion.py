"""Dividends and splits that do not fit the prices, and prices that want one."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from pipeline.market.action import Actions
from pipeline.market.adjust import factors
from pipeline.market.finding import Finding, Mask, found
from pipeline.market.part import Floats, Rows

__all__ = ["adjusted_mismatch", "suspicious_actions"]

_LARGEST_TERM = 5
"""A split of 3:2 or 5:4 is one; beyond that, coefficients come from spin-offs."""


def suspicious_actions(symbol: str, timeframe: str, rows: Rows, actions: Actions) -> Iterator[Finding]:
    """Splits that the prices do not show, jumps like a split that none explains, huge dividends, odd splits."""
    if len(rows) < 2:
        return
    open_, close = rows.values[0], rows.values[3]
    split, dividend = actions.on(rows.ts)
    before = close[:-1]
    with np.errstate(divide="ignore", invalid="ignore"):
        jump = open_[1:] / before
        # a dividend is paid on the shares that a split has left
        share = dividend[1:] * split[1:] / before
        left = np.abs(np.log(jump * split[1:] + share))
        nearest = np.round(np.where(jump > 1, jump, 1 / jump))
        like_split = (np.abs(np.log(jump)) > np.log(1.8)) & (np.abs(np.abs(np.log(jump)) - np.log(nearest)) < 0.03)
    splits = split[1:]
    checks: list[tuple[str, Mask, str]] = [
        (
            "split_mismatch",
            (splits != 1) & (left > np.log(1.25)),
            "the open moves by {jump:.3f}, the split is {split:g}",
        ),
        ("split_missing", (splits == 1) & (dividend[1:] == 0) & like_split, "the open jumps like a split of 1:{n:.0f}"),
        ("large_dividend", share > 0.2, "a dividend of {dividend:g} is {share:.0%} of the price before it"),
        ("odd_split", (splits != 1) & _odd(splits), "the coefficient is {split:g}"),
    ]
    for check, mask, detail in checks:
        if mask.any():
            i = int(mask.argmax())
            text = detail.format(n=nearest[i], share=share[i], jump=jump[i], split=splits[i], dividend=dividend[i + 1])
            yield from found(symbol, timeframe, check, rows.ts[1:], mask, text)


def _odd(split: Floats) -> Mask:
    """True where neither a coefficient nor its reciprocal is a ratio with a small denominator."""
    large = np.where(split < 1.0, 1.0 / split, split)
    near = [np.abs(large * k - np.round(large * k)) / k < 2e-3 for k in range(1, _LARGEST_TERM + 1)]
    odd: Mask = ~np.logical_or.reduce(near)
    return odd


def adjusted_mismatch(symbol: str, timeframe: str, rows: Rows, actions: Actions, adjusted: Floats) -> list[Finding]:
    """Bars on which the vendor's adjusted close moves otherwise than ours by more than one percent."""
    if len(rows) < 2 or np.isnan(adjusted).all():
        return []
    close = rows.values[3]
    mine = close * factors(rows.ts, actions, close)[0]
    with np.errstate(divide="ignore", invalid="ignore"):
        ours, theirs = np.log(mine[1:] / mine[:-1]), np.log(adjusted[1:] / adjusted[:-1])
    off = np.abs(ours - theirs)
    mask = np.append(False, np.nan_to_num(off) > 0.01)
    detail = ""
    if mask.any():
        at = int(np.nanargmax(off))
        moves = (np.expm1(theirs[at]), np.expm1(ours[at]))
        detail = "the vendor's adjusted close moves by {:+.1%}, its prices and actions by {:+.1%}".format(*moves)
    return found(symbol, timeframe, "adjusted_mismatch", rows.ts, mask, detail)
