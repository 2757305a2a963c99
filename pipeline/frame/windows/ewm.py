"""Exponential weights: pandas' defaults (adjusted, missing rows age the weights and show the last value).

A mean is a recursion, y + d·y₋₁, which numpy makes by doubling as it makes windows: sums over 2, 4, 8 … rows until
the weights are below the last digit. Deviations come from polars.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from pipeline.frame.values.values import Values

__all__ = ["Decay", "weighted", "weighted_in_time", "weighted_pair"]

_PIECE = 8_192
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


def weighted(values: Values, decay: Decay, name: str, *, bias: bool = False) -> Values:
    """The weighted mean, sum, std or var of each row and all before it."""
    floats = values.finite_floats
    gone = np.isnan(floats)
    if name in {"mean", "sum"}:
        return Values(_recursive(floats, gone, decay, name) if gone.any() else _gapless(floats, decay, name))
    series = pl.Series(floats, nan_to_null=True)
    result = getattr(series, f"ewm_{name}")(
        alpha=decay.alpha,
        adjust=decay.adjust,
        ignore_nulls=decay.ignore_na,
        min_samples=max(decay.needed, 1),
        bias=bias,
    )
    if series.null_count():
        # polars says nothing where the input is missing, pandas repeats the last value
        result = result.forward_fill()
    return Values(result.to_numpy())


def weighted_pair(left: Values, right: Values, decay: Decay, *, correlation: bool, bias: bool = False) -> Values:
    """The weighted covariance, or correlation, of the rows so far in which both are there."""
    x, y = left.finite_floats, right.finite_floats
    both = ~(np.isnan(x) | np.isnan(y))
    seen = np.flatnonzero(both)
    out = np.full(len(x), np.nan)
    if len(seen) < max(decay.needed, 1):
        return Values(out)
    if len(seen) == len(x):
        made = _steady_pair(x, y, decay, correlation=correlation, bias=bias)
    elif decay.ignore_na or seen[-1] - seen[0] + 1 == len(seen):
        made = _steady_pair(x[seen], y[seen], decay, correlation=correlation, bias=bias)
    else:
        made = _aged_pair(x[seen], y[seen], seen, decay, correlation=correlation, bias=bias)
    if len(seen) == len(x):
        out = made
    else:
        rows = np.maximum.accumulate(np.where(both, np.arange(len(x)), -1))
        out[seen] = made
        out = np.where(rows >= 0, out[rows], np.nan)
    out[: seen[max(decay.needed, 1) - 1]] = np.nan
    return Values(out)


def _steady_pair(x: _Floats, y: _Floats, decay: Decay, *, correlation: bool, bias: bool) -> _Floats:
    """The statistic of rows that are all there: weights fall by the same share from row to row."""
    keep, rows = 1.0 - decay.alpha, len(x)
    if decay.alpha == 1.0:
        return np.full(rows, np.nan) if correlation or not bias else np.zeros(rows)
    # how much of the weight is this row's
    share: Any = decay.alpha
    weights = _weights(rows, decay.alpha, decay.adjust)
    if weights is not None:
        share = np.full(rows, 1.0 / weights[-1])
        known = weights[:rows]
        share[: len(known)] = 1.0 / known
    apart_x, apart_y = _before(x, decay), _before(y, decay)

    def spread(left: _Floats, right: _Floats) -> _Floats:
        product = left * right
        if weights is None:
            return _scan(product * (share * keep), keep)
        # in an adjusted mean the weights of all rows so far grow, so their sum is scanned
        product *= 1.0 - share
        found: _Floats = _scan(product, keep) * share
        return found

    if correlation:
        product, both = spread(apart_x, apart_y), spread(apart_x, apart_x) * spread(apart_y, apart_y)
        deviation = np.sqrt(both)
        ratio: _Floats = np.divide(product, deviation, out=np.full(rows, np.nan), where=deviation > 0.0)
        return ratio
    made = spread(apart_x, apart_y)
    if not bias:
        fallen, some = np.zeros(rows), min(rows, math.ceil(math.log(_NOTHING) / math.log1p(-decay.alpha)) + 1)
        fallen[:some] = keep ** (2.0 * np.arange(some))
        if decay.adjust:
            squares = (1.0 - fallen * keep * keep) / (1.0 - keep * keep) * np.square(share)
        else:
            squares = fallen + decay.alpha**2 * (1.0 - fallen) / (1.0 - keep * keep)
        squares[0] = 1.0
        made = np.divide(made, 1.0 - squares, out=np.full(rows, np.nan), where=squares < 1.0)
    return made


def _before(x: _Floats, decay: Decay) -> _Floats:
    """How far each row lies from the weighted mean of those before it."""
    apart = np.zeros(len(x))
    np.subtract(x[1:], _mean(x, None, decay)[:-1], out=apart[1:])
    return apart


def _aged_pair(
    x: _Floats, y: _Floats, seen: npt.NDArray[Any], decay: Decay, *, correlation: bool, bias: bool
) -> _Floats:
    """The statistic of rows with gaps between them, in which weights fall too."""
    keep = 1.0 - decay.alpha
    gaps = np.diff(seen, prepend=seen[0]).astype(np.float64)
    aged = keep**gaps
    aged[0] = 0.0
    # what the rows before weigh, what this one does, and both
    old = aged * np.concatenate([[1.0], _scan_aged(np.ones(len(seen)), aged)[:-1]]) if decay.adjust else aged
    fresh = np.where(np.arange(len(seen)) == 0, 1.0, 1.0 if decay.adjust else decay.alpha)
    share, stay = fresh / (old + fresh), old / (old + fresh)
    before_x, now_x = _means(x, share, stay)
    before_y, now_y = _means(y, share, stay)
    if correlation:
        product = _spread(before_x, now_x, before_y, now_y, share, stay)
        square_x = _spread(before_x, now_x, before_x, now_x, share, stay)
        square_y = _spread(before_y, now_y, before_y, now_y, share, stay)
        spread = np.sqrt(square_x * square_y)
        made = np.divide(product, spread, out=np.full(len(seen), np.nan), where=spread > 0.0)
    else:
        made = _spread(before_x, now_x, before_y, now_y, share, stay)
        if not bias:
            squares = _scan_aged(share * share, stay * stay)
            made = np.divide(made, 1.0 - squares, out=np.full(len(seen), np.nan), where=squares < 1.0)
    return np.asarray(made)


def _means(x: _Floats, share: _Floats, stay: _Floats) -> tuple[_Floats, _Floats]:
    """How far the mean before each row, and the row itself, lie from the mean with it."""
    apart = x - x[0]
    mean = _scan_aged(apart * share, stay)
    return np.concatenate([[0.0], mean[:-1]]) - mean, apart - mean


def _spread(  # noqa: PLR0917 - two columns and two weights
    before_x: _Floats, now_x: _Floats, before_y: _Floats, now_y: _Floats, share: _Floats, stay: _Floats
) -> _Floats:
    """The weighted mean of products around means that move."""
    return _scan_aged(stay * before_x * before_y + share * now_x * now_y, stay)


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
    rows = np.maximum.accumulate(np.where(np.isnan(floats), 0, np.arange(len(out))))
    out = out[rows]
    out[: seen[max(needed, 1) - 1] if needed <= len(seen) else None] = np.nan
    return Values(out)


def _gapless(x: _Floats, decay: Decay, name: str) -> _Floats:
    """Mean or sum of rows that are all there."""
    if not len(x):
        return np.empty(0)
    out = _scan(x, 1.0 - decay.alpha) if name == "sum" else _mean(x, None, decay)
    if decay.needed > 1:
        out[: decay.needed - 1] = np.nan
    return out


def _recursive(floats: _Floats, gone: npt.NDArray[np.bool_], decay: Decay, name: str) -> _Floats:
    """Mean or sum: the rows that are there, then what they say for the missing ones after them."""
    out = np.full(len(floats), np.nan)
    first = int(np.argmin(gone))
    if gone[first]:
        return out
    if not gone[first:].any():
        out[first:] = _gapless(floats[first:], decay, name)
        return out
    seen = np.flatnonzero(~gone)
    if name == "sum" and not decay.ignore_na:
        out[first:] = _scan(np.where(gone[first:], 0.0, floats[first:]), 1.0 - decay.alpha)
    else:
        gaps = None if decay.ignore_na else np.diff(seen, prepend=first)
        out[seen] = _scan(floats[seen], 1.0 - decay.alpha) if name == "sum" else _mean(floats[seen], gaps, decay)
        out = out[np.maximum.accumulate(np.where(gone, 0, np.arange(len(out))))]
        out[:first] = np.nan
    if decay.needed > 1:
        out[: seen[decay.needed - 1] if decay.needed <= len(seen) else None] = np.nan
    return out


def _mean(x: _Floats, gaps: npt.NDArray[Any] | None, decay: Decay) -> _Floats:
    """The weighted mean of rows that are all there; `gaps` says how far each is from the one before."""
    keep, anchor = 1.0 - decay.alpha, x[0]
    if gaps is None:
        # piece by piece, so that a column that exceeds the cache is read and written once
        return _scan(x, keep, anchor, 1.0 if decay.adjust else decay.alpha, _weights(len(x), decay.alpha, decay.adjust))
    apart = x - anchor
    aged = keep**gaps
    if decay.adjust:
        result = _scan_aged(apart, aged) / _scan_aged(np.ones(len(x)), aged)
    else:
        # pandas gives a value after a gap what the gap took from the others, but at alpha 0.5 alone
        fresh = 1.0 - aged if decay.alpha == 0.5 else decay.alpha
        result = _scan_aged(apart * (fresh / (aged + fresh)), aged / (aged + fresh))
    result += anchor
    return result


def _weights(rows: int, alpha: float, adjust: bool) -> _Floats | None:
    """The sum of the weights of each row and all before it, until the oldest count nothing; None unless they adjust."""
    if not adjust or alpha == 1.0:
        return None
    fall = math.log1p(-alpha)
    some = min(rows, math.ceil(math.log(_NOTHING) / fall))
    return np.append(np.expm1(np.arange(1, some + 1) * fall) / -alpha, 1.0 / alpha)


def _scan(x: _Floats, keep: float, anchor: float = 0.0, scale: float = 1.0, weights: _Floats | None = None) -> _Floats:
    """y[i] = x[i] + keep · y[i - 1], for distances from `anchor` times `scale`; then by the weights, and back again."""
    spans, span, share = [], 1, keep
    while span < min(len(x), _PIECE) and share > _NOTHING:
        spans.append((span, share))
        span, share = 2 * span, share * share
    out, spare, last = np.empty(len(x)), np.empty(min(len(x), _PIECE)), 0.0
    for start in range(0, len(x), _PIECE):
        piece = out[start : start + _PIECE]
        np.subtract(x[start : start + _PIECE], anchor, out=piece)
        piece *= scale
        piece[0] += keep * last
        for span, share in spans:
            if span >= len(piece):
                break
            piece[span:] += np.multiply(piece[:-span], share, out=spare[: len(piece) - span])
        last = piece[-1]
        if weights is not None:
            known = weights[start : start + len(piece)] if start < len(weights) else weights[-1:]
            piece[: len(known)] /= known
            piece[len(known) :] /= weights[-1]
        piece += anchor
    return out


def _scan_aged(x: _Floats, keep: _Floats) -> _Floats:
    """y[i] = x[i] + keep[i] · y[i - 1]."""
    rows = len(x)
    out, share = np.array(x), np.array(keep)
    for start in range(0, rows, _PIECE):
        piece, part = out[start : start + _PIECE], share[start : start + _PIECE]
        span = 1
        while span < len(piece):
            piece[span:] += piece[:-span] * part[span:]
            part[span:] *= part[:-span].copy()
            span *= 2
        if start:
            piece += part * out[start - 1]
    return out
