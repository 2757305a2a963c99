"""Exponential weights: pandas' defaults (adjusted, missing rows age the weights and show the last value).

A mean is a recursion over distances from the first value, divided by the sum of the weights, which is a recursion too
(or known: without gaps it is that of a geometric series). What varies around the mean is in `dispersion`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline.frame.values.values import Values
from pipeline.frame.windows.recursion import Recursion, scan, scan_aged

__all__ = ["Decay", "after", "last_seen", "shares", "times_shares", "weighted", "weighted_in_time", "whole_from"]

_NOTHING = 1e-19
"""A weight that changes no digit."""

_Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Decay:
    """How weights fall: `alpha` of the newest; `adjust` divides by their sum; `ignore_na` does not age over gaps."""

    alpha: float
    adjust: bool = True
    ignore_na: bool = False
    needed: int = 0

    @staticmethod
    def alpha_of(com: float | None, span: float | None, halflife: float | None, alpha: float | None) -> float:
        """The one of four ways to say it, as alpha. Raises ValueError for none, several, or a bad one."""
        given = sum(x is not None for x in (com, span, halflife, alpha))
        if given > 1:
            raise ValueError("comass, span, halflife, and alpha are mutually exclusive")
        if not given:
            raise ValueError("Must pass one of comass, span, halflife, or alpha")
        if com is not None:
            if com < 0:
                raise ValueError("comass must satisfy: comass >= 0")
            return 1 / (1 + com)
        if span is not None:
            if span < 1:
                raise ValueError("span must satisfy: span >= 1")
            return 2 / (span + 1)
        if halflife is not None:
            if halflife <= 0:
                raise ValueError("halflife must satisfy: halflife > 0")
            return 1 - math.exp(-math.log(2) / halflife)
        assert alpha is not None
        if not 0 < alpha <= 1:
            raise ValueError("alpha must satisfy: 0 < alpha <= 1")
        return alpha


def weighted(values: Values, decay: Decay, name: str) -> Values:
    """The weighted mean or sum of each row and all before it."""
    floats = values.finite_floats
    gone = np.isnan(floats)
    start = whole_from(gone)
    if start is not None:
        x = floats[start:]
        made = scan(x, 1.0 - decay.alpha) if name == "sum" else _mean(x, None, decay)
        return Values(after(made, start, decay.needed))
    out = np.full(len(floats), np.nan)
    seen = np.flatnonzero(~gone)
    if len(seen) < max(decay.needed, 1):
        return Values(out)
    first = int(seen[0])
    x, lost = floats[first:], gone[first:]
    if decay.ignore_na:
        out[seen] = scan(floats[seen], 1.0 - decay.alpha) if name == "sum" else _mean(floats[seen], None, decay)
    elif name == "sum":
        out[first:] = scan(np.where(lost, 0.0, x), 1.0 - decay.alpha)
    elif decay.adjust:
        # a missing row weighs nothing, and ages the others as any row does
        apart = np.where(lost, 0.0, x - x[0])
        total, weights = scan(apart, 1.0 - decay.alpha), scan((~lost).astype(np.float64), 1.0 - decay.alpha)
        with np.errstate(all="ignore"):
            # after a gap in which all weights vanish there is 0 / 0, in rows that show the last one seen
            np.divide(total, weights, out=out[first:])
        out[first:] += x[0]
    else:
        out[seen] = _mean(floats[seen], np.diff(seen, prepend=first), decay)
    if not (name == "sum" and not decay.ignore_na):
        out[first:] = last_seen(out[first:], lost)
    if decay.needed > 1:
        out[: seen[decay.needed - 1]] = np.nan
    return Values(out)


def whole_from(gone: npt.NDArray[np.bool_]) -> int | None:
    """Where a column without gaps begins; None where rows are missing after one that is there, or all are."""
    start = int(np.argmin(gone)) if len(gone) else 0
    return None if gone[start:].any() or start == len(gone) > 0 else start


def after(made: _Floats, start: int, needed: int) -> _Floats:
    """A result of the rows from `start` on, missing before them and until `needed` are there."""
    made[: max(needed - 1, 0)] = np.nan
    return np.concatenate([np.full(start, np.nan), made]) if start else made


def last_seen(x: _Floats, gone: npt.NDArray[np.bool_]) -> _Floats:
    """Each row, or, where it is gone, the last one before it that is not; the first row where there is none."""
    found: _Floats = x[np.maximum.accumulate(np.where(gone, 0, np.arange(len(x))))]
    return found


def weighted_in_time(values: Values, steps: _Floats, decay: Decay) -> Values:
    """The weighted mean where rows age by time: `steps` half-lives lie between each row and the one before."""
    floats = values.finite_floats
    seen = np.flatnonzero(~np.isnan(floats))
    out = np.full(len(floats), np.nan)
    if not len(seen):
        return Values(out)
    needed, ages = decay.needed, np.cumsum(steps)
    # with ignore_na the time before a missing row does not age the weights
    gaps = steps[seen] if decay.ignore_na else np.diff(ages[seen], prepend=ages[seen[0]])
    out[seen] = _mean(floats[seen], gaps, decay)
    out = last_seen(out, np.isnan(floats))
    out[: seen[max(needed, 1) - 1] if needed <= len(seen) else None] = np.nan
    return Values(out)


def _mean(x: _Floats, gaps: npt.NDArray[Any] | None, decay: Decay) -> _Floats:
    """The weighted mean of rows that are all there; `gaps` says how far each is from the one before."""
    keep, anchor, rows = 1.0 - decay.alpha, x[0] if len(x) else 0.0, len(x)
    if gaps is None:
        out, known = np.empty(rows), shares(decay.alpha, rows, adjust=decay.adjust)
        recursion = Recursion(keep, rows)
        for part in recursion.pieces(rows):
            piece = np.subtract(x[part], anchor, out=out[part])
            recursion.run(piece)
            times_shares(piece, known, part.start)
            piece += anchor
        return out
    apart = x - anchor
    aged = keep**gaps
    if decay.adjust:
        result = scan_aged(apart, aged) / scan_aged(np.ones(rows), aged)
    else:
        # pandas gives a value after a gap what the gap took from the others, but at alpha 0.5 alone
        fresh = 1.0 - aged if decay.alpha == 0.5 else decay.alpha
        result = scan_aged(apart * (fresh / (aged + fresh)), aged / (aged + fresh))
    result += anchor
    return result


def shares(alpha: float, rows: int, *, adjust: bool) -> _Floats:
    """What part of all weights a row's own is, for the first rows; the last one is that of all rows after these."""
    return _adjusted_shares(alpha, rows) if adjust and alpha < 1.0 else np.array([alpha])


@lru_cache(maxsize=64)
def _adjusted_shares(alpha: float, rows: int) -> _Floats:
    # until the oldest weight counts nothing
    fall = math.log1p(-alpha)
    some = min(rows, math.ceil(math.log(_NOTHING) / fall))
    return np.append(-alpha / np.expm1(np.arange(1, some + 1) * fall), alpha)


def times_shares(piece: _Floats, known: _Floats, start: int) -> None:
    """Multiply the rows of a column from `start` on by what belongs to each."""
    some = max(min(len(known) - 1 - start, len(piece)), 0)
    piece[:some] *= known[start : start + some]
    piece[some:] *= known[-1]
